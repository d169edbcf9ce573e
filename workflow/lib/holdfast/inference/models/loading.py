"""How a model is loaded: its numeric format, quantization, and on which device or devices."""

import logging
from importlib.util import find_spec
from typing import Any

import torch

from holdfast.errors import StudyError
from holdfast.inference.models.registry import Deployment

logger = logging.getLogger(__name__)
BITS = {"8bit": 8, "4bit": 4}


def device_for(name: str, deployment: Deployment) -> str:
    """Return "cuda" or "cpu"; a model that asks for no GPU gets none, even where there is one.

    Jobs count on the GPUs that they took (`gpus`), and a model that took none would share another's.
    """
    if not deployment.gpus:
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    logger.warning("%s asks for a GPU, but there is none: it runs on the CPU, slowly.", name)
    return "cpu"


def load_options(name: str, deployment: Deployment, device: str) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` that decide format and place.

    8 bits are LLM.int8() (arXiv 2208.07339); 4 bits are NF4 (arXiv 2305.14314) without double quantization,
    with the entry's `dtype` to compute in.

    Raises:
        StudyError: fewer bits, or several GPUs, without what they need.
    """
    dtype = getattr(torch, deployment.dtype)
    options: dict[str, Any] = {"dtype": dtype, "use_safetensors": True}
    if deployment.quantization != "none":
        options["quantization_config"] = _quantized(name, deployment, device)
    if device == "cuda" and (deployment.gpus > 1 or "quantization_config" in options):
        _need(name, "accelerate", "a model on several GPUs, or in fewer bits")
        options["device_map"] = "auto" if deployment.gpus > 1 else {"": 0}
    return options


def _quantized(name: str, deployment: Deployment, device: str) -> Any:
    """Return the library's settings for 8 or 4 bits."""
    what = f"quantization: {deployment.quantization}"
    if device != "cuda":
        why = "there is none here" if deployment.gpus else "its entry has gpus: 0"
        raise StudyError(
            f"models: '{name}': {what} runs on a GPU, and {why}. Without one: quantization: none."
        )
    _need(name, "bitsandbytes", what)
    import transformers

    settings: Any = transformers.BitsAndBytesConfig  # has no types

    if BITS[deployment.quantization] == 8:
        return settings(load_in_8bit=True)
    return settings(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=False,
        bnb_4bit_compute_dtype=getattr(torch, deployment.dtype),
    )  # fmt: skip


def _need(name: str, package: str, why: str) -> None:
    if find_spec(package) is None:
        raise StudyError(
            f"models: '{name}': {why} needs the package {package}, which the set-up does not install: "
            f"`.venv/bin/pip install {package}`, or add it to envs/inference.yaml."
        )
