"""Keys of the store: an existing study's answers are found again, whatever else studies may ask for."""

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers.utils import chat_template_utils

from echo import Echo, Recorder
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import Prompt
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[4]
# made by this test before contexts could be anything but a conversation with a human; a change of
# prompts, seeds or keys changes it, and then every answer of every study is paid for again
KEYS = {
    "smoke": "e56b7fe07da1dc926f30e750610b215d3692695bcb11a91526650caf6ebc870c",
    "mini/lengths": "35a4395ae4dd4fa3358a1558438f1f88eea7c1951a8d91e3ba6b2526e2c87433",
    "mini/readouts": "4c36c816086fcfcff0c1c98b8b9b63820676b3d6516b8979cadb48529d0a39af",
}


class Dated(Echo):
    """Is shown prompts as a model is whose chat template writes the date."""

    def __init__(self, day: datetime.date) -> None:
        entry = Entry.model_validate({
            "model": {"path": str(ROOT / "resources/miniatures/llama-mini")},
            "deployment": {"backend": "transformers"},
        })  # fmt: skip
        self.model: Any = make_backend("dated", entry, 1, "1", 1, day)
        cases = yaml.safe_load((ROOT / "tests/cases/chat_templates.yaml").read_text("utf-8"))
        self.model.tokenizer.chat_template = cases["today"]["template"]

    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = self.model.identity()
        return found

    def render(self, prompt: Prompt) -> str:
        return str(self.model.render(prompt))


def keys(study: str, folder: Path, dated: bool = False, **changed: Any) -> str:
    """Return one hash of all keys of a study's messages and answers."""
    asked = read_mapping(ROOT / f"studies/{study}.yaml") | changed
    plan = make_plan(asked, study, ROOT / "resources")
    found = []
    for people in plan.populations.values():
        design = Design(
            personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
            instruments=list(plan.instruments.values()),
            **plan.asking(next(iter(plan.models))),
        )  # fmt: skip
        talks = sessions(design)
        backend = Dated(design.day) if dated else Echo()
        interview = Interview(backend, Recorder(folder), design, {"temperature": 1})
        rows = [row for _, answers in interview.run(talks) for row in answers]
        found += [m["prompt"] for s in talks for m in s.rows] + [r["prompt"] for r in rows]
    return hashlib.sha256("".join(sorted(found)).encode()).hexdigest()


@pytest.mark.parametrize("study", KEYS)
def test_a_study_s_keys_stay_as_they_are(study: str, tmp_path: Path) -> None:
    assert keys(study, tmp_path) == KEYS[study]


def clock_at(now: datetime.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock that Python programs and chat templates read."""

    class Moment(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return now

        @classmethod
        def today(cls) -> Any:
            return now

    class Day(datetime.date):
        @classmethod
        def today(cls) -> Any:
            return now.date()

    monkeypatch.setattr(datetime, "datetime", Moment)
    monkeypatch.setattr(datetime, "date", Day)
    monkeypatch.setattr(chat_template_utils, "datetime", Moment)


def test_keys_are_the_same_before_and_after_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = datetime.datetime(2026, 2, 28, 23, 59, 59)
    after = before + datetime.timedelta(seconds=2)
    found, without = [], []  # without: as the template is by itself, on the clock's day
    for now in (before, after):
        with monkeypatch.context() as patch:
            clock_at(now, patch)
            model = Dated(datetime.date(2025, 3, 4)).model
            message = [{"role": "user", "content": "Tea?"}]
            without.append(model.tokenizer.apply_chat_template(message, tokenize=False))
            found.append([
                keys("smoke", tmp_path, dated=True),
                keys("smoke", tmp_path, dated=True, date="2025-03-04"),
            ])  # fmt: skip
    assert [text[:13] for text in without] == ["Today: 28 Feb", "Today: 01 Mar"]
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]  # the study's date is part of what a model is shown
