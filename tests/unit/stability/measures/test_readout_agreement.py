"""Agreement of readouts: against other programs, a published table, and what is known by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from holdfast.design.instruments import load_instrument
from holdfast.stability.measures.readout_agreement import (
    NONE,
    Read,
    coincidences,
    interval_alpha,
    kappa,
    ordinal_alpha,
    pair_counts,
    readout_agreement,
    weighted_kappa,
)
from holdfast.stability.measures.readout_agreement_table import as_read
from holdfast.stability.resampling.stability_draws import Settings

PVQ40 = load_instrument(Path(__file__).resolve().parents[4] / "resources", "pvq40")
SCALE = np.arange(1.0, 7.0)
FEW = Settings(draws=50)


def read(places: np.ndarray, respondents: int = 10, scale: np.ndarray = SCALE) -> Read:
    """Return answers (questions, readouts), shared out evenly among respondents."""
    names = ["logit", "generate", "cot"][: places.shape[1]]
    who = np.arange(len(places)) % respondents
    return Read(names, places.astype(np.int64), who, respondents, list(scale))


def noisy(readouts: int = 2, questions: int = 400) -> np.ndarray:
    generator = np.random.default_rng(7)
    first = generator.integers(0, 6, questions)
    moved = [
        np.clip(first + generator.integers(-1, 2, questions), 0, 5) for _ in range(1, readouts)
    ]
    return np.stack([first, *moved], axis=1)


def total(counts: np.ndarray) -> np.ndarray:
    return counts.sum(axis=0)


@pytest.mark.parametrize(("ours", "weights"), [(kappa, None), (weighted_kappa, "quadratic")])
def test_kappa_is_that_of_two_other_programs(ours: object, weights: str | None) -> None:
    places = noisy()
    table = total(pair_counts(read(places)))
    found = float(ours(table, SCALE))  # type: ignore[operator]
    assert found == pytest.approx(cohen_kappa_score(*places.T, weights=weights), abs=1e-12)
    assert found == pytest.approx(cohens_kappa(table, wt=weights).kappa, abs=1e-12)
    assert 0.1 < found < 0.99


def test_alpha_is_that_of_the_published_table() -> None:
    """Four observers of twelve units, some missing (Krippendorff 2011): ordinal .815, interval .849."""
    n = 0  # missing
    table = np.array([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
        [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
    ])  # fmt: skip
    scale = np.arange(1.0, 6.0)
    own = Read(list("abcd"), table.T - 1, np.zeros(12, np.int64), 1, list(scale))
    found = total(coincidences(own))
    assert found.sum() == 40  # the unit with one observer says nothing
    assert float(ordinal_alpha(found, scale)) == pytest.approx(0.815, abs=5e-4)
    assert float(interval_alpha(found, scale)) == pytest.approx(0.849, abs=5e-4)


def test_interval_alpha_by_hand() -> None:
    """Answers 1-1, 1-2 and 3-3: three 1, one 2, two 3, so 1 - 5 * 2 / (2 * (3 * 1 + 6 * 4 + 2 * 1))."""
    found = total(coincidences(read(np.array([[0, 0], [0, 1], [2, 2]]))))
    assert float(interval_alpha(found, SCALE)) == pytest.approx(1 - 10 / 58)


def test_all_readouts_equal_is_1_and_a_constant_is_no_number() -> None:
    same = np.repeat(noisy()[:, :1], 3, axis=1)
    assert {row.estimate for row in readout_agreement(read(same), FEW, 20)} == {1.0}
    for row in readout_agreement(read(np.full((40, 2), 3)), FEW, 20):
        assert np.isnan(row.estimate) and row.status == "not_estimable"


def test_rows_name_both_readouts_and_count_what_is_left_out() -> None:
    places = noisy(3)
    places[:7, 1] = NONE
    rows = readout_agreement(read(places), FEW, 20)
    kappas = [r for r in rows if r.quantity == "readout_kappa"]
    assert [(r.context_a, r.context_b, r.undefined) for r in kappas] == [
        ("logit", "generate", 7), ("logit", "cot", 0), ("generate", "cot", 7),
    ]  # fmt: skip
    assert "7 not read by generate" in kappas[0].method
    [pooled] = [r for r in rows if r.quantity == "readout_alpha_ordinal" and r.context_a is None]
    assert pooled.undefined == 7 and pooled.n == 10
    for row in rows:
        assert row.lower < row.estimate < row.upper
        assert abs(row.null_mean) < 0.05 and 0 < row.null_sd < 0.2


def test_the_null_is_what_random_answers_give() -> None:
    generator = np.random.default_rng(0)
    rows = readout_agreement(read(generator.integers(0, 6, (400, 2))), Settings(draws=0), 400)
    seen = [
        readout_agreement(read(generator.integers(0, 6, (400, 2))), Settings(draws=0), 0)
        for _ in range(200)
    ]
    for at, row in enumerate(rows):
        sd = np.std([one[at].estimate for one in seen])
        assert row.null_sd == pytest.approx(sd, rel=0.25)


def test_the_null_knows_a_readout_that_was_never_read() -> None:
    places = noisy(3)
    places[:, 1] = NONE
    rows = readout_agreement(read(places), FEW, 200)
    pooled, pair = rows[0], [r for r in rows if r.context_b == "cot" and r.context_a == "logit"][2]
    assert pair.quantity == pooled.quantity == "readout_alpha_ordinal"
    assert pooled.estimate == pytest.approx(pair.estimate)
    assert pooled.null_sd == pytest.approx(pair.null_sd, rel=0.3)


def test_intervals_hold_the_truth() -> None:
    """Respondents differ in how often the second readout is like the first; the truth is the mean's κ."""
    generator, held = np.random.default_rng(3), 0
    studies, respondents, questions = 200, 30, 20
    for _ in range(studies):
        first = generator.integers(0, 6, (questions, respondents))
        like = generator.random((questions, respondents)) < generator.beta(3, 2, respondents)
        second = np.where(like, first, generator.integers(0, 6, first.shape))
        places = np.stack([first.ravel(), second.ravel()], axis=1)
        row = readout_agreement(read(places, respondents), Settings(draws=2), 0)[2]
        assert row.quantity == "readout_kappa"
        held += row.lower <= 0.6 <= row.upper
    assert 0.91 <= held / studies <= 0.99


def test_answers_become_places_whatever_the_order() -> None:
    down, up = [6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]
    answers = [
        ("b", down, "A", "top_logprobs"), ("b", down, "", "generate"),
        ("a", up, "B", "text"), ("a", up, "C", "generate"),
        ("b", down, "B", "distribution"), ("a", up, "F", "distribution"),
    ]  # fmt: skip
    table = pd.DataFrame(answers, columns=["respondent", "order", "answer", "readout"]).assign(
        context="joke", replicate=1, instrument="pvq40", item=1, logprobs=[[]] * 6, mass=np.nan,
        status="ok", model="m",
    )  # fmt: skip
    found = as_read(table, PVQ40, ["a", "b"])
    assert found.readouts == ["logit", "generate", "distribution"]
    by = {who: list(p) for who, p in zip(found.respondent, found.places, strict=True)}
    assert by == {0: [1, 2, 5], 1: [5, NONE, 4]}
    assert found.note == "logit read as top_logprobs and text"
