"""SmolLM2 behind vLLM's server: the same choices and log-probabilities as where it runs here."""

import math
from pathlib import Path
from typing import Any

import pytest
from served import compute_batch

from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import Answer, ScoreRequest
from holdfast.inference.backends.way_probe import settle_way
from holdfast.inference.interview.questions import choice_request, questions, score_request
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.registry import Entry, read_registry
from holdfast.inference.services.answer_ways import Way

ROOT = Path(__file__).resolve().parents[2]
NAME = "smollm2-135m-instruct"
SAID = "I would rather speak of the garden, and of those who work in it."
ENTRY = read_registry(ROOT / "resources/models")[NAME]
Asked = tuple[list[ScoreRequest], list[ScoreRequest]]


@pytest.fixture(scope="module")
def asked(design: Design) -> Asked:
    """Return 84 questions of the study `smollm2`, as the readouts logit and choice ask them."""
    talks = sessions(design)[:4]
    for session in talks:
        while len(session.rows) < session.messages:
            session.add({"text": SAID, "tokens": 0, "status": "ok", "prompt": ""})
    every = [q for s in talks for q in questions(design, s)]
    return [score_request(design, q) for q in every], [choice_request(design, q) for q in every]


@pytest.fixture(scope="module")
def service(smollm2: str) -> OpenAIBackend:
    made = make_backend("small", served(base_url=smollm2), 1, None, 1)
    assert isinstance(made, OpenAIBackend)
    return made


def answered(backend: OpenAIBackend, asked: list[ScoreRequest]) -> list[Answer]:
    return sorted(backend.score(asked), key=lambda a: a.place or 0)


def test_answers_are_those_of_the_same_weights_here(
    asked: Asked, service: OpenAIBackend, tmp_path: Path
) -> None:
    settle_way(service, tmp_path, asked[0][0], restricted=True)
    assert service.way == Way("prefill", "continue_final_message", True, "structured_outputs")
    for requests in asked:
        assert_same(requests, answered(service, requests))


def test_answers_from_file_to_file_are_the_same(
    asked: Asked, smollm2_folder: Path, tmp_path: Path
) -> None:
    """What `vllm run-batch` computes of the requests that a job writes."""
    made = make_backend("small", served(batch="file", preset="vllm"), 1, None, 1)
    assert isinstance(made, OpenAIBackend)
    made.batches = tmp_path
    requests = asked[0][:42]
    with pytest.raises(StudyError, match="42 requests are in"):
        list(made.score(requests))
    (written,) = tmp_path.glob("*.requests.jsonl")
    results = written.with_name(written.name.replace(".requests.", ".results."))
    compute_batch(smollm2_folder, written, results, tmp_path / "log")
    assert_same(requests, answered(made, requests))


def served(**deployment: Any) -> Entry:
    limits = {"concurrency": 16, "timeout_seconds": 600}
    return Entry.model_validate({
        "model": {"repository": "small", "sampling": {"temperature": 0}},
        "deployment": {"backend": "openai", "limits": limits} | deployment,
    })  # fmt: skip


def assert_same(requests: list[ScoreRequest], found: list[Answer]) -> None:
    """Check that a service's answers are those of the same weights here."""
    assert ENTRY.model.package is not None
    here = make_backend(NAME, ENTRY, 1, ENTRY.model.package.revision, cores=2)
    wanted = list(here.score(requests))
    read = [f.status == "ok" and len(f.logprobs) == 6 for f in found]
    same = [f.text == w.text for f, w in zip(found, wanted, strict=True)]
    of_letters = requests[0].readout == "choice"  # the server tells them after its restriction
    shift = [math.log(w.mass) if of_letters else 0.0 for w in wanted]
    off = [
        abs(a - (b - s))
        for f, w, s in zip(found, wanted, shift, strict=True)
        for a, b in zip(f.logprobs, w.logprobs, strict=True)
        if not math.isnan(a)
    ]
    known = len(off) / (6 * len(found))
    print(
        f"{requests[0].readout}: read {sum(read)} of {len(read)}, same choice {sum(same)}, "
        f"log-probabilities known {known:.3f}, off by at most {max(off):.2g}"
    )
    assert sum(read) >= 0.99 * len(read) and sum(same) >= 0.99 * len(same)
    assert max(off) < 1e-3
