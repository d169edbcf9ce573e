"""Preset texts: long texts that a respondent reads before the questionnaire, in place of a conversation."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from holdfast.errors import SLUG, unknown
from holdfast.languages import DEFAULT, Language
from holdfast.yaml_and_csv import Strict, inside, read_yaml

FOLDER = Path("texts")
TextId = Annotated[str, Field(pattern=SLUG, max_length=80)]
Filled = Annotated[str, Field(min_length=1)]


class Texts(Strict):
    """One kind of text: a file resources/texts/NAME.yaml."""

    title: Filled
    domain: Filled
    introduction: Filled
    source: str
    licence: str
    language: Language = DEFAULT
    texts: dict[TextId, Filled] = Field(min_length=1)

    def shown(self, text: str) -> str:
        """Return a text as the interlocutor gives it to the respondent."""
        return f"{self.introduction.strip()}\n\n{self.texts[text].strip()}"


def load_texts(resources: Path, name: str) -> Texts:
    """Return a kind of texts.

    Args:
        resources: the folder of resources.
        name: of the file in resources/texts/, without its ending.

    Raises:
        StudyError: there is no such kind, or its file does not fit.
    """
    folder = resources / FOLDER
    path = folder / f"{name}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        raise unknown(str(folder), "contexts.texts", name, known)
    inside(path, resources.parent, str(folder))
    return read_yaml(path, Texts)
