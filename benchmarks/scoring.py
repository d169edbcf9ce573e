"""Time the scoring of a questionnaire: the original's way, a copied cache, and Holdfast's engine.

The work: one respondent, one conversation of so many tokens, N items whose ends share the
questionnaire's introduction (40 of about 110 tokens); six log-probabilities an item. Models have
random weights. All engines take turns in every round; medians are compared.

Usage: python benchmarks/scoring.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads ruin times on shared cores
sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig

from holdfast.inference.option_scores import _with_copied_cache, score_group

INTRODUCTION, OWN, VOCABULARY = 40, 70, 16000
OPTIONS = [[10], [11], [12], [13], [14], [15]]
SIZES: dict[str, dict[str, int]] = {
    "1M": {"hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4,
           "num_key_value_heads": 4, "intermediate_size": 192, "vocab_size": 2048},
    "15M": {"hidden_size": 288, "num_hidden_layers": 6, "num_attention_heads": 6,
            "num_key_value_heads": 6, "intermediate_size": 768, "vocab_size": VOCABULARY},
    "120M": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
             "num_key_value_heads": 4, "intermediate_size": 2048, "vocab_size": 32000},
}  # fmt: skip
PLAIN_ITEMS = 4  # the plain way's time is proportional to the items: so many are timed
Engine = Callable[[Any, list[list[int]]], Any]


def plain(model: Any, ids: list[list[int]]) -> list[list[float]]:
    """Score as the original does: a whole forward pass an item, logits of every position."""
    with torch.inference_mode():
        found = [model(torch.tensor([i])).logits[0, -1].float().log_softmax(-1) for i in ids]
    return [[float(x[o].logsumexp(0)) for o in OPTIONS] for x in found]


ENGINES: dict[str, Engine] = {
    "plain": plain,
    "copied_cache": lambda model, ids: _with_copied_cache(model, ids, OPTIONS),
    "holdfast": lambda model, ids: score_group(model, ids, OPTIONS),
}


def build(family: str, size: str, dtype: str) -> Any:
    """Return a model with random weights."""
    torch.manual_seed(0)
    kind = {"llama": LlamaConfig, "mistral": MistralConfig}[family]
    config = kind(max_position_embeddings=8192, bos_token_id=0, eos_token_id=0, **SIZES[size])
    return AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype)).eval()


def work(prefix: int, items: int, vocabulary: int) -> list[list[int]]:
    """Return the prompts as token ids; ends of 60 to 80 tokens after what all share."""
    numbers = torch.Generator().manual_seed(1)

    def some(n: int) -> list[int]:
        return [int(t) for t in torch.randint(20, vocabulary, (n,), generator=numbers)]

    shared = some(prefix + INTRODUCTION)
    return [[*shared, i % vocabulary, *some(OWN - 11 + i * 7 % 21)] for i in range(items)]


def matrix_rate(dtype: str, width: int) -> float:
    """Return the rate of a large matrix product, FLOP/s: the limit that shares are taken of."""
    a, b = (torch.randn(n, width).to(getattr(torch, dtype)) for n in (4096, width))
    return 2 * 4096 * width * width / min(seconds(lambda: a @ b.T) for _ in range(7))


def flops(model: Any, ids: list[list[int]], prefix: int) -> float:
    """Return the work that can't be avoided: each distinct token once, the head once an item."""
    c, shared = model.config, prefix + INTRODUCTION
    body = sum(p.numel() for n, p in model.named_parameters() if ".layers." in n)
    ends = [len(i) - shared for i in ids]
    seen = shared * (shared + 1) / 2 + sum(e * shared + e * (e + 1) / 2 for e in ends)
    head = len(ids) * c.hidden_size * c.vocab_size
    return 2.0 * (
        body * (shared + sum(ends)) + head + 2 * seen * c.hidden_size * c.num_hidden_layers
    )


def seconds(function: Callable[[], object]) -> float:
    """Return the wall-clock time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def peak_mb(function: Callable[[], object]) -> float:
    """Return the largest resident memory while a function runs, in MB, sampled every 2 ms."""
    ctypes.CDLL(None).malloc_trim(0)  # what earlier engines freed is no part of it
    seen, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            seen.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        function()
    finally:
        done.set()
        watcher.join()
    return max(seen)


def measure(
    family: str, size: str, prefix: int, items: int, dtype: str, rounds: int
) -> Iterator[dict[str, Any]]:
    """Yield one row an engine for one case."""
    model, rate = build(family, size, dtype), matrix_rate(dtype, 1024)
    ids = work(prefix, items, model.config.vocab_size)
    timed = {e: ids[:PLAIN_ITEMS] if e == "plain" else ids for e in ENGINES}
    peaks = {e: peak_mb(lambda e=e: ENGINES[e](model, timed[e])) for e in ENGINES}
    taken: dict[str, list[float]] = {e: [] for e in ENGINES}
    for _ in range(rounds):
        for engine, run in ENGINES.items():
            once = seconds(lambda run=run, engine=engine: run(model, timed[engine]))
            taken[engine].append(once * items / len(timed[engine]))
        rate = max(rate, matrix_rate(dtype, 1024))
    for engine, times in taken.items():
        own = median(times)
        yield {
            "engine": engine, "family": family, "params": size, "prefix": prefix, "items": items,
            "dtype": dtype, "seconds": own, "items_per_s": items / own,
            "ratio": median(p / t for p, t in zip(taken["plain"], times, strict=True)),
            "share_of_limit": flops(model, ids, prefix) / rate / own, "peak_mb": peaks[engine],
            "rounds": rounds, "matrix_gflops": rate / 1e9, "threads": torch.get_num_threads(),
        }  # fmt: skip


def cases(quick: bool) -> list[tuple[str, int, int]]:
    """Return size, prefix and items of each case."""
    if quick:
        return [("1M", 200, 40), ("1M", 1000, 10), ("15M", 200, 10)]
    return [(s, p, n) for s in SIZES for p in (200, 1000, 3000) for n in (10, 40)]


def main() -> None:
    """Measure, print a table and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--family", default="llama", choices=["llama", "mistral"])
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), help="only these sizes")
    parser.add_argument("--prefixes", nargs="*", type=int, help="only these prefixes")
    parser.add_argument("--items", nargs="*", type=int, help="only so many items")
    parser.add_argument("--rounds", type=int, help="times that each engine is timed")
    parser.add_argument("--threads", type=int, help="processor cores; default: all")
    given = parser.parse_args()
    torch.set_num_threads(given.threads or os.cpu_count() or 1)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for size, prefix, items in cases(given.quick):
        wanted = ((given.sizes, size), (given.prefixes, prefix), (given.items, items))
        if any(only and one not in only for only, one in wanted):
            continue
        rounds = given.rounds or (2 if given.quick else 5)
        for row in measure(given.family, size, prefix, items, given.dtype, rounds):
            rows.append(row)
            print(
                f"{row['engine']:<14}{size:>5} prefix {prefix:<5} items {items:<3}"
                f"{row['seconds']:>9.3f} s {row['items_per_s']:>9.1f}/s {row['ratio']:>6.1f} ×"
                f"{row['share_of_limit']:>7.0%} {row['peak_mb']:>7.0f} MB",
                flush=True,
            )
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
