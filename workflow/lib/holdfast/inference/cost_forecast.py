"""What a study will cost: its own interview, held with a backend that counts and answers nothing (estimate)."""

import math
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.design.readouts import WRITTEN
from holdfast.inference.backends.protocol import (
    PERCENTAGE_TOKENS,
    THOUGHT,
    Answer,
    Asked,
    Backend,
    MessageRequest,
    ScoreRequest,
    WholeSheet,
)
from holdfast.inference.backends.tokenized_prompts import TokenizedPrompts
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.prompting.prompts import Prompt, Turn
from holdfast.inference.prompting.token_ids import common_prefix
from holdfast.inference.store.response_store import Store
from holdfast.inference.store.store_segments import read_segments

CHARACTERS = 4  # of a token, roughly, where no tokenizer is known
NEVER = 10**9  # tokens that no prompt has
SESSIONS = 40  # that are looked at; what they need is taken for that of all
BYTES_AN_ANSWER, BYTES_A_TOKEN = (
    270,
    8,
)  # in the store and the study's folder, from the default study
SHEET_TOKENS = 5  # of an item's line on a sheet, roughly: number, colon, label and line break
UNKNOWN = "\ue000"  # stands, with a number after it, for a message yet to be written
STAND_IN = re.compile(rf"{UNKNOWN}\d+")


@dataclass(frozen=True)
class Forecast:
    """What a model still has to do for a population.

    Attributes:
        messages: to be written.
        answers: to be given.
        held: messages and answers that the store has already.
        read: tokens of all prompts, as a service counts them.
        computed: tokens of these that an engine must compute, if what prompts share is computed once.
        written: tokens of messages, reasoning and generated answers; of a service one for each answer as well.
        exact: were all sessions looked at?
        tokenizer: were the tokens counted by the model's own tokenizer, and not from characters?
        length: tokens that a message was taken to have.
        seen: messages in the store that this length is the mean of; 0: it is the longest allowed.
        asked: tokens of prompts and replies of answers alone, which a service may be asked in a batch.
        again: tokens of all prompts, and of those of answers alone, with which a prompt begins as the one
            before it of the same conversation, where they are enough for a service to keep them.
        unheard: share of the conversations that an observer reads and that are not held yet.
    """

    messages: float
    answers: float
    held: float
    read: float
    computed: float
    written: float
    exact: bool
    tokenizer: bool
    length: float
    seen: int
    asked: tuple[float, float] = (0.0, 0.0)
    again: tuple[float, float] = (0.0, 0.0)
    unheard: float = 0.0

    @property
    def megabytes(self) -> float:
        """Return about how much disk the new messages and answers take, in 10⁶ bytes."""
        return (BYTES_AN_ANSWER * self.answers + BYTES_A_TOKEN * self.written) / 1e6


def forecast(
    backend: Backend, store: Path, design: Design, sampling: dict[str, Any], kept_from: int = NEVER,
    expects: Callable[[Design], Design] | None = None, speaker: Path | None = None,
) -> Forecast:  # fmt: skip
    """Return what is left to do of a design.

    Args:
        backend: of the model; its weights are not loaded, its tokenizer is.
        store: the model's folder in the response store; nothing is written to it.
        design: what is to be worked through.
        sampling: the model's sampling parameters.
        kept_from: tokens from which on a service keeps the beginning of a prompt for the next one.
        expects: of an observer, what makes its design of some respondents from a respondent's.
        speaker: of an observer, the store's folder of the model whose messages it reads.

    Raises:
        StudyError: the tokenizer can't be loaded.
    """
    length, seen = message_length(speaker or store, design.max_new_tokens)
    some, share = sample(design)
    some = expects(some) if expects else some
    heard = [h.text for h in (some.heard or {}).values()]
    counting = Counting(backend, length, kept_from)
    interview = Interview(counting, Unsaved(store, math.inf), some, sampling)
    for _ in interview.run(sessions(some)):
        pass
    each = 1.0 if "service" in interview.model else 0.0
    return Forecast(
        messages=counting.messages / share, answers=counting.answers / share,
        held=interview.counts.reused / share, read=counting.read / share,
        computed=counting.computed / share,
        written=(counting.written + each * counting.answers) / share, exact=share == 1,
        tokenizer=isinstance(backend, TokenizedPrompts), length=length, seen=seen,
        asked=(counting.asked_read / share, counting.asked_written / share),
        again=(counting.again / share, counting.asked_again / share),
        unheard=sum(UNKNOWN in text for text in heard) / max(1, len(heard)),
    )  # fmt: skip


@dataclass(frozen=True)
class Saving:
    """What it saves to cut shorter lengths from the longest conversation, by one respondent in one replicate.

    Attributes:
        messages: that are written.
        tokens: that are computed, or paid for: of prompts and of messages.
        messages_alone: in a conversation of its own for each length.
        tokens_alone: the same.
    """

    messages: float
    tokens: float
    messages_alone: float
    tokens_alone: float


def saving(backend: Backend, length: float, design: Design, sampling: dict[str, Any]) -> Saving:
    """Return what the design saves by sharing conversations; counted as by `forecast`, with nothing stored.

    Args:
        backend: of the model.
        length: tokens that a message is taken to have.
        design: what is to be worked through.
        sampling: the model's sampling parameters.
    """
    one = replace(design, personas=design.personas[:1], replicates=1)
    alone = [c | {"conversation": c["context"]} for c in design.contexts]
    counted = []
    for contexts in (design.contexts, alone):
        counting, some = Counting(backend, length), replace(one, contexts=contexts)
        interview = Interview(counting, Unsaved(Path("no store"), math.inf), some, sampling)
        for _ in interview.run(sessions(some)):
            pass
        prompts = counting.read if interview.asking.service else counting.computed
        counted += [float(counting.messages), prompts + counting.written]
    return Saving(*counted)


