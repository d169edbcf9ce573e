"""Answers in a store, put there and found again, here or by another process."""

import os
import subprocess
import sys
from pathlib import Path

from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store.response_store import Store

LIBRARY = Path(__file__).resolve().parents[3] / "workflow" / "lib"


def answer(n: int) -> Answer:
    return Answer(f"message {n}", n, "ok", (-0.1 * n, -1.5), 0.25)


def fill(folder: Path, numbers: range) -> Store:
    store = Store(folder)
    for n in numbers:
        store.add(f"key-{n}", answer(n))
    store.save()
    return store


def held(folder: Path, upto: int = 20) -> set[int]:
    """Return the numbers whose answers a fresh store has; each must be as it was added."""
    store = Store(folder)
    found = {n: a for n in range(upto) if (a := store.get(f"key-{n}"))}
    assert all(a == answer(n) for n, a in found.items())
    return set(found)


def names(folder: Path, ending: str = "") -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.endswith(ending))


WRITER = """
import sys
from pathlib import Path
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store.response_store import Store

store = Store(Path(sys.argv[1]), save_every=float(sys.argv[4]))
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    store.add(f"key-{n}", Answer(f"message {n}", n, "ok", (-0.1 * n, -1.5), 0.25))
    store.save_if_due()
    print(n, flush=True)
if len(sys.argv) == 5:
    store.save()
sys.stdin.read()
"""


def writer(folder: Path, first: int, last: int, save_every: float, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, (folder, first, last, save_every)), *more],
        env=os.environ | {"PYTHONPATH": str(LIBRARY)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
