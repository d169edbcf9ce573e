"""Small random models of every architecture, saved and loaded as the hub's models are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from api_jobs import KEY, MINI
from model_server import running

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.personas import Persona, read_personas
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.miniature_models import (
    ARCHITECTURES,
    build_model,
    build_tokenizer,
    save,
)
from small_models import VARIANTS, backend_of

RESOURCES = Path(__file__).resolve().parents[3] / "resources"


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    return load_instrument(RESOURCES, "pvq40")


@pytest.fixture(scope="session")
def personas() -> list[Persona]:
    return read_personas(RESOURCES / "personas/fictional.csv", 6)


@pytest.fixture(scope="session")
def model_folders(
    tmp_path_factory: pytest.TempPathFactory, instrument: Instrument, personas: list[Persona]
) -> dict[str, Path]:
    """Return a folder with a random model for each architecture; weights spread so that they matter."""
    texts = [i.female for i in instrument.items] + [p.description for p in personas]
    folders = {}
    for family in ARCHITECTURES:
        tokenizer = build_tokenizer(family, texts, 700)
        model = build_model(family, tokenizer, seed=5, width=32, layers=2, spread=0.3)
        folders[family] = tmp_path_factory.mktemp("models") / family
        save(model, tokenizer, folders[family])
    return folders


@pytest.fixture(scope="session")
def backends(model_folders: dict[str, Path]) -> dict[str, TransformersBackend]:
    torch.set_num_threads(1)
    return {family: backend_of(family, folder) for family, folder in model_folders.items()}


@pytest.fixture(scope="session")
def model_of(backends: dict[str, TransformersBackend]) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def model(variant: str) -> Any:
        family, options = VARIANTS[variant]
        if variant not in made:
            tokenizer = backends[family].tokenizer
            made[variant] = build_model(
                family, tokenizer, seed=5, width=32, layers=3, spread=0.3, **options
            )
        return made[variant]

    return model


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start a real server of a real model; yield its address."""
    with running(MINI, "--begin", "Answer: (", key=KEY) as address:
        yield address


@pytest.fixture(scope="session")
def plain_server() -> Iterator[str]:
    """Start a server that gives no log-probabilities."""
    with running(MINI, "--no-logprobs", "--begin", "Answer: (", key=KEY) as address:
        yield address


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variable from which jobs take the servers' key."""
    monkeypatch.setenv("SOME_KEY", KEY)
