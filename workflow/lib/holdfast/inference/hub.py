"""Fetching models from a hub, and holding on to the revision that was fetched."""

import json
import logging
import os
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError

from holdfast.errors import StudyError
from holdfast.files import write_whole

logger = logging.getLogger(__name__)

# weights as safetensors only; the rest is configuration, tokenizer and, where the registry allows it, code
WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.tiktoken", "*.txt", "*.py"]


def prefetch(*, repository: str, lock: Path) -> None:
    """Fetch a model into the hub's cache and write which commit it was.

    Args:
        repository: the model's name on the hub.
        lock: the file for repository and revision; later runs hold to it.

    Raises:
        StudyError: the hub can't be reached, or refuses.
    """
    token = os.environ.get("HF_TOKEN") or None
    try:
        revision = HfApi(token=token).model_info(repository).sha
        if not revision:
            raise StudyError(f"{repository}: the hub names no commit.")
        snapshot_download(repository, revision=revision, allow_patterns=WANTED, token=token)
    except (HfHubHTTPError, OSError) as e:
        reason = str(e).strip().splitlines()[0]
        raise StudyError(
            f"{repository}: can't be fetched: {reason} A gated model needs its licence accepted on the hub "
            "and HF_TOKEN set; without a network, prefetch where there is one."
        ) from None
    text = json.dumps({"repository": repository, "revision": revision}, indent=1) + "\n"
    write_whole(lock, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    logger.info("%s: fetched commit %s", repository, revision)
