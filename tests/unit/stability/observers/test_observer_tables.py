"""From tables on disk to the rows about observers: which sessions, which observer, biases, validity."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from observed_data import rng, scores

from holdfast.design.instruments import load_instrument, write_instrument
from holdfast.stability.estimation.score_arrays import read_design
from holdfast.stability.observers.observer_tables import observed_design, write_observer_estimates
from holdfast.tables.table_files import read_table, write_table

PVQ40 = load_instrument(Path(__file__).resolve().parents[4] / "resources", "pvq40")
FORM = PVQ40.model_copy(update={"name": "pvq40_observer", "observes": "pvq40"})
WHO = {"model": "m", "population": "generated"}
CONTEXTS = ["none", "chess@1", "chess", "poem@1", "poem", "posts", "chess~survey"]
RESPONDENTS = [f"p{i}" for i in range(40)]
SETTINGS: dict[str, Any] = {
    "seed": 1, "undefined": "zero", "draws": 10, "confidence": 0.95, "null_simulations": 8,
    "option_order": "item",
}  # fmt: skip


def places() -> pd.DataFrame:
    """Return contexts: none, two topics at two lengths, a text, and one at another level of a facet."""
    about = [("", 0), ("chess", 1), ("chess", 3), ("poem", 1), ("poem", 3), ("", 1), ("chess", 3)]
    return pd.DataFrame(
        {
            "context": CONTEXTS, "topic": [t for t, _ in about], "domain": "", "opening": "",
            "messages": [m for _, m in about],
            "conversation": ["none", "chess", "chess", "poem", "poem", "posts", "chess~survey"],
            "text": ["posts" if c == "posts" else "" for c in CONTEXTS],
            "wording": ["survey" if "~" in c else "plain" for c in CONTEXTS],
        }
    )  # fmt: skip


def values_table(array: np.ndarray, instrument: str, contexts: list[str]) -> pd.DataFrame:
    """Return scores (R, C, N, V) as a table `values`."""
    keys = ["replicate", "context", "respondent", "value"]
    index = product(range(1, len(array) + 1), contexts, RESPONDENTS, PVQ40.values)
    table = pd.DataFrame(list(index), columns=keys)
    return table.assign(
        **WHO, instrument=instrument, score=array.ravel() + 3, centred=array.ravel(), items=4
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a study: observer `keen` reads well, `dull` hardly, and both rate longer texts higher."""
    root, random = tmp_path_factory.mktemp("observers"), rng(2)
    truth = random.normal(size=(len(RESPONDENTS), 10))
    talked = [c for c in CONTEXTS if c not in ("none", "posts")]
    length = random.integers(20, 200, size=(1, len(talked), len(RESPONDENTS)))
    tables = {
        "self": (0.8, "pvq40", CONTEXTS),
        "keen": (0.9, FORM.name, talked),
        "dull": (0.1, FORM.name, talked),
    }
    for name, (r, instrument, contexts) in tables.items():
        own = scores(truth, r, (1, len(contexts)), random)
        table = values_table(own, instrument, contexts)
        if name != "self":
            table["score"] = table["score"] + 0.05 * np.repeat(length.ravel(), 10)
        write_table(table, "values", root / f"{name}.parquet")
    rows = [
        {"respondent": p, "context": c, "replicate": 1, "turn": t, "speaker": s, "text": "x" * n}
        for j, c in enumerate(talked) for i, p in enumerate(RESPONDENTS)
        for t, s, n in ((0, "interlocutor", 9), (1, "persona", int(length[0, j, i])))
    ]  # fmt: skip
    conversations = pd.DataFrame(rows).assign(**WHO, tokens=1, status="ok", prompt="")
    write_table(conversations, "conversations", root / "conversations.parquet")
    ratings = pd.DataFrame(
        list(product(talked, RESPONDENTS, range(1, 41))), columns=["context", "respondent", "item"]
    )
    ratings = ratings.assign(
        **WHO, replicate=1, instrument=FORM.name, value="power", rating=3.0, expected=3.0, position=1,
        mass=1.0, entropy=0.5, status="ok",
    )  # fmt: skip
    write_table(ratings, "ratings", root / "ratings.parquet")
    write_table(places(), "contexts", root / "contexts.parquet")
    personas = pd.DataFrame({"respondent": RESPONDENTS}).assign(
        population="generated", name="A", gender="neutral", description="", group="", source=""
    )
    write_table(personas, "personas", root / "personas.parquet")
    latent = pd.DataFrame(list(product(RESPONDENTS, PVQ40.values)), columns=["respondent", "value"])
    latent = latent.assign(population="generated", latent=truth.ravel())
    write_table(latent, "profiles", root / "profiles.parquet")
    for document in (PVQ40, FORM):
        write_instrument(document, root / f"{document.name}.json")
    return root


