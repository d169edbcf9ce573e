"""Synthetic surveys of people whose stability is known, in the formats in which such files come."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ITEMS = range(1, 22)
MISSING = (66, 77, 88, 99)
ESS_MAPPING = """
instrument: pvq21
respondent: idno
context: wave
contexts: {1: first, 2: second}
group: cntry
items: "pvq{item}"
reversed: true            # in the file 1 is 'very much like me'
missing: [66, 77, 88, 99]
"""


@dataclass(frozen=True)
class Panel:
    """People in waves.

    Attributes:
        ids: as their file names them.
        ratings: (waves, people, items); 6: very much like me; NaN: no answer.
    """

    ids: list[str]
    ratings: npt.NDArray[np.float64]


def panel(people: int, same: float, seed: int = 1, missing: float = 0.0) -> Panel:
    """Return two waves in which a share of the people answers and is silent as before, and all others anew.

    Everybody's answers are drawn from one distribution, so the correlation of ranks over people between the two
    waves is that share, for every score that can be made of the answers.
    """
    random = np.random.default_rng(seed)

    def drawn() -> npt.NDArray[np.float64]:
        level, item = random.normal(size=(people, 1)), random.normal(size=(people, len(ITEMS)))
        answers = np.clip(np.round(4 + 0.5 * level + 1.1 * item), 1, 6)
        return np.where(random.random(answers.shape) < missing, np.nan, answers)

    first, again = drawn(), drawn()
    second = np.where(random.random((people, 1)) < same, first, again)
    return Panel([f"ID{9_000_000 + 7 * n}" for n in range(people)], np.stack([first, second]))


def ess_csv(data: Panel) -> str:
    """Return a wide file, one row a respondent and wave: 1 is very much like me, other codes are missing."""
    rows = []
    for wave, answers in enumerate(data.ratings, start=1):
        for who, (name, own) in enumerate(zip(data.ids, answers, strict=True)):
            codes = [
                MISSING[(who + n) % 4] if np.isnan(r) else int(7 - r) for n, r in enumerate(own)
            ]
            rows.append([name, wave, "ABC"[who % 3], "free text, with a comma", *codes])
    return written(["idno", "wave", "cntry", "comment", *(f"pvq{i}" for i in ITEMS)], rows)


def written(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a CSV table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
