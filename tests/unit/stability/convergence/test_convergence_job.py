"""Questionnaires as methods: scores of joined values, and the table of their convergence."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from holdfast.design.instruments import Instrument, load_instrument, write_instrument
from holdfast.design.shared_values import shared_values
from holdfast.stability.convergence.convergence_job import (
    SHARED,
    joined_scores,
    measured,
    write_convergence,
)
from holdfast.stability.estimation.score_arrays import Design
from holdfast.tables.table_files import read_table, write_table
from projects import ROOT

SETTINGS = {"seed": 1, "undefined": "zero", "draws": 20, "confidence": 0.95, "null_simulations": 5}
ABOUT = {"model": "m", "family": "f", "population": "p"}
PEOPLE, CONTEXTS = [f"p{i}" for i in range(12)], ["chess", "joke"]


def loaded(*names: str) -> list[Instrument]:
    return [load_instrument(ROOT / "resources", name) for name in names]


def design(instruments: list[Instrument]) -> Design:
    return Design([1], CONTEXTS, PEOPLE, pd.DataFrame(), instruments)


def table_of(instruments: list[Instrument], seed: int = 0) -> pd.DataFrame:
    """Return a table of values: random scores, and 1, 2 or 3 items answered."""
    g = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = [
        {"model": "m", "population": "p", "respondent": who, "context": context, "replicate": 1,
         "instrument": asked.name, "value": value, "score": 3.0, "centred": g.normal(),
         "items": int(g.integers(1, 4))}
        for asked in instruments for value, who, context in product(asked.values, PEOPLE, CONTEXTS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_joined_score_is_the_mean_of_all_answered_items_of_its_parts() -> None:
    asked = loaded("pvqrr")
    table = table_of(asked)
    lost = table["value"].eq("Universalism Nature") & table["respondent"].eq("p3")
    table.loc[lost, ["score", "centred"]] = np.nan
    table.loc[lost, "items"] = 0
    assert asked[0].joined is not None
    parts = asked[0].joined.values["Universalism"]
    found = joined_scores(table, design(asked), [["Hedonism"], parts])
    assert found.shape == (1, 2, 12, 2)
    for c, n in product(range(2), range(12)):
        own = table[table["context"].eq(CONTEXTS[c]) & table["respondent"].eq(PEOPLE[n])]
        of = own[own["value"].isin(parts)].dropna()
        assert len(of) == (2 if n == 3 else 3)
        wanted = np.average(of["centred"], weights=of["items"])
        assert found[0, c, n, 1] == pytest.approx(wanted)
        alone = own.loc[own["value"].eq("Hedonism"), "centred"].item()
        assert found[0, c, n, 0] == pytest.approx(alone)


def test_a_joined_score_is_missing_where_all_parts_are() -> None:
    asked = loaded("pvqrr")
    table = table_of(asked)
    table = table[~(table["respondent"].eq("p3") & table["value"].str.startswith("Power"))]
    found = joined_scores(table, design(asked), [["Power Dominance", "Power Resources"]])
    assert np.isnan(found[0, :, 3]).all() and np.isnan(found).sum() == 2


def test_the_table_has_every_two_questionnaires_of_the_ten_values(tmp_path: Path) -> None:
    asked = loaded("pvq40", "hofstede", "pvqrr", "pvq21")
    write_table(table_of(asked), "values", tmp_path / "values.parquet")
    write_convergence(
        values=tmp_path / "values.parquet", design=design(asked), about=ABOUT, settings=SETTINGS,
        output=tmp_path / "out.parquet",
    )  # fmt: skip
    found = read_table(tmp_path / "out.parquet", "estimates")
    assert set(found["instrument"]) == {"pvq40 × pvqrr × pvq21"}
    own = found[found["quantity"].eq("convergent")]
    pairs = own.loc[own["context_b"].ne(""), ["context_a", "context_b"]].drop_duplicates()
    assert pairs.values.tolist() == [["pvq40", "pvqrr"], ["pvq40", "pvq21"], ["pvqrr", "pvq21"]]
    whole = own[own["context_b"].eq("")]
    assert set(whole["context_a"]) == {"schwartz"}
    assert whole["value"].tolist() == ["", *asked[0].values]
    assert found["method"].str.contains(f"{SHARED}: pvq40 and pvq21 21").all()
    alone = found[found["quantity"].eq("monotrait_monomethod")]
    assert set(alone["context_a"]) == {"schwartz", "pvq40", "pvqrr", "pvq21"}


def test_questionnaires_without_common_values_have_no_rows(tmp_path: Path) -> None:
    asked = loaded("pvq40", "hofstede", "rokeach_terminal")
    write_table(table_of(asked), "values", tmp_path / "values.parquet")
    write_convergence(
        values=tmp_path / "values.parquet", design=design(asked), about=ABOUT, settings=SETTINGS,
        output=tmp_path / "out.parquet",
    )  # fmt: skip
    assert read_table(tmp_path / "out.parquet", "estimates").empty


def test_values_stand_in_the_same_order_for_all_questionnaires() -> None:
    """The files of two questionnaires list the same values in different orders."""
    first, second = loaded("pvq40", "svs")
    turned = second.model_copy(update={"values": dict(reversed(second.values.items()))})
    table = table_of([first, turned])
    [group] = shared_values([first, turned])
    found = measured(table, design([first, turned]), group)
    for m, asked in enumerate((first, turned)):
        own = table[table["instrument"].eq(asked.name) & table["context"].eq("joke")]
        wanted = own.pivot(index="respondent", columns="value", values="centred")
        wanted = wanted.reindex(index=PEOPLE, columns=list(found.values))
        np.testing.assert_allclose(found.scores[m, 0, 1], wanted.to_numpy())


def test_observers_are_methods_beside_a_questionnaire(tmp_path: Path) -> None:
    """An observer who repeats the self-report converges wholly, one who is blind not at all."""
    asked = loaded("pvq21")
    said = table_of(asked)
    echoed = said.assign(instrument="pvq21_observer")
    blind = table_of(asked, seed=1).assign(instrument="pvq21_observer")
    blind = blind[blind["context"].ne("joke")]
    contexts = pd.DataFrame({
        "context": CONTEXTS, "topic": CONTEXTS, "domain": "", "opening": "", "messages": 3,
        "conversation": CONTEXTS,
    })  # fmt: skip
    places = {name: tmp_path / f"{name}.parquet" for name in ("said", "echo", "blind")}
    for name, table in zip(places, (said, echoed, blind), strict=True):
        write_table(table, "values", places[name])
    write_table(contexts, "contexts", tmp_path / "contexts.parquet")
    write_instrument(load_instrument(ROOT / "resources", "pvq21_observer"), tmp_path / "form.json")
    write_convergence(
        values=places["said"], design=design(asked), about=ABOUT, settings=SETTINGS,
        output=tmp_path / "out.parquet", seen={n: places[n] for n in ("echo", "blind")},
        forms=[tmp_path / "form.json"], contexts=tmp_path / "contexts.parquet",
    )  # fmt: skip
    rows = read_table(tmp_path / "out.parquet", "estimates")
    assert set(rows["instrument"]) == {"pvq21 × observers"}
    rows = rows[rows["quantity"].eq("convergent") & rows["value"].eq("")]
    found = rows.set_index(["context_a", "context_b"])["estimate"]
    assert found["pvq21", "echo"] == pytest.approx(1) and abs(found["pvq21", "blind"]) < 0.35
    assert "convergent_across_contexts" not in set(rows["quantity"]), "all read one conversation"
