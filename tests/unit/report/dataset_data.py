"""Answers made of numbers to questionnaires of every kind, with what a dataset joins to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from report_data import entry

from holdfast.design.contexts import context_rows
from holdfast.design.instruments import Instrument, ItemTexts, load_instrument
from holdfast.design.scoring_keys import Option
from holdfast.report.dataset.tidy_rows import Known, context_columns

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
SVS = load_instrument(RESOURCES, "svs")
MODELS = {
    "llama-mini": entry("LLaMa", miniature=True), "random": entry("Reference", "random"),
    "llama": entry("LLaMa"),
}  # fmt: skip
FACETS = {
    "wording": ["survey", "plain"], "thinking": ["own"], "option_order": ["high_first"],
    "labels": ["letters"], "presentation": ["alone"], "item_order": ["numbered"],
}  # fmt: skip
"""The wording has two levels; the order of the options has one, which is not the usual one."""


def mixed(**changes: Any) -> Instrument:
    """Return five items, of which 2 is of two values, 3 reversed and 5 of none; an option is no rating."""
    texts = [(f"She does {n}.", f"He does {n}.", f"They do {n}.") for n in range(1, 6)]
    options = [Option(rating=r, text=f"step {r}") for r in (4, 3, 2, 1)]
    return Instrument(**({
        "name": "mixed", "title": "Mixed | items", "framework": "own", "wording": "own", "source": "a <book>",
        "licence": "CC0", "introduction": "x", "question": "x?",
        "items": [ItemTexts(item=n, female=f, male=m, neutral=o) for n, (f, m, o) in enumerate(texts, 1)],
        "options": [*options, Option(text="I can't say", missing=True)],
        "values": {"A": [1, 2], "B": [-2, -3, 4]}, "unscored": [5],
    } | changes))  # fmt: skip


MIXED = mixed()
PERSONAS = pd.DataFrame([
    {"population": "few", "respondent": who, "name": who.title(), "gender": gender, "description": "One.",
     "group": "", "source": "made"}
    for who, gender in (("ada", "female"), ("bob", "male"))
])  # fmt: skip
CONTEXTS = pd.DataFrame(context_rows(
    [{"topic": "joke", "domain": "humour", "opening": "A joke?"},
     {"topic": "chess", "domain": "games", "opening": "Chess?", "interlocutor": "persona"}],
    3, True, [1], facets=FACETS,
))  # fmt: skip


def known(*instruments: Instrument, **changes: Any) -> Known:
    """Return what is joined to answers to some questionnaires."""
    given = {
        "study": "made", "models": MODELS, "contexts": context_columns(CONTEXTS, FACETS),
        "personas": PERSONAS, "instruments": instruments or (MIXED,), "on_invalid": "missing", "seed": 1,
    }  # fmt: skip
    return Known(**(given | changes))


def row(
    item: int, answer: str = "A", order: Sequence[int] = (4, 3, 2, 1, -1001), **more: Any
) -> dict[str, Any]:
    """Return a row of the table of responses; the probabilities fall from letter to letter."""
    shares = np.arange(len(order), 0, -1) / sum(range(len(order) + 1))
    return {
        "model": "llama-mini", "population": "few", "respondent": "ada", "context": "joke", "replicate": 1,
        "instrument": "mixed", "item": item, "order": list(order), "answer": answer,
        "logprobs": [math.log(0.9 * s) for s in shares], "mass": 0.9, "status": "ok", "readout": "logit",
        "prompt": f"hash {item}", "revision": "abc",
    } | more  # fmt: skip


def random_responses(
    model: str = "llama-mini", people: Sequence[str] = ("ada", "bob")
) -> pd.DataFrame:
    """Return what everybody answers to the mixed items in every context; some answers can't be read."""
    some = np.random.default_rng(len(model))
    return pd.DataFrame([
        row(item, "ABCDE?"[some.integers(6)], some.permutation(MIXED.codes()).tolist(), model=model,
            respondent=who, context=context, replicate=replicate)
        for who in people for context in CONTEXTS["context"] for replicate in (1, 2)
        for item in MIXED.numbers()
    ])  # fmt: skip


def messages(model: str = "llama-mini") -> pd.DataFrame:
    """Return a conversation of three messages for everybody in every context that has one."""
    turns = [("interlocutor", "A joke?", "opening"), ("persona", 'So, "one"\nknight', "ok"),
             ("interlocutor", "", "empty")]  # fmt: skip
    return pd.DataFrame([
        {"model": model, "population": "few", "respondent": who, "context": context, "replicate": 1,
         "turn": turn, "speaker": speaker, "text": text, "tokens": 3 * (turn > 0), "status": status,
         "prompt": f"hash {turn}" if turn else "",
         "interlocutor": ("bob" if who == "ada" else "ada") if "+" in context else ""}
        for who in ("ada", "bob") for context in CONTEXTS.loc[CONTEXTS["topic"].ne(""), "context"]
        for turn, (speaker, text, status) in enumerate(turns)
    ])  # fmt: skip
