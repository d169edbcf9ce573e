"""Prompts that models of every format are shown, and the texts beside which they are held."""

from pathlib import Path

from plain_wording import PLAIN

from holdfast.design.instruments import Instrument, ItemTexts, Option
from holdfast.design.personas import Persona
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    next_message,
    question_text,
    questionnaire,
)

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests/golden/prompts"
ADA = Persona(persona="ada", name="Ada", gender="female", description="She counts stars.")
NOBODY = Persona(persona="respondent-001")
SAID = [
    Turn("interlocutor", "Tea or coffee?"), Turn("persona", "Tea, always."),
    Turn("interlocutor", "Why not coffee?"),
]  # fmt: skip
OPTIONS = [
    "very much like me", "like me", "somewhat like me", "a little like me", "not like me",
    "not like me at all",
]  # fmt: skip


def question(instrument: Instrument) -> str:
    """Return an item of a questionnaire with six options in a permuted order."""
    item = ItemTexts(item=1, female="She likes to count.", male="He does.", neutral="They do.")
    small = instrument.model_copy(update={
        "introduction": "Here is a person. How much is she like you?",
        "question": "How much like you is this person?", "items": [item],
        "options": [Option(rating=6 - i, text=text) for i, text in enumerate(OPTIONS)],
    })  # fmt: skip
    return question_text(PLAIN, small, item, "female", [4, 1, 6, 3, 5, 2])


def prompts(instrument: Instrument) -> dict[str, Prompt]:
    asked = question(instrument)
    return {
        "persona speaks": next_message(PLAIN, ADA, SAID),
        "interlocutor speaks": next_message(PLAIN, ADA, SAID[:2]),
        "question": questionnaire(PLAIN, ADA, SAID[:2], asked),
        "question without a conversation": questionnaire(PLAIN, ADA, [], asked),
        "nobody speaks": next_message(PLAIN, NOBODY, SAID[:1]),
        "interlocutor of nobody speaks": next_message(PLAIN, NOBODY, SAID[:2]),
    }


def written(name: str) -> dict[str, str]:
    """Return the texts of a golden file by their headings."""
    parts = (GOLDEN / f"{name}.txt").read_text().split("==== ")[1:]
    pairs = (part.partition("\n") for part in parts)
    return {heading: text.removesuffix("\n") for heading, _, text in pairs}
