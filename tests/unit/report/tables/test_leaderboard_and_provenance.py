"""Leaderboard, provenance, summary and checks: the page's tables and sentences without the page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_data import Files, default_models, default_truth, entry, estimates_table

from holdfast.errors import StudyError
from holdfast.report.tables.checks import checks
from holdfast.report.tables.leaderboard import write_leaderboard
from holdfast.report.tables.manifests import read_manifests
from holdfast.report.tables.provenance import impersonal, write_provenance
from holdfast.report.wording.estimate_selection import interval_name
from holdfast.report.wording.summary import summaries


def board(files: Files) -> pd.DataFrame:
    """Return a study's leaderboard, read back."""
    csv = files.folder / "leaderboard.csv"
    write_leaderboard(estimates=files.estimates, models=files.models, csv=csv)
    return pd.read_csv(csv, keep_default_na=False, na_values=[""])


def states(estimates: pd.DataFrame, models: dict[str, Any], manifests: Any = ()) -> dict[str, str]:
    """Return the state of each check by the beginning of its title."""
    return {c.title: c.state for c in checks(estimates, models, manifests)}


def test_the_leaderboard_is_sorted_and_not_estimable_is_last(default_study: Files) -> None:
    table = board(default_study)
    assert list(table["model"]) == [
        "simulated", "llama-mini", "mistral-mini", "qwen-mini", "mixtral-mini", "phi-mini", "random",
        "constant",
    ]  # fmt: skip
    last = table.iloc[-1]
    assert (last["rank_order_status"], last["rank_order_undefined"]) == ("not_estimable", 200)
    assert np.isnan(last["rank_order"])
    assert table["kind"].tolist()[:2] == ["reference", "miniature"]
    assert table["n"].tolist() == [60] * 8


def test_a_model_without_estimates_stands_in_the_leaderboard(default_study: Files) -> None:
    default_study.models["late"] = entry("Qwen")
    row = board(default_study).set_index("model").loc["late"]
    assert (row["rank_order_status"], row["ipsative_status"]) == ("missing", "missing")


def test_every_model_and_population_has_a_row(make_study: Callable[..., Files]) -> None:
    table = board(make_study(default_models(), default_truth(), ["fictional", "real_world"]))
    assert len(table.drop_duplicates(["model", "population", "instrument"])) == len(table) == 16


def test_references_that_behave_pass() -> None:
    found = states(
        estimates_table(default_models(), default_truth(), ["fictional"]), default_models()
    )
    assert set(found.values()) == {"passed", "not checked"}
    assert sum(title.startswith("Random answers") for title in found) == 2
    assert sum(title.startswith("One and the same") for title in found) == 2


@pytest.mark.parametrize(
    ("name", "truth", "title"),
    [
        ("random", 0.042, "Random answers"),
        ("random", np.nan, "Random answers"),
        ("constant", 0.0, "One and"),
    ],
)
def test_references_that_misbehave_fail(name: str, truth: float, title: str) -> None:
    models = default_models()
    estimates = estimates_table(models, default_truth() | {name: truth}, ["fictional"])
    failed = [c for c in checks(estimates, models, []) if c.state == "failed"]
    assert failed
    assert all(c.title.startswith(title) for c in failed)


def test_a_simulation_without_noise_must_give_one() -> None:
    models = {"exact": entry("Reference", "simulated")}
    models["exact"]["deployment"]["simulation"] = {"profile_sd": 1.0, "noise_sd": 0.0}
    title = "A profile without noise gives 1 (exact, rank-order, fictional)"
    for truth, state in ((1.0, "passed"), (0.99, "failed")):
        assert (
            states(estimates_table(models, {"exact": truth}, ["fictional"]), models)[title] == state
        )
    estimates = estimates_table(models, {"exact": 0.9}, ["fictional"]).assign(undefined=3)
    assert states(estimates, models)[title] == "not checked"


def test_a_noisy_simulation_and_a_study_without_random_are_not_judged() -> None:
    models = {"simulated": entry("Reference", "simulated")}
    found = states(estimates_table(models, {"simulated": 0.7}, ["fictional"]), models)
    assert not any("without noise" in title for title in found)
    assert found["Random answers give no stability"] == "not checked"


def test_a_model_without_figures_fails() -> None:
    models = default_models()
    estimates = estimates_table(models, default_truth(), ["fictional"])
    late = models | {"late": entry("Qwen")}
    check = checks(estimates, late, [])[0]
    assert check.state == "failed"
    assert "late × fictional (rank-order), late × fictional (ipsative)" in check.detail


