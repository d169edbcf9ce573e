"""Kill a study with SIGKILL at random moments, start it again each time, and compare the results.

Every round begins with an empty results folder. The run, with all its jobs, is killed at a random moment
between nothing and the time that an undisturbed run takes, and started again, until it ends by itself.
Then all tables must be those of the undisturbed run, byte for byte. Rounds follow until there were enough
kills. `recomputed` counts answers that were computed although a segment held them already; `lost`,
answers that were in a segment after a kill and nowhere at the end.

Usage: python benchmarks/chaos.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from holdfast.inference.store.store_segments import read_segments
from holdfast.yaml_and_csv import read_mapping
from projects import ROOT, copy_project


@dataclass
class Tally:
    """What was counted over all rounds."""

    kills: int = 0
    in_inference: int = 0
    rounds: int = 0
    differing: list[str] = field(default_factory=list)
    recomputed: int = 0
    lost: int = 0


TARGETS: list[str] = []  # of the study; none: all


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the study as `make study` does, in a process group of its own."""
    library = os.environ | {"PYTHONPATH": str(folder / "workflow" / "lib")}
    python = [sys.executable, "-m"]
    subprocess.run([*python, "holdfast.cli", "unlock"], cwd=folder, env=library, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with (folder / "said.txt").open("wb") as said:
        return subprocess.Popen(
            [*python, "snakemake", *TARGETS, "--cores", "all", "--configfile", "studies/chaos.yaml"],
            cwd=folder, env=plain, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip


def ended(run: subprocess.Popen[bytes], folder: Path) -> None:
    """Check that a run ended well."""
    if run.returncode:
        sys.exit(f"the study failed:\n{(folder / 'said.txt').read_text()}")


def killed(folder: Path, after: float) -> bool:
    """Start the study and kill it after so many seconds; False if it ended before."""
    run = start(folder)
    try:
        run.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True
    ended(run, folder)
    return False


def tables(folder: Path) -> dict[str, str]:
    """Return the hashes of all tables of a study's results."""
    results = folder / "results" / "chaos"
    found = [p for p in results.rglob("*") if p.suffix in (".parquet", ".csv")]
    return {
        str(p.relative_to(results)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(found)
    }


def stored(folder: Path) -> list[tuple[str, str]]:
    """Return model and key of every row of every segment."""
    store = folder / "results" / "store"
    return [
        (model.name, key)
        for model in (store.iterdir() if store.is_dir() else ())
        for _, table in read_segments(model)
        for key in table["key"].to_pylist()
    ]


def cleared(folder: Path) -> None:
    """Remove all that a run made."""
    for made in ("results", ".snakemake"):
        shutil.rmtree(folder / made, ignore_errors=True)


def play_round(
    folder: Path, numbers: random.Random, longest: float, most: int, tally: Tally
) -> None:
    """Run one study to its end through at most so many kills, and count."""
    seen: set[tuple[str, str]] = set()
    manifests = folder / "results" / "chaos" / "responses"
    for _ in range(most):
        if not killed(folder, numbers.uniform(0, longest)):
            break
        tally.kills += 1
        tally.in_inference += len(list(manifests.glob("*/*.json"))) < 3 and manifests.exists()
        seen |= set(stored(folder))
    else:
        run = start(folder)
        run.wait()
        ended(run, folder)
    rows = stored(folder)
    tally.rounds += 1
    tally.recomputed += len(rows) - len(set(rows))
    tally.lost += len(seen - set(rows))


def chaos(folder: Path, study: Path, kills: int, seed: int) -> dict[str, Any]:
    """Return the figures of as many rounds as the kills need."""
    copy_project(folder)
    settings = read_mapping(study) | {"study": "chaos", "save_every_seconds": 1}
    (folder / "studies" / "chaos.yaml").write_text(json.dumps(settings))
    began = time.monotonic()
    run = start(folder)
    run.wait()
    ended(run, folder)
    undisturbed, wanted = time.monotonic() - began, tables(folder)
    print(f"undisturbed: {undisturbed:.0f} s, {len(wanted)} tables", flush=True)
    tally, numbers = Tally(), random.Random(seed)
    while tally.kills < kills:
        cleared(folder)
        play_round(folder, numbers, undisturbed, kills - tally.kills, tally)
        found = tables(folder)
        tally.differing += [n for n in wanted | found if wanted.get(n) != found.get(n)]
        print(f"round {tally.rounds}: {tally.kills} kills, {len(tally.differing)} tables differ, "
              f"{tally.recomputed} recomputed, {tally.lost} lost", flush=True)  # fmt: skip
    return vars(tally) | {
        "identical": not tally.differing, "tables": len(wanted), "seed": seed,
        "answers": len(set(stored(folder))), "undisturbed_seconds": round(undisturbed, 1),
        "save_every_seconds": 1, "study": study.stem,
    }  # fmt: skip


def main() -> None:
    """Run, print and write the figures; exit with status 1 if anything was lost or differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="5 kills")
    parser.add_argument("--kills", type=int, help="so many kills; default: 30")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments")
    parser.add_argument("--study", type=Path, default=ROOT / "studies" / "smoke.yaml")
    parser.add_argument("--until", help="end with this file of the results; default: all of them")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    kills = given.kills or (5 if given.quick else 30)
    TARGETS.extend([f"results/chaos/{given.until}"] if given.until else [])
    with tempfile.TemporaryDirectory() as scratch:
        figures = chaos(Path(scratch) / "project", given.study, kills, given.seed)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(figures, indent=1) + "\n")
    sys.exit(0 if figures["identical"] and not figures["lost"] else 1)


if __name__ == "__main__":
    main()
