"""Reference backends: answers whose stability is known, as a check of everything after them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from holdfast.inference.backend import Answer, Asked, MessageRequest, ScoreRequest
from holdfast.inference.prompts import Prompt, base_text
from holdfast.inference.registry import Simulation
from holdfast.seeds import generator

Kind = Literal["random", "constant", "simulated"]


class ReferenceBackend:
    """`random`, `constant` or `simulated` answers; messages are one fixed sentence."""

    def __init__(self, kind: Kind, simulation: Simulation | None, seed: int) -> None:
        """Make the reference.

        Args:
            kind: which one.
            simulation: the standard deviations of `simulated`, in rating steps.
            seed: the study's seed.
        """
        self.kind = kind
        self.simulation = simulation or Simulation()
        self.seed = seed

    def identity(self) -> dict[str, Any]:
        """Return what decides the answers."""
        return {
            "reference": self.kind,
            "seed": self.seed,
            "simulation": self.simulation.model_dump() if self.kind == "simulated" else None,
        }

    def render(self, prompt: Prompt) -> str:
        """Return the prompt as labelled lines; no reference reads it."""
        return base_text(prompt)

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the same sentence for each request."""
        for _ in requests:
            yield Answer("This is a message of a reference backend.", tokens=8)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield scores in which the chosen option has nine tenths of the probability."""
        for request in requests:
            place = request.asked.order.index(self.rating(request.asked))
            letters = len(request.letters)
            p = np.full(letters, 0.1 / (letters - 1))
            p[place] = 0.9
            yield Answer(request.letters[place], logprobs=tuple(np.log(p)), mass=1.0)

    def rating(self, asked: Asked) -> int:
        """Return the rating chosen.

        `random`: uniform; `constant`: the middle one, always; `simulated`: the respondent's latent
        value + context shift + order effect + noise, rounded to the scale.
        """
        scale = sorted(asked.order)
        if self.kind == "constant":
            return scale[len(scale) // 2]
        if self.kind == "random":
            draw = generator(self.seed, "random", json.dumps(vars(asked), sort_keys=True))
            return int(draw.choice(scale))
        latent = self.latent(asked)
        return min(scale, key=lambda rating: abs(rating - latent))

    def latent(self, asked: Asked) -> float:
        """Return the simulated reference's latent rating, before rounding."""
        s, who = self.simulation, (asked.respondent, asked.value)
        middle = float(np.mean(asked.order))
        profile = asked.latent
        if profile is None:
            profile = middle + s.profile_sd * self._normal("profile", *who)
        place = (asked.order.index(max(asked.order)) + 0.5) / len(asked.order) - 0.5
        return float(
            profile
            + s.context_sd * self._normal("context", *who, asked.context)
            - s.order_sd * np.sqrt(12) * place  # an option shown early is favoured
            + s.noise_sd * self._normal("noise", *vars(asked).values())
        )

    def _normal(self, *parts: object) -> float:
        return float(generator(self.seed, *parts).standard_normal())
