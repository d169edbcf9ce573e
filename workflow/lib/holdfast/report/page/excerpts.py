"""A few words of what each model said."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from holdfast.report.wording.model_labels import Models, kind
from holdfast.report.wording.text_format import shortened
from holdfast.tables.large_tables import read_parts

TURNS, LETTERS = 4, 420


@dataclass(frozen=True)
class Excerpt:
    """The beginning of one conversation.

    Attributes:
        model: the model's name.
        kind: miniature, reference or nothing.
        where: population, respondent, context and replicate, in words.
        turns: (speaker, text, status) of the first messages.
        more: messages left out.
    """

    model: str
    kind: str
    where: str
    turns: tuple[tuple[str, str, str], ...]
    more: int


def excerpts(conversations: Sequence[Path], models: Models) -> list[Excerpt]:
    """Return one excerpt a model, of its first conversation, in the order of `models`."""
    found: dict[str, Excerpt] = {}
    for path in conversations:
        # the first conversations are enough
        table = next(read_parts(path, "conversations")).assign(speaker=speakers)
        for model, own in table.groupby("model", sort=False):
            if str(model) in models and str(model) not in found:
                found[str(model)] = _excerpt(own, str(model), models)
    return [found[name] for name in models if name in found]


def speakers(talks: pd.DataFrame) -> pd.Series:
    """Return who speaks in each row of a table of conversations; a persona as interlocutor with its id."""
    if "interlocutor" not in talks:
        return talks["speaker"]
    named = talks["speaker"].eq("interlocutor") & talks["interlocutor"].ne("")
    return talks["speaker"].where(~named, "interlocutor, " + talks["interlocutor"])


def _excerpt(table: pd.DataFrame, model: str, models: Models) -> Excerpt:
    keys = ["population", "respondent", "context", "replicate"]
    first = table.iloc[0]
    own = table[(table[keys] == first[keys]).all(axis=1)].sort_values("turn")
    turns = tuple(
        (str(s), shortened(str(t), LETTERS), str(status))
        for s, t, status in own[["speaker", "text", "status"]].head(TURNS).itertuples(index=False)
    )
    where = f"{first['respondent']} ({first['population']}), {first['context']}"
    where += f", replicate {first['replicate']}"
    return Excerpt(model, kind(models[model]), where, turns, len(own) - len(turns))
