"""Who observes, in which form, and what a study with observers must have."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan

ROOT = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = {
    "models": ["planted", "simulated"],
    "populations": [{"name": "generated", "size": 4}],
    "contexts": {"topics": ["grammar", "joke"]},
    "observers": {
        "models": ["observer-good", {"model": "random", "sees": "speaker", "turns": [1, 3]}]
    },
}


def made(resources: Path = ROOT / "resources", **changed: Any) -> Any:
    observers = CONFIG["observers"] | changed.pop("observers", {})
    return make_plan(CONFIG | {"observers": observers} | changed, "study.yaml", resources)


def test_observers_have_names_and_read_forms() -> None:
    plan = made()
    assert list(plan.observers) == ["observer-good", "random-speaker-turns-1-3"]
    assert plan.observer_slice("random-speaker-turns-1-3") == {
        "model": "random", "sees": {"speaker": True, "turns": [1, 3]},
    }  # fmt: skip
    assert plan.observed_pairs() == [("planted", "generated"), ("simulated", "generated")]
    assert made(observers={"of": ["planted"]}).observed_pairs() == [("planted", "generated")]
    (form,) = plan.filled_in("generated")
    assert (form.name, form.observes, form.values) == (
        "pvq40_observer", "pvq40", plan.instruments["pvq40"].values,
    )  # fmt: skip
    assert [i.neutral for i in form.items] == [i.neutral for i in plan.instruments["pvq40"].items]


def test_respondents_know_nothing_of_observers() -> None:
    """So that a study that gets an observer asks no respondent again."""
    with_them, without = made(), make_plan(
        {k: v for k, v in CONFIG.items() if k != "observers"}, "study.yaml", ROOT / "resources"
    )  # fmt: skip
    assert with_them.asking("planted") == without.asking("planted")
    assert "observer" not in with_them.asking("planted")["wordings"]["plain"]
    observing = str(with_them.observing("observer-good")["wordings"])
    assert "SPEAKER" in observing and "name_question" not in observing
    assert without.observed_pairs() == [] and without.forms == {}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"observers": {"models": ["observer-god"]}}, "'observer-god' .*observer-good"),
    ({"observers": {"of": ["plantd"]}}, "of: .*'plantd'.*planted"),
    ({"observers": {"models": [{"model": "random", "turns": [3, 1]}]}}, "first turn, 3, comes after"),
    ({"observers": {"models": [{"model": "random", "sees": "all"}]}}, 'Allowed: conversation, speaker'),
    ({"observers": {"models": ["random", "random"]}}, "random"),
    ({"instruments": ["svs"]}, "no questionnaire of the study has a form for observers.*pvq40"),
    ({"instruments": ["pvq40_observer"]}, "'pvq40_observer' is the form of 'pvq40' for observers"),
    ({"contexts": {"topics": [], "texts": ["stories", "posts"]}}, "no topics, and so no conversations"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), MISTAKES)
def test_mistakes_are_told(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(StudyError, match=told):
        made(**changed)


def test_a_form_must_fit_its_questionnaire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "resources", tmp_path / "resources")
    form = tmp_path / "resources/pvq/pvq40_observer.yaml"
    written = form.read_text(encoding="utf-8")
    form.write_text(written.replace("rating: 6", "rating: 7"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"pvq40_observer\.yaml: options: must be that of 'pvq40'"):
        made(tmp_path / "resources")
    form.write_text(written, encoding="utf-8")
    plain = tmp_path / "resources/prompts/plain.yaml"
    text = plain.read_text(encoding="utf-8")
    plain.write_text(text[: text.index("observer:")], encoding="utf-8")
    with pytest.raises(StudyError, match=r"plain\.yaml: observer: is not there"):
        made(tmp_path / "resources")
