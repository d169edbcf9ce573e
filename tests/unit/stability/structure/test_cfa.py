"""Confirmatory factor analysis against lavaan; see tests/golden/README.md."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from golden_data import GOLDEN, PVQ_KEY
from semopy import Model, stats

from holdfast.stability.structure.cfa import RESPONDENTS_AN_ITEM, Fit, confirm, one_group
from holdfast.stability.structure.value_circle import HIGHER_ORDER

pytestmark = pytest.mark.xdist_group("cfa")  # one set of fits serves most of them

LIBRARY = Path(__file__).resolve().parents[4] / "workflow" / "lib"
FOLDER: Path = GOLDEN / "lavaan"
FACTORS = {
    name: {v: [i - 1 for i in PVQ_KEY[v]] for v in values} for name, values in HIGHER_ORDER.items()
}


def samples() -> dict[str, Any]:
    """Return the ratings (N, 40) of each sample."""
    table = pd.read_csv(FOLDER / "ratings.csv", dtype=str)
    return {
        str(name): np.array([list(map(float, row)) for row in own["ratings"]])
        for name, own in table.groupby("sample", sort=False)
    }


@pytest.fixture(scope="module")
def both() -> pd.DataFrame:
    """Return lavaan's figures with ours beside them."""
    table = pd.read_csv(FOLDER / "indices.csv", keep_default_na=False, na_values={"cfi": ""})
    ratings = samples()
    fits = [
        confirm(ratings[s], FACTORS[m])
        for s, m in zip(table["sample"], table["model"], strict=True)
    ]
    for name in ("cfi", "tli", "rmsea", "srmr", "problem", "problem_compat", "largest", "smallest"):
        table[f"own_{name}"] = [getattr(fit, name) for fit in fits]
    table["ratio"] = [
        len(ratings[s]) / sum(map(len, FACTORS[m].values()))
        for s, m in zip(table["sample"], table["model"], strict=True)
    ]
    return table


def test_the_same_fits_are_improper(both: pd.DataFrame) -> None:
    """Also with items that are nearly identical, and with fewer respondents than would be wise."""
    ours, theirs = both["own_problem_compat"].ne(""), both["problem"].ne("")
    assert both[ours != theirs].empty, both[ours != theirs].to_string()
    assert theirs.sum() > 30
    assert (~theirs).sum() > 100


def test_indices_are_those_of_lavaan(both: pd.DataFrame) -> None:
    proper = both[both["problem"].eq("")]
    for name in ("cfi", "tli", "rmsea", "srmr"):
        apart = (proper[f"own_{name}"] - proper[name].astype(float)).abs()
        assert apart.max() < 1e-5, (name, proper.loc[apart.idxmax()].to_dict())
    assert (proper["own_largest"] - proper["covariance"].astype(float)).abs().max() < 2e-4
    smallest = proper["smallest"].astype(float)
    assert ((proper["own_smallest"] - smallest).abs() < 5e-4 * (1 + smallest.abs())).mean() > 0.99


def test_negative_variances_are_those_of_lavaan(both: pd.DataFrame) -> None:
    """A solution of the original's rule is improper for one of three further reasons."""
    proper = both[both["problem"].eq("")]
    few = proper["ratio"].lt(RESPONDENTS_AN_ITEM)
    assert proper["own_problem"].eq("too_few_respondents").tolist() == few.tolist()
    decided = proper[~few & proper["own_problem"].ne("latent_covariance")]
    negative = decided["smallest"].astype(float).lt(-1e-5)
    assert decided["own_problem"].eq("negative_variance").tolist() == negative.tolist()
    assert negative.sum() > 5
    assert few.sum() > 20


def test_nearly_identical_items_have_a_solution(both: pd.DataFrame) -> None:
    own = both[both["sample"].str.startswith("identical")]
    converged = own[own["problem"].eq("")]
    assert len(converged) > 8
    assert converged["own_cfi"].min() > 0.95
    singular = own[own["problem"].ne("")]
    assert (
        set(singular["own_problem"]) == set(singular["own_problem_compat"]) == {"collinear_items"}
    )


def by_semopy(ratings: np.ndarray, factors: dict[str, list[int]]) -> Any:
    """Return semopy's model of the same, fitted from the same start, and what its solver says."""
    columns = [i for items in factors.values() for i in items]
    own = ratings[:, columns]
    standard = (own - own.mean(axis=0)) / own.std(axis=0)
    lines = []
    for number, items in enumerate(factors.values()):
        lines.append(f"f{number} =~ " + " + ".join(f"l{i}*x{i}" for i in items))
        lines.append(f"f{number} ~~ 1*f{number}")
        lines += [f"x{i} ~~ t{i}*x{i}" for i in items]
    lines += [f"f{a} ~~ f{b}" for a, b in combinations(range(len(factors)), 2)]
    model = Model("\n".join(lines))
    sizes = [len(i) for i in factors.values()]
    start = one_group(sizes, standard.T @ standard / len(own))[1]
    for parameter in model.parameters.values():
        parameter.bound = (None, None)
    for at, i in enumerate(columns):
        model.parameters[f"l{i}"].start = start[at]
        model.parameters[f"t{i}"].start = 0.5
    data = pd.DataFrame(standard, columns=[f"x{i}" for i in columns])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that BFGS takes no bounds; there are none
        return model, model.fit(data, obj="MLW", solver="BFGS", options={"gtol": 1e-5})


