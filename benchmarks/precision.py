"""What bfloat16, or another batch, changes in the answers of the trained miniatures, or of other local models.

Each model answers a questionnaire as several personas in two contexts: in float32 as the study
does, the same one question at a time, in bfloat16, and in bfloat16 one question at a time. Reported beside
float32: the largest difference of a log-probability, the share of other choices, and the rank-order
stability between the two contexts (the mean over values of the correlation between persons, methods 5).

Usage: python benchmarks/precision.py [--quick] [--models smollm2-135m-instruct] --json FILE
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import library_path  # noqa: F401
import numpy as np
import torch

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.personas import Persona, read_personas
from holdfast.inference.backends.protocol import Answer, Asked, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.registry import Entry, read_registry
from holdfast.inference.prompting.prompts import Turn, question_text, questionnaire
from holdfast.inference.prompting.wordings import load_wording

ROOT = Path(__file__).resolve().parents[1]
PLAIN = load_wording(ROOT / "resources", "plain")
TOPICS = ("Let us talk about tea.", "What do you think of long journeys?")
CONTEXTS = [[Turn("interlocutor", t), Turn("persona", "I like to think about it.")] for t in TOPICS]
WAYS = {  # numeric format, questions at a time (0: an administration, as the study does)
    "float32": ("float32", 0),
    "float32, one question at a time": ("float32", 1),
    "bfloat16": ("bfloat16", 0),
    "bfloat16, one question at a time": ("bfloat16", 1),
}


def requests(instrument: Instrument, people: Sequence[Persona]) -> list[ScoreRequest]:
    """Return every item in both contexts for all people, the options from 6 down to 1."""
    order = tuple(o.rating for o in instrument.options)
    return [
        ScoreRequest(
            questionnaire(PLAIN, p, turns, question_text(PLAIN, instrument, item, p.gender, order)),
            instrument.letters(), 0, Asked(p.persona, str(n), 1, item.item, "", order),
        )
        for n, turns in enumerate(CONTEXTS) for p in people for item in instrument.items
    ]  # fmt: skip


def answers(name: str, entry: Entry, way: str, asked: Sequence[ScoreRequest]) -> list[Answer]:
    """Return a model's answers in one way."""
    dtype, at_once = WAYS[way]
    deployment = entry.deployment.model_copy(update={"dtype": dtype})
    backend = TransformersBackend(
        name, entry.model_copy(update={"deployment": deployment}), "", torch.get_num_threads()
    )
    if not at_once:
        return list(backend.score(asked))
    return [next(iter(backend.score([a]))) for a in asked]


def stability(
    instrument: Instrument, asked: Sequence[ScoreRequest], given: Sequence[Answer]
) -> float:
    """Return the mean over values of the correlation between persons of centred scores in two contexts."""
    ratings = np.array(
        [r.asked.order[r.letters.index(a.text)] for r, a in zip(asked, given, strict=True)], float
    ).reshape(len(CONTEXTS), -1, len(instrument.items))
    centred = ratings - ratings.mean(axis=2, keepdims=True)
    value_of = instrument.value_of()
    values = np.array([value_of[i.item] for i in instrument.items])
    scores = np.stack(
        [centred[:, :, values == v].mean(axis=2) for v in sorted(set(values))], axis=2
    )
    pairs = [(a, b) for a, b in zip(*np.moveaxis(scores, 2, 1), strict=True) if a.std() and b.std()]
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])) if pairs else float("nan")


def measure(name: str, entry: Entry, people: int, ways: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row a way for one model; the first way is what the others are compared with."""
    resources = ROOT / "resources"
    instrument = load_instrument(resources, "pvq40")
    asked = requests(instrument, read_personas(resources / "personas/fictional.csv", people))
    found = {way: answers(name, entry, way, asked) for way in ways}
    usual = found[ways[0]]
    return [
        {
            "model": name, "way": way, "answers": len(asked),
            "difference": max(
                abs(x - y) for a, b in zip(usual, given, strict=True)
                for x, y in zip(a.logprobs, b.logprobs, strict=True)
            ),
            "other_choices": float(np.mean([a.text != b.text for a, b in zip(usual, given, strict=True)])),
            "stability": stability(instrument, asked, given),
        }
        for way, given in found.items()
    ]  # fmt: skip


def main() -> None:
    """Measure, print a table and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    registry = read_registry(ROOT / "resources/models")
    local = [n for n, e in registry.items() if e.deployment.backend == "transformers"]
    parser.add_argument(
        "--models",
        nargs="+",
        choices=local,
        metavar="NAME",
        help="local models, not the miniatures",
    )
    parser.add_argument(
        "--administrations", action="store_true", help="only whole ones: far faster"
    )
    parser.add_argument("--threads", type=int, default=1, help="processor cores")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    ways = [w for w, (_, at_once) in WAYS.items() if not (given.administrations and at_once)]
    rows = []
    for name in given.models or [n for n, e in registry.items() if e.model.miniature]:
        entry = registry[name]
        if entry.model.path is not None:
            about = entry.model.model_copy(update={"path": ROOT / str(entry.model.path)})
            entry = entry.model_copy(update={"model": about})
        rows += measure(name, entry, 3 if given.quick else 12, ways)
        for r in rows[-len(ways) :]:
            print(f"{r['model']:<24}{r['way']:<34}{r['difference']:>9.1e}{r['other_choices']:>8.2%}"
                  f"{r['stability']:>8.3f}", flush=True)  # fmt: skip
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
