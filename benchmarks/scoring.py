"""Time of a questionnaire: the original's way, a copied cache, Holdfast's engine, and other engines.

The work: one respondent, one conversation of so many tokens, N items whose ends share the
questionnaire's introduction (40 of about 110 tokens); six log-probabilities an item. Models have
random weights. All engines take turns in every round; medians are compared.

Usage: python benchmarks/scoring.py [--quick] [--peers DIR] --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import library_path  # noqa: F401
import scoring_peers
import torch
from scoring_peers import PEERS, Peer
from scoring_work import (
    FAMILIES,
    INTRODUCTION,
    OPTIONS,
    SIZES,
    build,
    build_as_in_a_job,
    flops,
    matrix_rate,
    observed,
    save,
)
from scoring_work import work as prompts

from holdfast.inference.engine.fallback_scores import with_copied_cache
from holdfast.inference.engine.option_scores import score_group
from holdfast.inference.engine.out_of_memory import keep_freed_memory

ONE_PASS_AN_ITEM = ("plain", "lm_eval")  # their time is proportional to the items: some are timed
Ids = list[list[int]]
Round = dict[str, Any]  # seconds, processor_s (of all threads), peak_mb, found
Engine = Callable[[Ids], Round]


def plain(model: Any, ids: Ids, options: Ids = OPTIONS) -> list[list[float]]:
    """Score as the original does: a whole forward pass an item, logits of every position."""
    with torch.inference_mode():
        found = [
            model(torch.tensor([i], device=model.device)).logits[0, -1].float().log_softmax(-1)
            for i in ids
        ]
    return [[float(x[o].logsumexp(0)) for o in options] for x in found]


HERE: dict[str, Callable[[Any, Ids, Ids], list[list[float]]]] = {
    "plain": plain,
    "copied_cache": lambda model, ids, options: [
        s for s, _ in with_copied_cache(model, ids, options)
    ],
    "holdfast": lambda model, ids, options: [s for s, _ in score_group(model, ids, options)],
}


def run_here(model: Any, engine: str, ids: Ids, options: Ids = OPTIONS) -> Round:
    """Run one of this process's engines; `options`: for each letter its token ids."""
    return observed(lambda: HERE[engine](model, ids, options), model.device.type)


def start(model: Any, ours: Any, given: argparse.Namespace, stack: ExitStack) -> dict[str, Engine]:
    """Return all engines that were asked for, the other ones started; `ours`: the model as a job has it."""
    engines: dict[str, Engine] = {
        e: partial(run_here, ours if e == "holdfast" else model, e) for e in HERE
    }
    peers = [p for p in PEERS if given.peers and (given.peers / p / "bin/python").exists()]
    wanted = given.engines or [*engines, *peers]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "model"
    if set(wanted) & set(peers):
        save(model, folder)
    for name in set(peers) & set(wanted):
        threads = torch.get_num_threads()
        command = [given.peers / name / "bin/python", scoring_peers.__file__, name, folder]
        peer = Peer([*command, given.dtype, str(threads)], threads)
        stack.callback(peer.close)
        engines[name] = lambda ids, peer=peer: peer(ids, [o for (o,) in OPTIONS])
    return {name: engines[name] for name in wanted}


