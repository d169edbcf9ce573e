"""A package that is missing in a rule's environment is found out, although Snakemake's own would do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JOB = """
import sys
sys.prefix = sys.argv[1]
import pandas
from holdfast.environment import check_own_packages
check_own_packages()
"""


def run(prefix: str, active: str) -> subprocess.CompletedProcess[str]:
    """Import pandas in a job whose environment lies at `prefix`, while `active` is active."""
    environment = os.environ | {"CONDA_PREFIX": active, "PYTHONPATH": str(ROOT / "workflow/lib")}
    return subprocess.run(
        [sys.executable, "-c", JOB, prefix], env=environment, capture_output=True, text=True
    )


def test_packages_of_the_active_environment_pass() -> None:
    assert run(sys.prefix, sys.prefix).returncode == 0


def test_a_package_from_elsewhere_is_named(tmp_path: Path) -> None:
    said = run(str(tmp_path), str(tmp_path))
    assert said.returncode == 1
    assert "lacks numpy, pandas" in said.stderr and "envs/" in said.stderr


def test_without_an_active_environment_nothing_is_checked(tmp_path: Path) -> None:
    assert run(str(tmp_path), "").returncode == 0
