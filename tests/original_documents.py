"""Results in the format of the original study's code."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.answer_files.original_results import with_all_items
from holdfast.design.instruments import Instrument, load_instrument

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
PVQ = load_instrument(RESOURCES, "pvq40")
SVS = with_all_items(load_instrument(RESOURCES, "svs"), 57)


def document(
    model: str, topic: str, ratings: list[list[int]], asked: Instrument = PVQ
) -> dict[str, Any]:
    """Return a results.json as the original's code writes it."""
    test = "svs" if asked is SVS else "pvq_auto"
    scores = [
        {v: float(np.mean([row[i - 1] for i in items])) for v, items in asked.values.items()}
        for row in ratings
    ]
    metrics = [{test: one} for one in scores]
    return {
        "args": {"engine": model, "simulated_conversation_theme": topic},
        "metrics": {test: {v: float(np.mean([s[v] for s in scores])) for v in asked.values}},
        "per_permutation_metrics": metrics,
        "per_simulated_participant_metrics": metrics,
        "simulated_population": [{"name": f"P{i}", "gender": "F"} for i in range(len(ratings))],
        "answers": [{test: [["A", x] for x in row]} for row in ratings],
    }


def write(folder: Path, content: Any) -> Path:
    """Write a results.json into a folder of its own."""
    folder.mkdir(parents=True)
    path = folder / "results.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def answers(asked: Instrument, seed: int, low: int = 1, high: int = 6) -> list[list[int]]:
    random = np.random.default_rng(seed)
    found: list[list[int]] = random.integers(low, high + 1, (8, len(asked.items))).tolist()
    return found
