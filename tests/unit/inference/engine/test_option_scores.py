"""The shared prefix changes no answer: same log-probabilities as one full pass per prompt."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_wording import PLAIN
from transformers import BloomConfig, BloomForCausalLM

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import Asked, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine import option_scores
from holdfast.inference.engine.fallback_scores import with_copied_cache
from holdfast.inference.engine.option_scores import score_group, score_groups, tokens_at_once
from holdfast.inference.engine.out_of_memory import Limit
from holdfast.inference.engine.prefix_attention import supports
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.prompting.prompts import Turn, question_text, questionnaire
from holdfast.inference.prompting.token_ids import common_prefix, letter_ids
from small_models import (
    OPTIONS,
    TRAINED,
    VARIANTS,
    Prompts,
    assert_equal,
    backend_of,
    plain,
)

several = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def prompts(draw: st.DrawFn, longest: int = 60) -> Prompts:
    tokens = st.integers(5, 600)
    prefix = draw(st.lists(tokens, max_size=longest))
    ends = draw(st.lists(st.lists(tokens, min_size=1, max_size=12), min_size=1, max_size=6))
    return [prefix + e for e in ends]


@pytest.mark.parametrize("variant", VARIANTS)
@several
@given(
    groups=st.lists(prompts(), min_size=1, max_size=4),
    tokens=st.sampled_from([1, 7, 20, 64, 200, 4096]),
)
def test_equals_one_pass_per_prompt(
    model_of: Callable[[str], Any], variant: str, groups: list[Prompts], tokens: int
) -> None:
    model = model_of(variant)
    assert supports(model)
    found = list(score_groups(model, [(ids, OPTIONS) for ids in groups], Limit("tokens", tokens)))
    assert len(found) == len(groups)
    for ids, scores in zip(groups, found, strict=True):
        assert_equal(model, ids, scores, OPTIONS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_long_prefix_equals_one_pass_per_prompt(
    model_of: Callable[[str], Any], variant: str
) -> None:
    model, numbers = model_of(variant), torch.Generator().manual_seed(1)
    prefix = torch.randint(5, 600, (1500,), generator=numbers).tolist()
    ids = [
        prefix + torch.randint(5, 600, (n,), generator=numbers).tolist() for n in (3, 50, 9, 120)
    ]
    for tokens in (300, 1600, 9999):
        (scores,) = score_groups(model, [(ids, OPTIONS)], Limit("tokens", tokens))
        assert_equal(model, ids, scores, OPTIONS)


@pytest.mark.parametrize("variant", VARIANTS)
@several
@given(ids=prompts())
def test_the_copied_cache_equals_one_pass_per_prompt(
    model_of: Callable[[str], Any], variant: str, ids: Prompts
) -> None:
    model = model_of(variant)
    assert_equal(model, ids, with_copied_cache(model, ids, OPTIONS), OPTIONS)


def test_an_unknown_architecture_is_told_once_and_scored_correctly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    torch.manual_seed(3)
    config = BloomConfig(hidden_size=32, n_layer=2, n_head=4, vocab_size=700)
    model = BloomForCausalLM(config).eval()
    groups = [[[7, 8, 9, n], [7, 8, 9, n, 5, 6], [7, 8, 10]] for n in (20, 30)]
    with caplog.at_level(logging.WARNING):
        found = list(score_groups(model, [(ids, OPTIONS) for ids in groups]))
        score_group(model, groups[0], OPTIONS)
    for ids, scores in zip(groups, found, strict=True):
        assert_equal(model, ids, scores, OPTIONS)
    assert len(caplog.records) == 1 and "'bloom' models have in common" in caplog.text


def test_groups_may_have_options_of_their_own(model_of: Callable[[str], Any]) -> None:
    model, ids = model_of("llama"), [[7, 8, 9], [7, 8, 10, 11]]
    own = [OPTIONS, OPTIONS[:2], [[20], [21], [22]]]
    for options, scores in zip(own, score_groups(model, [(ids, o) for o in own]), strict=True):
        assert_equal(model, ids, scores, options)


def test_groups_are_read_as_they_are_needed(model_of: Callable[[str], Any]) -> None:
    read: list[int] = []

    def groups() -> Any:
        for n in range(5):
            read.append(n)
            yield [[7, 8, 9], [7, 8, 10, 11]], OPTIONS

    scores = score_groups(model_of("llama"), groups(), Limit("tokens", 5))
    next(scores)
    assert len(read) == 3, "the one scored, the one that ends its pass, and one to look ahead"
    assert len(list(scores)) == 4


def test_a_model_attends_as_before_afterwards(model_of: Callable[[str], Any]) -> None:
    model = model_of("phi")
    before = model.config._attn_implementation
    score_group(model, [[7, 8, 9], [7, 8, 10]], OPTIONS)
    assert model.config._attn_implementation == before
    assert not model.base_model.layers[-1]._forward_pre_hooks
    with pytest.raises(IndexError):
        score_group(model, [[7, 8, 99999], [7, 8, 10]], OPTIONS)
    assert model.config._attn_implementation == before
    assert not model.base_model.layers[-1]._forward_pre_hooks


def test_tokens_at_once_follow_the_memory(
    model_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, found = model_of("llama"), []
    for free in (0.0, 2.0**24, 2.0**25, 2.0**50):
        monkeypatch.setattr(option_scores, "free_memory", lambda _, free=free: free)
        found.append(tokens_at_once(model))
    assert found == sorted(found)
    assert found[0] == option_scores.FEWEST_TOKENS and found[-1] == option_scores.MOST_TOKENS


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_backend_scores_whole_prompts(
    backends: dict[str, TransformersBackend], personas: list[Persona], instrument: Instrument,
    family: str,
) -> None:  # fmt: skip
    backend = backends[family]
    turns = [Turn("interlocutor", "Tell me a joke."), Turn("persona", "A horse walks in (A) bar.")]
    asked = [
        ScoreRequest(
            questionnaire(
                PLAIN, p, turns[:n], question_text(PLAIN, instrument, item, p.gender, range(6, 0, -1))
            ), "ABCDEF", 1, Asked(p.persona, "c", 1, item.item, "v", (6, 5, 4, 3, 2, 1)),
        )
        for p in personas[:3] for n in (0, 2) for item in instrument.items[:4]
    ]  # fmt: skip
    letters = letter_ids(backend.tokenizer, "ABCDEF")
    special = backend.entry.model.kind == "base"
    for request, answer in zip(asked, backend.score(asked), strict=True):
        text = backend.render(request.prompt)
        ids = backend.tokenizer(text, add_special_tokens=special)["input_ids"]
        expected = plain(backend.model, ids, letters)
        assert answer.logprobs == pytest.approx(expected, abs=1e-4)
        assert answer.text == "ABCDEF"[expected.index(max(expected))]


TALK = [
    Turn(
        "interlocutor",
        "Please correct the grammar of this sentence: the two boxes was at the door.",
    ),
    Turn("persona", "It should read: the two boxes were at the door. Anything else?"),
    Turn("interlocutor", "All right. Why is it were and not was?"),
    Turn("persona", "Because there are two boxes, and two things were there."),
]


@pytest.mark.parametrize(
    ("family", "kind", "window"),
    [(f, k, None) for f in ARCHITECTURES for k in ("chat", "base")]
    + [(f, "chat", 30) for f in ("mistral", "mixtral")],
)
def test_trained_weights_score_as_one_pass_per_prompt(
    personas: list[Persona], instrument: Instrument, family: str, kind: str, window: int | None
) -> None:
    """Every fourth item of the questionnaire after no, one and three messages, by the committed miniatures."""
    backend = backend_of(family, TRAINED / f"{family}-mini", kind=kind)
    backend.model.config.sliding_window = window
    for layer in backend.model.base_model.layers:
        layer.self_attn.sliding_window = window
    order = [(3, 6, 1, 5, 2, 4), (1, 2, 3, 4, 5, 6)]
    asked = [
        ScoreRequest(
            questionnaire(
                PLAIN, p, TALK[:n],
                question_text(PLAIN, instrument, item, p.gender, order[item.item % 2]),
            ), "ABCDEF", 1, Asked(p.persona, "c", 1, item.item, "v", order[item.item % 2]),
        )
        for p, n in zip(personas, (0, 2, 4), strict=False) for item in instrument.items[::4]
    ]  # fmt: skip
    letters = letter_ids(backend.tokenizer, "ABCDEF")
    ids = backend.token_ids([r.prompt for r in asked])
    for prompt, answer in zip(ids, backend.score(asked), strict=True):
        expected = plain(backend.model, prompt, letters)
        assert answer.logprobs == pytest.approx(expected, abs=1e-4)
        assert answer.text == "ABCDEF"[expected.index(max(expected))]


def test_common_prefix() -> None:
    assert common_prefix([[1, 2, 3], [1, 2, 4, 5]]) == 2
    assert common_prefix([[1, 2], [1, 2]]) == 1, "each prompt keeps a token of its own"
    assert common_prefix([[1], [1, 2]]) == 0
    assert common_prefix([[7, 8, 9]]) == 2
    assert common_prefix([[1, 2, 3, 4], [1, 2], [1, 2, 3, 5]]) == 1
    assert common_prefix([[3, 9, 9], [1, 2, 2], [3, 9, 9]]) == 0


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_letters_have_ids_of_their_own(
    backends: dict[str, TransformersBackend], family: str
) -> None:
    tokenizer = backends[family].tokenizer
    ids = letter_ids(tokenizer, "ABCDEF")
    assert len({i for letter in ids for i in letter}) == sum(map(len, ids))
    for letter, found in zip("ABCDEF", ids, strict=True):
        assert {tokenizer.decode([i]).strip() for i in found} == {letter}
    with pytest.raises(ValueError, match="no token for the letter"):
        letter_ids(tokenizer, "AΩ")
