"""Files that the tools themselves wrote: every answer is the planned one, and they are analysed to a page."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from cases.answers import asked

from holdfast.answer_files.collected_answers import Collected
from holdfast.answer_files.read_answers import Found, read_answers
from holdfast.commands.analyse import analyse
from holdfast.commands.collected_results import Options
from projects import ROOT

CASES = ROOT / "tests/cases/answers"
QUICK = Options(draws=5, null_simulations=8)
(LIKELIHOODS,) = CASES.glob("harness/planned/*likelihood*")
(TEXTS,) = CASES.glob("harness/planned/*text*")

OWN = f"instrument: {CASES / 'neighbours.yaml'}\n"
QSTN = OWN + 'split: {questionnaire_name: "{respondent}/{context}"}\nadd: {model: planned}\n'
FILES = {
    "inspect.eval": (CASES / "inspect.eval", OWN, "Inspect 0.3.285", "invalid"),
    "inspect.json": (CASES / "inspect.json", OWN, "Inspect 0.3.285", "invalid"),
    "harness, texts": (TEXTS, OWN, "lm-evaluation-harness 0.4.13", "invalid"),
    "harness, likelihoods": (LIKELIHOODS, OWN, "lm-evaluation-harness 0.4.13", ""),
    "qstn": (CASES / "qstn.csv", QSTN, "QSTN", "invalid"),
    "edsl.csv": (CASES / "edsl.csv", OWN, "EDSL", "empty"),
    "edsl.json": (CASES / "edsl.json", OWN, "EDSL 1.0.9", "empty"),
}


def read(folder: Path, path: Path, mapping: str) -> Found:
    """Return what a file holds, read by a mapping."""
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return read_answers([path], folder / "mapping.yaml", ROOT / "resources")


def chosen(found: Collected) -> dict[tuple[str, str, int], int]:
    """Return the rating of each answer by respondent, context and item; none of those that name no option."""
    rows = found.answers[found.answers["answer"] != ""]
    return {
        (r.respondent, r.context, r.item): r.order["ABCD".index(r.answer)]
        for r in rows.itertuples()
    }


@pytest.mark.parametrize(("path", "mapping", "tool", "unread"), FILES.values(), ids=FILES)
def test_every_answer_is_the_planned_one(
    tmp_path: Path, path: Path, mapping: str, tool: str, unread: str
) -> None:
    (found,) = read(tmp_path, path, mapping).collected
    planned = {
        (r, c, i): asked.rating(r, c, i)
        for r in asked.RESPONDENTS for c in asked.CONTEXTS for i in asked.ITEMS
        if not unread or not asked.unread(r, c, i)
    }  # fmt: skip
    assert chosen(found) == planned
    assert set(found.answers["tool"]) == {tool}
    assert list(found.answers["status"]).count(unread) == (2 if unread else 0)
    if "likelihood" in path.name:
        assert found.answers["logprobs"].map(max).eq(-0.5).all()


@pytest.mark.parametrize("name", ["inspect.eval", "harness, likelihoods", "qstn", "edsl.json"])
def test_a_file_is_analysed_to_its_page(tmp_path: Path, name: str) -> None:
    path, mapping, tool, unread = FILES[name]
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    out = tmp_path / "out"
    said = analyse([path], tmp_path / "mapping.yaml", out, QUICK).splitlines()
    counts = {"invalid": "2 unread (3.3%)", "empty": "2 missing (3.3%)", "": "0 unread"}
    assert f"60 answers by {tool}" in said[0] and counts[unread] in said[0]
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert f'<td>{tool}</td><td class="right">60</td>' in page and "don't rely" not in page
    table = pd.read_csv(out / "estimates.csv")
    pooled = table[
        table["quantity"].eq("rank_order") & table["value"].isna() & table["context_a"].isna()
    ]
    assert pooled["estimate"].iloc[0] > 0.9
    about = json.loads((out / "provenance.json").read_text())["jobs"][0]["collected"]
    assert about["tool"] == tool and about["answers"] == 60
    again = analyse(
        [path], tmp_path / "mapping.yaml", out, QUICK
    )  # its own results may be replaced
    assert again.splitlines() == said


def test_several_files_and_folders_are_read_at_once(tmp_path: Path) -> None:
    """A folder is searched for the names that tools give their files; models of one name keep apart."""
    for name in ("first", "second"):
        (tmp_path / "in" / name).mkdir(parents=True)
        shutil.copy2(TEXTS, tmp_path / "in" / name)
    (found,) = read(tmp_path, tmp_path / "in", OWN).collected
    assert found.answers["model"].value_counts().to_dict() == {"first": 60, "second": 60}
    assert set(found.answers["tool"]) == {
        "lm-evaluation-harness"
    }  # no results beside them tell a version


def test_contexts_are_chosen_and_named(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        CASES / "inspect.json",
        OWN + "contexts: {chess: a game, joke: b}\n".replace(" game", ""),
    )
    rows = found.collected[0].answers
    assert list(dict.fromkeys(rows["context"])) == ["a", "b"] and found.notes == []


def test_repeats_are_replicates(tmp_path: Path) -> None:
    """The harness writes all repeats of a document in one line, Inspect its epochs as samples."""
    lines = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    twice = [line | {"resps": [line["resps"][0] * 2]} for line in lines]
    path = tmp_path / "samples_x.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in twice))
    (found,) = read(tmp_path, path, OWN).collected
    assert found.answers["replicate"].value_counts().to_dict() == {1: 60, 2: 60}
