"""What is kept of a conversation changes nothing: not its messages, nor the answers after it."""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_wording import PLAIN
from transformers import GPT2Config, GPT2LMHeadModel

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import Asked, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.continuous_batching import Writing, rows_at_once, write
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.message_generation import messages, plain_batch
from holdfast.inference.engine.option_scores import Group, score_groups
from holdfast.inference.engine.out_of_memory import Limit
from holdfast.inference.engine.prefix_packing import Known
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.models.registry import Model, Sampling
from holdfast.inference.prompting.prompts import (
    Speaker,
    Turn,
    next_message,
    question_text,
    questionnaire,
)
from holdfast.inference.prompting.token_ids import letter_ids
from small_models import OPTIONS, VARIANTS, assert_equal, computed_tokens, plain

Talk = list[list[Turn]]
SAMPLINGS = {
    "whole distribution": Sampling(),
    "greedy": Sampling(temperature=0),
    "all parameters": Sampling(temperature=0.8, top_k=50, top_p=0.9, repetition_penalty=1.3),
}
several = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def talk(personas: list[Persona], turns: int, ask: Callable[[list[MessageRequest]], Any]) -> Talk:
    """Return a conversation of so many messages with each persona, a turn of all at a time."""
    openings = ("Tell me a joke.", "What is the weather like in the hills today?", "Why?")
    talks = [[Turn("interlocutor", openings[i % 3])] for i, _ in enumerate(personas)]
    for turn in range(turns):
        requests = [
            MessageRequest(next_message(PLAIN, p, t), 100 * turn + i, 5 + 3 * (i % 3), ("a", i))
            for i, (p, t) in enumerate(zip(personas, talks, strict=True))
        ]
        speaker: Speaker = requests[0].prompt.speaker
        for t, answer in zip(talks, ask(requests), strict=True):
            t.append(Turn(speaker, answer.text))
    return talks


ROWS = (1, 4, None)
KEPT = (1e9, 3e4, 0)  # everything, some, nothing


@pytest.mark.parametrize(
    ("variant", "sampling"),
    [*(("llama", s) for s in SAMPLINGS), *zip(list(VARIANTS)[1:], cycle(SAMPLINGS), strict=False)],
)
def test_messages_are_those_of_the_librarys_own_loop(
    model_of: Callable[[str], Any], backends: dict[str, TransformersBackend],
    personas: list[Persona], variant: str, sampling: str,
) -> None:  # fmt: skip
    backend, model = backends[VARIANTS[variant][0]], model_of(variant)
    about = Model(sampling=SAMPLINGS[sampling])

    def ids(requests: list[MessageRequest]) -> list[list[int]]:
        return backend.token_ids([r.prompt for r in requests])

    def alone(requests: list[MessageRequest]) -> Iterator[Any]:
        for r in requests:
            yield from plain_batch(model, backend.tokenizer, about, [r], ids([r]), [[]])

    expected = talk(personas, 3, alone)
    assert len({t[-1].text for t in expected}) > 1
    turned = list(SAMPLINGS).index(sampling)  # so that over all, each of both meets each other
    for rows, limit in zip(ROWS, KEPT[turned:] + KEPT[:turned], strict=True):
        cache = ConversationCache(limit)
        found = talk(
            personas, 3,
            lambda r, rows=rows, cache=cache: messages(
                model, backend.tokenizer, about, r, ids(r), [[]] * len(r), cache, rows
            ),
        )  # fmt: skip
        assert found == expected
        assert cache.used <= limit


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_later_turn_computes_only_what_is_new(
    backends: dict[str, TransformersBackend], personas: list[Persona], family: str
) -> None:
    backend, cache = backends[family], ConversationCache(1e9)
    passes: list[tuple[int, int]] = []

    def ask(requests: list[MessageRequest]) -> Any:
        ids = backend.token_ids([r.prompt for r in requests])
        way_of(backend.model)  # the trial is over
        with computed_tokens(backend.model) as counts:
            answers = list(
                messages(
                    backend.model,
                    backend.tokenizer,
                    backend.entry.model,
                    requests,
                    ids,
                    [[]] * len(requests),
                    cache,
                )
            )
        passes.append((counts[0], sum(map(len, ids))))
        return answers

    talk(personas, 3, ask)
    (first, whole), _, (third, longer) = passes
    assert first == whole
    assert third < 0.6 * longer, "the persona's first prompt and message are not computed again"


def test_other_conversations_are_forgotten() -> None:
    cache = ConversationCache(100)
    known = Known([1, 2], {0: (torch.zeros(2, 1, 3), torch.zeros(2, 1, 3))})
    assert known.bytes() == 48
    for name in "abc":
        cache.keep((name, "persona"), known)
    assert set(cache.known) == {("a", "persona"), ("b", "persona")} and cache.used == 96
    cache.keep(("b", "persona"), known)
    assert cache.used == 96, "in place of what was known before"
    cache.only({"b", "c"})
    assert set(cache.known) == {("b", "persona")} and cache.used == 48
    cache.keep(("c", "persona"), known)
    assert cache.get(("c", "persona")) is known and not cache.get(("a", "persona")).ids


