"""The notebook of the docs: its cells run on a study's results, and its figure has the table's marks."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from report_data import Files

from holdfast.report.figure_jobs.all_figures import draw_estimates

ROOT = Path(__file__).resolve().parents[4]
NOTEBOOK = ROOT / "docs" / "tables.ipynb"
CHECK = """
marks = [c.get_offsets() for c in figure.axes[0].collections if len(c.get_offsets()) > 2]
print(name, len(board), by_value.shape, sorted(round(float(x), 6) for x, _ in marks[-1]))
"""


@pytest.fixture
def results(default_study: Files, tmp_path: Path) -> Path:
    """Return a folder in which a finished study lies where the notebook looks for it."""
    folder = tmp_path / "here" / "results" / "default"
    folder.mkdir(parents=True)
    shutil.copy(default_study.estimates, folder / "estimates.parquet")
    draw_estimates(
        figure="stability", estimates=default_study.estimates, models=default_study.models,
        output=folder / "figures" / "stability.svg",
    )  # fmt: skip
    return tmp_path / "here"


def test_its_cells_run_and_redraw_a_figure(results: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    cells = [c.source for c in notebook.cells if c.cell_type == "code"]
    assert len(cells) >= 4
    environment = {"PYTHONPATH": str(ROOT / "workflow" / "lib"), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*cells, CHECK])], cwd=results, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    families = [0.015, 0.31, 0.44, 0.58, 0.62]
    assert done.stdout == f"stability 8 (10, 3) {families}\n"


def test_it_holds_no_results_of_its_own() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert not [c for c in notebook.cells if c.cell_type == "code" and c.outputs]
