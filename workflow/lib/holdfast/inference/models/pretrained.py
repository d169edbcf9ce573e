"""What the library's `from_pretrained` gives of a model's files."""

from typing import Any

from safetensors import SafetensorError

from holdfast.errors import StudyError


def loaded(name: str, load: Any, source: dict[str, Any]) -> Any:
    """Return what a `from_pretrained` gives; a model that can't be loaded is one message.

    Raises:
        StudyError: it can't be loaded.
    """
    try:
        return load(**source)
    except (ImportError, OSError, ValueError, KeyError, SafetensorError) as e:
        reason = (str(e).strip() or type(e).__name__).splitlines()[0]
        where = source["pretrained_model_name_or_path"]
        raise StudyError(f"models: '{name}' can't be loaded from '{where}': {reason}") from e


def generation_config(source: dict[str, Any]) -> Any:
    """Return what a model's files say of writing, as the library has it of the model that it loads.

    Args:
        source: the arguments of `from_pretrained` that say where the model is.
    """
    from transformers import AutoConfig, GenerationConfig

    try:
        folder = source["pretrained_model_name_or_path"]
        return GenerationConfig.from_pretrained(folder, local_files_only=True)
    except OSError:  # there is no such file
        return GenerationConfig.from_model_config(AutoConfig.from_pretrained(**source))
