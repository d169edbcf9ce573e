"""A small study made of numbers: every table and document that the report room reads."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.report.figures.profile_figure import CIRCLE
from holdfast.tables.table_files import write_table

TOPICS = ["grammar", "joke", "poem", "history", "chess"]
METHOD = "spearman; cluster bootstrap over respondents, 1000 draws, percentile 95 %; undefined=zero"
NULL_SD = {"rank_order": 0.0137, "ipsative": 0.0133}
HOSTILE = "<script>alert('x')</script> \"&amp;\" \x00\x07 \u202eevil \u0634\u0644 --> ]]> $x^2$"


def entry(family: str, backend: str = "transformers", miniature: bool = False) -> dict[str, Any]:
    """Return a registry entry as plain data."""
    simulation = {"profile_sd": 1.0, "context_sd": 0.4, "order_sd": 0.2, "noise_sd": 0.6}
    return {
        "model": {"family": family, "miniature": miniature, "revision": None},
        "deployment": {
            "backend": backend,
            "simulation": simulation if backend == "simulated" else None,
        },
    }


def default_models() -> dict[str, dict[str, Any]]:
    """Return the five miniatures and the three references."""
    small = ["LLaMa", "Mistral", "Mixtral", "Qwen", "Phi"]
    models = {f"{f.lower()}-mini": entry(f, miniature=True) for f in small}
    return models | {r: entry("Reference", r) for r in ("random", "constant", "simulated")}


def default_truth() -> dict[str, float]:
    """Return each model's stability; NaN: not estimable."""
    return {
        "llama-mini": 0.62, "mistral-mini": 0.58, "mixtral-mini": 0.31, "qwen-mini": 0.44,
        "phi-mini": 0.015, "random": 0.004, "constant": float("nan"), "simulated": 0.74,
    }  # fmt: skip


@dataclass
class Files:
    """A study on disk."""

    study: dict[str, Any]
    models: dict[str, dict[str, Any]]
    estimates: Path
    values: list[Path]
    conversations: list[Path]
    manifests: list[Path]
    folder: Path


def estimate_row(
    name: str, family: str, quantity: str, truth: float, **more: Any
) -> dict[str, Any]:
    """Return one row of the table of estimates."""
    known = not np.isnan(truth)
    row = {
        "quantity": quantity, "model": name, "family": family, "population": "fictional",
        "instrument": "pvq40", "value": "", "context_a": "", "context_b": "", "replicate": None,
        "estimate": truth, "lower": truth - 0.045 if known else np.nan,
        "upper": min(1.0, truth + 0.04) if known else np.nan, "se": 0.02, "n": 60,
        "undefined": 0 if known else 200, "null_mean": 0.0005, "null_sd": NULL_SD[quantity],
        "method": METHOD, "status": "ok" if known else "not_estimable",
        "contexts_lower": np.nan, "contexts_upper": np.nan, "contexts_se": np.nan,
        "contexts_status": "few_contexts",
    }  # fmt: skip
    return row | more


def model_rows(name: str, family: str, truth: float, population: str) -> list[dict[str, Any]]:
    """Return a model's pooled rows, those of pairs of contexts, values and replicates."""
    generator = np.random.default_rng(len(name))
    rows = [
        estimate_row(name, family, "rank_order", truth, population=population),
        estimate_row(name, family, "ipsative", truth * 0.95, population=population),
    ]
    for a, b in itertools.combinations(TOPICS, 2):
        pair = float(np.clip(truth + generator.normal(0, 0.08), -1, 1))
        more = {"population": population, "context_a": a, "context_b": b}
        rows.append(estimate_row(name, family, "rank_order", pair, **more))
    for value in CIRCLE:
        rows.append(
            estimate_row(name, family, "rank_order", 0.9, population=population, value=value)
        )
    for replicate in (1, 2):
        more = {"population": population, "replicate": replicate}
        rows.append(estimate_row(name, family, "rank_order", 0.8, **more))
    return rows


def estimates_table(
    models: dict[str, dict[str, Any]], truth: dict[str, float], populations: list[str]
) -> pd.DataFrame:
    """Return a table of estimates, with rows of families."""
    rows: list[dict[str, Any]] = []
    for population in populations:
        shift = 0.0 if population == populations[0] else -0.12
        members: dict[str, list[float]] = {}
        for name, e in models.items():
            family = e["model"]["family"]
            rows += model_rows(name, family, truth[name] + shift * (name != "random"), population)
            if family != "Reference":
                members.setdefault(family, []).append(truth[name] + shift)
        for family, figures in members.items():
            known = [f for f in figures if not np.isnan(f)]
            mean = float(np.mean(known)) if known else float("nan")
            more = {"population": population, "method": f"mean of 1 of 1 models; {METHOD}"}
            more |= {"null_sd": 0.0137 / max(1, len(figures)) ** 0.5}
            rows.append(estimate_row("", family, "rank_order", mean, **more))
            rows.append(estimate_row("", family, "ipsative", mean * 0.95, **more))
    return pd.DataFrame(rows)


