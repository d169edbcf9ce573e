"""What the tests of the miniatures share: their words."""

from pathlib import Path

import pytest
import torch

from holdfast.training.dialogues import MINIATURES, Material, read_material


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder of the miniatures."""
    return MINIATURES


@pytest.fixture(scope="session")
def material() -> Material:
    """Return all words of the dialogues."""
    return read_material()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Let torch use one thread, as training does."""
    torch.set_num_threads(1)
