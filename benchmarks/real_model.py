"""Time of a real model's conversations and questionnaires: Holdfast's engine and others.

The model is SmolLM2 with 135 million parameters, from the registry. Conversations: personas with three messages
of at most 60 tokens each, sampled as its entry says. Questionnaires: 40 items after one conversation. For
three more architectures the shared prefix is timed beside the copied cache. All engines take turns in every
round; medians are compared.

Usage: python benchmarks/real_model.py [--quick] [--vllm PYTHON] [--openvino PYTHON] --json FILE
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import library_path  # noqa: F401
import real_model_peers
import torch
from real_model_tables import markdown
from real_model_work import (
    NEW,
    Round,
    Talks,
    Way,
    administration,
    converse,
    holdfast,
    library,
    load,
    peer,
    people,
    plain_model,
    scored,
    scored_by_peer,
    spoken,
)
from scoring import difference, machine, run_here
from scoring_peers import Peer
from scoring_work import INTRODUCTION, OPTIONS, build, build_as_in_a_job, flops, matrix_rate, work

from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.message_generation import ending_tokens
from holdfast.inference.engine.out_of_memory import keep_freed_memory
from holdfast.inference.prompting.token_ids import common_prefix

MODEL, OTHER = "smollm2-135m-instruct", "gemma-3-270m"
SHAPES = ("qwen3", "phi3")  # with random weights
ALONE, PLAIN = 2, 2  # respondents one by one, items one pass each: timed, and scaled
Row = dict[str, Any]
Runs = dict[str, list[Round]]


def in_turns(
    engines: Mapping[str, Callable[[int], Round]], rounds: int, dtype: str, warm: bool = True
) -> tuple[Runs, float]:
    """Return every engine's rounds and the best rate of a matrix product between them, FLOP/s.

    With `warm`, a round before the first one is not counted.
    """
    rate, runs = 0.0, Runs({e: [] for e in engines})
    for number in range(0 if warm else 1, rounds + 1):
        rate = max(rate, matrix_rate(dtype, "cpu"))
        for name, engine in engines.items():
            found = engine(number)
            print(f"round {number}, {name}: {found}"[:120], file=sys.stderr)
            if number:
                runs[name].append(found)
    return runs, rate


def speakers(
    backend: TransformersBackend, plain: Any, peers: Mapping[str, Peer], given: argparse.Namespace
) -> dict[str, Callable[[], Way]]:
    """Return what makes each engine ready to converse; each has said a little, to warm up."""
    ways: dict[str, Callable[[], Way]] = {
        "holdfast": lambda: holdfast(backend),
        "generate, a batch": lambda: library(backend, plain, given.people),
        "generate, one by one": lambda: library(backend, plain, 1),
    } | {name: partial(peer, backend, ask) for name, ask in peers.items()}
    for make in ways.values():
        converse(make(), backend, people(2), 4, 0)
    return ways


def conversations(
    backend: TransformersBackend, ways: Mapping[str, Callable[[], Way]], given: argparse.Namespace
) -> Iterator[Row]:
    """Yield one row an engine for the conversations of all respondents."""
    many, new = given.people, 12 if given.quick else NEW
    who = people(
        many * (given.rounds + 1)
    )  # others in every round: no engine has seen their prompts
    few = {name: ALONE if "one by one" in name else many for name in ways}
    engines: dict[str, Callable[[int], Round]] = {
        name: lambda number, make=make, n=few[name]: {
            "talks": converse(make(), backend, who[number * many :][:n], new, number)
        }
        for name, make in ways.items()
    }
    runs, rate = in_turns(engines, given.rounds, given.dtype, warm=False)
    talks: dict[str, list[Talks]] = {e: [r["talks"] for r in rs] for e, rs in runs.items()}
    for name, own in talks.items():
        scale = many / few[name]
        about = {"question": "conversations", "engine": name, "respondents": many}
        yield about | {"timed": few[name]} | spoken(own, talks["holdfast"], rate, scale)


def administrations(
    backend: TransformersBackend, plain: Any, peers: Mapping[str, Peer], prefix: int,
    given: argparse.Namespace,
) -> Iterator[Row]:  # fmt: skip
    """Yield one row an engine for a questionnaire after a conversation of so many tokens."""
    items, models = 10 if given.quick else 40, {"holdfast": backend.model}
    # others for every length too: an engine that keeps prompts has seen none of their beginnings
    first = given.prefixes.index(prefix) * (given.rounds + 1)
    asked = [administration(backend, prefix, items, first + n) for n in range(given.rounds + 1)]
    options = asked[0][1]
    parts = {"plain": PLAIN, "copied_cache": None, "holdfast": None}
    engines: dict[str, Callable[[int], Round]] = {
        e: lambda n, e=e, part=part: scored(models.get(e, plain), e, options, part, asked[n][0])
        for e, part in parts.items()
    } | {
        name: lambda n, ask=ask: scored_by_peer(ask, options, asked[n][0])
        for name, ask in peers.items()
    }
    runs, rate = in_turns(engines, given.rounds, given.dtype, not given.cold)
    floors = [flops(plain, ids, common_prefix(ids)) for ids, _ in asked[1:]]
    distinct = [sum(map(len, ids)) - (len(ids) - 1) * common_prefix(ids) for ids, _ in asked[1:]]
    yield from _rows(
        "administrations", runs, rate, floors, distinct, {"prefix": prefix, "items": items}
    )
    if given.dtype != "float32":
        yield _changed(prefix, runs["holdfast"], options, [ids for ids, _ in asked[1:]])


def _changed(prefix: int, found: list[Round], options: list[list[int]], asked: Any) -> Row:
    """Return what fewer bits change in our engine's answers: differences from float32, and choices."""
    model = load(MODEL, "float32", torch.get_num_threads()).model
    exact = [run_here(model, "holdfast", ids, options) for ids in asked]
    pairs = [
        two
        for a, b in zip(exact, found, strict=True)
        for two in zip(a["found"], b["found"], strict=True)
    ]
    same = [max(range(6), key=a.__getitem__) == max(range(6), key=b.__getitem__) for a, b in pairs]
    return {
        "question": "fewer bits", "prefix": prefix, "answers": len(pairs),
        "difference": difference(exact, found), "same_choices": sum(same) / len(same),
    }  # fmt: skip


