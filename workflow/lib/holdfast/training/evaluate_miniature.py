"""Measures a miniature on unseen generated personas, through the study's own code.

`python -m holdfast.training.evaluate_miniature FOLDER...`: the model writes both sides of its conversations,
answers the questionnaire after each length, and the figures are written to FOLDER/figures.yaml.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from holdfast.design.facets.option_orders import option_order
from holdfast.design.generated_personas import GeneratedPersona, generate, level
from holdfast.inference.backends.protocol import Asked, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.inference.models.registry import Deployment, Entry, Model, Sampling
from holdfast.inference.prompting.prompts import (
    Turn,
    next_message,
    question_text,
    questionnaire,
)
from holdfast.seeds import derive
from holdfast.stability.correlation.spearman import context_pairs, spearman
from holdfast.training.dialogues import Material, read_material

Floats = npt.NDArray[np.float64]
TOPICS = ("grammar", "joke", "poem", "history", "chess")
LENGTHS = (0, 1, 3, 7)
TEMPERATURE = 0.7
MESSAGE_TOKENS = 60
DRAWS = 500


@dataclass(frozen=True)
class Plan:
    """What is measured: who plays, on which topics, after how many messages."""

    material: Material
    personas: Sequence[GeneratedPersona]
    topics: Sequence[str] = TOPICS
    lengths: Sequence[int] = LENGTHS
    seed: int = 7


def backend_for(folder: Path, family: str, cores: int = 1) -> TransformersBackend:
    """Return the study's backend for a model folder."""
    model = Model(
        family=family, path=folder, licence="own", system_role=ARCHITECTURES[family].system_role,
        sampling=Sampling(temperature=TEMPERATURE), miniature=True,
    )  # fmt: skip
    entry = Entry(model=model, deployment=Deployment(backend="transformers"))
    return TransformersBackend(folder.name, entry, None, cores)


def converse(backend: TransformersBackend, plan: Plan) -> dict[tuple[int, str], list[Turn]]:
    """Return the longest conversation of every persona on every topic, written by the model."""
    talks = {
        (i, t): [Turn("interlocutor", plan.material.topics[t].opening)]
        for t in plan.topics
        for i in range(len(plan.personas))
    }
    for turn in range(1, max(plan.lengths) + 1):
        requests = []
        for (i, topic), turns in talks.items():
            persona = plan.personas[i].persona
            seed = derive(plan.seed, "message", 1, persona.persona, topic, turn)
            requests.append(
                MessageRequest(
                    next_message(plan.material.wording, persona, turns), seed, MESSAGE_TOKENS
                )
            )
        for turns, answer in zip(talks.values(), backend.generate(requests), strict=True):
            turns.append(Turn("persona" if turn % 2 else "interlocutor", answer.text))
    return talks


def administer(
    backend: TransformersBackend, plan: Plan, person: int, turns: Sequence[Turn], context: str
) -> tuple[Floats, list[str]]:
    """Return the rating chosen for every item, and the letters chosen."""
    persona, instrument = plan.personas[person].persona, plan.material.instrument
    value_of, ratings = instrument.value_of(), instrument.ratings()
    requests, orders = [], []
    for item in instrument.items:
        order = option_order("item", plan.seed, ratings, 1, persona.persona, context, item.item)
        text = question_text(plan.material.wording, instrument, item, persona.gender, order)
        asked = Asked(persona.persona, context, 1, item.item, value_of[item.item], order)
        prompt = questionnaire(plan.material.wording, persona, turns, text)
        requests.append(ScoreRequest(prompt, instrument.letters(), 0, asked))
        orders.append(order)
    letters = [a.text for a in backend.score(requests)]
    chosen = [
        order[instrument.letters().index(letter)]
        for letter, order in zip(letters, orders, strict=True)
    ]
    return np.array(chosen, float), letters


def measure(backend: TransformersBackend, plan: Plan) -> dict[str, Any]:
    """Return the figures after each length of conversation."""
    talks = converse(backend, plan) if max(plan.lengths) else {}
    figures: dict[str, Any] = {}
    for length in plan.lengths:
        chosen = np.zeros(
            (len(plan.topics), len(plan.personas), len(plan.material.instrument.items))
        )
        shown: list[str] = []
        for c, topic in enumerate(plan.topics):
            for i in range(len(plan.personas)):
                turns = talks[i, topic][: length + 1] if length else []
                chosen[c, i], letters = administer(backend, plan, i, turns, f"{topic} {length}")
                shown += letters
        figures[str(length)] = summary(chosen, shown, plan)
    return figures