def test_many_unreadable_answers_are_a_warning(default_study: Files) -> None:
    jobs = read_manifests(default_study.manifests)
    jobs[2]["invalid"] = 2000
    estimates = estimates_table(default_study.models, default_truth(), ["fictional"])
    check = checks(estimates, default_study.models, jobs)[0]
    assert (check.state, check.detail) == ("warning", "mixtral-mini × fictional: 15.5\u00a0%")


def test_families_are_compared_where_they_have_several_models() -> None:
    models = {"a": entry("LLaMa"), "b": entry("LLaMa", miniature=True), "c": entry("Qwen")}
    estimates = estimates_table(models, {"a": 0.2, "b": 0.4, "c": 0.6}, ["fictional"])
    [summary] = summaries(estimates, models)
    assert "highest for Qwen .60" in summary.headline
    assert "lowest for LLaMa (2 models, 1 miniature) .30" in summary.headline
    assert (
        summary.details[0] == "No two 95\u00a0% intervals overlap; a paired test has not been made."
    )
    assert "highest for c .60" in summary.details[1]


def test_further_overlapping_pairs_are_named() -> None:
    models = {n: entry(n.upper()) for n in "abcd"}
    estimates = estimates_table(models, {"a": 0.9, "b": 0.5, "c": 0.48, "d": 0.1}, ["fictional"])
    [summary] = summaries(estimates, models)
    assert summary.details[0].startswith(
        "The 95\u00a0% interval of a lies above all others; a paired test has not been made. "
        "Intervals overlap in 1 of 6 pairs: b – c."
    )


@pytest.mark.parametrize(
    ("p_of_b_and_c", "said"),
    [(0.2, "2 of 3 paired differences are significant at 5\u00a0% after correction for their number "
      "(Benjamini–Hochberg); the other 1 not: b – c."),
     (0.01, "All 3 paired differences are significant at 5\u00a0% after correction for their number "
      "(Benjamini–Hochberg).")],
)  # fmt: skip
def test_paired_tests_say_who_is_told_apart(p_of_b_and_c: float, said: str) -> None:
    models = {n: entry(n.upper()) for n in "abc"}
    estimates = estimates_table(models, {"a": 0.9, "b": 0.5, "c": 0.48}, ["fictional"])
    corrected = {("a", "b"): 0.001, ("c", "a"): 0.001, ("b", "c"): p_of_b_and_c}
    comparisons = pd.DataFrame(
        {
            "level": "model", "model_a": a, "model_b": b, "population": "fictional",
            "instrument": estimates["instrument"].iloc[0], "quantity": q,
            "method": "paired_bootstrap", "status": "ok", "p_adjusted": p, "facet": "", "difference": 0.1,
        }
        for (a, b), p in corrected.items() for q in ("rank_order", "ipsative")
    )  # fmt: skip
    [summary] = summaries(estimates, models, comparisons)
    assert summary.details[0] == said
    assert "no difference" not in summary.headline
    unsure = summary.headline.endswith("; the lowest is not significantly below b.")
    assert unsure == (p_of_b_and_c > 0.05)
    [summary] = summaries(estimates, models, comparisons.assign(p_adjusted=0.4))
    assert summary.headline.endswith(", but no difference between them is significant.")
    assert summary.details[0].startswith("None of the 3 paired differences is significant at 5")


