"""The last lines of a run."""

import pandas as pd
import pytest

from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import write_table
from holdfast.terminal import ending
from holdfast.terminal.run_state import Failure, Run
from holdfast.terminal.told_study import Told, tell, told


def model(family, miniature=False):
    return {
        "model": {"family": family, "miniature": miniature},
        "deployment": {"backend": "transformers"},
    }


def row(name, quantity, figure):
    known = {"lower": figure - 0.1, "upper": figure + 0.1, "se": 0.05}
    known |= {"contexts_lower": figure - 0.15, "contexts_upper": figure + 0.15}
    known |= {"contexts_se": 0.1, "contexts_status": "ok"}
    return {
        "quantity": quantity, "model": name, "family": name.upper(), "population": "p",
        "instrument": "pvq40", "value": "", "context_a": "", "context_b": "", "replicate": None,
        "estimate": figure, "n": 9, "undefined": 0, "null_mean": 0.0, "null_sd": 0.01,
        "method": "95 %", "status": "ok",
    } | known  # fmt: skip


def written(results, truth):
    """Write the tables of a finished study: the models' figures, and three checks."""
    (results / "report").mkdir(parents=True)
    (results / "report" / "index.html").touch()
    rows = [row(m, q, f) for m, f in truth.items() for q in ("rank_order", "ipsative")]
    write_table(pd.DataFrame(rows), "estimates", results / "estimates.parquet")
    none = pd.DataFrame(columns=list(SCHEMAS["comparisons"]))
    write_table(none, "comparisons", results / "comparisons.parquet")
    states = ["passed", "passed", "not checked"]
    pd.DataFrame({"state": states}).to_csv(results / "checks.csv")


def texts(lines):
    return [text for text, _ in lines]


@pytest.fixture
def whole():
    return Run(0.0, total=30, done=30, whole=True)


@pytest.fixture
def study(tmp_path):
    results = tmp_path / "s"
    written(results, {"a": 0.9, "b": 0.4})
    return Told("s", results, {"a": model("A", miniature=True), "b": model("B")})


def test_five_lines_that_matter(whole, study):
    lines = texts(ending.finished(whole, 62.0, study))
    assert len(lines) == 5
    assert lines[0] == "Done in 1 min 2 s: 30 jobs, no warnings, none of 2 checks failed."
    assert lines[1].startswith(
        "In conversations like these, rank-order stability is highest for a (miniature) .90 "
        "[.75,\u00a01.05] and lowest for b .40"
    )
    assert lines[2].startswith("Miniatures are fixtures")
    assert lines[3] == f"Page: {study.page}"
    assert lines[4].startswith("Next: open the page in a browser; docs/reading.md")


def test_without_miniatures_nothing_is_said_of_them(whole, study):
    plain = Told("s", study.results, {"a": model("A"), "b": model("B")})
    assert not [
        t for t in texts(ending.finished(whole, 1.0, plain)) if "iniature" in t.partition("/")[0]
    ]


def test_failed_checks_come_first(whole, study):
    pd.DataFrame({"state": ["failed", "warning", "passed"]}).to_csv(study.results / "checks.csv")
    first, *_, last = texts(ending.finished(whole, 1.0, study))
    assert first.endswith("1 of 3 checks failed, 1 with a warning.")
    assert "section of checks first" in last


def test_a_run_for_some_files_says_only_that_it_is_done(whole, study):
    whole.whole = False
    assert texts(ending.finished(whole, 1.0, study)) == ["Done in 1 s: 30 jobs, no warnings."]
    assert len(ending.finished(whole, 1.0, None)) == 1


@pytest.mark.parametrize("file", ["estimates.parquet", "comparisons.parquet", "checks.csv"])
def test_what_can_not_be_read_is_left_out(whole, study, file):
    (study.results / file).write_text("no table")
    lines = texts(ending.finished(whole, 1.0, study))
    assert lines[0].startswith("Done") and lines[-2].startswith("Page:")


def test_only_the_failed_jobs_that_fit_are_named():
    run = Run(0.0, total=9, failures={i: Failure(f"job {i}", "", "bad\nmore") for i in range(5)})
    lines = texts(ending.failed(run, 1.0, None))
    assert lines == [
        "Failed after 1 s: 5 jobs failed, 0 of 9 jobs done, no warnings.",
        "  job 0: bad", "  job 1: bad", "  job 2: bad",
        "Next: mend the cause, then run the same command again: it goes on from what is done.",
    ]  # fmt: skip


def test_the_snakefile_s_word_is_kept():
    tell("s", "results/s", {})
    assert told() and str(told().page) == "results/s/report/index.html"
