"""A package that is missing in a rule's environment is missed, although Snakemake's own would do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, active: bool) -> subprocess.CompletedProcess[str]:
    """Import a package that lies where Snakemake runs, in a job whose environment is active or not."""
    elsewhere = folder / "driver/lib/site-packages"
    elsewhere.mkdir(parents=True, exist_ok=True)
    (elsewhere / "of_the_driver.py").write_text("")
    job = (
        f"import sys; sys.path.append({str(elsewhere)!r})\n"
        "import yaml, holdfast, holdfast.job_log\n"
        "import of_the_driver\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/lib"), "CONDA_PREFIX": ""}
    if active:
        environment["CONDA_PREFIX"] = sys.prefix
    return subprocess.run(
        [sys.executable, "-c", job], env=environment, capture_output=True, text=True
    )


def test_packages_of_elsewhere_are_not_seen_in_an_active_environment(tmp_path: Path) -> None:
    said = run(tmp_path, active=True)
    assert said.returncode == 1 and "No module named 'of_the_driver'" in said.stderr


def test_without_an_active_environment_nothing_changes(tmp_path: Path) -> None:
    assert run(tmp_path, active=False).returncode == 0
