"""Kill a run a few times; the benchmark of the same name does it more often, and with figures and page."""

import json
import subprocess
import sys
from pathlib import Path

from projects import ROOT

STUDY = """
replicates: 1
models: [llama-mini]
populations: [{name: fictional, size: 4}]
contexts: {topics: [grammar, joke], max_new_tokens: 20}
stability: {draws: 20, null_simulations: 20, structure: false}
"""


def test_a_run_killed_twice_ends_with_the_same_tables(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    figures = tmp_path / "chaos.json"
    command = [sys.executable, ROOT / "benchmarks/chaos.py", "--kills", "2", "--json", figures,
               "--until", "estimates.csv"]  # fmt: skip
    done = subprocess.run(
        [*command, "--study", tmp_path / "tiny.yaml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(figures.read_text())
    assert (found["kills"], found["recomputed"], found["lost"]) == (2, 0, 0)
    assert found["identical"] and found["tables"] > 10
