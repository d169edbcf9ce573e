"""What a whole run says where its output is no terminal: the run of the smoke study, and runs after it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from projects import Finished

pytestmark = pytest.mark.xdist_group("smoke")  # one run serves them all

PAGE = "Page: results/smoke/report/index.html"
ELSEWHERE = """
import sys
sys.path = [p for p in sys.path if not p.endswith("workflow/lib")]
from snakemake.cli import main
main(sys.argv[1:])
"""


def test_a_run_in_a_few_lines_and_its_jobs_words_in_the_log(smoke: Finished) -> None:
    lines = smoke.ran.said.splitlines()
    assert len(lines) <= 60, smoke.ran.said
    assert lines[1] == "Configuration: studies/smoke.yaml"
    assert lines[2].startswith("study smoke: ") and "jobs to do; log: .snakemake/log/" in lines[2]
    assert lines[-2] == PAGE and lines[-1].startswith("Next:")
    log = smoke.project.folder / lines[2].partition("; log: ")[2]
    kept = log.read_text()
    assert "random × generated: answers: 960 of 960" in kept, "what jobs print"
    assert "rule infer:" in kept and "Finished jobid" in kept, "what Snakemake says"


@pytest.fixture
def checks(smoke: Finished) -> Iterator[Path]:
    """Give a table of the finished study to a test that damages it, and put it back afterwards."""
    table = smoke.results / "checks.csv"
    whole = table.read_bytes()
    yield table
    table.write_bytes(whole)


def test_a_run_with_nothing_to_do_and_one_that_fails(smoke: Finished, checks: Path) -> None:
    given = ("--configfile", smoke.file)
    nothing = smoke.project.snakemake(*given)
    assert nothing.status == 0 and "Nothing to be done" in nothing.said
    assert nothing.said.splitlines()[-1] == PAGE

    checks.write_text("title\nx\n")  # the page can't be made of it
    failed = smoke.project.snakemake(*given)
    assert (
        failed.status == 1 and "Traceback" not in failed.said and "RuleException" not in failed.said
    )
    assert "error: page: results/smoke/checks.csv: can't be read" in failed.said
    assert "  its log: results/smoke/logs/page.log" in failed.said.splitlines()
    assert failed.said.splitlines()[-1].startswith("Next: mend the cause")

    planned = [sys.executable, "-c", ELSEWHERE, "-n", *given]
    usual = subprocess.run(planned, cwd=smoke.project.folder, capture_output=True, text=True)
    assert usual.returncode == 0, "a Snakemake without the plugin"
    assert "rule page:" in usual.stdout and "This was a dry-run" in usual.stdout
