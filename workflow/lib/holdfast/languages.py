"""Languages: tags by which files say in which one their texts are."""

from typing import Annotated

from pydantic import Field

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A tag, as `en` or `pt-BR`."""

DEFAULT = "en"
"""The language of questionnaires, topics and texts whose file names none."""


def primary(language: str) -> str:
    """Return a tag's first part: `pt` of `pt-BR`."""
    return language.partition("-")[0]
