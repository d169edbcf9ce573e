"""Time conversations: the original's way, the library's batches, and Holdfast's engine.

The work: respondents with a conversation of three messages each, every message of the same tokens
whoever writes it, and each role with an instruction of its own. `reuse` times a questionnaire of 40
items after one conversation, anew and from what the conversation left. Models have random weights. All
ways take turns in every round; medians are compared.

Usage: python benchmarks/generation.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import scoring  # noqa: F401  # sets up the path to the library
import torch
from scoring_work import OPTIONS, build, build_as_in_a_job, peak_mb, seconds, work

from holdfast.inference.engine.continuous_batching import Writing, write
from holdfast.inference.engine.option_scores import NOTHING, Group, score_groups
from holdfast.inference.engine.prefix_packing import Known

MESSAGES, NEW = 3, 30  # messages a conversation, tokens a message
Talks = list[list[int]]
Turn = Callable[[Any, int, Talks], Talks]


def views(turn: int, starts: Talks, talks: Talks) -> Talks:
    """Return what the role that speaks at a turn is shown: its own instruction, then all messages."""
    return [start[turn % 2 :: 2] + talk for start, talk in zip(starts, talks, strict=True)]


def library(model: Any, prompts: Talks) -> Talks:
    """Return each prompt's next tokens by the library's own loop, all prompts in one batch."""
    ids = torch.tensor(prompts)
    found = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW, min_new_tokens=NEW,
        do_sample=False, pad_token_id=0,
    )  # fmt: skip
    said: Talks = found[:, ids.shape[1] :].tolist()
    return said


def one_by_one(model: Any, _: dict[Any, Known], __: int, prompts: Talks) -> Talks:
    """Return each prompt's next tokens as the original does: one respondent at a time."""
    return [library(model, [p])[0] for p in prompts]


def batches(model: Any, _: dict[Any, Known], __: int, prompts: Talks) -> Talks:
    """Return each prompt's next tokens in batches of 64, the whole history again."""
    return [x for i in range(0, len(prompts), 64) for x in library(model, prompts[i : i + 64])]


def holdfast(model: Any, cache: dict[Any, Known], turn: int, prompts: Talks) -> Talks:
    """Return each prompt's next tokens by Holdfast's engine, going on from what is known."""
    waiting = [
        Writing(i, p, NEW, [0.0] * NEW, cache.get((i, turn % 2), NOTHING))
        for i, p in enumerate(prompts)
    ]
    written = write(
        model, waiting, lambda logits, _: logits.argmax(-1).tolist(), lambda w: len(w.said) >= NEW
    )
    for message, known in written:
        cache[message.number, turn % 2] = known
    return [message.said for message in waiting]


ENGINES: dict[str, Any] = {"plain": one_by_one, "batches": batches, "holdfast": holdfast}


def converse(engine: Any, model: Any, starts: Talks, given: list[Talks]) -> list[Talks]:
    """Return what is said at every turn; later turns follow the given messages, the same for all."""
    cache: dict[Any, Known] = {}
    talks, said = [list[int]() for _ in starts], []
    for turn in range(MESSAGES):
        said.append(engine(model, cache, turn, views(turn, starts, talks)))
        talks = [talk + g for talk, g in zip(talks, given[turn], strict=True)]
    return said


def measure(size: str, prefix: int, people: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield one row an engine for conversations after instructions of so many tokens."""
    model = build("llama", size, "float32", "cpu")
    ours = build_as_in_a_job("llama", size, "float32", "cpu")
    starts = [[*work(2 * prefix, 1, 2000, 0)[0][: 2 * prefix - 1], 20 + i] for i in range(people)]
    given = converse(batches, model, starts, [[[] for _ in starts]] * MESSAGES)
    given = converse(batches, model, starts, given)
    few = {e: max(2, people // 5) if e == "plain" else people for e in ENGINES}
    taken: dict[str, list[float]] = {e: [] for e in ENGINES}
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        for name, engine in ENGINES.items():
            own = starts[: few[name]], [g[: few[name]] for g in given]
            used = ours if name == "holdfast" else model
            run = lambda own=own, engine=engine, used=used: converse(engine, used, *own)  # noqa: E731
            peaks[name] = (
                max(peaks.get(name, 0.0), peak_mb(run, "cpu")) if name not in peaks else peaks[name]
            )
            taken[name].append(seconds(run) * people / few[name])
    for name, times in taken.items():
        ratio = median(p / t for p, t in zip(taken["plain"], times, strict=True))
        yield {
            "engine": name, "family": "llama", "params": size, "prefix": prefix, "items": people,
            "dtype": "float32", "seconds": median(times),
            "tokens_per_s": people * MESSAGES * NEW / median(times), "ratio": ratio,
            "peak_mb": peaks[name], "rounds": rounds, "threads": torch.get_num_threads(),
        }  # fmt: skip


def reuse(size: str, prefix: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for a questionnaire scored anew and one for it scored from its conversation."""
    model = build_as_in_a_job("llama", size, "float32", "cpu")
    ids = work(prefix, 40, model.config.vocab_size, 0)
    talk = [Writing(0, ids[0][: prefix - NEW], NEW, [0.0] * NEW)]
    own = iter(ids[0][prefix - NEW : prefix])
    ((_, known),) = write(model, talk, lambda *_: [next(own)], lambda w: len(w.said) >= NEW)
    ways = {"anew": NOTHING, "from_conversation": known}
    taken: dict[str, list[float]] = {e: [] for e in ways}
    for _ in range(rounds):
        for name, start in ways.items():
            run = lambda start=start: list(score_groups(model, [Group(ids, OPTIONS, start)]))  # noqa: E731
            taken[name].append(seconds(run))
    for name, times in taken.items():
        yield {
            "engine": name, "family": "llama", "params": size, "prefix": prefix, "items": 40,
            "dtype": "float32", "seconds": median(times),
            "tokens_per_s": sum(map(len, ids)) / median(times),
            "ratio": median(a / t for a, t in zip(taken["anew"], times, strict=True)),
            "peak_mb": peak_mb(run, "cpu"), "rounds": rounds, "threads": torch.get_num_threads(),
        }  # fmt: skip


def main() -> None:
    """Measure, print a table and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--rounds", type=int, help="times that each engine is timed")
    parser.add_argument("--threads", type=int, help="processor cores; default: all")
    given = parser.parse_args()
    torch.set_num_threads(given.threads or os.cpu_count() or 1)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    rounds = given.rounds or (2 if given.quick else 5)
    sizes, people = (["1M"], 20) if given.quick else (["1M", "15M"], 50)
    rows: list[dict[str, Any]] = []
    cases = [measure(s, 100, people, rounds) for s in sizes]
    cases += [reuse(s, p, rounds) for s in sizes for p in (200, 1000)]
    for row in (row for case in cases for row in case):
        rows.append(row)
        print(
            f"{row['engine']:<18}{row['params']:>5} prefix {row['prefix']:<5}{row['seconds']:>9.3f} s"
            f"{row['tokens_per_s']:>10.0f}/s {row['ratio']:>6.2f} × {row['peak_mb']:>7.0f} MB",
            flush=True,
        )
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
