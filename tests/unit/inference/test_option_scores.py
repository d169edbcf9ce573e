"""The shared prefix changes no answer: same log-probabilities as one full pass per prompt."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.inference.miniatures import ARCHITECTURES
from holdfast.inference.option_scores import common_prefix, letter_ids, score_group
from holdfast.inference.transformers_backend import TransformersBackend

Prompts = tuple[list[int], list[list[int]]]


def plain(model: torch.nn.Module, ids: list[int], options: list[list[int]]) -> list[float]:
    """Return the letters' log-probabilities by one full forward pass."""
    with torch.inference_mode():
        logprobs = model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)
    return [float(logprobs[o].logsumexp(0)) for o in options]


@st.composite
def prompts(draw: st.DrawFn) -> Prompts:
    tokens = st.integers(5, 600)
    prefix = draw(st.lists(tokens, max_size=60))
    suffixes = draw(st.lists(st.lists(tokens, min_size=1, max_size=12), min_size=1, max_size=6))
    return prefix, suffixes


@pytest.mark.parametrize("family", ARCHITECTURES)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=prompts())
def test_equals_one_pass_per_prompt(
    backends: dict[str, TransformersBackend], family: str, drawn: Prompts
) -> None:
    prefix, suffixes = drawn
    model = backends[family].model
    options = letter_ids(backends[family].tokenizer, "ABCDEF")
    ids = [prefix + s for s in suffixes]
    for prompt, (logprobs, mass) in zip(ids, score_group(model, ids, options), strict=True):
        expected = plain(model, prompt, options)
        assert logprobs == pytest.approx(expected, abs=1e-4)
        assert mass == pytest.approx(sum(2.718281828459045**x for x in expected), rel=1e-3)


def test_common_prefix() -> None:
    assert common_prefix([[1, 2, 3], [1, 2, 4, 5]]) == 2
    assert common_prefix([[1, 2], [1, 2]]) == 1, "each prompt keeps a token of its own"
    assert common_prefix([[1], [1, 2]]) == 0
    assert common_prefix([[7, 8, 9]]) == 2


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
