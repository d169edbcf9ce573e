"""Messages: reproducible whoever shares the batch, sampled as the registry says, stopped in time."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.token_sampling import SeededChoice, processors
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.models.registry import Sampling
from holdfast.inference.prompting.prompts import Turn, next_message
from small_models import backend_of


def requests(personas: list[Persona], tokens: int = 8) -> list[MessageRequest]:
    opening = [Turn("interlocutor", "Tell me a joke.")]
    return [
        MessageRequest(next_message(p, opening), seed, tokens) for seed, p in enumerate(personas)
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
    choice = SeededChoice(list(range(rows)), steps=1)
    logits = torch.tensor(np.log(p)).float().repeat(rows, 1)
    drawn = choice(torch.zeros(rows, 1, dtype=torch.long), logits).argmax(-1)
    counts = np.bincount(drawn.numpy(), minlength=4)
    assert stats.chisquare(counts, p * rows).pvalue > 1e-3


def test_impossible_tokens_are_never_drawn() -> None:
    logits = torch.full((500, 5), -torch.inf)
    logits[:, 2] = 0.0
    drawn = SeededChoice(list(range(500)), 1)(torch.zeros(500, 1, dtype=torch.long), logits)
    assert (drawn.argmax(-1) == 2).all()


@pytest.mark.parametrize(
    ("sampling", "names"),
    [
        (Sampling(), []),
        (Sampling(temperature=0), []),
        (
            Sampling(temperature=0.5, top_k=5, top_p=0.9, repetition_penalty=1.1),
            ["RepetitionPenaltyLogitsProcessor", "TemperatureLogitsWarper", "TopKLogitsWarper",
             "TopPLogitsWarper"],
        ),
    ],
)  # fmt: skip
def test_sampling_parameters_become_processors(sampling: Sampling, names: list[str]) -> None:
    assert [type(p).__name__ for p in processors(sampling)] == names
