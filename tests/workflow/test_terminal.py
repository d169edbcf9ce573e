"""What a whole run says where its output is no terminal."""

import subprocess
import sys

STUDY = """
study: small
replicates: 1
models: [random, simulated]
populations: [{name: generated, size: 8}]
contexts: {topics: [grammar, joke]}
stability: {draws: 50, null_simulations: 20, structure: false}
"""
ELSEWHERE = """
import sys
sys.path = [p for p in sys.path if not p.endswith("workflow/lib")]
from snakemake.cli import main
main(sys.argv[1:])
"""


def test_a_run_in_a_few_lines_and_its_jobs_words_in_the_log(project):
    given = ("--configfile", str(project.write("small.yaml", STUDY)))
    ran = project.snakemake(*given)
    lines = ran.said.splitlines()
    assert ran.status == 0 and len(lines) <= 60, ran.said
    assert lines[1] == "Configuration: small.yaml"
    assert lines[2].startswith("study small: ") and "jobs to do; log: .snakemake/log/" in lines[2]
    assert lines[-2] == "Page: results/small/report/index.html" and lines[-1].startswith("Next:")
    [log] = (project.folder / ".snakemake/log").glob("*.snakemake.log")
    kept = log.read_text()
    assert "random × generated: answers: 640 of 640" in kept, "what jobs print"
    assert "rule infer:" in kept and "Finished jobid" in kept, "what Snakemake says"

    again = project.snakemake(*given)
    assert again.status == 0 and "Nothing to be done" in again.said
    assert again.said.splitlines()[-1] == "Page: results/small/report/index.html"

    project.write("results/small/checks.csv", "title\nx\n")  # the page can't be made of it
    failed = project.snakemake(*given)
    assert (
        failed.status == 1 and "Traceback" not in failed.said and "RuleException" not in failed.said
    )
    assert "error: page: results/small/checks.csv: can't be read" in failed.said
    assert "  its log: results/small/logs/page.log" in failed.said.splitlines()
    assert failed.said.splitlines()[-1].startswith("Next: mend the cause")

    planned = [sys.executable, "-c", ELSEWHERE, "-n", *given]
    usual = subprocess.run(planned, cwd=project.folder, capture_output=True, text=True)
    assert usual.returncode == 0, "a Snakemake without the plugin"
    assert "rule page:" in usual.stdout and "This was a dry-run" in usual.stdout
