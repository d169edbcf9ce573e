"""The step within vLLM that leaves one token possible, without a model."""

from types import SimpleNamespace

import pytest
import torch

from holdfast.inference.backends.vllm_draws import OwnDraws, drawing, message
from holdfast.inference.engine.token_sampling import next_tokens, uniform_numbers
from holdfast.inference.models.registry import Sampling

SAMPLINGS = [
    Sampling(top_p=0.8, top_k=40, temperature=0.7, repetition_penalty=1.4),
    Sampling(temperature=0, repetition_penalty=1.4),
    Sampling(),
]
SEED = 2**62 + 1  # beyond what a float holds


def about(sampling: Sampling, seed: int) -> SimpleNamespace:
    return SimpleNamespace(extra_args=drawing(sampling, seed), max_tokens=9)


def test_each_row_has_the_token_that_its_own_number_draws() -> None:
    logits = 3 * torch.randn(40, 500, generator=torch.Generator().manual_seed(1))
    rows = {i: about(SAMPLINGS[i % 3], SEED + i) for i in range(40) if i % 5}
    said: dict[int, list[int]] = {i: list(range(i % 4)) for i in rows}
    step = OwnDraws(None, torch.device("cpu"), False)
    step.messages = {i: message(a, [7, 8], said[i]) for i, a in rows.items()}  # type: ignore[misc]
    found = step.apply(logits.clone())
    for i in range(40):
        if i not in rows:  # of another kind than a message: it is left alone
            assert torch.equal(found[i], logits[i])
            continue
        uniform = uniform_numbers(SEED + i, 9)[len(said[i])]
        [wanted] = next_tokens(SAMPLINGS[i % 3], logits[i : i + 1], [[7, 8, *said[i]]], [uniform])
        assert found[i].argmax() == wanted and found[i].isfinite().sum() == 1


def test_its_tokens_have_the_probabilities_of_the_sampling() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.5, 0.0, -1.0, -3.0]])
    sampling, many = Sampling(top_k=4, top_p=0.95, temperature=1.5), 20_000
    step = OwnDraws(None, torch.device("cpu"), False)
    step.messages = {i: message(about(sampling, i), [], []) for i in range(many)}  # type: ignore[misc]
    drawn = step.apply(logits.repeat(many, 1)).argmax(-1).bincount(minlength=6) / many
    kept = (logits[0, :4] / 1.5).softmax(-1)
    assert drawn[:4].tolist() == pytest.approx(kept.tolist(), abs=4 * (0.25 / many) ** 0.5)
    assert drawn[4:].sum() == 0


def test_a_request_for_letters_is_not_a_message() -> None:
    assert message(SimpleNamespace(extra_args=None, max_tokens=1), [1], []) is None