def shapes(given: argparse.Namespace) -> Iterator[Row]:
    """Yield rows of the shared prefix beside the copied cache for other architectures, 1,000 tokens."""
    prefix, items, size = (200, 10, "1M") if given.quick else (1000, 40, "120M")
    for name in SHAPES if given.quick else (OTHER, *SHAPES):
        if name == OTHER:
            backend = load(OTHER, given.dtype, torch.get_num_threads())
            model, ours = plain_model(backend), backend.model
        else:
            model, ours = (
                make(name, size, given.dtype, "cpu") for make in (build, build_as_in_a_job)
            )
        asked = [work(prefix - INTRODUCTION, items, 16000 if name == OTHER else model.config.vocab_size, n)
                 for n in range(given.rounds + 1)]  # fmt: skip
        engines: dict[str, Callable[[int], Round]] = {
            e: lambda n, e=e, used=used, asked=asked: run_here(used, e, asked[n], OPTIONS)
            for e, used in (("copied_cache", model), ("holdfast", ours))
        }
        runs, rate = in_turns(engines, given.rounds, given.dtype, not given.cold)
        floors = [flops(model, ids, prefix) for ids in asked[1:]]
        distinct = [sum(map(len, ids)) - (len(ids) - 1) * prefix for ids in asked[1:]]
        about = {"model": name, "prefix": prefix, "items": items}
        yield from _rows("architectures", runs, rate, floors, distinct, about)


