"""Small models, and what one full pass per prompt says of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import exp
from pathlib import Path
from typing import Any

import pytest
import torch

from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.models.registry import Entry

Prompts = list[list[int]]
OPTIONS = [[10], [11, 40], [12], [13], [14, 41, 42], [15]]
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{family: (family, {}) for family in ARCHITECTURES},
    "mistral, window 7": ("mistral", {"sliding_window": 7}),
    "mixtral, window 7": ("mixtral", {"sliding_window": 7}),
    "mistral, window 40": ("mistral", {"sliding_window": 40}),
    "llama, grouped": ("llama", {"num_key_value_heads": 2}),
    "mistral, window 7, grouped": ("mistral", {"sliding_window": 7, "num_key_value_heads": 1}),
    "qwen, window 7 in one layer": (
        "qwen",
        {"use_sliding_window": True, "sliding_window": 7, "max_window_layers": 1},
    ),
}


TRAINED = Path(__file__).resolve().parents[3] / "resources/miniatures"


def backend_of(family: str, folder: Path, **model: Any) -> TransformersBackend:
    """Return the backend of a saved model."""
    about = {"path": str(folder), "system_role": ARCHITECTURES[family].system_role} | model
    entry = Entry.model_validate({"model": about, "deployment": {"backend": "transformers"}})
    return TransformersBackend(family, entry, "0" * 40, cores=1)


def plain(model: Any, ids: list[int], options: list[list[int]]) -> list[float]:
    """Return the letters' log-probabilities by one full forward pass."""
    with torch.inference_mode():
        logprobs = model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)
    return [float(logprobs[o].logsumexp(0)) for o in options]


def assert_equal(
    model: Any, ids: Prompts, scores: list[tuple[list[float], float]], options: list[list[int]]
) -> None:
    assert len(ids) == len(scores)
    for prompt, (logprobs, mass) in zip(ids, scores, strict=True):
        expected = plain(model, prompt, options)
        assert logprobs == pytest.approx(expected, abs=1e-4)
        assert logprobs.index(max(logprobs)) == expected.index(max(expected))
        assert mass == pytest.approx(sum(map(exp, expected)), rel=1e-3)


@contextmanager
def computed_tokens(model: Any) -> Iterator[list[int]]:
    """Collect how many tokens each pass of a model computes."""
    counts: list[int] = []
    hook = model.base_model.embed_tokens.register_forward_hook(
        lambda _, args, __: counts.append(args[0].numel())
    )
    try:
        yield counts
    finally:
        hook.remove()
