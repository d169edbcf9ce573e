"""The backend `vllm` beside the default one: `make test-vllm`, in an environment of its own.

Models have random weights and 32 numbers a head: vLLM computes no smaller heads on a processor, so the
study's own miniatures can't be used here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.design.instruments import load_instrument
from holdfast.design.personas import Persona, read_personas
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.protocol import Asked, Backend, MessageRequest, ScoreRequest
from holdfast.inference.models.miniature_models import (
    ARCHITECTURES,
    build_model,
    build_tokenizer,
    save,
)
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import Turn, next_message, question_text, questionnaire

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
PERSONAS = read_personas(RESOURCES / "personas/fictional.csv", 3)
INSTRUMENT = load_instrument(RESOURCES, "pvq40")
TURNS = [Turn("interlocutor", "Let us talk about tea."), Turn("persona", "Tea is fine, I think.")]


def model_folder(family: str, folder: Path, width: int = 128) -> Path:
    texts = [i.female for i in INSTRUMENT.items] + [p.description for p in PERSONAS]
    tokenizer = build_tokenizer(family, texts, 700)
    save(
        build_model(family, tokenizer, seed=5, width=width, layers=2, spread=0.2), tokenizer, folder
    )
    return folder


def backend(through: str, family: str, folder: Path, **about: object) -> Backend:
    about = {"path": str(folder), "system_role": ARCHITECTURES[family].system_role} | about
    entry = Entry.model_validate({"model": about, "deployment": {"backend": through}})
    return make_backend(family, entry, 1, "0" * 40, cores=1)


@pytest.fixture(scope="module", params=["llama", "mistral", "qwen"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, Backend]]:
    """Return the default backend and vLLM's for one model."""
    folder = model_folder(request.param, tmp_path_factory.mktemp("model"))
    sampling = {"temperature": 0.7, "top_p": 0.9, "top_k": 50, "repetition_penalty": 1.1}
    yield (
        backend("transformers", request.param, folder),
        backend("vllm", request.param, folder, sampling=sampling),
    )


def questions(people: list[Persona]) -> list[ScoreRequest]:
    asked = Asked("one", "tea", 1, 1, "security", (6, 5, 4, 3, 2, 1))
    orders = [tuple(o.rating for o in INSTRUMENT.options)[:: 1 if n % 2 else -1] for n in range(2)]
    texts = [
        question_text(INSTRUMENT, item, "neutral", orders[n % 2])
        for n, item in enumerate(INSTRUMENT.items)
    ]
    return [
        ScoreRequest(questionnaire(p, TURNS, t), INSTRUMENT.letters(), 1, asked)
        for p in people
        for t in texts
    ]


def messages(people: list[Persona], limit: int = 12) -> list[MessageRequest]:
    return [MessageRequest(next_message(p, TURNS[:1]), n, limit) for n, p in enumerate(people)]


def test_six_log_probabilities_are_those_of_the_default_backend(
    pair: tuple[Backend, Backend],
) -> None:
    wanted, found = (list(b.score(questions(PERSONAS))) for b in pair)
    assert len(found) == 3 * 40
    for one, other in zip(wanted, found, strict=True):
        assert other.logprobs == pytest.approx(one.logprobs, abs=1e-4)
        assert other.mass == pytest.approx(one.mass, abs=1e-4)
        assert other.text == one.text
    assert len({a.text for a in found}) > 1


def test_a_message_depends_on_its_seed_and_not_on_who_shares_the_batch(
    pair: tuple[Backend, Backend],
) -> None:
    requests = messages(PERSONAS)
    together = list(pair[1].generate(requests))
    assert list(pair[1].generate(requests[1:2])) == together[1:2]
    other = MessageRequest(requests[1].prompt, 99, 12)
    assert next(iter(pair[1].generate([other]))).text != together[1].text
    assert all(0 < a.tokens <= 12 and a.status in ("ok", "cut") for a in together)
    assert {a.tokens for a in together if a.status == "cut"} <= {12}


def test_both_read_prompts_alike_and_are_told_apart_in_the_store(
    pair: tuple[Backend, Backend],
) -> None:
    prompt = messages(PERSONAS)[0].prompt
    assert pair[0].render(prompt) == pair[1].render(prompt)
    assert pair[0].identity() != pair[1].identity()


def test_greedy_messages_are_those_of_the_default_backend(tmp_path: Path) -> None:
    folder = model_folder("llama", tmp_path)
    about = {"sampling": {"temperature": 0}, "kind": "base"}
    wanted, found = (
        list(backend(k, "llama", folder, **about).generate(messages(PERSONAS, 20)))
        for k in ("transformers", "vllm")
    )
    assert found == wanted


def test_a_model_that_vllm_does_not_compute_is_told_in_a_sentence(tmp_path: Path) -> None:
    small = backend("vllm", "llama", model_folder("llama", tmp_path, width=64))
    with pytest.raises(StudyError, match=r"'llama' can't be \w+ by vLLM: .*head"):
        list(small.score(questions(PERSONAS[:1])))
