"""How a model is loaded: what reaches the library for each entry, and what is refused.

No GPU is needed: what is tested are the arguments that `from_pretrained` would get.
"""

import logging
from typing import Any

import pytest
import torch

from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.models import loading
from holdfast.inference.models.loading import device_for, load_options
from holdfast.inference.models.registry import Deployment, Entry


def deployment(**keys: Any) -> Deployment:
    return Deployment.model_validate({"backend": "transformers"} | keys)


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the packages that are found; the test may change them."""
    there = {"accelerate", "bitsandbytes"}
    monkeypatch.setattr(loading, "find_spec", lambda name: name in there or None)
    return there


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_entry_decides_the_numeric_format(dtype: str) -> None:
    options = load_options("it", deployment(dtype=dtype), "cpu")
    assert options == {"dtype": getattr(torch, dtype), "use_safetensors": True}


@pytest.mark.parametrize(("gpus", "place"), [(1, {"": 0}), (4, "auto")])
def test_fewer_bits(packages: set[str], gpus: int, place: object) -> None:
    eight = load_options("it", deployment(quantization="8bit", gpus=gpus), "cuda")
    assert eight["device_map"] == place
    assert eight["quantization_config"].load_in_8bit
    assert not eight["quantization_config"].load_in_4bit
    about = deployment(quantization="4bit", dtype="bfloat16", gpus=gpus)
    four = load_options("it", about, "cuda")["quantization_config"]
    assert four.load_in_4bit and not four.load_in_8bit
    assert four.bnb_4bit_quant_type == "nf4" and not four.bnb_4bit_use_double_quant
    assert four.bnb_4bit_compute_dtype == torch.bfloat16


def test_a_model_larger_than_a_gpu_is_spread(packages: set[str]) -> None:
    assert load_options("it", deployment(gpus=2), "cuda")["device_map"] == "auto"
    assert "device_map" not in load_options("it", deployment(gpus=1), "cuda")
    assert "device_map" not in load_options("it", deployment(gpus=2), "cpu")


@pytest.mark.parametrize(
    ("package", "keys"),
    [("bitsandbytes", {"quantization": "8bit", "gpus": 1}), ("accelerate", {"gpus": 2}),
     ("accelerate", {"quantization": "4bit", "gpus": 1})],
)  # fmt: skip
def test_a_missing_package_is_named(packages: set[str], package: str, keys: dict[str, Any]) -> None:
    packages.remove(package)
    with pytest.raises(StudyError, match=f"'it'.*needs the package {package}"):
        load_options("it", deployment(**keys), "cuda")


@pytest.mark.parametrize(("gpus", "why"), [(1, "there is none here"), (0, "gpus: 0")])
def test_fewer_bits_without_a_gpu_are_refused(gpus: int, why: str) -> None:
    with pytest.raises(StudyError, match=f"quantization: 8bit runs on a GPU, and .*{why}"):
        load_options("it", deployment(quantization="8bit", gpus=gpus), "cpu")


@pytest.mark.parametrize("backend", ["vllm", "openai", "random"])
def test_other_backends_have_no_fewer_bits(backend: str) -> None:
    entry = Entry.model_validate({
        "model": {"repository": "some/model"},
        "deployment": {"backend": backend, "quantization": "4bit", "gpus": 1},
    })  # fmt: skip
    with pytest.raises(StudyError, match=f"'it'.*'{backend}' has no quantization"):
        make_backend("it", entry, 1, None, 1)


def test_a_gpu_is_used_only_where_one_was_asked_for(gpu: None) -> None:
    assert device_for("it", deployment(gpus=1)) == "cuda"
    assert device_for("it", deployment()) == "cpu", "another job may hold the GPU"


def test_a_processor_in_place_of_a_gpu_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with caplog.at_level(logging.WARNING):
        assert device_for("it", deployment(gpus=1)) == "cpu"
    assert "it asks for a GPU, but there is none: it runs on the CPU, slowly." in caplog.text
