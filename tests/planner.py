"""Snakemake in forks of one process that has imported it, since most of a dry run's seconds are imports.

Only Snakemake and packages are imported before the fork. The project's library is imported by the fork, from
the copy that it plans, as by a Snakemake that a user starts. Jobs are processes of their own, as always.

`python planner.py` reads requests, one a line of JSON: the parameters of `_be_snakemake`. It answers each with
the exit status.
"""

import json
import os
import subprocess
import sys
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NoReturn

from fork_ends import run_and_end


def run_in_fork(
    arguments: list[str], folder: Path, environment: dict[str, str], python: str = sys.executable
) -> tuple[int, str]:
    """Run `snakemake` with these arguments in a folder; return its exit status and all that it said.

    Args:
        arguments: of its command line.
        folder: where it runs.
        environment: its environment variables.
        python: the program that runs the jobs' scripts.
    """
    to, back = _planner()
    with TemporaryDirectory() as place:
        streams = [os.path.join(place, name) for name in ("stdout", "stderr")]
        asked = {"arguments": arguments, "folder": str(folder), "environment": environment}
        asked |= {"python": python}
        to.write(json.dumps(asked | {"streams": streams}) + "\n")
        to.flush()
        status = int(back.readline())
        return status, "".join(Path(s).read_text(encoding="utf-8") for s in streams)


@cache
def _planner() -> tuple[IO[str], IO[str]]:
    """Return the pipes to and from this process's planner, which is started when it is first asked."""
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.Popen(
        [sys.executable, __file__], env=plain, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin and process.stdout
    return process.stdin, process.stdout


def _be_snakemake(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[str], python: str
) -> NoReturn:
    """Be `python -m snakemake` from now on, and end with it."""
    sys.executable = python
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(streams, start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    run_and_end(partial(main, arguments))


if __name__ == "__main__":
    import pydantic  # noqa: F401  # with pandas, which Snakemake imports, what a plan needs of packages
    import smart_open  # noqa: F401
    import snakemake.report.html_reporter  # noqa: F401
    from snakemake.cli import main

    for line in sys.stdin:
        if not (child := os.fork()):
            _be_snakemake(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
