"""Time of a whole study as Holdfast runs it, and with the original's way of answering in its place.

Both run in copies of the project, one after the other, from design to page. The original's way: one
message and one answer at a time, each a pass over its whole prompt with the logits of every position.

Usage: python benchmarks/whole_study.py [--quick] --json FILE
"""

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BACKEND = "workflow/lib/holdfast/inference/backends/transformers_backend.py"
PLAIN = """

def _plain_generate(self, requests):
    for r in requests:
        nothing = ConversationCache(0.0)
        ids = self.token_ids([r.prompt])
        yield from messages(self.model, self.tokenizer, self.entry.model, [r], ids, [self.stops(r)], nothing, 1)


@torch.inference_mode()
def _plain_score(self, requests):
    for r in requests:
        ids = torch.tensor(self.token_ids([r.prompt]), device=self.model.device)
        logits = self.model(input_ids=ids, use_cache=False).logits[0, -1].float().log_softmax(-1)
        known = [logits[o].logsumexp(0).item() for o in self._letter_ids(r.letters)]
        mass = float(torch.tensor(known).exp().sum())
        best = max(range(len(known)), key=known.__getitem__)
        yield Answer(r.letters[best], logprobs=tuple(known), mass=mass)


TransformersBackend.generate = _plain_generate
TransformersBackend.score = _plain_score
"""


def copy_of_project(folder: Path, added: str) -> None:
    """Copy what git knows into a folder, and add code to the backend."""
    known = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    for name in known.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    with (folder / BACKEND).open("a") as file:
        file.write(added)


def seconds_of_rules(results: Path) -> dict[str, float]:
    """Return the wall-clock seconds of all jobs of a rule, as Snakemake measured them."""
    found: dict[str, float] = {}
    for path in results.glob("*/benchmarks/**/*.tsv"):
        rule = path.relative_to(next(p for p in path.parents if p.name == "benchmarks")).parts[0]
        with path.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                found[Path(rule).stem] = found.get(Path(rule).stem, 0.0) + float(row["s"])
    return found


def timed(engine: str, study: str) -> dict[str, object]:
    """Run a study from nothing; return its wall-clock and processor seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_of_project(folder, PLAIN if engine == "plain" else "")
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "all", "--quiet", "all", "--configfile", study],
            cwd=folder, check=True, env={**os.environ, "PYTHONPATH": str(folder / "workflow/lib")},
        )  # fmt: skip
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "engine": engine, "study": study, "seconds": wall,
            "processor_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "rules_s": seconds_of_rules(folder / "results"),
        }  # fmt: skip


def main() -> None:
    """Time both and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="the smoke study")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    given = parser.parse_args()
    study = "studies/smoke.yaml" if given.quick else "config.yaml"
    rows = [timed(engine, study) for engine in ("holdfast", "plain")]
    given.json.write_text(json.dumps(rows, indent=1) + "\n")
    for row in rows:
        print(f"{row['engine']}: {row['seconds']:.0f} s, {row['processor_s']:.0f} processor s")


if __name__ == "__main__":
    main()
