"""Answers made of numbers, as many as asked for, and the files that the page loads them from."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from holdfast.design.instruments import (
    Instrument,
    read_design_instrument,
    read_instrument,
    write_instrument,
)
from holdfast.report.page.answers import write_answers
from holdfast.tables.table_files import write_table

ROOT = Path(__file__).resolve().parents[3]
PVQ = ROOT / "resources" / "pvq" / "pvq40.yaml"
WHO = ["model", "population", "respondent", "context", "replicate"]


@dataclass
class Design:
    """How many answers of what kind."""

    respondents: list[str]
    contexts: list[str]
    replicates: int = 1
    said: str = "A plain word walks further than a proud one."
    logprobs: bool = True


def administrations(model: str, population: str, design: Design) -> pd.DataFrame:
    """Return one row an administration."""
    people = itertools.product(range(1, design.replicates + 1), design.contexts, design.respondents)
    rows = [(model, population, who, context, r) for r, context, who in people]
    return pd.DataFrame(rows, columns=WHO)


def responses(model: str, population: str, design: Design, asked: Instrument) -> pd.DataFrame:
    """Return the table of answers; the first is unreadable."""
    items = [i.item for i in asked.items]
    table = administrations(model, population, design).merge(
        pd.DataFrame({"instrument": asked.name, "item": items}), how="cross"
    )
    n, options = len(table), len(asked.options)
    random = np.random.default_rng(len(model))
    ratings = np.array([o.rating for o in asked.options])
    shares = random.dirichlet(np.ones(options), n) * 0.98
    place = shares.argmax(axis=1)
    table["order"] = list(random.permuted(np.tile(ratings, (n, 1)), axis=1).tolist())
    table["answer"] = np.array(list(asked.letters()))[place]
    table["logprobs"] = np.log(shares).tolist() if design.logprobs else [[] for _ in range(n)]
    table["mass"] = 0.98 if design.logprobs else np.nan
    table["status"] = "ok"
    table.loc[0, ["answer", "status"]] = ["", "no_letter"]
    return table.assign(readout="logit", prompt="abc", revision="0" * 40)


def conversations(model: str, population: str, design: Design) -> pd.DataFrame:
    """Return two messages a conversation, the second by the persona."""
    turns = pd.DataFrame({
        "turn": [0, 1], "speaker": ["interlocutor", "persona"],
        "text": ["Can you check this sentence for me?", design.said], "tokens": [0, 9],
        "status": ["opening", "ok"], "prompt": ["", "abc"],
    })  # fmt: skip
    return administrations(model, population, design).merge(turns, how="cross")


def personas(population: str, design: Design, name: str = "", about: str = "") -> pd.DataFrame:
    """Return the table of personas; every second one is a woman."""
    return pd.DataFrame([
        {"population": population, "respondent": who, "name": name or f"Person {i}",
         "gender": "female" if i % 2 else "male", "description": about or f"Lives at {i} Mill Lane.",
         "group": "", "source": "made"}
        for i, who in enumerate(design.respondents)
    ])  # fmt: skip


def answer_files(
    folder: Path, model: str, population: str, design: Design, name: str = "", about: str = "",
    wording: str = "own", change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
) -> tuple[Path, pd.DataFrame]:  # fmt: skip
    """Write answers and what the page loads; return the index in FOLDER/report/answers, and the answers."""
    instrument = folder / "design" / "pvq40.json"
    asked = read_instrument(PVQ).model_copy(update={"wording": wording})
    write_instrument(asked, instrument)
    table = change(responses(model, population, design, read_design_instrument(instrument)))
    tables = folder / "tables" / model / population
    write_table(table, "responses", tables / "responses.parquet")
    write_table(conversations(model, population, design), "conversations", tables / "talks.parquet")
    write_table(personas(population, design, name, about), "personas", tables / "personas.parquet")
    place = folder / "report" / "answers" / model
    write_answers(
        responses=tables / "responses.parquet", conversations=tables / "talks.parquet",
        personas=tables / "personas.parquet", instruments=[instrument],
        index=place / f"{population}.js", pages=place / population,
    )  # fmt: skip
    return place / f"{population}.js", table
