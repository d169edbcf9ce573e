"""Copies of the project, and Snakemake run on them for real."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from planner import run_in_fork
from warm_python import warm_python

ROOT = Path(__file__).resolve().parent.parent
# the copy's own library counts, and each job would compile it anew
NOT_PASSED_ON = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
READ_AT_IMPORT = ("HF_HOME", "HF_HUB", "HF_ENDPOINT", "TRANSFORMERS_", "OMP_", "MPL")  # by packages
PARTS = [
    "CITATION.cff",
    "LICENSE",
    "Snakefile",
    "config.yaml",
    "envs",
    "profiles",
    "requirements.lock",
    "resources",
    "studies",
    "workflow",
]


@dataclass(frozen=True)
class Ran:
    """One run of a command: its exit status and all that it said."""

    status: int
    said: str

    def jobs(self) -> set[str]:
        """Return the jobs of a dry run: the rule, and its wildcards in order, as "infer random a"."""
        found = set()
        for block in re.split(r"\n(?=\[|(?:local)?rule )", self.said):
            if rule := re.search(r"^(?:local)?rule (\w+):", block, flags=re.M):
                wildcards = re.search(r"wildcards: (.*)", block)
                named = re.findall(r"=([^,]+)", wildcards[1]) if wildcards else []
                found.add(" ".join([rule[1], *(n.strip() for n in named)]))
        return found


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path

    def snakemake(self, *arguments: str, cores: int = 2, env: dict[str, str] | None = None) -> Ran:
        """Run Snakemake in the copy, in a fork that has imported it; its jobs in forks as well."""
        given = ["--cores", str(cores), *arguments]
        environment = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON} | (env or {})
        plain = "-n" in arguments or any(k.startswith(READ_AT_IMPORT) for k in env or {})
        python = sys.executable if plain else warm_python()
        return Ran(*run_in_fork(given, self.folder, environment, python))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the copy."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file of the copy."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        self.write(name, text.replace(old, new, 1))


@dataclass(frozen=True)
class Finished:
    """A copy with a finished study: the study's file, the folder of its results, and the run."""

    project: Project
    file: str
    results: Path
    ran: Ran


def copy_project(folder: Path) -> Project:
    """Copy what a user clones, without results."""
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return Project(folder)
