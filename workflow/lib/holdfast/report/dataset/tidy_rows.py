"""Tidy rows: answers and messages with all that is known of them joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.design.administration_modes import ENDS, LETTERS
from holdfast.design.facets.facets import FACETS
from holdfast.design.instruments import Instrument
from holdfast.design.personas import FORMS
from holdfast.design.scoring_keys import is_rating
from holdfast.report.dataset.tidy_columns import arrow_schema
from holdfast.report.wording.model_labels import Models, family_of, kind
from holdfast.scoring.ratings import OnInvalid, option_probabilities, rate

ROLES = {"persona": "assistant", "interlocutor": "user"}
CONTEXT_NAMES = {"text": "preset_text", "reasoning": "reasoning_turns"}
WRITTEN = {"said": "llm_response", "reasoning": "reasoning", "thought": "thought"}
"""What a model wrote before or in its answer, and may repeat of an item's text."""


@dataclass(frozen=True)
class Known:
    """What a study knows besides its answers and messages.

    Attributes:
        study: its name.
        models: registry entries as plain data, by name, observers' included.
        contexts: from `context_columns`.
        personas: tables `personas` of all populations.
        instruments: its questionnaires, and the forms of observers.
        on_invalid: what an answer that can't be read counts as.
        seed: the study's seed, for random options.
    """

    study: str
    models: Models
    contexts: pd.DataFrame
    personas: pd.DataFrame
    instruments: Sequence[Instrument]
    on_invalid: OnInvalid
    seed: int


