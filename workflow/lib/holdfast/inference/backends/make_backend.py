"""Which backend reaches a model: made from its registry entry."""

import datetime

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Backend
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import DAY


def make_backend(
    name: str, entry: Entry, seed: int, revision: str | None, cores: int, day: datetime.date = DAY
) -> Backend:
    """Return the backend of a model; nothing is loaded before it is needed.

    Args:
        name: the model's name.
        entry: its registry entry.
        seed: the study's seed.
        revision: the model's revision, as resolved; None for references.
        cores: processor cores that it may use.
        day: which day chat templates are told that it is.

    Raises:
        StudyError: the way to reach it is not there yet.
    """
    kind = entry.deployment.backend
    if kind != "transformers" and entry.deployment.quantization != "none":
        raise StudyError(
            f"models: '{name}': the backend '{kind}' has no quantization: {entry.deployment.quantization}. "
            "Allowed: none, or the backend transformers."
        )
    if kind == "openai":
        from holdfast.inference.backends.openai_backend import OpenAIBackend

        return OpenAIBackend(name, entry)
    if kind == "transformers":
        from holdfast.inference.backends.transformers_backend import TransformersBackend

        return TransformersBackend(name, entry, revision, cores, day)
    if kind == "vllm":
        from holdfast.inference.backends.vllm_backend import VllmBackend

        return VllmBackend(name, entry, revision, cores, day)
    if kind == "table":
        raise StudyError(
            f"models: '{name}': people are asked nothing: their answers are in a file."
        )
    from holdfast.inference.backends.reference_backends import ReferenceBackend

    return ReferenceBackend(kind, entry.deployment.simulation, seed)