def with_contexts(estimates: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    """Return estimates in which some models have the interval for contexts like these, twice as wide."""
    own = estimates["model"].isin(models)
    ends = {
        "contexts_lower": estimates["estimate"] - 0.09,
        "contexts_upper": estimates["estimate"] + 0.09,
    }
    return estimates.assign(**{c: end.where(own) for c, end in ends.items()})


def test_the_sentences_are_about_conversations_like_these() -> None:
    """They take the interval and the test for contexts like these, where all models have them, and say so."""
    models = {n: entry(n.upper()) for n in "ab"}
    estimates = estimates_table(models, {"a": 0.9, "b": 0.5}, ["fictional"])
    comparisons = pd.DataFrame(
        {
            "level": "model", "model_a": "a", "model_b": "b", "population": "fictional",
            "instrument": estimates["instrument"].iloc[0], "quantity": q, "method": method, "status": "ok",
            "p_adjusted": p, "facet": "", "difference": 0.1,
        }
        for method, p in (("paired_contexts", 0.4), ("paired_bootstrap", 0.001))
        for q in ("rank_order", "ipsative")
    )  # fmt: skip
    [summary] = summaries(with_contexts(estimates, ["a", "b"]), models, comparisons)
    assert summary.headline.replace("\u00a0", " ") == (
        "In conversations like these, rank-order stability is highest for a .90 [.81, .99] and lowest for b "
        ".50 [.41, .59], of 2 models (95 % intervals), but no difference between them is significant."
    )
    for some in ([], ["a"]):
        [summary] = summaries(with_contexts(estimates, some), models, comparisons)
        assert summary.headline.startswith("In these conversations, rank-order")
        assert "a .90 [.85," in summary.headline
        assert summary.details[0].startswith("The difference is significant")


@pytest.mark.parametrize(
    ("truth", "headline"),
    [({"a": 0.5}, "In these conversations, rank-order stability of the one estimable model is a .50"),
     ({"a": np.nan}, "No model's rank-order stability is estimable.")],
)  # fmt: skip
def test_one_model_or_none_is_said(truth: dict[str, float], headline: str) -> None:
    models = {"a": entry("LLaMa")}
    [summary] = summaries(estimates_table(models, truth, ["fictional"]), models)
    assert summary.headline.startswith(headline)


def test_a_questionnaire_of_few_values_has_no_ipsative_stability() -> None:
    estimates = estimates_table({"a": entry("LLaMa")}, {"a": 0.5}, ["fictional"])
    ipsative = estimates["quantity"].eq("ipsative")
    estimates.loc[ipsative, ["estimate", "status"]] = [np.nan, "too_few_values"]
    [summary] = summaries(estimates, {"a": entry("LLaMa")})
    assert "is over three values or more; this questionnaire has fewer." in summary.details[-1]


def test_references_alone_are_not_ranked() -> None:
    models = {n: e for n, e in default_models().items() if e["model"]["family"] == "Reference"}
    [summary] = summaries(estimates_table(models, default_truth(), ["fictional"]), models)
    assert summary.headline == "The study has only references."
    assert len(summary.details) == 1


def test_the_level_of_the_intervals_is_read_from_the_method() -> None:
    estimates = estimates_table(default_models(), default_truth(), ["fictional"])
    assert interval_name(estimates) == "95\u00a0% interval"
    basic = "spearman; cluster bootstrap over respondents, 200 draws, basic 90 %; undefined=drop"
    assert interval_name(estimates.assign(method=basic)) == "90\u00a0% interval"
    assert interval_name(estimates.assign(method="no interval")) == "interval"


def test_provenance_says_what_is_needed_to_repeat_and_no_more(
    default_study: Files, tmp_path: Path
) -> None:
    default_study.study["instruments"] = [{"name": "pvq40", "items": "/home/someone/official.csv"}]
    model = default_study.models["llama-mini"]
    model["deployment"]["base_url"] = "https://me:secret@host.example/v1?key=secret"
    output = tmp_path / "out" / "provenance.json"
    write_provenance(
        study=default_study.study, models=default_study.models, manifests=default_study.manifests,
        tables=[], output=output,
    )  # fmt: skip
    text = output.read_text()
    for private in ("/home", "someone", "secret", "me:"):
        assert private not in text
    document = json.loads(text)
    assert document["study"]["instruments"] == [{"name": "pvq40", "items": "official.csv"}]
    assert {"python", "holdfast", "pandas"} <= set(document["versions"])
    assert document["jobs"][0]["revision"] == "0" * 40
    assert document["models"]["llama-mini"]["kind"] == "miniature"
    assert len(document["digests"]["manifests"]) == 8
    assert set(document["platform"]) == {"system", "machine"}


def test_paths_and_addresses_lose_what_is_personal() -> None:
    seen = impersonal({"a": Path("/home/x/f.csv"), "b": ["C:\\Users\\x\\f.csv", "~/f.csv"], "c": 1})
    assert seen == {"a": "f.csv", "b": ["f.csv", "f.csv"], "c": 1}
    assert impersonal("https://u:p@h:8000/v1?k=1#f") == "https://h:8000/v1"
    assert impersonal("results/a.csv") == "results/a.csv"


def test_a_damaged_manifest_gives_one_message(tmp_path: Path) -> None:
    for content in ("{", "[]"):
        (tmp_path / "m.json").write_text(content)
        with pytest.raises(StudyError, match="Remove it to make it anew"):
            read_manifests([tmp_path / "m.json"])