def context_columns(contexts: pd.DataFrame, facets: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return one row a context with the columns that tidy tables have of it.

    Args:
        contexts: design table; facets of one level have no column there.
        facets: the levels of each facet, the study's own first.
    """
    table = contexts.rename(columns=CONTEXT_NAMES)
    usual: dict[str, Any] = {"preset_text": "", "reasoning_turns": 0, "interlocutor": ""}
    usual |= {f.name: facets[f.name][0] for f in FACETS}
    table = table.assign(**{name: level for name, level in usual.items() if name not in table})
    human = table["topic"].ne("") & table["interlocutor"].eq("")
    table["interlocutor"] = table["interlocutor"].mask(human, "human")
    return table.drop(columns=["opening", "conversation"])


def answer_rows(part: pd.DataFrame, known: Known, observer: str = "", of: str = "") -> pa.Table:
    """Return rows of the tidy table of answers; of an observer, of that of observations.

    Args:
        part: rows of the table `responses`.
        known: what is joined.
        observer: the observer's name; empty: respondents answer.
        of: the observer's model.
    """
    part = part.reset_index(drop=True)
    if part.empty:
        return arrow_schema("observations" if observer else "answers").empty_table()
    step = part["step"] if "step" in part else pd.Series("", part.index)
    table = _joined(part.rename(columns={"prompt": "prompt_hash"}), known)
    table["step"] = step.where(step.isin(ENDS), "item")
    # an observer does not know whom it reads about
    table["form"] = "neutral" if observer else table["gender"]
    table["probabilities"] = _probabilities(part)
    table = _with_texts(table, known.instruments)
    table = table.merge(
        _items(known.instruments), on=["instrument", "item", "form"], how="left", validate="m:1"
    )
    chosen = step.isin(ENDS)
    halves = [_of_items(table[~chosen], known), _of_choices(table[chosen])]
    table = pd.concat([half for half in halves if len(half)]).sort_index()
    if observer:
        about = {"observer": observer, "observer_kind": kind(known.models[of]) or "model"}
        return _arrow(table.assign(**about), "observations")
    return _arrow(table, "answers")


def message_rows(part: pd.DataFrame, known: Known) -> pa.Table:
    """Return rows of the tidy table of messages, from rows of the table `conversations`."""
    names = {"text": "content", "prompt": "prompt_hash", "interlocutor": "interlocutor_id"}
    table = _joined(part.reset_index(drop=True).rename(columns=names), known)
    table["role"] = table["speaker"].map(ROLES)
    absent = [c for c in ("interlocutor_id", "thought") if c not in table]
    return _arrow(table.assign(**dict.fromkeys(absent, "")), "messages")


def respondent_rows(known: Known) -> pa.Table:
    """Return the tidy table of respondents."""
    return _arrow(known.personas.assign(study=known.study), "respondents")


def _joined(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return rows with what is known of their model, respondent and context, in their order."""
    models = {str(m): known.models[str(m)] for m in rows["model"].unique()}
    people = known.personas[["population", "respondent", "name", "gender", "group"]]
    return (
        rows.assign(
            study=known.study,
            kind=rows["model"].map({m: kind(e) or "model" for m, e in models.items()}),
            family=rows["model"].map({m: family_of(m, models) for m in models}),
        )
        .merge(people, on=["population", "respondent"], how="left", validate="m:1")
        .merge(known.contexts, on="context", how="left", validate="m:1")
    )


def _with_texts(table: pd.DataFrame, instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return answers with the texts that the model wrote; none where they may repeat official items."""
    official = table["instrument"].isin([i.name for i in instruments if i.wording == "official"])
    table = table.assign(**{new: table.get(old, "") for old, new in WRITTEN.items()})
    table.loc[official, list(WRITTEN.values())] = ""
    return table


def _items(instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return what is known of every item in every form."""
    rows: list[dict[str, Any]] = []
    for asked in instruments:
        first, turned, ends = asked.value_of(), asked.reversed_items(), asked.ratings()
        about = {"instrument": asked.name, "scale_min": min(ends), "scale_max": max(ends)}
        for item in asked.items:
            keyed = [k for k in asked.key() if k.item == item.item]
            own = about | {
                "item": item.item, "value": first[item.item], "reversed": item.item in turned,
                "values": [k.value for k in keyed], "values_reversed": [k.reversed for k in keyed],
            }  # fmt: skip
            texts = {f: "" if asked.wording == "official" else getattr(item, f) for f in FORMS}
            rows += [own | {"form": form, "item_text": text} for form, text in texts.items()]
    return pd.DataFrame(rows)


def _of_items(table: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return the answers to items with what the scoring room says of them, and the options."""
    if table.empty:
        return table
    rated = rate(
        table.reset_index(drop=True), list(known.instruments), known.on_invalid, known.seed
    )
    rated.index = table.index
    named = {
        (i.name, code): option.text
        for i in known.instruments
        for code, option in zip(i.codes(), i.options, strict=True)
    }
    places = zip(table["instrument"], table["order"], rated["position"], strict=True)
    chosen = [(name, int(order[at - 1]) if at else None) for name, order, at in places]
    return table.assign(
        **{c: rated[c] for c in ("rating", "expected", "position", "status")},
        rating_raw=[np.nan if c is None or not is_rating(c) else float(c) for _, c in chosen],
        option_text=["" if code is None else named[name, code] for name, code in chosen],
        options=_lists(
            [[int(c) if is_rating(c) else None for c in order] for order in table["order"]],
            table.index,
        ),
    )


def _of_choices(table: pd.DataFrame) -> pd.DataFrame:
    """Return the choices from lists: an item was chosen, which is no rating and counts for no value."""
    none = pd.Series(None, table.index, dtype=object)
    at = [LETTERS.index(a) + 1 if a in LETTERS and a else 0 for a in table["answer"]]
    return table.assign(
        rating=np.nan, rating_raw=np.nan, expected=np.nan, position=at, option_text=table["item_text"],
        options=_lists([[int(n) for n in order] for order in table["order"]], table.index),
        item=table["item"].astype("Int64").mask(table["item"] == 0),
        value="", reversed=none, values=none, values_reversed=none,
        scale_min=pd.Series(pd.NA, table.index, dtype="Int64"),
        scale_max=pd.Series(pd.NA, table.index, dtype="Int64"),
    )  # fmt: skip


def _probabilities(part: pd.DataFrame) -> pd.Series:
    """Return each answer's probabilities in the order of its log-probabilities; None: it has none."""
    p = option_probabilities(int(part["order"].map(len).max()), part["logprobs"])
    counts = part["logprobs"].map(len)
    found = [
        row[:n].tolist() if n and np.isfinite(row[:n]).all() else None
        for row, n in zip(p, counts, strict=True)
    ]
    return _lists(found, part.index)


def _lists(lists: Sequence[Any], index: pd.Index) -> pd.Series:
    return pd.Series(list(lists), index, dtype=object)


def _arrow(table: pd.DataFrame, name: str) -> pa.Table:
    """Return the columns of a tidy table; a text that is empty becomes a missing one, but no message does."""
    schema = arrow_schema(name)
    whole = pa.Table.from_pandas(table[schema.names], schema, preserve_index=False)
    columns = [
        pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        if pa.types.is_string(column.type) and field.name != "content"
        else column
        for field, column in zip(schema, whole.columns, strict=True)
    ]
    return pa.table(columns, schema=schema)
