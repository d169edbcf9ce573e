"""Files and mappings that do not fit: one sentence with file, place, value and what is allowed; nothing is
written."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cases.answers import asked

from holdfast.answer_files.read_answers import read_answers
from holdfast.cli import main
from holdfast.errors import StudyError
from projects import ROOT

CASES = ROOT / "tests/cases/answers"
OWN = f"instrument: {CASES / 'neighbours.yaml'}\n"
LONG = "tool: qstn\nitem: item\nanswer: answer\nread: code\nmissing: [9]\n"


def told(folder: Path, path: Path, mapping: str = OWN) -> str:
    """Return what is said of a file and a mapping."""
    (folder / "m.yaml").write_text(mapping, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_answers([path], folder / "m.yaml", ROOT / "resources")
    said = str(error.value)
    assert "\n" not in said
    return said.replace(str(folder), "F").replace(str(CASES), "C")


MAPPINGS = {
    "a key that is none": ("respondant: id", "unknown key 'respondant'. Did you mean 'respondent'?"),
    "a field that is not there": (
        "respondent: metadata.respondant",
        "C/inspect.json: sample ada-chess-1, epoch 1: there is no field 'metadata.respondant', which F/m.yaml: "
        "respondent names. Did you mean 'metadata.respondent'?",
    ),
    "items of another questionnaire": (
        "item: metadata.context", "metadata.context: 'chess' is no item of 'neighbours'. Allowed: 1, 2, 3",
    ),
    "a context that is not there": (
        "contexts: {joke: a, poem: b}", "contexts: no record has poem, the code of 'b', in 'metadata.context'",
    ),
    "one context": ("contexts: [joke]", "between two contexts or more"),
    "a rating that is none": (
        "codes: {much: 9}", "codes.much: 9 is no rating of 'neighbours'. Allowed: 1, 2, 3, 4.",
    ),
    "no context told apart": (
        "context: eval.task", "item 1 of 'ada' in the context 'neighbours' in replicate 1 is also in "
        "C/inspect.json",
    ),
    "a text that does not split": (
        'split: {id: "{a}_{b}"}', "id: 'ada-chess-1' is not of the form '{a}_{b}', as F/m.yaml: split has it.",
    ),
    "a tool that is none": ("tool: inspekt", "Did you mean 'inspect'?"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "words"), MAPPINGS.values(), ids=MAPPINGS)
def test_a_mapping_that_does_not_fit(tmp_path: Path, line: str, words: str) -> None:
    assert words in told(tmp_path, CASES / "inspect.json", OWN + line + "\n")


def test_a_questionnaire_that_is_none(tmp_path: Path) -> None:
    said = told(tmp_path, CASES / "inspect.json", "instrument: pvq40x\n")
    assert said.startswith("F/m.yaml: instrument: 'pvq40x' is unknown. Did you mean 'pvq40'?")


def log(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((CASES / "inspect.json").read_text())
    change(made)
    return made


LOGS = {
    "another version": (
        lambda d: d.update(version=1), "version: 1 is a log format that is not known here. Allowed: 2",
    ),
    "not finished": (lambda d: d.update(status="started"), "status: 'started': the run is not finished"),
    "failed": (lambda d: d.update(status="error"), "status: 'error'"),
    "no samples": (lambda d: d.pop("samples"), "has no samples"),
    "options of others": (
        lambda d: d["samples"][0].update(choices=["yes", "no"]),
        "choices: 'yes' is no option of 'neighbours'. Allowed: 'very well'",
    ),
    "an option twice": (
        lambda d: d["samples"][0].update(choices=["very well", "4"]), "two of the options mean the same rating",
    ),
    "nobody": (lambda d: d["samples"][0]["metadata"].update(respondent=None), "metadata.respondent: is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), LOGS.values(), ids=LOGS)
def test_an_inspect_log_that_does_not_fit(tmp_path: Path, change: Any, words: str) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log(change)))
    assert words in told(tmp_path, path)


def test_damaged_and_unfinished_zips(tmp_path: Path) -> None:
    whole = (CASES / "inspect.eval").read_bytes()
    path = tmp_path / "log.eval"
    path.write_bytes(whole[:-400])
    assert re.match(r"F/log\.eval: is no Inspect log, or a damaged one", told(tmp_path, path))
    path.write_bytes(whole[:3000] + bytes(900) + whole[3900:])
    assert "is damaged" in told(tmp_path, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_journal/start.json", "{}")
    assert "has no header.json: the run has not ended" in told(tmp_path, path)


def long_table(
    folder: Path, change: Callable[[list[list[object]]], object] = lambda rows: None
) -> Path:
    rows: list[list[object]] = [
        ["m", r, c, i, asked.rating(r, c, i)]
        for r in asked.RESPONDENTS for c in asked.CONTEXTS for i in asked.ITEMS
    ]  # fmt: skip
    change(rows)
    path = folder / "answers.csv"
    text = "model,respondent,context,item,answer\n" + "".join(
        ",".join(map(str, row)) + "\n" for row in rows
    )
    path.write_text(text)
    return path


def test_any_long_table_is_read(tmp_path: Path) -> None:
    path = long_table(tmp_path, lambda rows: rows[4].__setitem__(4, 9))
    (tmp_path / "m.yaml").write_text(OWN + LONG)
    (found,) = read_answers([path], tmp_path / "m.yaml", ROOT / "resources").collected
    assert found.answers["status"].value_counts().to_dict() == {"ok": 59, "empty": 1}


def test_a_code_outside_the_scale(tmp_path: Path) -> None:
    path = long_table(tmp_path, lambda rows: rows[3].__setitem__(4, 7))
    assert told(tmp_path, path, OWN + LONG).startswith(
        "F/answers.csv: line 5: answer: '7' is no answer to 'neighbours'. Allowed: 4, 3, 2, 1, 'very well', "
        "'rather well', 'rather badly', 'not at all', and as missing: 9. If these are replies"
    )


def test_an_answer_twice(tmp_path: Path) -> None:
    path = long_table(tmp_path, lambda rows: rows.append(rows[0]))
    said = told(tmp_path, path, OWN + LONG)
    assert said.startswith(
        "F/answers.csv: line 62: item 1 of 'ada' in the context 'joke' is also in F/answers.csv: line 2."
    )


def test_files_of_no_tool(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    assert "F/a.csv: is no file of a tool that is known here" in told(tmp_path, tmp_path / "a.csv")
    (tmp_path / "b.json").write_text("[{")
    assert "F/b.json: can't be read as JSON" in told(tmp_path, tmp_path / "b.json")
    (tmp_path / "c.jsonl").write_text('{"doc": 1}\n')
    assert "F/c.jsonl: line 1: is no sample of lm-evaluation-harness: 'resps' is missing" in told(
        tmp_path, tmp_path / "c.jsonl"
    )


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """A mistake in the last file is told before anything is written; so are too few contexts."""
    path = long_table(tmp_path, lambda rows: rows.__setitem__(slice(6, None), []))
    (tmp_path / "m.yaml").write_text(OWN + LONG)
    for arguments in ([str(path), str(CASES / "qstn.csv")], [str(path)]):
        with pytest.raises(SystemExit) as end:
            main(
                [
                    "analyse",
                    *arguments,
                    "--mapping",
                    str(tmp_path / "m.yaml"),
                    "--out",
                    str(tmp_path / "out"),
                ]
            )
        assert str(end.value).startswith("Error: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answers.csv", "m.yaml"]
    with pytest.raises(SystemExit) as end:
        main(["analyse", str(path), "--out", str(tmp_path / "out")])
    assert "--mapping: is missing" in str(end.value) or "is no file" in str(end.value)
