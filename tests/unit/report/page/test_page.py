"""The page: well-formed, self-contained, inert whatever the texts are, and honest about what it shows."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from observer_data import observer_table_rows
from report_data import HOSTILE, Files, default_models, default_truth, entry, with_structure

from holdfast.errors import StudyError
from holdfast.report.page.captions import captions
from holdfast.report.page.page import write_page
from holdfast.report.tables.leaderboard_scores import BY_CONTEXT, BY_CONTEXT_COMPAT
from holdfast.report.tables.provenance import write_provenance
from holdfast.report.wording.model_labels import MINIATURE_NOTE
from holdfast.stability.structure.value_circle import HIGHER_ORDER
from holdfast.tables.table_files import read_table, write_table

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page: its elements with attributes, its text, and whether its tags balance."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")
        self.text += " " * (tag in {"th", "td", "li", "p"})

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text += data


def read(page: Path) -> Reader:
    """Return a page, read."""
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    reader.close()
    return reader


def make(
    files: Files, name: str = "index.html", checked: Path | None = None, **observing: Any
) -> Path:
    """Write a study's page, with one figure."""
    origin, figure = files.folder / "provenance.json", files.folder / "stability.svg"
    figure.write_text('<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/></svg>')
    write_provenance(
        study=files.study, models=files.models | observing, manifests=files.manifests, tables=[],
        output=origin,
    )  # fmt: skip
    write_page(
        study=files.study, models=files.models, estimates=files.estimates, manifests=files.manifests,
        conversations=files.conversations, figures={"stability": figure, "later": figure},
        provenance=origin, output=files.folder / name, checked=checked,
    )  # fmt: skip
    return files.folder / name


def test_people_and_the_circle_are_spoken_of_where_the_ten_values_are(default_study: Files) -> None:
    table = read_table(default_study.estimates, "estimates")
    for own, ten in ((table, True), (table.replace({"value": {"Power": "Face"}}), False)):
        said = captions(own, default_study.models, default_study.study)
        assert ("Diamonds" in said["stability"].text) == ten
        assert ("in the order of the theory's circle; shading" in said["profiles"].text) == ten


@pytest.mark.parametrize(("small", "columns"), [(20, 1), (60, 0)])
def test_unbiased_figures_have_a_column_where_populations_differ_in_size(
    small: int, columns: int, make_study: Callable[..., Files]
) -> None:
    files = make_study({"a": entry("LLaMa")}, {"a": 0.9961}, ["fictional", "townsfolk"])
    table = read_table(files.estimates, "estimates")
    table.loc[table["population"].eq("townsfolk"), "n"] = small
    own = table[table["quantity"].eq("rank_order")].assign(quantity="rank_order_unbiased")
    write_table(pd.concat([table, own], ignore_index=True), "estimates", files.estimates)
    reader = read(make(files))
    assert not reader.faults and reader.text.count("Unbiased Ipsative") == columns
    assert "a .996 [.951,\u00a01.000]" in reader.text


def test_the_page_shows_the_table_of_checks_and_turns_red_by_it(default_study: Files) -> None:
    table = default_study.folder / "checks.csv"
    table.write_text("title,state,detail,about\nNo prompt leaks,failed,7 <prompts>,contamination\n")
    reader = read(make(default_study, checked=table))
    assert "1 check fails: don't rely on these results" in reader.text
    assert reader.text.count("7 <prompts>") == 2 and "Random answers give" not in reader.text


def test_observers_have_a_section_where_there_are_any(default_study: Files) -> None:
    assert "What observers see" not in read(make(default_study)).text
    table = read_table(default_study.estimates, "estimates")
    more = observer_table_rows((HOSTILE, "dull"), planted=True).astype({"replicate": "Int64"})
    write_table(pd.concat([table, more], ignore_index=True), "estimates", default_study.estimates)
    reader = read(make(default_study))
    assert reader.faults == [] and "What observers see" in reader.text
    assert ("a", {"href": "#observers"}) in reader.elements
    assert reader.text.count("not shown: the observer does not see planted values") == 3
    assert "llama-mini, fictional · pvq40: ICC(A,1) .55" in reader.text
    assert "<script>alert" in reader.text  # as text
    assert sum(tag == "script" for tag, _ in reader.elements) == 1


def test_the_page_is_well_formed_and_its_ids_are_unique(default_study: Files) -> None:
    reader = read(make(default_study))
    assert reader.faults == []
    assert reader.open == []
    ids = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for t, a in reader.elements if t == "a" and a["href"].startswith("#")}
    named = {
        a[k] for _, a in reader.elements for k in ("aria-labelledby", "aria-describedby") if k in a
    }
    assert targets | named <= set(ids)


