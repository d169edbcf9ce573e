"""Does a GPU give the answers that the processor gives? The smoke study with the same model on both.

    .venv/bin/python tools/gpu_check.py [--device cuda|cpu] [--model NAME] [--dtype TYPE] [--json FILE]

The whole study runs, from personas to page, in a folder of its own. Exit status: 0 the answers agree, 1
they do not, 2 the study failed, 3 there is no GPU, and nothing was checked. With --device cpu both sides
are the processor: that tests this script, and says nothing about a GPU.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("workflow", "resources", "profiles", "config", "envs", "Snakefile", "config.yaml")
AGREE, NEAR = 0.99, 0.01  # choices; log-probabilities of the options, in the mean
AGREED, DIFFERENT, FAILED, NO_GPU = range(4)
SESSION, ITEM = ["respondent", "context", "replicate"], ["instrument", "item"]


def main() -> int:
    """Run the check; return the exit status."""
    given = _arguments()
    if given.device == "cuda" and not _cuda():
        print("No GPU: torch sees no CUDA device here. Nothing was checked.", file=sys.stderr)
        return NO_GPU
    with tempfile.TemporaryDirectory(prefix="holdfast-gpu-check-") as folder:
        ran = run(Path(folder), given.model, given.device, given.dtype)
        if ran.returncode:
            print(ran.stdout[-4000:], "\nThe study failed.", file=sys.stderr)
            return FAILED
        found = report(Path(folder), given.model, given.device)
    for key, value in found.items():
        print(f"{key:32} {value}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return AGREED if found["agrees"] else DIFFERENT


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    asked.add_argument("--model", default="llama-mini", help="an entry of the registry")
    asked.add_argument("--dtype", default=None, help="of the GPU's side; the entry's if left out")
    asked.add_argument("--json", type=Path)
    return asked.parse_args()


def _table(path: Path) -> pd.DataFrame:
    return pq.ParquetFile(path).read().to_pandas()


def _cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def run(
    folder: Path, model: str, device: str, dtype: str | None
) -> subprocess.CompletedProcess[str]:
    """Run the study in a folder, with a copy of the project."""
    for part in PARTS:
        of = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        of(ROOT / part, folder / part)
    other: dict[str, Any] = {"gpus": 1 if device == "cuda" else 0}
    entries = {
        "here-processor": {"like": model, "deployment": {"gpus": 0}},
        "here-other": {"like": model, "deployment": other | ({"dtype": dtype} if dtype else {})},
    }
    (folder / "resources/models/check.yaml").write_text(yaml.safe_dump(entries))
    study = yaml.safe_load((ROOT / "studies/smoke.yaml").read_text())
    study |= {"study": "check", "models": list(entries)}
    (folder / "check.yaml").write_text(yaml.safe_dump(study))
    command = ["-m", "snakemake", "--cores", "all", "--configfile", "check.yaml"]
    own = os.environ | {"PYTHONPATH": str(folder / "workflow/lib")}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, text=True, env=own,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def report(folder: Path, model: str, device: str) -> dict[str, Any]:
    """Return what the two sides have in common, and how fast they were."""
    results = folder / "results/check"
    sides = ("here-processor", "here-other")
    answers, talks = (
        [_table(results / kind / s / "generated.parquet") for s in sides]
        for kind in ("responses", "conversations")
    )
    jobs = [json.loads((results / f"responses/{s}/generated.json").read_text()) for s in sides]
    used, page = jobs[1].get("gpus", []), (results / "report/index.html").is_file()
    found = {"model": model, "device": device, "gpus": used, "page": page}
    found |= compared(answers, talks)
    for name, job in zip(("processor", device + " side"), jobs, strict=True):
        found[f"tokens/s, {name}"] = job["tokens_per_second"]
        found[f"seconds, {name}"] = job["seconds"]
    found["peak_gpu_memory_mb"] = jobs[1].get("peak_gpu_memory_mb")
    right = found["agreement"] >= AGREE and found["mean_difference"] <= NEAR
    found["agrees"] = bool(right and found["page"] and (device == "cpu" or used))
    return found


def compared(answers: Sequence[pd.DataFrame], talks: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Return how far two sides agree, in answers after the same conversation.

    Two devices may draw another word, and what follows is then another prompt: such answers are
    counted, and not compared. The differences are of the options' log-probabilities.

    Args:
        answers: the two tables of responses.
        talks: the two tables of conversations.
    """
    said = talks[0].merge(talks[1], on=[*SESSION, "turn"], suffixes=("", "_other"), validate="1:1")
    said["same"] = said["text"] == said["text_other"]
    both = answers[0].merge(
        answers[1], on=[*SESSION, *ITEM], suffixes=("", "_other"), validate="1:1"
    )
    known = said.groupby(SESSION)["same"].all().rename("same").reset_index()
    both = both.merge(known, on=SESSION, how="left")
    own = both[both["same"].isna() | both["same"].eq(True)]  # none: a context without conversation
    generated = said[said["turn"] > 0]["same"]
    counts = {
        "answers": len(both), "compared": len(own), "same_messages": float(generated.mean()),
        "agreement": float((own["answer"] == own["answer_other"]).mean()) if len(own) else 0.0,
    }  # fmt: skip
    differences = np.abs([
        np.subtract(a, b) for a, b in zip(own["logprobs"], own["logprobs_other"], strict=True)
    ])  # fmt: skip
    empty = not differences.size
    return counts | {
        "mean_difference": float("inf") if empty else float(differences.mean()),
        "largest_difference": float("inf") if empty else float(differences.max()),
    }


if __name__ == "__main__":
    sys.exit(main())
