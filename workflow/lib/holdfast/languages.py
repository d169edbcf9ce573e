"""Languages: tags by which files say in which one their texts are."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

DEFAULT = "en"
"""The language of questionnaires, topics and texts whose file names none."""

_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _norwegian(value: object) -> object:
    """Return what was meant by `no`, which YAML takes for false."""
    return "no" if value is False else value


def _tag(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise ValueError("a language is named by its tag, as 'en', 'de' or 'pt-BR'")
    return value


Language = Annotated[str, BeforeValidator(_norwegian), AfterValidator(_tag)]
"""A tag, as `en` or `pt-BR`."""


def primary(language: str) -> str:
    """Return a tag's first part: `pt` of `pt-BR`."""
    return language.partition("-")[0]
