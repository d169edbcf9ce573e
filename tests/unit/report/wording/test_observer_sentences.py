"""What the page says of observers: who agrees, who drifts, and who is not shown and why."""

import pandas as pd
import pytest
from observer_data import observer_table_rows
from report_data import default_models

from holdfast.report.wording.observer_sentences import observer_sentence, validity_of

SCENE, MODELS = ("fictional", "pvq40"), default_models()
NAMES = ["llama-mini", "phi-mini"]


def sentence(rows: pd.DataFrame) -> str:
    found = observer_sentence(rows, SCENE, MODELS, NAMES, "95 % interval")
    return found.replace("\u00a0", " ")


def test_agreement_chance_drift_and_who_is_left_out() -> None:
    said = sentence(observer_table_rows())
    assert "keen (validity .62 [.57, .66]) agrees with llama-mini (miniature) .31 [" in said
    assert "phi-mini (miniature) .31 [" in said and "simulated" not in said
    drift = (
        "what it sees is less stable than what is said by llama-mini (miniature) −.20 [−.24, −.16]"
    )
    assert drift in said and "(freed of unreliability)" in said
    assert "dull is left out" in said and "(validity .12 [.07, .16], interval not above .3)" in said


def test_who_could_be_checked_and_was_not_is_left_out() -> None:
    said = sentence(observer_table_rows(planted=False))
    assert "keen is left out, since it was not checked on known values: add 'planted'" in said
    assert "agrees" not in said


def test_who_cannot_be_checked_is_shown_as_such() -> None:
    rows = observer_table_rows(planted=False)
    others = rows[rows["value"].ne("Power")]  # not the ten values that `planted` shows
    assert "keen (validity can't be checked) agrees" in sentence(others)


def test_without_replicates_drift_is_said_not_to_be_freed() -> None:
    rows = observer_table_rows(("keen",))
    rows.loc[rows["quantity"].eq("observer_less_self_disattenuated"), ["lower", "upper"]] = float(
        "nan"
    )
    assert "−.25 [−.29, −.21] (not freed of unreliability)" in sentence(rows)
    rows.loc[rows["quantity"].eq("observer_less_self_rank_order"), ["lower", "upper"]] = [-0.1, 0.1]
    assert "not told apart in stability" in sentence(rows)


def test_an_observer_of_references_alone() -> None:
    found = observer_sentence(observer_table_rows(("keen",)), SCENE, MODELS, [], "95 % interval")
    assert "has read what references say, and no model" in found


def test_nobody_observed() -> None:
    assert sentence(observer_table_rows(()).iloc[:0]) == ""


def test_the_lowest_validity_counts_and_another_population_s_where_there_is_none() -> None:
    rows = observer_table_rows(("keen",))
    own = rows[rows["quantity"].eq("observer_validity")]
    lower = own.assign(estimate=0.2, model="other", status="below_least_validity")
    found = validity_of(pd.concat([rows, lower]), SCENE, "keen")
    assert found is not None and found["estimate"] == 0.2
    elsewhere = validity_of(rows, ("townsfolk", "pvq40"), "keen")
    assert elsewhere is not None and elsewhere["estimate"] == pytest.approx(0.62)
    assert validity_of(rows, ("fictional", "svs"), "keen") is None
