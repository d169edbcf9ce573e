"""What a backend is asked and answers: `generate` messages and `score` options."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from holdfast.design.administration_modes import End
from holdfast.design.scoring_keys import is_rating
from holdfast.inference.prompting.prompts import Prompt

UNENDED = "thought_not_ended"  # statuses: a thought has no end,
REFUSED, FILTERED = "refused", "filtered"  # the model refuses; a service holds back prompt or reply
OUTCOMES = (REFUSED, FILTERED, UNENDED)  # that say more than that no option was named
PERCENTAGE_TOKENS = (
    7  # of an option, in an answer that is a percentage for each: "A: 40%" and a line break
)
THOUGHT = "thought"  # the readout of what a model thinks before its message or its answer


@dataclass(frozen=True)
class Asked:
    """Which item of which administration is asked: what the reference backends answer from.

    `messages` and `domain` are of the conversation before it; 0 and empty without one. `levels` are the
    context's, each with the name of its facet. `value` is the item's first, empty if it has none; `reversed`
    tells whether a high rating speaks against it.
    """

    respondent: str
    context: str
    replicate: int
    item: int
    value: str
    order: tuple[int, ...]
    latent: float | None = None
    messages: int = 0
    domain: str = ""
    levels: tuple[tuple[str, str], ...] = ()
    reversed: bool = False

    @property
    def scale(self) -> list[int]:
        """Return the ratings among the options, from the lowest; others are no rating."""
        return sorted(code for code in self.order if is_rating(code))


@dataclass(frozen=True)
class ListChoice:
    """Which list's most or least important value is asked for: what the references answer from.

    Attributes:
        respondent: who answers.
        context: what precedes the questionnaire.
        replicate: which repetition.
        number: of the list, from 1.
        end: most or least.
        among: the items to choose from, in the order shown, each as it would be asked by itself.
    """

    respondent: str
    context: str
    replicate: int
    number: int
    end: End
    among: tuple[Asked, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Return the items' numbers in the order shown."""
        return tuple(a.item for a in self.among)

    @property
    def item(self) -> str:
        """Return what stands for it where an item's number would stand."""
        return f"{self.end} of list {self.number}"


@dataclass(frozen=True)
class WholeSheet:
    """Which questionnaire is answered at once: what the references answer from.

    Attributes:
        respondent: who answers.
        context: what precedes the questionnaire.
        replicate: which repetition.
        form: lines or json.
        among: its items in the order shown, each as it would be asked by itself.
    """

    respondent: str
    context: str
    replicate: int
    form: str
    among: tuple[Asked, ...]


@dataclass(frozen=True)
class MessageRequest:
    """One message to generate; the seed decides its sampling, whoever shares the batch.

    Attributes:
        prompt: what the model is shown.
        seed: of this message.
        max_new_tokens: its longest length.
        conversation: which conversation it belongs to, for a backend that keeps what it computed; None: none.
        readout: message; generate, distribution or reasoning where an item of a questionnaire is asked; thought
            before any of these.
        asked: which item, choice or sheet of a questionnaire; None: none.
        letters: the labels of its options, in the order shown; empty: they have none.
        goes_on: does anything follow it? Then what is computed of it is worth keeping.
        options: their texts, where they have no labels.
        profile: the speaker's true profile, for a reference that shows it; None: it does not matter.
    """

    prompt: Prompt
    seed: int
    max_new_tokens: int
    conversation: Hashable | None = None
    readout: str = "message"
    asked: Asked | ListChoice | WholeSheet | None = None
    letters: str = ""
    goes_on: bool = False
    options: tuple[str, ...] = ()
    profile: Mapping[str, float] | None = None


@dataclass(frozen=True)
class ScoreRequest:
    """One question whose options are to be scored.

    Attributes:
        prompt: what the model is shown.
        letters: the labels of the options, in the order shown.
        seed: of this answer.
        asked: which item or choice of which administration.
        conversation: which conversation it follows, as in the message's request; None: none.
        readout: logit, or cot after reasoning.
        goes_on: as in the message's request.
        options: their texts in the order shown, by which words may name one.
    """

    prompt: Prompt
    letters: str
    seed: int
    asked: Asked | ListChoice
    conversation: Hashable | None = None
    readout: str = "logit"
    goes_on: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a model said or how it scored the options.

    Attributes:
        text: the message; for scores the most probable letter, or the reply that names none.
        tokens: tokens of the message.
        status: ok, or what is wrong with it.
        logprobs: log-probabilities of the letters, in the order shown.
        mass: probability of all letters together, 0 to 1.
        thought: what a service's model thought before it, where the reply tells.
        place: which of the requests it answers; None: the next one.
    """

    text: str
    tokens: int = 0
    status: str = "ok"
    logprobs: tuple[float, ...] = field(default=())
    mass: float = float("nan")
    thought: str = ""
    place: int | None = field(default=None, compare=False)


class Backend(Protocol):
    """A way to reach a model. Answers come as soon as they are there.

    They come in the order of the requests, or each says its `place`.
    """

    def identity(self) -> dict[str, Any]:
        """Return what decides the model's answers besides the prompt: revision, numeric format."""
        ...

    def render(self, prompt: Prompt) -> str:
        """Return the prompt exactly as the model gets it."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the job's manifest should say of how the model ran, as far as it ran."""
        ...

    def tokens_in(self, seconds: float) -> float:
        """Return roughly how many tokens are computed in so many seconds; the same at every start."""
        ...

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages."""
        ...

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the scores of the options."""
        ...