@pytest.mark.parametrize("name", list(FACTORS))
def test_a_fit_is_that_of_semopy(name: str) -> None:
    ratings = samples()["sig10_chess"]
    ours, (model, said) = confirm(ratings, FACTORS[name]), by_semopy(ratings, FACTORS[name])
    n, free = len(ratings), int(stats.calc_dof(model))
    chi2 = n * said.fun
    assert said.success and ours.problem_compat == ""
    expected = np.sqrt(max(chi2 - free, 0) / (free * n))
    assert ours.rmsea == pytest.approx(expected, abs=1e-9)
    latent = model.mx_psi[np.tril_indices_from(model.mx_psi, -1)]
    assert ours.largest == pytest.approx(np.abs(latent).max(initial=0.0), abs=1e-4)
    residual = (model.mx_cov - model.calc_sigma()[0])[np.tril_indices(len(model.mx_cov))]
    assert ours.srmr == pytest.approx(np.sqrt((residual**2).mean()), abs=1e-5)


def test_an_improper_fit_is_left_out_and_in_the_original_counts_as_none() -> None:
    fit = Fit(0.9, 0.8, 0.1, 0.05, problem="negative_variance")
    assert np.isnan(fit.proper("cfi"))
    assert fit.compat("cfi") == 0.9
    failed = Fit(0.9, 0.8, 0.1, 0.05, "latent_covariance", "latent_covariance")
    assert np.isnan(failed.proper("srmr"))
    assert [failed.compat(i) for i in ("cfi", "tli", "rmsea", "srmr")] == [0, 0, 1, 1]
    assert Fit(0.9).proper("cfi") == Fit(0.9).compat("cfi") == 0.9


def test_what_can_t_be_fitted_has_its_reason() -> None:
    random = np.random.default_rng(0)
    ratings = random.integers(1, 7, (30, 40)).astype(float)
    assert confirm(ratings[:8], FACTORS["conservation"]).problem == "too_few_respondents"
    ratings[:, 4] = 2
    assert confirm(ratings, FACTORS["conservation"]).problem == "constant_item"
    ratings[:, 4] = ratings[:, 13]  # twice the same item
    assert confirm(ratings, FACTORS["conservation"]).problem == "collinear_items"


def test_a_fit_needs_respondents_for_its_items() -> None:
    """Sixty are enough for thirteen items, twenty are not, nor for seven."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(60, 40)) + random.normal(size=(60, 1))
    assert confirm(latent[:20], FACTORS["conservation"]).problem == "too_few_respondents"
    assert confirm(latent[:20], FACTORS["self_enhancement"]).problem == "too_few_respondents"
    assert confirm(latent[:20], FACTORS["self_enhancement"]).problem_compat != "too_few_respondents"
    assert confirm(latent, FACTORS["conservation"]).problem != "too_few_respondents"


def test_order_and_scale_do_not_matter() -> None:
    ratings = samples()["sig10_chess"]
    first = confirm(ratings, FACTORS["openness"])
    order = np.random.default_rng(1).permutation(len(ratings))
    second = confirm(3 * ratings[order] - 5, FACTORS["openness"])
    turned = confirm(-ratings, FACTORS["openness"])
    for other in (second, turned):
        assert other.cfi == pytest.approx(first.cfi, abs=1e-5)
        assert other.srmr == pytest.approx(first.srmr, abs=1e-5)


def test_a_true_model_fits() -> None:
    random = np.random.default_rng(3)
    latent = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 2000)
    ratings = np.zeros((2000, 40))
    for factor, items in zip(latent.T, FACTORS["self_enhancement"].values(), strict=True):
        ratings[:, items] = factor[:, None] + 0.8 * random.normal(size=(2000, len(items)))
    fit = confirm(ratings, FACTORS["self_enhancement"])
    assert fit.problem == ""
    assert fit.cfi > 0.99
    assert fit.rmsea < 0.03
    assert fit.srmr < 0.02
    assert fit.largest == pytest.approx(0.5, abs=0.06)


IN_A_PROCESS = """
import numpy as np
from holdfast.stability.structure.cfa import confirm
random = np.random.default_rng(5)
answers = np.repeat(random.normal(size=(60, 3)), 4, axis=1) + random.normal(size=(60, 12))
print(confirm(answers, {v: range(4 * i, 4 * i + 4) for i, v in enumerate("abc")}))
"""


def test_a_fit_is_the_same_to_the_last_digit_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS],
            env=os.environ | {"PYTHONPATH": str(LIBRARY), "PYTHONHASHSEED": str(seed)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in (1, 2, 3)
    }  # fmt: skip
    assert len(said) == 1 and "problem=''" in said.pop()