def summary(chosen: Floats, letters: Sequence[str], plan: Plan) -> dict[str, Any]:
    """Return the figures of one length.

    Args:
        chosen: ratings; shape (contexts, personas, items).
        letters: every letter chosen.
        plan: what was measured.
    """
    instrument = plan.material.instrument
    value_of = instrument.value_of()
    latent = np.array([list(p.latent.values()) for p in plan.personas])
    values = list(plan.personas[0].latent)
    owner = np.array([values.index(value_of[item.item]) for item in instrument.items])
    right = np.vectorize(level)(latent)[:, owner]
    scores = np.stack([chosen[..., owner == v].mean(-1) for v in range(len(values))], axis=-1)
    scores = scores - chosen.mean(-1, keepdims=True)
    centred = latent - latent.mean(1, keepdims=True)
    rank, ipsative = rank_order(scores), _within(scores)
    fidelity = np.nan_to_num(spearman(scores, np.broadcast_to(centred, scores.shape))).mean(0)
    changed = [(a != b).mean() for a, b in _pairs(chosen)]
    shares = [letters.count(x) / len(letters) for x in instrument.letters()]
    return {
        "accuracy": _rounded((chosen == right).mean()),
        "within one step": _rounded((abs(chosen - right) <= 1).mean()),
        "fidelity": _interval(fidelity.mean(), _draws(fidelity)),
        "rank-order": _interval(rank, bootstrap(scores, plan.seed)),
        "ipsative": _interval(ipsative.mean(), _draws(ipsative)),
        "choices changed": _rounded(np.mean(changed)),
        "letter shares": [_rounded(s) for s in shares],
    }


def rank_order(scores: Floats, weights: npt.ArrayLike = 1.0) -> float:
    """Return the mean Spearman correlation across personas, over values and pairs of contexts."""
    i, j = context_pairs(scores.shape[0])
    columns = np.moveaxis(scores, 1, 2)
    return float(np.nan_to_num(spearman(columns[i], columns[j], weights)).mean())


def bootstrap(scores: Floats, seed: int) -> list[float]:
    """Return the rank-order stability of resamples of the personas."""
    people = scores.shape[1]
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(people, [1 / people] * people, size=DRAWS)
    return [rank_order(scores, d) for d in draws]


def _pairs(contexts: Floats) -> list[tuple[Floats, Floats]]:
    i, j = context_pairs(contexts.shape[0])
    return [(contexts[a], contexts[b]) for a, b in zip(i, j, strict=True)]


def _within(scores: Floats) -> Floats:
    """Return each persona's mean Spearman correlation over pairs of contexts."""
    i, j = context_pairs(scores.shape[0])
    return np.asarray(np.nan_to_num(spearman(scores[i], scores[j])).mean(0), float)


def _draws(persons: Floats) -> list[float]:
    generator = np.random.default_rng(0)
    return [float(generator.choice(persons, len(persons)).mean()) for _ in range(DRAWS)]


def _interval(estimate: float, draws: Sequence[float]) -> list[float]:
    """Return the estimate and its 95 % interval."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return [_rounded(estimate), _rounded(low), _rounded(high)]


def _rounded(x: Any) -> float:
    return round(float(x), 3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the given folders."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--size", type=int, default=60, help="how many personas")
    parser.add_argument("--lengths", type=int, nargs="+", default=list(LENGTHS))
    given = parser.parse_args(arguments)
    material = read_material()
    for folder in given.folders:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        family = config["model_type"].removesuffix("2")
        plan = Plan(
            material, generate(20261123, given.size, material.phrases), lengths=given.lengths
        )
        figures = {
            "size": given.size,
            "topics": len(plan.topics),
            "temperature": TEMPERATURE,
            "lengths": measure(backend_for(folder, family), plan),
        }
        text = yaml.safe_dump(figures, sort_keys=False, default_flow_style=None)
        (folder / "figures.yaml").write_text(text, encoding="utf-8")
        print(folder.name, text, sep="\n", flush=True)


if __name__ == "__main__":
    main()
