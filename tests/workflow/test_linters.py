"""Linters, formatters and the type checker find nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from projects import ROOT

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["snakefmt", "--check", "Snakefile", "workflow"],
        ["snakemake", "--lint"],
    ],
    ids=" ".join,
)
def test_finds_nothing(command: list[str]) -> None:
    run(command)


def test_benchmarks_call_what_there_is() -> None:
    """Of their types no more is asked: what they make is read by people."""
    asked = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
    asked += ["--cache-dir=.mypy_cache/benchmarks"]  # the other test's has other settings
    left_out = ["arg-type", "assignment", "dict-item", "import-untyped", "misc", "str-format"]
    files = sorted(str(f) for f in (ROOT / "benchmarks").glob("*.py"))
    path = os.pathsep.join(str(ROOT / f) for f in ("benchmarks", "workflow/lib"))
    run(["mypy", *asked, *(f"--disable-error-code={code}" for code in left_out), *files], path)


def run(command: list[str], mypy_path: str = "") -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | ({"MYPYPATH": mypy_path} if mypy_path else {}),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
