"""SmolLM2, from a package, with prompts of the study `smollm2`: vLLM beside the default backend."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from served import end_engine

from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.protocol import Backend, MessageRequest, ScoreRequest
from holdfast.inference.interview.questions import questions, score_request
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.registry import read_registry
from holdfast.inference.prompting.prompts import next_message

ROOT = Path(__file__).resolve().parents[2]
NAME = "smollm2-135m-instruct"
SAID = "I would rather speak of the garden, and of those who work in it."


@dataclass(frozen=True)
class Real:
    """Both backends of the model, and what the study asks of it."""

    one: Backend
    other: Backend
    asked: list[ScoreRequest]
    written: list[MessageRequest]


@pytest.fixture(scope="module")
def real(design: Design, smollm2_folder: Path) -> Iterator[Real]:
    assert smollm2_folder.is_dir()
    registry = read_registry(ROOT / "resources/models")
    model = registry[NAME].model
    talks = sessions(design)
    written = [
        MessageRequest(next_message(s.wording, s.persona, s.turns, s.other), seed, 30)
        for seed, s in enumerate(talks)
    ]
    for session in talks:
        session.add({"text": SAID, "tokens": 0, "status": "ok", "prompt": ""})
    asked = [score_request(design, q) for s in talks[::5] for q in questions(design, s)][:24]
    assert model.package is not None
    entries = (registry[NAME], registry[f"{NAME}-vllm"])
    both = [make_backend(NAME, e, 1, model.package.revision, cores=2) for e in entries]
    yield Real(*both, asked, written)
    end_engine(both[1])


def test_the_letters_have_the_log_probabilities_of_the_default_backend(real: Real) -> None:
    wanted, found = list(real.one.score(real.asked)), list(real.other.score(real.asked))
    assert len(found) == 24 and min(a.mass for a in wanted) > 0.9
    for one, other in zip(wanted, found, strict=True):
        assert other.logprobs == pytest.approx(one.logprobs, abs=1e-4)
        assert other.mass == pytest.approx(one.mass, abs=1e-4)


def test_the_messages_are_those_of_the_default_backend(real: Real) -> None:
    """All but one at most: where rounding moves a token, the message goes on otherwise."""
    assert real.other.entry.model.sampling.top_p < 1  # type: ignore[attr-defined]
    wanted, found = list(real.one.generate(real.written)), list(real.other.generate(real.written))
    assert sum(a != b for a, b in zip(wanted, found, strict=True)) <= 1
    assert len({a.text for a in found}) > len(found) // 2