def values_table(name: str, population: str, spread: float) -> pd.DataFrame:
    """Return the value scores of one model."""
    generator = np.random.default_rng([len(name), len(population)])
    profile = generator.normal(0, 0.5, len(CIRCLE)) * (spread > 0)
    rows = []
    for respondent in range(12):
        own = profile + generator.normal(0, spread, len(CIRCLE))
        for context, replicate in itertools.product(TOPICS, (1, 2)):
            scores = own + generator.normal(0, spread / 3, len(CIRCLE))
            rows += [
                {"model": name, "population": population, "respondent": f"p{respondent:02}",
                 "context": context, "replicate": replicate, "instrument": "pvq40", "value": value,
                 "score": score + 3.5, "centred": score, "items": 4}
                for value, score in zip(CIRCLE, scores, strict=True)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def conversation_table(name: str, population: str, text: str) -> pd.DataFrame:
    """Return one conversation of a model."""
    said = ["Can you check this sentence for me?", text, "Thanks, and why is that so?", text]
    return pd.DataFrame([
        {"model": name, "population": population, "respondent": "frodo", "context": "grammar",
         "replicate": 1, "turn": turn, "speaker": "persona" if turn % 2 else "interlocutor",
         "text": words, "tokens": 9 * turn, "status": "ok" if turn else "opening",
         "prompt": "abc" if turn else ""}
        for turn, words in enumerate(said)
    ])  # fmt: skip


def manifest(name: str, population: str, e: dict[str, Any]) -> dict[str, Any]:
    """Return what an inference job says of itself."""
    reference = e["deployment"]["backend"] != "transformers"
    identity = {"reference": name} if reference else {"repository": "local", "revision": "0" * 40}
    versions = {"pandas": "3.1.1"} if reference else {"torch": "2.9.0", "transformers": "4.57.0"}
    return {
        "model": name, "population": population, "revision": "" if reference else "0" * 40,
        "computed": 12600, "reused": 300, "tokens": 41234, "invalid": 13, "identity": identity,
        "seconds": 61.25, "peak_memory_mb": 612, "python": "3.11.2", "versions": versions,
    }  # fmt: skip


def write_study(
    folder: Path,
    models: dict[str, dict[str, Any]],
    truth: dict[str, float],
    populations: list[str],
    said: str = "I would leave it as it stands; a plain word walks further than a proud one.",
) -> Files:
    """Write the tables and documents of a study."""
    study = {
        "study": "default", "seed": 1, "replicates": 2, "models": list(models),
        "populations": [{"name": p, "size": None} for p in populations],
        "contexts": {"topics": TOPICS, "messages": 3}, "stability": {"confidence": 0.95},
    }  # fmt: skip
    write_table(
        estimates_table(models, truth, populations), "estimates", folder / "estimates.parquet"
    )
    files = Files(study, models, folder / "estimates.parquet", [], [], [], folder)
    for (name, e), population in itertools.product(models.items(), populations):
        stem = f"{len(files.values):02}"
        spread = 0.0 if np.isnan(truth[name]) else 0.7
        files.values.append(folder / f"values-{stem}.parquet")
        write_table(values_table(name, population, spread), "values", files.values[-1])
        files.conversations.append(folder / f"conversations-{stem}.parquet")
        talk = conversation_table(name, population, said)
        write_table(talk, "conversations", files.conversations[-1])
        files.manifests.append(folder / f"manifest-{stem}.json")
        files.manifests[-1].write_text(json.dumps(manifest(name, population, e)))
    return files


def with_structure(figures: dict[str, dict[str, float]], *, improper: int = 3) -> pd.DataFrame:
    """Return a table of estimates with the figures of structure of some models."""
    models = default_models()
    rows: list[dict[str, Any]] = []
    for name, by_quantity in figures.items():
        for quantity, figure in by_quantity.items():
            more = {"null_sd": np.nan, "undefined": 0}
            base = estimate_row(name, models[name]["model"]["family"], "ipsative", figure, **more)
            base["quantity"] = quantity
            rows += [base | {"context_a": topic} for topic in TOPICS]
            rows += [base | {"replicate": r} for r in (1, 2)]
            rows.append(base | {"undefined": improper})
    table = estimates_table(models, default_truth(), ["fictional"])
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
