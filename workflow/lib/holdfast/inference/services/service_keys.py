"""Keys of services: read from the environment, and shown nowhere."""

import os

from holdfast.errors import StudyError


def key_of(name: str, variable: str | None) -> str:
    """Return the key that an environment variable holds; empty where none is named.

    Args:
        name: the model's, for messages.
        variable: the variable's name.

    Raises:
        StudyError: it is not set, or holds what can't be a key.
    """
    key = os.environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        raise StudyError(
            f"models: '{name}': needs its key in the environment variable {variable}, which is not set."
        )
    if not (key.isascii() and key.isprintable()):
        raise StudyError(
            f"models: '{name}': the environment variable {variable} has characters that no key has, such as "
            "curly quotation marks or a line break."
        )
    return key


class Secrets:
    """What must not be shown."""

    def __init__(self, *secrets: str) -> None:
        """Remember them; empty ones are none."""
        self._longest_first = sorted({*secrets} - {""}, key=len, reverse=True)

    def redacted(self, text: str) -> str:
        """Return a text with *** where they stood."""
        for secret in self._longest_first:
            text = text.replace(secret, "***")
        return text
