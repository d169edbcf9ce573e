"""Messages: reproducible whoever shares the batch, sampled as the registry says, stopped in time."""

from pathlib import Path

import numpy as np
import pytest
import torch
from plain_wording import PLAIN
from scipy import stats
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.token_sampling import SeededChoice, chosen, next_tokens
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.models.registry import Sampling
from holdfast.inference.prompting.prompts import Turn, next_message
from small_models import backend_of


def requests(personas: list[Persona], tokens: int = 8) -> list[MessageRequest]:
    opening = [Turn("interlocutor", "Tell me a joke.")]
    return [
        MessageRequest(next_message(PLAIN, p, opening), seed, tokens)
        for seed, p in enumerate(personas)
    ]


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_message_does_not_depend_on_its_batch(
    backends: dict[str, TransformersBackend], personas: list[Persona], family: str
) -> None:
    asked = requests(personas)
    together = [a.text for a in backends[family].generate(asked)]
    alone = [next(iter(backends[family].generate([r]))).text for r in asked]
    assert together == alone
    assert len(set(together)) > 1, "seeds differ, so do messages"


def test_another_seed_gives_another_message(
    backends: dict[str, TransformersBackend], personas: list[Persona]
) -> None:
    prompt = requests(personas)[0].prompt
    asked = [MessageRequest(prompt, seed, 12) for seed in range(4)]
    assert len({a.text for a in backends["llama"].generate(asked)}) > 1


def test_length_is_bounded(
    backends: dict[str, TransformersBackend], personas: list[Persona]
) -> None:
    for answer in backends["qwen"].generate(requests(personas, tokens=3)):
        assert answer.tokens <= 3
        assert answer.status in ("cut", "ok", "empty")


def test_base_models_stop_at_the_next_label(
    model_folders: dict[str, Path], personas: list[Persona]
) -> None:
    backend = backend_of("llama", model_folders["llama"], kind="base")
    for answer in backend.generate(requests(personas, tokens=20)):
        assert "\nUSER:" not in answer.text


def test_draws_follow_the_distribution() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4])
    rows = 4000
    choice = SeededChoice(Sampling(), list(range(rows)), steps=1)
    logits = torch.tensor(np.log(p)).float().repeat(rows, 1)
    drawn = choice(torch.zeros(rows, 1, dtype=torch.long), logits).argmax(-1)
    counts = np.bincount(drawn.numpy(), minlength=4)
    assert stats.chisquare(counts, p * rows).pvalue > 1e-3


def test_impossible_tokens_are_never_drawn() -> None:
    logits = torch.full((500, 5), -torch.inf)
    logits[:, 2] = 0.0
    drawn = SeededChoice(Sampling(), list(range(500)), 1)(
        torch.zeros(500, 1, dtype=torch.long), logits
    )
    assert (drawn.argmax(-1) == 2).all()


def by_sorting(sampling: Sampling, scores: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Return what the library's own processors leave, drawn from the whole vocabulary in double precision."""
    chain = LogitsProcessorList()
    if sampling.temperature != 1:
        chain.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.top_k:
        chain.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        chain.append(TopPLogitsWarper(sampling.top_p))
    cumulative = chain(None, scores).double().softmax(-1).cumsum(-1)  # type: ignore[arg-type]
    goal = uniform.double()[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, goal, right=True)[:, 0]


VANISHING = 40.0  # a spread of scores at which most exponentials vanish


@pytest.mark.parametrize("tokens", [40, 700, 6400, 50_257])
@pytest.mark.parametrize("spread", [0.5, 3.0, 8.0, VANISHING])
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(), Sampling(temperature=0.7), Sampling(top_p=0.92), Sampling(top_p=1e-6),
        Sampling(top_k=5), Sampling(top_k=1000), Sampling(temperature=0.6, top_k=20, top_p=0.95),
        Sampling(temperature=2.5, top_k=90, top_p=0.999),
    ],
    ids=str,
)  # fmt: skip
def test_draws_are_those_of_the_sorted_vocabulary(
    sampling: Sampling, spread: float, tokens: int
) -> None:
    numbers = torch.Generator().manual_seed(tokens)
    scores = torch.randn(30, tokens, generator=numbers) * spread
    uniform = torch.rand(30, generator=numbers)
    uniform[0], scores[1, ::2] = 1e-12 if spread == VANISHING else 0, -torch.inf
    assert torch.equal(chosen(sampling, scores, uniform), by_sorting(sampling, scores, uniform))


def test_all_that_are_as_likely_as_the_last_of_the_k_likeliest_may_be_drawn() -> None:
    scores = torch.zeros(1, 8192)
    scores[0, ::2] = 1.0  # 4096 are equally likely
    last = chosen(Sampling(top_k=3), scores, torch.tensor([0.99999]))
    assert last.item() == 8190


def test_a_penalty_makes_what_was_said_less_likely() -> None:
    logits = torch.tensor([[2.0, 1.9, -1.0], [2.0, 1.9, -1.0]])
    greedy = Sampling(temperature=0, repetition_penalty=1.2)
    assert next_tokens(greedy, logits, [[0, 0, 2], [1]], [0.5, 0.5]) == [1, 0]
