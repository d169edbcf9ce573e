"""What the scripts in this folder ask, and what their stand-ins for a model answer."""

import csv
from pathlib import Path

HERE = Path(__file__).parent
RESPONDENTS = ["ada", "bruno", "chen", "dunya", "emil"]
CONTEXTS = ["joke", "chess"]
OPTIONS = ["very well", "rather well", "rather badly", "not at all"]
"""From the rating 4 to the rating 1."""

with (HERE / "neighbours.csv").open(encoding="utf-8") as file:
    ITEMS = {int(row["item"]): row["neutral"] for row in csv.DictReader(file)}


def rating(respondent: str, context: str, item: int) -> int:
    """Return the planned answer: much of it is the respondent's own, a little the context's."""
    who, where = RESPONDENTS.index(respondent), CONTEXTS.index(context)
    return 1 + ((2 * who + 1) * item // 2 + who + where * (item == 3)) % 4


def unread(respondent: str, context: str, item: int) -> bool:
    """Tell whether the answer is to be one that names no option: two of sixty."""
    return context == "chess" and (respondent, item) in {("bruno", 2), ("emil", 5)}


def words(respondent: str, context: str, item: int) -> str:
    """Return the planned option's words."""
    return OPTIONS[4 - rating(respondent, context, item)]


def shown(respondent: str, item: int) -> list[str]:
    """Return the options in the order in which they are shown: turned by item and respondent."""
    turn = (RESPONDENTS.index(respondent) + item) % 4
    return OPTIONS[turn:] + OPTIONS[:turn]


def letter(respondent: str, context: str, item: int) -> str:
    """Return the letter of the planned option in the order shown."""
    return "ABCD"[shown(respondent, item).index(words(respondent, context, item))]


def question(context: str, item: int) -> str:
    """Return what is asked."""
    return f"We talked about {context}. How well does this describe you? {ITEMS[item]}"
