"""`holdfast status`: how far a study is, job by job."""

import argparse
from pathlib import Path

from holdfast.documents import read_mapping
from holdfast.plan import make_plan
from holdfast.report.text import one_line, shortened
from holdfast.status import held, jobs, stages

HELP = "tell how far a study is: every job, what comes after, and what the store holds"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, nargs="?", default=Path("config.yaml"))


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study is wrong or a manifest can't be read."""
    plan = make_plan(read_mapping(given.file), str(given.file), Path("resources"))
    found = jobs(plan)
    total, done = sum(j.total for j in found), sum(min(j.done, j.total) for j in found)
    finished = sum(j.state == "done" for j in found)
    print(f"study {plan.study.study}: {finished} of {len(found)} jobs done, "
          f"{done:,} of {total:,} messages and answers ({done / max(total, 1):.0%})\n")  # fmt: skip
    print(f"{'job':<44}{'':<13}{'done':>12}{'of':>12}{'':>6}")
    for job in found:
        share = f"{job.done / max(job.total, 1):.0%}"
        name = f"{job.model} × {job.population}"
        print(f"{name:<44}{job.state:<13}{job.done:>12,}{job.total:>12,}{share:>6}")
        if job.said:
            print(f"    {shortened(one_line(job.said), 100)}")
    print()
    for stage in stages(plan):
        print(f"{stage.name:<44}{stage.there} of {stage.total}")
    print()
    for model in plan.models:
        print(f"{'store: ' + model:<44}{held(Path('results/store'), model):,} messages and answers")
    if any(job.state == "outdated" for job in found):
        print("\noutdated: of another configuration. What a run would do: snakemake -n")
