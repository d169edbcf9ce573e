"""`holdfast cite`: a study's references, and the file that they come from."""

import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli import main
from holdfast.commands.cite import (
    ALWAYS,
    COMPONENTS,
    CONVERGENCE,
    DISTRIBUTION,
    FACETS,
    INSTRUMENTS,
    LITERATURE,
    OBSERVERS,
    PEOPLE,
    READOUTS,
    REVERSED,
    STRUCTURE,
    bibliography,
    read_bibtex,
)
from holdfast.errors import StudyError
from holdfast.study.find_people import People
from holdfast.study.make_plan import make_plan

ROOT = Path(__file__).resolve().parents[3]
KNOWN = read_bibtex(ROOT / "resources" / LITERATURE)


def cited(**more: Any) -> set[str]:
    """Return the keys that a study cites."""
    config = {"models": ["random"], "instruments": ["pvq40"], **more}
    text = bibliography(make_plan(config, "s.yaml", ROOT / "resources"))
    return set(re.findall(r"^@\w+\{(\w+),", text, flags=re.M))


def test_every_entry_is_used_and_every_used_one_is_there() -> None:
    of_facets = {key for keys in FACETS.values() for key in keys}
    used = {
        *ALWAYS,
        *PEOPLE,
        *STRUCTURE,
        *READOUTS,
        *DISTRIBUTION,
        *OBSERVERS,
        *COMPONENTS,
        *CONVERGENCE,
        *REVERSED,
        *of_facets,
    }
    used |= {k for keys in INSTRUMENTS.values() for k in keys}
    assert used == set(KNOWN)


@pytest.mark.parametrize("key", KNOWN)
def test_an_entry_is_whole(key: str) -> None:
    entry = KNOWN[key]
    assert entry.count("{") == entry.count("}")
    fields = re.findall(r"^  (\w+) = \{.+\}(,?)$", entry, flags=re.M)
    assert {"author", "title", "year"} <= {name for name, _ in fields}
    assert [comma for _, comma in fields] == [","] * (len(fields) - 1) + [""]
    assert re.search(r"year = \{(\d{4})\}", entry)[1] == key[-4:]  # type: ignore[index]


def test_every_questionnaire_that_comes_along_has_its_references() -> None:
    files = {p.stem for p in (ROOT / "resources").glob("*/*.yaml") if "framework:" in p.read_text()}
    assert files == set(INSTRUMENTS) and len(files) >= 6


def test_a_study_cites_what_it_used_and_nothing_else() -> None:
    plain = cited(stability={"structure": False})
    assert plain == {"holdfast", *ALWAYS, *PEOPLE, *INSTRUMENTS["pvq40"]}
    assert cited() == plain | set(STRUCTURE)
    assert cited(administration={"readout": ["logit", "cot"]}) == cited() | set(READOUTS)
    assert cited(administration={"readout": "distribution"}) == cited() | set(DISTRIBUTION)
    wordings, labels = (set(FACETS[facet]) | set(COMPONENTS) for facet in ("wording", "labels"))
    assert cited(facets={"wording": ["plain", "survey"]}) == cited() | wordings
    assert cited(facets={"labels": ["letters", "digits"]}) == cited() | labels
    assert cited(facets={"wording": "survey"}) == cited()
    short = cited(instruments=["pvq40", "pvq21"])
    assert short == cited() | set(CONVERGENCE) | set(INSTRUMENTS["pvq21"])
    big_five = {"holdfast", *ALWAYS, *INSTRUMENTS["ipip50"], *REVERSED}
    assert cited(instruments=["ipip50"]) == big_five
    assert cited(instruments=["hofstede"]) == {"holdfast", *ALWAYS, *INSTRUMENTS["hofstede"]}


def test_models_and_questionnaires_without_an_entry_stand_in_comments() -> None:
    config = {"models": ["phi-2"], "instruments": ["pvq40"]}
    plan = make_plan(config, "s.yaml", ROOT / "resources")
    assert "% model phi-2: cite as its authors ask: microsoft/phi-2" in bibliography(plan)
    own = plan.instruments["pvq40"].model_copy(update={"name": "mine", "source": "My\nbook."})
    plan.instruments["mine"] = own
    assert "% questionnaire mine, no entry here: My book." in bibliography(plan)


def test_observers_and_surveys_are_cited() -> None:
    config = {"models": ["random"], "observers": {"models": ["phi-2"]}}
    plan = make_plan(config, "s.yaml", ROOT / "resources")
    plan.people["panel"] = People(
        plan.models["random"], Path("/home/a/ess.csv"), Path("ess.yaml"), "pvq40"
    )
    text = bibliography(plan)
    assert all(f"{{{key}," in text for key in OBSERVERS)
    assert "% model phi-2: cite as its authors ask: microsoft/phi-2" in text
    assert "% survey panel: cite as its owners ask: ess.csv" in text
    assert "% questionnaire pvq40_observer" not in text, "it has the source of its questionnaire"
    form = plan.forms["pvq40"].model_copy(update={"observes": "mine", "source": "My\nbook."})
    plan.forms["mine"] = form
    assert "% questionnaire pvq40_observer, no entry here: My book." in bibliography(plan)


def test_the_command_prints_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    main(["cite", "studies/smoke.yaml"])
    assert "% questionnaire pvq40\n@article{schwartz2001," in capsys.readouterr().out


def test_no_file_of_references_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"references\.bib: can't be read"):
        read_bibtex(tmp_path / "references.bib")


def test_what_the_methods_name_and_a_study_cites_are_the_same_works() -> None:
    """Authors, years, volumes and pages of the methods' list are those of the BibTeX."""
    text = (ROOT / "docs/methods.md").read_text(encoding="utf-8").partition("## Literature")[2]
    for listed in re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", text, flags=re.M | re.S):
        words = " ".join(listed.split())
        surname, year = words.split(",")[0].lower(), re.search(r"\((\d{4})\)", words)[1]  # type: ignore[index]
        entry = KNOWN[surname.translate(str.maketrans("čéö", "ceo", "-")) + year]
        volume = re.search(r"volume = \{(.+?)\}", entry)
        pages = re.search(r"pages = \{(.+?)\}", entry)
        assert not volume or re.search(rf"\*?{volume[1]}\b", words), words
        assert not pages or pages[1].replace("--", "–") in words, words
