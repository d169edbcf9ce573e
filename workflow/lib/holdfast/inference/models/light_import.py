"""Loading transformers without what only training and several GPUs need, or without torch."""

import os
import sys
from types import ModuleType

LOSSES = "transformers.loss.loss_utils"


def leave_out_losses(accelerate: bool) -> None:
    """Keep the library's loss functions, and accelerate unless it is needed, out of a process that only asks.

    Both are loaded with every model, and take a fifth of the processor time until a job asks its first
    question. Where the library is loaded already, nothing changes.

    Args:
        accelerate: whether accelerate is needed: for a model on several GPUs, or in fewer bits.
    """
    if "transformers.modeling_utils" in sys.modules:
        return
    losses = ModuleType(LOSSES)
    losses.LOSS_MAPPING = {}  # type: ignore[attr-defined]
    sys.modules.setdefault(LOSSES, losses)
    if not accelerate:
        sys.modules.setdefault("accelerate", None)  # type: ignore[arg-type]  # as if it were not installed


def leave_out_torch() -> None:
    """Let the library find no torch, in a process that needs no more of it than tokenizers and configurations.

    Torch is most of the seconds until a command prints its first line. Where it is loaded already, nothing
    changes.
    """
    if {"torch", "transformers"} & set(sys.modules):
        return
    os.environ["TRANSFORMERS_NO_ADVISORY_WARNINGS"] = "1"  # that there is no torch
    sys.modules["torch"] = None  # type: ignore[assignment]  # as if it were not installed
    from transformers.utils.import_utils import is_torch_available

    assert not is_torch_available()  # which the library remembers
    del sys.modules["torch"]