def message_length(store: Path, longest: int) -> tuple[float, int]:
    """Return the mean tokens of a model's stored messages, at most `longest`, and how many there are.

    Without any it is the longest.
    """
    tokens = [table["tokens"].to_numpy() for _, table in read_segments(store)]
    said = [t for some in tokens for t in some if t > 0]
    if not said:
        return float(longest), 0
    return sum(min(int(t), longest) for t in said) / len(said), len(said)


def sample(design: Design) -> tuple[Design, float]:
    """Return a design of every so manyth respondent, and the share that these are."""
    each = design.replicates * len(design.contexts)
    people = len(design.personas)
    few = min(people, max(2, SESSIONS // each))
    kept = [design.personas[i * people // few] for i in range(few)]
    return replace(design, personas=kept), few / people


class Unsaved(Store):
    """A store that is read and never written."""

    def keep(self, key: str, answer: Answer) -> Answer:
        """Remember an answer until the end, and write no receipt of it."""
        return self.add(key, answer)

    def save(self) -> None:
        """Write nothing."""


class Counting:
    """A backend that counts what another one would be shown; what it would say has a given length."""

    def __init__(self, backend: Backend, length: float, kept_from: int = NEVER) -> None:
        """Begin with nothing counted.

        Args:
            backend: whose prompts are counted.
            length: tokens that stand for a message that is not known.
            kept_from: tokens from which on the beginning of a prompt counts as read again by the next one.
        """
        self.backend, self.length, self.kept_from = backend, length, kept_from
        self.messages = self.answers = self._said = 0
        self.read = self.computed = self.written = self.asked_read = self.asked_written = 0.0
        self.again = self.asked_again = 0.0
        self._last: dict[Hashable, tuple[list[int], int]] = {}

    def identity(self) -> dict[str, Any]:
        """Return the model's own identity."""
        return self.backend.identity()

    def render(self, prompt: Prompt) -> str:
        """Return the prompt as the model gets it."""
        return self.backend.render(prompt)

    def facts(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def tokens_in(self, seconds: float) -> float:
        """Return infinity: counting takes no time."""
        return math.inf

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield stand-ins, each another one: equal texts would be looked up as equal prompts."""
        self._count(requests)
        for request in requests:
            self._said += 1
            thought, answers = request.readout == THOUGHT, request.readout in WRITTEN
            length = self._length(request)
            self.written += length
            self.messages += request.asked is None and not thought
            self.answers += answers  # a sheet is one
            self.asked_written += length if answers else 0
            label = request.letters[:1] or next(iter(request.options), "")
            text = f"{label}: 100%" if answers else f"{UNKNOWN}{self._said}"
            yield Answer(text, tokens=round(length))

    def _length(self, request: MessageRequest) -> float:
        """Return how many tokens are taken to be written: of a thought all that it may have."""
        longest, asked = request.max_new_tokens, request.asked
        if isinstance(asked, WholeSheet):
            return SHEET_TOKENS * len(asked.among)
        if request.readout == "distribution" and isinstance(asked, Asked):
            return min(PERCENTAGE_TOKENS * len(request.letters), longest)
        return longest if request.readout == THOUGHT else min(self.length, longest)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield no scores."""
        self.answers += len(requests)
        self.asked_written += len(requests)
        self._count(requests)
        yield from (Answer(r.letters[0]) for r in requests)

    def _count(self, requests: Sequence[MessageRequest | ScoreRequest]) -> None:
        prompts = [_without_unknown(r.prompt) for r in requests]
        for request, (_, unknown), ids in zip(requests, prompts, self._ids(prompts), strict=True):
            view = (request.conversation, request.prompt.speaker)
            before, known = self._last.get(view, ([], 0))
            shared = common_prefix([before, ids]) if before else 0
            self._last[view] = ids, unknown
            read = len(ids) + self.length * unknown
            self.read += read
            batch = isinstance(request, ScoreRequest) or request.readout in WRITTEN
            again = shared + self.length * known
            again = again if again >= self.kept_from else 0
            self.again += again
            self.asked_read += read if batch else 0
            self.asked_again += again if batch else 0
            self.computed += len(ids) - shared + self.length * (unknown - known)

    def _ids(self, prompts: Sequence[tuple[Prompt, int]]) -> list[list[int]]:
        shown = [p for p, _ in prompts]
        if isinstance(self.backend, TokenizedPrompts):
            return self.backend.token_ids(shown)
        return [list(map(ord, self.render(p)[::CHARACTERS])) for p in shown]


def _without_unknown(prompt: Prompt) -> tuple[Prompt, int]:
    """Return a prompt whose stand-ins are empty, and how many these are."""
    shown = [prompt.thought or "", *(t.text for t in prompt.turns)]
    unknown = sum(text.count(UNKNOWN) for text in shown)
    turns = [
        Turn(t.speaker, STAND_IN.sub("", t.text)) if UNKNOWN in t.text else t for t in prompt.turns
    ]
    thought = STAND_IN.sub("", prompt.thought) if prompt.thought else prompt.thought
    return replace(prompt, turns=tuple(turns), thought=thought), unknown