def test_what_was_paid_to_services_is_told_with_the_date_of_the_prices(
    default_study: Files,
) -> None:
    assert "Paid to services" not in read(make(default_study)).text
    path = default_study.manifests[0]
    dear = {
        "read": 81_000, "cached": 40_000, "tokens": 90_000, "money": 1.25, "price_date": "2026-11-01",
        "price_source": "the service's list", "price_in": 20, "price_cached": 0.25, "price_out": 60,
        "told": 1.5,
    }  # fmt: skip
    path.write_text(json.dumps(json.loads(path.read_text()) | {"spent": dear}))
    other = default_study.manifests[1]
    free = dict.fromkeys(["read", "cached", "tokens", "money"], 0)
    other.write_text(json.dumps(json.loads(other.read_text()) | {"spent": free}))
    text = " ".join(read(make(default_study)).text.replace("\u202f", ",").split())
    paid = (
        "90,000 tokens, 81,000 of them read (40,000 of these read before, at the lower price); 1.25"
    )
    assert paid in text and "no prices are known" in text
    assert "for a million tokens 20 read, 0.25 read before and 60 written" in text
    assert (
        "prices of 2026-11-01 (the service's list); the service itself says that it took 1.5000."
        in text
    )


def test_the_same_study_gives_the_same_page(default_study: Files) -> None:
    assert make(default_study).read_bytes() == make(default_study, "again.html").read_bytes()


def test_nothing_is_loaded_from_anywhere(default_study: Files) -> None:
    page = make(default_study)
    for tag, attributes in read(page).elements:
        for name in ("src", "srcset", "href", "action", "data", "poster", "xlink:href"):
            address = attributes.get(name, "")
            if tag == "a" and name == "href":
                assert address.startswith(("#", "https://doi.org/"))
            else:
                assert not address or address.startswith("data:image/svg+xml;base64,")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp", page.read_text())
    assert "default-src 'none'" in page.read_text()


def test_figures_have_words_for_those_who_cannot_see_them(default_study: Files) -> None:
    images = [a for t, a in read(make(default_study)).elements if t == "img"]
    assert len(images) == 2
    assert all(len(a["alt"]) > 8 for a in images)


def test_miniatures_are_said_to_be_miniatures(default_study: Files) -> None:
    text = read(make(default_study)).text
    assert MINIATURE_NOTE in text
    assert len(re.findall(r"llama-mini\s+(miniature|\(miniature\))", text)) >= 5
    assert len(re.findall("random reference", text)) >= 3


def test_no_banner_without_miniatures_or_references(make_study: Callable[..., Files]) -> None:
    text = read(make(make_study({"a": entry("LLaMa")}, {"a": 0.5}, ["fictional"]))).text
    assert "miniature" not in text
    assert "known rule" not in text


def test_a_study_of_several_wordings_says_which_one_its_figures_are_of(
    default_study: Files,
) -> None:
    facets = {"facets": {"wording": ["plain", "survey"]}}
    several = replace(default_study, study=default_study.study | facets)
    assert "of the wording plain alone" in read(make(several)).text
    assert "wording plain" not in read(make(default_study)).text


def test_the_summary_says_who_is_not_told_apart_or_not_estimable(default_study: Files) -> None:
    text = read(make(default_study)).text.replace("\u00a0", " ")
    assert (
        "In these conversations, rank-order stability is highest for llama-mini (miniature) .62 [.57, .66] "
        "and lowest for phi-mini (miniature) .01 [−.03, .06], of 5 models (95 % intervals)." in text
    )
    assert (
        "The 95 % interval of llama-mini (miniature) overlaps with that of mistral-mini (miniature), so "
        "the study does not tell which is the more stable." in text
    )
    assert "Not distinguishable from random answers: phi-mini (miniature)." in text
    assert "constant not estimable and simulated .74" in text


def test_not_estimable_stands_in_the_leaderboard_as_words(default_study: Files) -> None:
    text = re.sub(r"\s+", " ", read(make(default_study)).text)
    assert "constant reference not estimable not estimable Reference fictional 60 200 / 200" in text


def test_a_reference_that_misbehaves_is_red_at_the_top(make_study: Callable[..., Files]) -> None:
    files = make_study(default_models(), default_truth() | {"random": 0.3}, ["fictional"])
    reader = read(make(files))
    assert "2 checks fail: don't rely on these results" in reader.text
    assert reader.text.index("checks fail") < reader.text.index("rank-order stability is highest")
    assert ("section", "note fail") in {(t, a.get("class", "")) for t, a in reader.elements}


def test_all_is_well_where_references_behave(default_study: Files) -> None:
    assert not any(a.get("id") == "failed" for _, a in read(make(default_study)).elements)


