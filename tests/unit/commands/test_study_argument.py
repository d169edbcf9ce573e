"""Every command takes a study by its name, from a folder of the project, with results elsewhere."""

import json
from pathlib import Path

import pytest

from holdfast.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[3]
SAID = {
    "check smoke": "study smoke: results/smoke/",
    "check --file smoke": "../studies/smoke.yaml",
    "check results/gone": "study gone: results/gone/",
    "cite smoke": "@software{holdfast,",
    "estimate smoke": "still to do",
    "explain smoke generated-0001 --model random": "random as generated-0001",
    "show gone": "gone/leaderboard.csv: can't be read",
    "status smoke": "study smoke: 0 of 3 jobs done",
    "verify gone": "0 tables are as they were recorded",
    "compare gone results/gone": "What changed, from the first to the second:\n  nothing",
    "figure gone --figure variants --out x.svg": "--figure: 'variants' is unknown. Did you mean 'variance'?",
    "store status smoke": "there is no store yet",
}


@pytest.mark.parametrize("line", SAID)
def test_each_command_finds_the_study(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "results/gone"
    (gone / "figures").mkdir(parents=True)
    (gone / "figures/variance.csv").touch()
    record = {"study": {"study": "gone", "models": ["random"]}, "tables": {}}
    (gone / "provenance.json").write_text(json.dumps(record))
    monkeypatch.chdir(ROOT / "docs")
    said = ""
    try:
        main([*line.split(), "--directory", str(tmp_path)])
    except SystemExit as end:
        said = str(end.code)
    assert SAID[line] in capsys.readouterr().out + said
    assert Path.cwd() == ROOT / "docs"


def test_every_command_that_is_of_a_study_is_tried_here() -> None:
    assert {line.split()[0] for line in SAID} == set(COMMANDS) - {"analyse", "unlock"}
