"""The table of checks: contamination, readouts and response style, and that the page reads the table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_data import Files, entry, estimates_table, manifest

from holdfast.errors import StudyError
from holdfast.report.tables.checks import checks, read_checks, write_checks
from holdfast.report.tables.model_checks import Check

MODELS = {"a": entry("LLaMa"), "b": entry("Qwen")}
CLEAN = {"prompts": 900, "contaminated": 0, "found": [], "generated": 40, "naming_others": 3}


def jobs(**audits: dict[str, Any] | None) -> list[dict[str, Any]]:
    made = [manifest(name, "fictional", MODELS[name]) for name in audits]
    return [m | ({"audit": a} if a else {}) for m, a in zip(made, audits.values(), strict=True)]


def estimates(**more: float) -> pd.DataFrame:
    """Return the estimates of two models, and more pooled figures of the first."""
    table = estimates_table(MODELS, {"a": 0.5, "b": 0.4}, ["fictional"])
    like = table[table["model"].eq("a")].iloc[[0]].assign(value="", context_a="", context_b="")
    rows = [like.assign(quantity=q, estimate=x, replicate=pd.NA) for q, x in more.items()]
    return pd.concat([table, *rows], ignore_index=True)


def of(about: str, table: pd.DataFrame, manifests: Any = ()) -> list[Check]:
    return [c for c in checks(table, MODELS, manifests) if c.about == about]


def test_a_clean_audit_passes_and_tells_what_models_said() -> None:
    [check] = of("contamination", estimates(), jobs(a=CLEAN, b=CLEAN))
    assert check.state == "passed"
    assert check.detail.startswith("1800 prompts; for information: 6 of 80 texts")


def test_one_contaminated_prompt_fails_and_is_named() -> None:
    bad = CLEAN | {"contaminated": 1, "found": ["Tom in the message of rose"]}
    [check] = of("contamination", estimates(), jobs(a=CLEAN, b=bad))
    assert check.state == "failed"
    assert check.detail == "b × fictional: 1 prompts (Tom in the message of rose)"


@pytest.mark.parametrize(
    ("names", "state"), [(["A"], "passed"), (["A", "Paris"], "warning"), ([], "passed")]
)
def test_names_that_can_not_be_looked_for_are_told(names: list[str], state: str) -> None:
    """A letter is no word of a topic; whether Paris is the persona is for the reader to judge."""
    [check] = of("contamination", estimates(), jobs(a=CLEAN, b=CLEAN | {"ambiguous": names}))
    assert check.state == state
    assert check.detail.endswith(f"the names {', '.join(names)}") == bool(names)


@pytest.mark.parametrize("manifests", [[], jobs(a=CLEAN, b=None)])
def test_without_every_audit_it_is_not_checked(manifests: Any) -> None:
    [check] = of("contamination", estimates(), manifests)
    assert check.state == "not checked" and "without an audit" in check.detail


@pytest.mark.parametrize(
    ("kappa", "state"), [(0.7, "passed"), (0.3, "warning"), (np.nan, "not checked")]
)
def test_readouts_that_differ_are_a_warning(kappa: float, state: str) -> None:
    table = estimates(readout_kappa_weighted=kappa)
    table.loc[table["quantity"].eq("readout_kappa_weighted"), ["context_a", "context_b"]] = [
        "logit", "generate",
    ]  # fmt: skip
    [check] = of("readouts", table)
    assert (check.state, check.title[:18]) == (state, "logit and generate")


def test_one_readout_is_not_checked() -> None:
    [check] = of("readouts", estimates())
    assert (check.state, check.detail) == (
        "not checked",
        "no model with several readouts in the study",
    )


@pytest.mark.parametrize(
    ("quantity", "within", "beyond"),
    [("acquiescence", 0.2, -0.6), ("extremity", 0.5, 0.95), ("letter_mass", 0.8, 0.3),
     ("entropy", 0.5, 0.99), ("invalid_share", 0.01, 0.2)],
)  # fmt: skip
def test_a_response_style_beyond_its_limit_is_a_warning(
    quantity: str, within: float, beyond: float
) -> None:
    [fine] = of("response style", estimates(**{quantity: within}))
    [odd] = of("response style", estimates(**{quantity: beyond}))
    assert (fine.state, odd.state) == ("passed", "warning")
    assert odd.detail.startswith("beyond its limit: " + quantity.replace("_", " "))


def test_the_table_holds_all_checks_the_failed_first(default_study: Files) -> None:
    output = default_study.folder / "checks.csv"
    write_checks(
        estimates=default_study.estimates, manifests=default_study.manifests,
        models=default_study.models, output=output,
    )  # fmt: skip
    table = pd.read_csv(output)
    assert list(table) == ["title", "state", "detail", "about"]
    assert set(table["about"]) == {
        "figures", "references", "contamination", "personas", "known groups", "readouts",
        "invalid answers",
    }  # fmt: skip
    order = [("failed", "warning", "not checked", "passed").index(s) for s in table["state"]]
    assert order == sorted(order)
    assert len(read_checks(output)) == len(table)


def test_observers_are_told_apart_from_whom_they_observe() -> None:
    """One model is a respondent and an observer: what is wrong with either is told of it."""
    [own] = jobs(a=CLEAN)
    lost = {"groups": {"x": 2}, "replicates": 1, "asked": {"joke": 10},
            "cells": [["a", "x", "joke", 1, "refused", 5]]}  # fmt: skip
    observer = own | {
        "observer": "keen", "observed": "b", "lost": lost, "invalid": own["computed"], "failed": 7,
        "audit": CLEAN | {"contaminated": 3, "found": ["Ada in the message of ada"]},
    }  # fmt: skip
    every = [own | {"invalid": 0}, observer]
    [told] = of("contamination", estimates(), every)
    assert (told.state, told.detail) == (
        "failed", "keen on b × fictional: 3 prompts (Ada in the message of ada)",
    )  # fmt: skip
    readable, failed, gathered = of("invalid answers", estimates(), every)
    assert readable.state == "warning" and readable.detail.startswith("keen on b × ")
    assert failed.state == "warning" and failed.detail.startswith("keen on b × ")
    assert gathered.title.endswith("(keen on b)") and gathered.detail.startswith("5 refused")


def test_what_a_service_did_is_among_the_checks() -> None:
    lost = {"groups": {"x": 2}, "replicates": 1, "asked": {"joke": 10},
            "cells": [["a", "x", "joke", 1, "refused", 5]]}  # fmt: skip
    served = [{"provider": "one", "replies": 9}, {"provider": "other", "replies": 1}]
    manifest = {
        "model": "a",
        "population": "fictional",
        "prompts_cut": 3,
        "served_by": served,
        "lost": lost,
        **{"failed": 0, "computed": 10, "reused": 0, "invalid": 0},
    }
    (cut, changed) = of("service", estimates(), [manifest])
    assert (cut.state, changed.state) == ("failed", "warning")
    assert cut.detail == "at least 3 prompts were cut by the server"
    assert "provider other (1 replies)" in changed.detail
    assert any(
        "5 refused" in check.detail for check in of("invalid answers", estimates(), [manifest])
    )


@pytest.mark.parametrize("content", ["", "title,state\nx,failed\n", "a,b\n1,2\n"])
def test_a_damaged_table_gives_one_message(tmp_path: Path, content: str) -> None:
    (tmp_path / "checks.csv").write_text(content)
    with pytest.raises(StudyError, match=r"checks\.csv: can't be read.*Remove it"):
        read_checks(tmp_path / "checks.csv")


def test_failures_that_the_study_accepts_are_told() -> None:
    some = [
        m | {"failed": n, "computed": 98, "reused": 0, "invalid": 0}
        for m, n in zip(jobs(a=CLEAN, b=CLEAN), (0, 2), strict=True)
    ]
    gone = of("invalid answers", estimates(), some)[0]
    assert (gone.state, gone.detail) == ("warning", "b × fictional: 2 of 100 failed (2\xa0%)")
    whole = of("invalid answers", estimates(), some[:1])
    assert len(whole) == 1 and "can't be read" in whole[0].title
