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
from scipy.optimize import approx_fprime
from semopy import Model, stats

from holdfast.stability.structure.cfa import Fit, _model, confirm
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
    for name in ("cfi", "tli", "rmsea", "srmr", "problem"):
        table[f"own_{name}"] = [getattr(fit, name) for fit in fits]
    return table


def test_the_same_fits_are_improper(both: pd.DataFrame) -> None:
    ours, theirs = both["own_problem"].ne(""), both["problem"].ne("")
    assert both[ours != theirs].empty, both[ours != theirs].to_string()
    assert theirs.sum() > 30
    assert (~theirs).sum() > 70


def test_indices_are_within_five_thousandths(both: pd.DataFrame) -> None:
    proper = both[both["problem"].eq("")]
    for name in ("cfi", "tli", "rmsea", "srmr"):
        apart = (proper[f"own_{name}"] - proper[name].astype(float)).abs()
        assert apart.max() < 0.005, (name, proper.loc[apart.idxmax()].to_dict())


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
    start = _model(standard.T @ standard / len(own), [len(i) for i in factors.values()]).start
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
    assert said.success and ours.problem == ""
    expected = np.sqrt(max(chi2 - free, 0) / (free * n))
    assert ours.rmsea == pytest.approx(expected, abs=1e-9)
    latent = model.mx_psi[np.tril_indices_from(model.mx_psi, -1)]
    assert ours.largest == pytest.approx(np.abs(latent).max(initial=0.0), abs=1e-6)
    residual = (model.mx_cov - model.calc_sigma()[0])[np.tril_indices(len(model.mx_cov))]
    assert ours.srmr == pytest.approx(np.sqrt((residual**2).mean()), abs=1e-6)


def test_the_gradient_is_that_of_differences() -> None:
    ratings = samples()["sig10_chess"][:, FACTORS["conservation"]["Security"] + [6, 15, 27]]
    standard = (ratings - ratings.mean(axis=0)) / ratings.std(axis=0)
    model = _model(standard.T @ standard / len(standard), [5, 3])
    at = model.start + 0.05
    differences = approx_fprime(at, lambda x: model.discrepancy(x)[0], 1e-7)
    assert model.discrepancy(at)[1] == pytest.approx(differences, abs=1e-5)


def test_an_improper_fit_counts_as_none(both: pd.DataFrame) -> None:
    improper = both[both["own_problem"].ne("")]
    assert set(improper["own_cfi"]) == set(improper["own_tli"]) == {0.0}
    assert set(improper["own_srmr"]) == set(improper["own_rmsea"]) == {1.0}


def test_what_can_t_be_fitted_has_its_reason() -> None:
    random = np.random.default_rng(0)
    ratings = random.integers(1, 7, (30, 40)).astype(float)
    assert confirm(ratings[:8], FACTORS["conservation"]).problem == "too_few_respondents"
    ratings[:, 4] = 2
    assert confirm(ratings, FACTORS["conservation"]) == Fit(problem="constant_item")
    ratings[:, 4] = ratings[:, 13]  # twice the same item
    assert confirm(ratings, FACTORS["conservation"]).problem == "too_few_respondents"


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
