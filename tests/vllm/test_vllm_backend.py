"""The backend `vllm` beside the default one: `make test-vllm`, in an environment of its own.

Models have random weights and 32 numbers a head: vLLM computes no smaller heads on a processor, so the
study's own miniatures can't be used here.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from plain_wording import PLAIN
from safetensors.torch import load_file, save_file
from served import end_engine

from holdfast.design.instruments import load_instrument
from holdfast.design.personas import Persona, read_personas
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.protocol import (
    THOUGHT,
    UNENDED,
    Asked,
    Backend,
    MessageRequest,
    ScoreRequest,
)
from holdfast.inference.models.miniature_models import (
    ARCHITECTURES,
    build_model,
    build_tokenizer,
    save,
)
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import Turn, next_message, question_text, questionnaire

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
MANY = read_personas(RESOURCES / "personas/fictional.csv", 30)
PERSONAS = MANY[:3]
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


def odd_copy(folder: Path, plain: Path, ends: int) -> Path:
    """Return a copy whose generation_config.json would change every message; `plain` gets the same ends."""
    odd = {
        "do_sample": True, "temperature": 0.01, "top_k": 1, "top_p": 0.1, "min_p": 0.9,
        "repetition_penalty": 5.0, "presence_penalty": 2.0, "max_new_tokens": 2,
    }  # fmt: skip
    shutil.copytree(plain, folder)
    for place, about in ((plain, {}), (folder, odd)):
        said = json.dumps(about | {"eos_token_id": [ends, ends + 1]})
        (place / "generation_config.json").write_text(said, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["llama", "qwen"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, Backend]]:
    """Yield the default backend and vLLM's for one model; vLLM's model has an odd generation_config.json."""
    place = tmp_path_factory.mktemp("model")
    plain = model_folder(request.param, place / "plain")
    odd = odd_copy(place / "odd", plain, ends=300)
    both = backend("transformers", request.param, plain), backend("vllm", request.param, odd)
    yield both
    end_engine(both[1])


def again(pair: tuple[Backend, Backend], **about: object) -> tuple[Backend, Backend]:
    """Return both for the same weights with another entry; vLLM loads them once."""
    found = []
    for one in pair:
        model = one.entry.model.model_dump(exclude_unset=True) | about
        entry = Entry.model_validate({"model": model, "deployment": one.entry.deployment})
        found.append(make_backend(one.name, entry, 1, "0" * 40, cores=1))
    vars(found[1])["engine"] = pair[1].engine
    return found[0], found[1]


def questions(people: list[Persona]) -> list[ScoreRequest]:
    asked = Asked("one", "tea", 1, 1, "security", (6, 5, 4, 3, 2, 1))
    orders = [tuple(o.rating for o in INSTRUMENT.options)[:: 1 if n % 2 else -1] for n in range(2)]
    texts = [
        question_text(PLAIN, INSTRUMENT, item, "neutral", orders[n % 2])
        for n, item in enumerate(INSTRUMENT.items)
    ]
    return [
        ScoreRequest(questionnaire(PLAIN, p, TURNS, t), INSTRUMENT.letters(), 1, asked)
        for p in people
        for t in texts
    ]


def messages(people: list[Persona], limit: int = 12) -> list[MessageRequest]:
    return [
        MessageRequest(next_message(PLAIN, p, TURNS[:1]), n, limit) for n, p in enumerate(people)
    ]


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


@pytest.mark.parametrize("sampling", [
    {}, {"temperature": 0.7, "top_p": 0.9, "top_k": 50, "repetition_penalty": 1.1}, {"top_p": 0.5},
    {"top_k": 5, "temperature": 3}, {"temperature": 0}, {"temperature": 0, "repetition_penalty": 1.3},
], ids=str)  # fmt: skip
def test_messages_are_drawn_as_in_the_default_backend(
    pair: tuple[Backend, Backend], sampling: dict[str, float]
) -> None:
    """More prompts than one step of vLLM reads: some are read in two steps."""
    one, other = again(pair, sampling=sampling)
    requests = messages(MANY)
    assert sum(map(len, other.token_ids([r.prompt for r in requests]))) > 4096 + 500
    wanted, found = list(one.generate(requests)), list(other.generate(requests))
    assert found == wanted and len({a.text for a in found}) > 4
    assert {a.status for a in found} <= {"ok", "cut", "empty"}


def test_a_message_depends_on_its_seed_and_not_on_who_shares_the_batch(
    pair: tuple[Backend, Backend],
) -> None:
    other = again(pair, sampling={"top_p": 0.9, "repetition_penalty": 1.1})[1]
    requests = messages(MANY)
    together = list(other.generate(requests))
    assert list(other.generate(requests[7:8])) == together[7:8]
    assert list(other.generate(requests[::-3])) == together[::-3]
    reseeded = [replace(r, seed=r.seed + 10**30) for r in requests]
    assert all(a != b for a, b in zip(other.generate(reseeded), together, strict=True))


@pytest.mark.parametrize(
    ("kind", "end", "readout", "statuses"),
    [
        ("chat", "<s>", "message", {"ok", "cut"}),  # a special token
        ("chat", "e", "message", {"ok"}),
        ("base", "th", "message", {"ok", "cut"}),
        ("chat", "he", THOUGHT, {"ok", UNENDED}),
    ],
)
def test_messages_and_thoughts_end_as_in_the_default_backend(
    pair: tuple[Backend, Backend], kind: str, end: str, readout: str, statuses: set[str]
) -> None:
    both = again(pair, kind=kind)
    requests = [replace(r, readout=readout) for r in messages(MANY, 24)]
    for one in both:
        vars(one)["stops"] = lambda request: [end]
    wanted, found = (list(one.generate(requests)) for one in both)
    assert found == wanted
    assert statuses <= {a.status for a in found}
    assert not any(end in a.text for a in found)


def test_both_read_prompts_alike_and_are_told_apart_in_the_store(
    pair: tuple[Backend, Backend],
) -> None:
    prompt = messages(PERSONAS)[0].prompt
    assert pair[0].render(prompt) == pair[1].render(prompt)
    assert pair[0].identity() != pair[1].identity()


def test_a_model_that_vllm_does_not_compute_is_told_in_a_sentence(tmp_path: Path) -> None:
    small = backend("vllm", "llama", model_folder("llama", tmp_path, width=64))
    with pytest.raises(StudyError, match=r"'llama' can't be \w+ by vLLM: .*head"):
        list(small.score(questions(PERSONAS[:1])))


def test_files_without_the_embedding_are_not_computed_with_zeros(tmp_path: Path) -> None:
    """Tied weights that are saved under their second name: vLLM alone would give every token the same."""
    folder = model_folder("llama", tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["model.embed_tokens.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(StudyError, match=r"can't be loaded by vLLM: .* only as lm_head\.weight"):
        list(backend("vllm", "llama", folder).score(questions(PERSONAS[:1])))
