"""`holdfast compare`: differences between two studies, and what changed from one to the other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from holdfast.cli import main
from holdfast.commands.compare import compare_studies, text_of
from holdfast.report.figure_parts.tooltips import read_points
from holdfast.report.wording.text_format import number
from holdfast.stability.estimation.estimate_tables import draws_table, estimates_table
from holdfast.stability.estimation.model_comparison import paired_bootstrap, paired_contexts
from holdfast.stability.estimation.model_stability import Stability, model_stability
from holdfast.tables.table_files import write_table

TRAIT = np.random.default_rng(0).normal(size=(30, 4))


def stability(noise: float, seed: int = 1, draws: int = 200) -> Stability:
    """Return the stability of a model that plays TRAIT with noise."""
    error = noise * np.random.default_rng(5).normal(size=(2, 3, *TRAIT.shape))
    values = [f"v{i}" for i in range(4)]
    return model_stability(TRAIT + error, ["a", "b", "c"], values, draws=draws, seed=seed)


def write_results(
    folder: Path, models: dict[str, Stability], first: str = "p0", topics: str = "abc", **study: Any
) -> Path:
    """Write what is compared of a finished study; `first` is its first respondent."""
    people = [first, *(f"p{i}" for i in range(1, len(TRAIT)))]
    personas = pd.DataFrame({
        "population": "folk", "respondent": people, "name": people, "gender": "neutral",
        "description": "", "group": "", "source": "",
    })  # fmt: skip
    write_table(personas, "personas", folder / "design/personas/folk.parquet")
    contexts = pd.DataFrame({
        "context": list(topics), "topic": list(topics), "domain": "", "opening": list(topics), "messages": 3,
        "conversation": list(topics),
    })  # fmt: skip
    write_table(contexts, "contexts", folder / "design/contexts.parquet")
    for name, one in models.items():
        about = {"model": name, "family": "F", "population": "folk", "instrument": "q"}
        at = folder / "stability"
        write_table(estimates_table(one, about), "estimates", at / f"models/{name}/folk.parquet")
        write_table(draws_table(one, "q"), "draws", at / f"draws/{name}/folk.parquet")
    document = {
        "study": {"study": "s", "contexts": {"topics": ["a"]}, **study},
        "models": {m: {"model": {"revision": "r"}, "kind": "miniature"} for m in models},
        "versions": {"numpy": "2"}, "jobs": [], "code": "c",
    }  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(document))
    return folder


def row(table: pd.DataFrame, quantity: str = "rank_order") -> dict[Any, Any]:
    return table[table["quantity"].eq(quantity)].to_dict("records")[0]


def test_the_same_respondents_are_paired_and_the_difference_is_b_less_a(tmp_path: Path) -> None:
    good, bad = stability(0.3), stability(1.0)
    a, b = (write_results(tmp_path / n, {"m": s}) for n, s in (("a", good), ("b", bad)))
    found = row(compare_studies(a, b).rows)
    expected = paired_bootstrap(bad, good, "rank_order", 0.95)
    assert found["method"] == "paired_bootstrap" and found["difference"] < -0.2
    for key in ("difference", "lower", "upper", "p"):
        assert found[key] == pytest.approx(expected[key])
    assert found["b"] - found["a"] == pytest.approx(found["difference"])
    assert row(compare_studies(b, a).rows)["difference"] == pytest.approx(-found["difference"])


def test_the_same_topics_make_it_about_contexts_like_these(tmp_path: Path) -> None:
    """The two-way jackknife of the difference; with other topics only respondents are paired."""
    one, other = (
        replace(stability(noise), deleted={"rank_order": figures})
        for noise, figures in zip(
            (0.3, 1.0), np.random.default_rng(0).normal(size=(2, 6, 9)), strict=True
        )
    )
    a = write_results(tmp_path / "a", {"m": one}, topics="abcde")
    b = write_results(tmp_path / "b", {"m": other}, topics="abcde")
    found, expected = compare_studies(a, b), paired_contexts(other, one, "rank_order", 0.95)
    assert row(found.rows)["method"] == "paired_contexts"
    assert row(found.rows)["p"] == pytest.approx(expected["p"])
    assert row(found.rows, "ipsative")["method"] == "paired_bootstrap"
    assert "for conversations like these where both have the same topics." in text_of(found)
    c = write_results(tmp_path / "c", {"m": other}, topics="abcdx")
    assert row(compare_studies(a, c).rows)["method"] == "paired_bootstrap"


def test_a_study_does_not_differ_from_itself(tmp_path: Path) -> None:
    a = write_results(tmp_path / "a", {"m": stability(0.5)})
    found = compare_studies(a, a)
    assert found.changed == [] and found.alone == []
    assert set(found.rows["difference"]) == {0.0} and set(found.rows["p"]) == {1.0}


@pytest.mark.parametrize("why", ["respondents", "seed", "draws"])
def test_other_respondents_seeds_or_draws_are_not_paired(why: str, tmp_path: Path) -> None:
    other = stability(
        0.5, seed=2 if why == "seed" else 1, draws=150 if why == "draws" else 200
    )  # fmt: skip
    a = write_results(tmp_path / "a", {"m": stability(0.5)})
    b = write_results(tmp_path / "b", {"m": other}, first="x" if why == "respondents" else "p0")
    found = row(compare_studies(a, b).rows)
    assert found["method"] == "independent_bootstrap"
    alone = np.sqrt(sum(s.draws["rank_order"].var(ddof=1) for s in (stability(0.5), other)))
    width = found["upper"] - found["lower"]
    assert width == pytest.approx(2 * 1.96 * alone, rel=0.2)


def test_what_changed_is_told_key_by_key(tmp_path: Path) -> None:
    one = stability(0.5)
    a = write_results(tmp_path / "a", {"m": one, "gone": one})
    b = write_results(
        tmp_path / "b", {"m": one, "new": one}, contexts={"topics": ["a", "b"]}, seed=2
    )
    document = json.loads((b / "provenance.json").read_text())
    document["models"]["m"]["model"]["revision"] = "r2"
    document["jobs"] = []
    document["versions"]["numpy"] = "3"
    (b / "provenance.json").write_text(json.dumps(document))
    found = compare_studies(a, b)
    assert found.changed == [
        ("contexts.topics", "['a']", "['a', 'b']"),
        ("seed", "none", "2"),
        ("models.m.model.revision", "r", "r2"),
        ("versions.numpy", "2", "3"),
    ]
    assert found.alone == [f"gone × folk: only in {a}", f"new × folk: only in {b}"]


def test_p_is_adjusted_over_the_models_of_a_measure(tmp_path: Path) -> None:
    good, bad = stability(0.3), stability(0.4)
    a = write_results(tmp_path / "a", {"m": good, "n": good})
    b = write_results(tmp_path / "b", {"m": bad, "n": good})
    table = compare_studies(a, b).rows.query("quantity == 'rank_order'").set_index("model")
    assert table.loc["m", "p_adjusted"] == pytest.approx(min(1.0, 2 * table.loc["m", "p"]))


def test_the_command_says_it_and_writes_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write_results(tmp_path / "a", {"m": stability(0.3)})
    b = write_results(tmp_path / "b", {"m": stability(1.0)}, first="x", seed=2)
    main(["compare", str(a), str(b), "--out", str(tmp_path / "d.csv")])
    said = capsys.readouterr().out
    assert "  seed: none → 2\n" in said
    line = next(x for x in said.splitlines() if x.startswith("m (miniature) × folk"))
    assert line.split()[4] == "rank-order" and line.endswith("] ~*")
    assert "the difference is not paired" in said
    table = pd.read_csv(tmp_path / "d.csv")
    assert len(table) >= 2 and set(table["n"]) == {30} and set(table["kind"]) == {"miniature"}
    main(["figure", str(tmp_path / "d.csv"), "--out", str(tmp_path / "d.svg")])
    assert "the figure 'differences'" in capsys.readouterr().out
    words = [words for *_, words in read_points(tmp_path / "d.svg")]
    shown = table.set_index("quantity")["difference"]["rank_order"]
    assert any(w.startswith("m (miniature)\ndifference " + number(shown)) for w in words)


def test_nothing_in_common_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_results(tmp_path / "a", {"m": stability(0.3)})
    b = write_results(tmp_path / "b", {"n": stability(0.3)})
    main(["compare", str(a), str(b)])
    assert "no model has figures in the same population" in capsys.readouterr().out


def test_a_folder_that_is_no_study_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no provenance\.json. It must be a finished study"):
        main(["compare", str(tmp_path), str(tmp_path)])
