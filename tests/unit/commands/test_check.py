"""`holdfast check`: what it says of observers."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.commands.check import check_models, summary
from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = {
    "models": ["planted", "random"], "instruments": ["pvq21", "svs"], "replicates": 2,
    "populations": [{"name": "generated", "size": 4}],
    "contexts": {"topics": ["gift", "joke"], "messages": 3, "max_new_tokens": 20},
    "observers": {"models": ["llama-mini", "observer-good"], "of": ["planted"]},
}  # fmt: skip


def planned(**more: Any) -> Plan:
    return make_plan(CONFIG | more, "s.yaml", ROOT / "resources")


def test_observers_and_what_they_are_asked_are_counted() -> None:
    said = summary(planned()).splitlines()
    assert "  observers    2: llama-mini, observer-good; forms: pvq21_observer" in said
    assert f"  per observed {2 * 4 * 2 * 2 * 21} answers of observers; models: planted" in said
    assert said[-1] == "  no observers of svs: there is no form for them"
    assert "observer" not in summary(planned(observers={}))


def test_prompts_of_observers_are_tried(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversation of the greatest length must fit into the observer's window."""
    monkeypatch.chdir(ROOT)
    check_models(planned())
    assert capsys.readouterr().out.startswith("observer llama-mini: its prompts are as the study")
    long = CONFIG["contexts"] | {"messages": 21, "max_new_tokens": 200}
    with pytest.raises(StudyError, match="'llama-mini': the study's longest prompt"):
        check_models(planned(contexts=long))