def test_slots_follow_the_memory(
    model_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for free in (0.0, 2.0**22, 2.0**23, 2.0**50):
        monkeypatch.setattr(
            "holdfast.inference.engine.continuous_batching.free_memory", lambda _, free=free: free
        )
        found.append(rows_at_once(model_of("llama"), 100))
    assert found == sorted(found) and found[0] == 1 and found[1] < found[2] < found[3]


def gpt2() -> Any:
    torch.manual_seed(3)
    config = GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=700, n_positions=512,
                        bos_token_id=1, eos_token_id=2)  # fmt: skip
    return GPT2LMHeadModel(config).eval()


def test_an_unknown_architecture_writes_by_the_librarys_loop(
    backends: dict[str, TransformersBackend], personas: list[Persona]
) -> None:
    backend, model, cache = backends["llama"], gpt2(), ConversationCache(1e9)

    def ask(requests: list[MessageRequest]) -> Any:
        ids = [i[-60:] for i in backend.token_ids([r.prompt for r in requests])]
        return messages(model, backend.tokenizer, Model(), requests, ids, [[]] * len(ids), cache)

    talks = talk(personas, 3, ask)
    assert all(len(t) == 4 for t in talks) and not cache.known


def known_of(model: Any, ids: list[int]) -> Known:
    """Return what is known of a text after its last token was drawn in a batch of two."""
    both = [Writing(n, ids, 1, [0.5]) for n in range(2)]
    written = write(model, both, lambda logits, _: [7] * len(logits), lambda _: True)
    return [known for _, known in written][1]


tokens = st.lists(st.integers(5, 600), min_size=1, max_size=40)


@pytest.mark.parametrize("variant", VARIANTS)
@several
@given(
    shared=tokens, other=tokens, rest=tokens,
    ends=st.lists(st.lists(st.integers(5, 600), min_size=1, max_size=9), min_size=1, max_size=4),
    at_once=st.sampled_from([1, 7, 64, 4096]),
)  # fmt: skip
def test_what_is_known_changes_no_answer(
    model_of: Callable[[str], Any], variant: str, shared: list[int], other: list[int],
    rest: list[int], ends: list[list[int]], at_once: int,
) -> None:  # fmt: skip
    model = model_of(variant)
    ids = [shared + rest + e for e in ends]
    for known in (known_of(model, shared), known_of(model, shared + other)):
        groups = [Group(ids, OPTIONS, known), Group([shared, ids[0]], OPTIONS, known)]
        for group, scores in zip(
            groups, score_groups(model, groups, Limit("tokens", at_once)), strict=True
        ):
            assert_equal(model, list(group.ids), scores, OPTIONS)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("variant", VARIANTS)
def test_nested_lengths_are_computed_once(
    model_of: Callable[[str], Any], variant: str, order: int
) -> None:
    model, numbers = model_of(variant), torch.Generator().manual_seed(2)

    def some(n: int) -> list[int]:
        return [int(t) for t in torch.randint(5, 600, (n,), generator=numbers)]

    whole = some(400)
    groups = [[whole[:n] + some(3 + i) for i in range(5)] for n in (60, 180, 400)][::order]
    groups += [[some(70) + some(2)], [some(70) + some(2)]]
    way_of(model)  # the trial is over
    for at_once in (50, 9999):
        with computed_tokens(model) as counts:
            found = list(
                score_groups(model, [(ids, OPTIONS) for ids in groups], Limit("tokens", at_once))
            )
        for ids, scores in zip(groups, found, strict=True):
            assert_equal(model, ids, scores, OPTIONS)
        assert sum(counts) == 400 + 3 * (3 + 4 + 5 + 6 + 7) + 2 * 72


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_questionnaire_goes_on_from_its_conversation(
    backends: dict[str, TransformersBackend], personas: list[Persona], instrument: Instrument,
    family: str,
) -> None:  # fmt: skip
    backend = backends[family]
    letters = letter_ids(backend.tokenizer, "ABCDEF")
    talks = talk(personas[:3], 3, backend.generate)
    asked = [
        ScoreRequest(
            questionnaire(PLAIN, p, t, question_text(PLAIN, instrument, item, p.gender, range(6, 0, -1))),
            "ABCDEF", 1,
            Asked(p.persona, "c", 1, item.item, "v", (6, 5, 4, 3, 2, 1)), ("a", i),
        )
        for i, (p, t) in enumerate(zip(personas, talks, strict=False)) for item in instrument.items[:3]
    ]  # fmt: skip
    with computed_tokens(backend.model) as counts:
        answers = list(backend.score(asked))
    backend.conversations.only(())
    with computed_tokens(backend.model) as anew:
        list(backend.score(asked))
    assert sum(counts) < 0.8 * sum(anew)
    for ids, answer in zip(backend.token_ids([r.prompt for r in asked]), answers, strict=True):
        assert answer.logprobs == pytest.approx(plain(backend.model, ids, letters), abs=1e-4)