def test_every_text_stays_text(make_study: Callable[..., Files]) -> None:
    models: dict[str, dict[str, Any]] = default_models() | {HOSTILE: entry(HOSTILE, miniature=True)}
    truth = default_truth() | {HOSTILE: 0.5}
    files = make_study(models, truth, [HOSTILE], said=HOSTILE)
    for path in files.conversations:
        write_table(
            read_table(path, "conversations").assign(respondent=HOSTILE), "conversations", path
        )
    files.study["study"] = HOSTILE
    page = make(files)
    hostile, raw = read(page), page.read_text(encoding="utf-8")
    clean = read(make(make_study(default_models(), default_truth(), ["fictional"])))
    assert hostile.faults == []
    assert hostile.text.count("<script>alert('x')</script> \"&amp;\" ␀␇ \ufffdevil شل") > 20
    assert sum(t == "script" for t, _ in hostile.elements) == 1
    assert {k for _, a in hostile.elements for k in a} == {k for _, a in clean.elements for k in a}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", raw)


def test_jobs_of_observers_are_told(default_study: Files) -> None:
    """They come last; the model that answers has its own kind and revision, also where it takes no part."""
    path = default_study.folder / "observed.json"
    about = json.loads(default_study.manifests[0].read_text())
    more = {
        "model": "observer-good",
        "observer": "keen",
        "observed": "phi-mini",
        "revision": "1" * 40,
    }
    path.write_text(json.dumps(about | more))
    files = replace(default_study, manifests=[path, *default_study.manifests])
    alone = {"observer-good": entry("Reference", "simulated")}
    text = re.sub(r"\s+", " ", read(make(files, "observed.html", **alone)).text)
    assert "keen on phi-mini reference fictional 12" in text
    assert text.index("phi-mini miniature fictional 12") < text.index("keen on phi-mini reference")
    assert "observer-good reference as observer keen of phi-mini fictional 1111" in text
    assert "revision 0000" in text and "revision 1111" not in text
    assert "References are no models" in text


def test_jobs_are_told_with_their_sums(default_study: Files) -> None:
    text = re.sub(r"\s+", " ", read(make(default_study)).text.replace("\u202f", ""))
    assert "llama-mini miniature fictional 12600 300 13 (0.1 %) 41234 61.2 612" in text
    assert "All 100800 2400 104 329872 490.0" in text


def test_sorting_keys_are_numbers_and_unknown_figures_have_none(default_study: Files) -> None:
    keys = [
        a["data-key"]
        for t, a in read(make(default_study)).elements
        if t == "td" and "data-key" in a
    ]
    assert keys.count("") == 2
    assert all(float(k) == float(k) for k in keys if k)


def test_a_missing_figure_gives_one_message(default_study: Files) -> None:
    make(default_study)
    with pytest.raises(StudyError, match=r"gone\.svg: can't be read"):
        write_page(
            study=default_study.study, models=default_study.models, estimates=default_study.estimates,
            manifests=[], conversations=[], figures={"stability": default_study.folder / "gone.svg"},
            provenance=default_study.folder / "provenance.json", output=default_study.folder / "x.html",
        )  # fmt: skip


def test_long_conversations_are_cut_and_said_to_be(make_study: Callable[..., Files]) -> None:
    files = make_study({"a": entry("LLaMa")}, {"a": 0.5}, ["fictional"], said="word " * 400)
    text = read(make(files)).text
    assert "word word…" in text
    assert "word " * 100 not in text


def test_scores_and_invariance_say_why_there_is_none(default_study: Files) -> None:
    names = (*BY_CONTEXT, *BY_CONTEXT_COMPAT[1:])
    figures = dict(zip(names, (0.2, 0.9, 0.1, 0.2) * 2, strict=False))
    table = with_structure({"llama-mini": figures, "qwen-mini": figures}, improper=5)
    base = table.iloc[-1].to_dict() | {"model": "llama-mini", "replicate": pd.NA, "context_a": ""}
    levels = [
        base | {"quantity": "invariance_level", "value": value, "estimate": 2.0, "undefined": 0}
        for value in HIGHER_ORDER
    ]
    table = pd.concat([table, pd.DataFrame(levels)], ignore_index=True)
    write_table(table.astype({"replicate": "Int64"}), "estimates", default_study.estimates)
    reader = read(make(default_study))
    assert not reader.faults
    assert "no score: more than 10\u00a0% of the factor analyses are improper" in reader.text
    assert "Does the questionnaire mean the same in each context" in reader.text
    assert reader.text.count("metric ") >= 4
    assert "Self-transcendence" in reader.text
