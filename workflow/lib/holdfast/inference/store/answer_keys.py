"""Keys of answers in the store: everything that decides an answer, and nothing else."""

from collections.abc import Mapping
from typing import Any

from holdfast.inference.backends.protocol import (
    Asked,
    ListChoice,
    MessageRequest,
    ScoreRequest,
    WholeSheet,
)
from holdfast.inference.store.response_store import key


def answer_key(
    request: MessageRequest | ScoreRequest, rendered: str, model: Mapping[str, Any], sampling: Any
) -> str:
    """Return the key of a message's or an item's answer; a reference answers by which item is asked.

    Args:
        request: what is asked.
        rendered: its prompt, as the model gets it.
        model: identity of the model.
        sampling: how messages are drawn.
    """
    item = _item(request.asked) if "reference" in model else None
    about: dict[str, Any] = {"model": model, "prompt": rendered, "readout": request.readout}
    if request.prompt.level not in ("", "off"):  # how far it thinks, where its entry says otherwise
        about["thinking"] = request.prompt.level
    if isinstance(request, ScoreRequest):
        replicate = request.asked.replicate
        return key(about | {"letters": request.letters, "replicate": replicate, "asked": item})
    about |= {"sampling": sampling, "seed": request.seed, "tokens": request.max_new_tokens}
    about |= {"profile": dict(request.profile)} if request.profile is not None else {}
    return key(about | ({"asked": item} if item else {}))


def _item(asked: Asked | ListChoice | WholeSheet | None) -> dict[str, Any] | None:
    if isinstance(asked, ListChoice | WholeSheet):
        return vars(asked) | {"among": [vars(a) for a in asked.among]}
    return None if asked is None else vars(asked)