def _rows(
    question: str, runs: Runs, rate: float, floors: list[float], tokens: list[int], about: Row
) -> Iterator[Row]:
    """Yield one row an engine; `floors`: FLOP of each round, `tokens`: distinct ones of each round."""
    base = next(iter(runs))
    for name, rounds in runs.items():
        times = [r["seconds"] for r in rounds]
        yield {"question": question, "engine": name} | about | {
            "seconds": median(times), "processor_s": median(r["processor_s"] for r in rounds),
            "tokens_per_s": median(n / t for n, t in zip(tokens, times, strict=True)),
            "ratio": median(
                b["seconds"] / t for b, t in zip(runs[base], times, strict=True)
            ),
            "ratio_processor": median(
                b["processor_s"] / r["processor_s"] for b, r in zip(runs[base], rounds, strict=True)
            ),
            "share_processor": torch.get_num_threads() * median(
                f / rate / r["processor_s"] for f, r in zip(floors, rounds, strict=True)
            ),
            "share_of_limit": median(f / rate / t for f, t in zip(floors, times, strict=True)),
            "peak_mb": max(r["peak_mb"] for r in rounds), "matrix_gflops": rate / 1e9,
            "difference": difference(runs[base], rounds), "times": times,
        }  # fmt: skip


def start(
    backend: TransformersBackend, given: argparse.Namespace, stack: ExitStack
) -> dict[str, Peer]:
    """Return the other engines, each with the model loaded and standing still."""
    folder, threads = (
        Path(stack.enter_context(tempfile.TemporaryDirectory())),
        torch.get_num_threads(),
    )
    about = {
        "model": backend.source["pretrained_model_name_or_path"], "exported": str(folder / "openvino"),
        "dtype": given.dtype, "threads": threads,
        "sampling": backend.entry.model.sampling.model_dump(),
        "ends": sorted(ending_tokens(backend.model.generation_config, backend.tokenizer)),
    }  # fmt: skip
    found = {}
    for name in real_model_peers.ENGINES:
        if python := getattr(given, name):
            script = real_model_peers.__file__
            found[name] = Peer([python, script, name, json.dumps(about)], threads)
            stack.callback(found[name].close)
    return found


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="under a minute; no other engines")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    for name in real_model_peers.ENGINES:
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, type=Path, metavar="PYTHON", help="of its environment")
    parser.add_argument("--people", type=int, help="respondents of the conversations; default: 60")
    parser.add_argument("--rounds", type=int, help="times that each engine is timed")
    parser.add_argument("--cold", action="store_true", help="count the first round too")
    parser.add_argument("--prefixes", nargs="*", type=int, default=[300, 1000, 3000])
    parser.add_argument(
        "--skip", nargs="*", default=[], choices=["conversations", "administrations", "shapes"]
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="processor cores")
    given = parser.parse_args()
    given.rounds, given.device = given.rounds or (1 if given.quick else 3), "cpu"
    given.people = given.people or (4 if given.quick else 60)
    if given.quick:
        given.prefixes, given.vllm, given.vllm_own_draws, given.openvino = [300], None, None, None
    return given


def main() -> None:
    """Measure, print tables and write the rows."""
    given = arguments()
    if given.dtype == "bfloat16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        sys.exit(
            "This processor has no instructions for bfloat16: nothing that is timed here would tell of it."
        )
    torch.set_num_threads(given.threads)
    keep_freed_memory()  # as the backend does
    given.json.parent.mkdir(parents=True, exist_ok=True)
    about = {"dtype": given.dtype, "machine": machine(given), "rounds": given.rounds}
    rows: list[Row] = []
    with ExitStack() as stack:
        backend = load(MODEL, given.dtype, given.threads)
        peers, plain = start(backend, given, stack), plain_model(backend)
        cases = [] if "shapes" in given.skip else [shapes(given)]
        if "administrations" not in given.skip:
            cases += [administrations(backend, plain, peers, p, given) for p in given.prefixes]
        if "conversations" not in given.skip:
            ways = speakers(backend, plain, peers, given)
            cases.append(conversations(backend, ways, given))
        for row in (row for case in cases for row in case):
            rows.append(about | row | {"load": os.getloadavg()[0]})
            print(row["question"], *list(row.values())[1:4], flush=True)
            given.json.write_text(json.dumps(rows, indent=1) + "\n")
    print(markdown(rows))


if __name__ == "__main__":
    main()