def measure(
    model: Any, engines: dict[str, Engine], prefix: int, items: int, given: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield one row an engine for one case; a first round warms up and is not counted."""
    rate, rounds = 0.0, given.rounds or (2 if given.quick else 5)
    runs: dict[str, list[Round]] = {e: [] for e in engines}
    for number in range(rounds + (0 if given.cold else 1)):
        rate = max(rate, matrix_rate(given.dtype, given.device))
        ids = prompts(prefix, items, model.config.vocab_size, number)
        for name, engine in engines.items():
            part = ids[: given.plain_items] if name in ONE_PASS_AN_ITEM else ids
            found = engine(part)
            found["seconds"] *= items / len(part)
            runs[name].append(found)
    shown = slice(0 if given.cold else 1, None)
    times = {e: [r["seconds"] for r in rs[shown]] for e, rs in runs.items()}
    for name, own in times.items():
        middle = median(own)
        yield {
            "engine": name, "prefix": prefix, "items": items, "seconds": middle,
            "items_per_s": items / middle,
            "ratio": median(p / t for p, t in zip(times["plain"], own, strict=True)),
            "share_of_limit": flops(model, ids, prefix + INTRODUCTION) / rate / middle,
            "peak_mb": max(r["peak_mb"] for r in runs[name]),
            "difference": difference(runs["plain"], runs[name]), "rounds": rounds,
            "matrix_gflops": rate / 1e9,
        }  # fmt: skip


def difference(wanted: list[Round], found: list[Round]) -> float | None:
    """Return the largest difference of a letter's log-probability from plain's; None without any."""
    if not found[0]["found"]:
        return None
    pairs = zip(wanted, found, strict=True)
    items = (two for a, b in pairs for two in zip(a["found"], b["found"], strict=False))
    return max(abs(x - y) for a, b in items for x, y in zip(a, b, strict=True))


def cases(given: argparse.Namespace) -> Iterator[tuple[str, int, int]]:
    """Yield size, prefix and items of each case."""
    if given.quick:
        known = [("1M", 200, 40), ("1M", 1000, 10), ("15M", 200, 10)]
    else:
        sizes = given.sizes or [s for s in SIZES if s not in ("1B", "7B")]
        known = [
            (s, p, n)
            for s in sizes
            for p in given.prefixes or (200, 1000, 3000)
            for n in given.items or (10, 40)
        ]
    for size, prefix, items in known:
        wanted = ((given.sizes, size), (given.prefixes, prefix), (given.items, items))
        if all(not only or one in only for only, one in wanted):
            yield size, prefix, items


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--family", default="llama", choices=list(FAMILIES))
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--peers", type=Path, help="folder with other engines' environments")
    parser.add_argument("--engines", nargs="*", choices=[*HERE, *PEERS], help="plain and these")
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), help="only these sizes")
    parser.add_argument("--prefixes", nargs="*", type=int, help="only these prefixes")
    parser.add_argument("--items", nargs="*", type=int, help="only so many items")
    parser.add_argument(
        "--plain-items", type=int, default=4, help="items timed of one pass an item"
    )
    parser.add_argument("--rounds", type=int, help="times that each engine is timed")
    parser.add_argument("--cold", action="store_true", help="count the first round too")
    parser.add_argument("--threads", type=int, help="processor cores; default: all")
    given = parser.parse_args()
    if given.engines:
        given.engines = ["plain", *(e for e in given.engines if e != "plain")]
    return given


def machine(given: argparse.Namespace) -> str:
    """Return the machine's name: the GPU's, or the processor's with the threads used."""
    if given.device == "cuda":
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    return f"{' '.join(names) or 'a processor'}, {torch.get_num_threads()} threads"


def main() -> None:
    """Measure, print a table and write the rows."""
    given = arguments()
    torch.set_num_threads(given.threads or os.cpu_count() or 1)
    keep_freed_memory()  # as the backend does
    given.json.parent.mkdir(parents=True, exist_ok=True)
    about = {"family": given.family, "dtype": given.dtype, "machine": machine(given)}
    rows: list[dict[str, Any]] = []
    for size, prefix, items in cases(given):
        with ExitStack() as stack:
            model = build(given.family, size, given.dtype, given.device)
            ours = build_as_in_a_job(given.family, size, given.dtype, given.device)
            engines = start(model, ours, given, stack)
            for row in measure(model, engines, prefix, items, given):
                rows.append(about | {"params": size} | row)
                print(line(rows[-1]), flush=True)
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


def line(row: dict[str, Any]) -> str:
    """Return a row as it is printed."""
    apart = "" if row["difference"] is None else f"{row['difference']:9.0e}"
    return (
        f"{row['engine']:<13}{row['family']:>8}{row['params']:>5} prefix {row['prefix']:<5}"
        f"items {row['items']:<3}{row['seconds']:>9.3f} s {row['items_per_s']:>8.1f}/s"
        f"{row['ratio']:>6.1f} ×{row['share_of_limit']:>6.0%} {row['peak_mb']:>6.0f} MB{apart}"
    )


if __name__ == "__main__":
    main()
