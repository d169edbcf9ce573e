"""The forms of a questionnaire's items: female, male and neutral, and who needs which."""

from collections.abc import Iterable
from pathlib import Path

from holdfast.design.instruments import Instrument
from holdfast.design.personas import FORMS, Persona
from holdfast.errors import StudyError


def check_forms(
    instrument: Instrument, texts: Path, population: str, personas: Iterable[Persona]
) -> None:
    """Check that a questionnaire has the form that each persona needs.

    Args:
        instrument: the questionnaire.
        texts: its file of item texts, for the message.
        population: the personas' population, for the message.
        personas: who is asked.

    Raises:
        StudyError: a form is missing, with the first persona that needs it.
    """
    there = [form for form in FORMS if all(getattr(item, form) for item in instrument.items)]
    if lacking := [p for p in personas if p.gender not in there]:
        who = lacking[0]
        raise StudyError(
            f"{texts}: has no column '{who.gender}', the form for the persona '{who.persona}' of the "
            f"population '{population}', whose gender is '{who.gender}'. It has: {', '.join(there)}. Add the "
            "column; or, if one text suits everybody, let 'neutral' be the only one."
        )