def written(
    folder: Path, observers: list[str], planted: bool = False, **settings: Any
) -> pd.DataFrame:
    """Return the table of estimates about some observers."""
    design = read_design(
        personas=folder / "personas.parquet", profiles=folder / "profiles.parquet",
        contexts=folder / "contexts.parquet", instruments=[folder / "pvq40.json"], replicates=1,
    )  # fmt: skip
    output = folder / f"{'-'.join(observers) or 'nobody'}.out.parquet"
    write_observer_estimates(
        values=folder / "self.parquet", observed={o: folder / f"{o}.parquet" for o in observers},
        design=design, contexts=folder / "contexts.parquet", forms=[folder / "pvq40_observer.json"],
        about={**WHO, "family": "f", "planted": planted}, settings=SETTINGS | settings, output=output,
        conversations=folder / "conversations.parquet",
        ratings=dict.fromkeys(observers, folder / "ratings.parquet"),
    )  # fmt: skip
    return read_table(output, "estimates")


def whole(table: pd.DataFrame, quantity: str, observer: str) -> pd.Series:
    """Return the one row of an observer that is pooled over all else."""
    own = table[table["quantity"].eq(quantity) & table["context_b"].eq(observer)]
    [row] = own[own["value"].eq("") & own["context_a"].eq("") & own["replicate"].isna()].to_dict(
        "records"
    )
    return pd.Series(row)


def test_two_observers_from_end_to_end(folder: Path) -> None:
    table = written(folder, ["keen", "dull"], sees={"keen": {"speaker": True}})
    assert set(table["model"]) == {"m"} and set(table["instrument"]) == {"pvq40"}
    assert whole(table, "observer_truth", "keen")["estimate"] > 0.8
    assert whole(table, "observer_truth", "dull")["estimate"] < 0.3
    assert whole(table, "self_observer", "keen")["estimate"] == pytest.approx(0.7, abs=0.07)
    assert not table["quantity"].str.contains("validity").any()
    together = table[table["context_b"].eq("keen × dull")]
    assert not table["context_b"].eq("").any()
    assert set(together["quantity"]) == {"observer_icc_a1", "observer_alpha"}
    assert whole(table, "observer_position_bias", "dull")["estimate"] == pytest.approx(1)
    for observer in ("keen", "dull"):
        assert whole(table, "observer_length_bias", observer)["estimate"] > 0.8


def test_only_conversations_at_the_first_levels_and_the_longest_but_for_slopes(
    folder: Path,
) -> None:
    table = written(folder, ["keen"])
    own = table[table["quantity"].eq("self_observer") & table["context_a"].ne("")]
    assert list(own["context_a"]) == ["chess", "poem"]
    lengths = table[table["quantity"].eq("observer_truth_at_length")]
    assert list(lengths["context_a"]) == ["1 messages", "3 messages"]
    assert whole(table, "observer_truth_slope", "keen")["contexts_status"] == "few_contexts"
    assert whole(table, "self_truth", "keen")["n"] == len(RESPONDENTS)


def test_one_observer_has_nobody_to_agree_with(folder: Path) -> None:
    table = written(folder, ["keen"])
    row = whole(table, "observer_alpha", "keen")
    assert row["status"] == "needs_observers" and np.isnan(row["estimate"])


def test_validity_in_planted_conversations(folder: Path) -> None:
    table = written(folder, ["keen", "dull"], planted=True)
    keen, dull = (whole(table, "observer_validity", o) for o in ("keen", "dull"))
    assert keen["status"] == "ok" and keen["estimate"] > 0.8
    assert dull["status"] == "below_least_validity" and dull["estimate"] < 0.3
    assert keen["estimate"] == whole(table, "observer_truth", "keen")["estimate"]
    assert "least validity 0.3" in keen["method"]
    strict = written(folder, ["keen"], planted=True, least_validity=0.99)
    assert whole(strict, "observer_validity", "keen")["status"] == "below_least_validity"


def test_nobody_observed(folder: Path) -> None:
    assert written(folder, []).empty


def test_a_context_that_no_observer_read_is_no_context_of_theirs(folder: Path) -> None:
    design = read_design(
        personas=folder / "personas.parquet", profiles=folder / "profiles.parquet",
        contexts=folder / "contexts.parquet", instruments=[], replicates=1,
    )  # fmt: skip
    own = observed_design(design, places(), ["poem", "chess@1", "posts", "chess~survey"])
    assert list(own.contexts) == ["chess@1", "poem"]
