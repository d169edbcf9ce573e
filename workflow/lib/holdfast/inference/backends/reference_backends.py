"""Reference backends: answers whose stability is known, as a check of everything after them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from holdfast.design.readouts import WRITTEN
from holdfast.inference.backends.protocol import (
    PERCENTAGE_TOKENS,
    Answer,
    Asked,
    ListChoice,
    MessageRequest,
    ScoreRequest,
    WholeSheet,
)
from holdfast.inference.backends.shown_values import (
    read_shown,
    showing,
    shown_words,
    words_digest,
)
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.prompts import Prompt, base_text
from holdfast.inference.prompting.reply_sheets import filled_sheet
from holdfast.seeds import derive

Kind = Literal["random", "constant", "simulated"]


class ReferenceBackend:
    """`random`, `constant` or `simulated` answers; messages are one fixed sentence, or show the profile."""

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
        simulation = self.simulation.model_dump(exclude={"sentences", "shown", "validity"})
        if self.simulation.sentences is not None:
            simulation |= self.simulation.model_dump(include={"shown", "validity"})
            simulation["sentences"] = words_digest(self.simulation.sentences)
        return {
            "reference": self.kind,
            "seed": self.seed,
            "simulation": simulation if self.kind == "simulated" else None,
        }

    @property
    def shows(self) -> bool:
        """Tell whether its messages show the profile of who speaks."""
        return self.kind == "simulated" and self.simulation.sentences is not None

    def read(self, text: str) -> dict[str, float]:
        """Return how much values matter to whoever spoke in a text; nothing where it knows no sentences."""
        path = self.simulation.sentences
        return {} if path is None else read_shown(shown_words(path), text)

    def render(self, prompt: Prompt) -> str:
        """Return the prompt as labelled lines; no reference reads it."""
        return base_text(prompt)

    def facts(self) -> dict[str, Any]:
        """Return nothing: a reference has neither files nor batches."""
        return {}

    def tokens_in(self, seconds: float) -> float:
        """Return infinity: a reference takes no time."""
        return math.inf

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the same sentence for each message, and for each item its choice or its percentages."""
        for request in requests:
            asked = request.asked
            if isinstance(asked, WholeSheet):
                chosen = [self._said(request, a) for a in asked.among]
                yield Answer(filled_sheet(chosen, asked.form), tokens=4 * len(chosen))
            elif request.readout in WRITTEN and asked is not None:
                yield _written(request, self._probabilities(asked, request.readout))
            elif request.profile is not None and self.simulation.sentences is not None:
                yield self._showing(request, request.profile, self.simulation.sentences)
            else:
                yield Answer("This is a message of a reference backend.", tokens=8)

    def _showing(
        self, request: MessageRequest, profile: Mapping[str, float], sentences: Path
    ) -> Answer:
        """Return a message that shows a profile, and by how much that departs from it here.

        A conversation's departure is the same in all its messages, that of its length a walk from message to
        message.
        """
        s, number = self.simulation.shown, len(request.prompt.turns) // 2
        about: Any = request.conversation
        shown = {}
        for value, latent in profile.items():
            walk = (self._normal("shown length", *about, value, i) for i in range(number + 1))
            here = s.context_sd * self._normal("shown context", *about, value)
            shown[value] = latent + here + (s.length_sd * sum(walk) if s.length_sd else 0.0)
        text = showing(shown_words(sentences), shown, number, request.seed)
        return Answer(text, tokens=len(text.split()))

    def _said(self, request: MessageRequest, asked: Asked | ListChoice) -> str:
        """Return the label of the option chosen, or its text where options have no labels."""
        return _named(request, self._probabilities(asked, request.readout))

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield scores whose mean rating is the latent one; the choice is the rating next to it."""
        for request in requests:
            p = self._probabilities(request.asked, request.readout)
            with np.errstate(divide="ignore"):
                logprobs = np.log(p)
            yield Answer(request.letters[int(p.argmax())], logprobs=tuple(logprobs), mass=1.0)

    def _probabilities(self, asked: Asked | ListChoice, readout: str) -> np.ndarray:
        if isinstance(asked, ListChoice):
            p = np.zeros(len(asked.among))
            p[self._picked(asked, readout)] = 1
            return p
        latent, scale = self.latent(asked, readout), asked.scale
        above = int(np.clip(np.searchsorted(scale, latent), 1, len(scale) - 1))
        low, high = scale[above - 1], scale[above]
        share = float(np.clip((latent - low) / (high - low), 0, 1))
        p = np.zeros(len(asked.order))
        p[[asked.order.index(low), asked.order.index(high)]] = 1 - share, share
        return p

    def _picked(self, choice: ListChoice, readout: str) -> int:
        """Return the place of the value chosen: any for `random`, else the first with the utmost rating."""
        if self.kind == "random":
            about = (choice.respondent, choice.context, choice.replicate, choice.item, choice.order)
            return derive(self.seed, "random choice", *about, readout) % len(choice.among)
        sign = 1 if choice.end == "most" else -1
        among = [(sign * self.latent(a, readout), -a.item) for a in choice.among]
        return among.index(max(among))

    def latent(self, asked: Asked, readout: str = "logit") -> float:
        """Return the rating before it is rounded to the scale.

        `random`: a uniform step, another in every readout, where the others do not change; `constant`:
        the middle one, always; `simulated`: the respondent's profile + shifts + order effect + noise,
        each normal with the registry's standard deviation (the order effect: linear in the place of the
        highest option). Where the true profile is known it takes the place of the drawn one. Profile and
        shifts of a reversed item are reversed; order effect and noise are of the option chosen.
        """
        if self.kind == "constant":
            return asked.scale[len(asked.scale) // 2]
        if self.kind == "random":
            other = () if readout == "logit" else (readout,)
            seed = derive(self.seed, "random", *_answered(asked), *other)
            return asked.scale[seed % len(asked.scale)]
        s, k = self.simulation, len(asked.order)
        profile = asked.latent
        if s.validity is not None:
            profile = self._observed(asked, s.validity)
        elif profile is None:
            profile = float(np.mean(asked.scale)) + s.profile_sd * self._normal(
                "profile", asked.respondent, asked.value
            )
        trait = profile + self._shift(asked)
        if asked.reversed:
            trait = asked.scale[0] + asked.scale[-1] - trait
        place = asked.order.index(max(asked.order)) - (k - 1) / 2
        return (
            trait
            - s.order_sd * place / math.sqrt((k * k - 1) / 12)  # an early option is favoured
            + s.noise_sd * self._normal("noise", *_answered(asked))
        )

    def _observed(self, asked: Asked, validity: float) -> float:
        """Return what an observer believes of a value: what it read, as far as it is valid, and its own error.

        The error has the standard deviation of profiles, so that what is read and what is believed correlate
        by the validity. A value of which nothing was read is believed to be in the middle.
        """
        middle = float(np.mean(asked.scale))
        read = middle if asked.latent is None else asked.latent
        error = self.simulation.profile_sd * self._normal(
            "observer", validity, asked.respondent, asked.context, asked.replicate, asked.value
        )
        return middle + validity * (read - middle) + math.sqrt(1 - validity**2) * error

    def _shift(self, asked: Asked) -> float:
        """Return by how much a conversation shifts all items of a value, for one respondent.

        A context's shift and a length's are drawn anew in each replicate, as the conversation is; the
        length's variance grows with every message. All topics of a domain share the domain's shift, and
        all contexts at a facet's level the level's, in all replicates.
        """
        s, who = self.simulation, (asked.respondent, asked.value)
        here = (*who, asked.context, asked.replicate)
        shift = s.context_sd * self._normal("context", *here)
        if s.length_sd and asked.messages:
            shift += s.length_sd * math.sqrt(asked.messages) * self._normal("length", *here)
        if s.domain_sd and asked.domain:
            shift += s.domain_sd * self._normal("domain", *who, asked.domain)
        for facet, level in asked.levels:
            sd = s.facet_sd.get(facet, 0.0)
            shift += sd * self._normal("facet", *who, facet, level) if sd else 0.0
        return shift

    def _normal(self, *parts: object) -> float:
        return _STANDARD.inv_cdf((derive(self.seed, *parts) + 0.5) / 2**63)


def _named(request: MessageRequest, p: np.ndarray) -> str:
    """Return the label of the most probable option, or its text where options have no labels."""
    best = int(p.argmax())
    return request.letters[best] if request.letters else request.options[best]


def _written(request: MessageRequest, p: np.ndarray) -> Answer:
    """Return the most probable option, or a line with a percentage for each option."""
    named = _named(request, p)
    if request.readout == "generate" or isinstance(request.asked, ListChoice):
        return Answer(f"({named})" if request.letters else named, tokens=3)
    lines = [f"{x}: {100 * share:.6f}%" for x, share in zip(request.letters, p, strict=True)]
    return Answer("\n".join(lines), tokens=PERCENTAGE_TOKENS * len(lines))


def _answered(asked: Asked) -> tuple[object, ...]:
    """Return what tells one answer from another."""
    a = asked
    return (a.respondent, a.context, a.replicate, a.item, a.value, a.order, a.latent)


_STANDARD = NormalDist()
