"""The questions of a session, and what each readout asks a backend of them (methods 3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.design.administration_modes import LETTERS
from holdfast.design.facets.option_labels import option_labels
from holdfast.design.facets.option_orders import DRAWN, from_one_end, option_order
from holdfast.design.instruments import Instrument
from holdfast.inference.backends.protocol import (
    Asked,
    ListChoice,
    MessageRequest,
    ScoreRequest,
    WholeSheet,
)
from holdfast.inference.interview.sessions import Design, Session
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    after_reasoning,
    item_head,
    labelled,
    option_texts,
    questionnaire,
)
from holdfast.inference.prompting.wordings import AnswerTexts
from holdfast.seeds import derive


@dataclass(frozen=True)
class Sheet:
    """A sheet on which all items of a questionnaire stand: what is asked, and the text shown."""

    asked: WholeSheet
    text: str


@dataclass(frozen=True)
class Question:
    """One item in one administration, or one choice from a list of items.

    Attributes:
        session: the conversation before the questionnaire.
        instrument: the questionnaire.
        asked: which item or choice.
        head: what stands above the options.
        options: the options' texts in the order shown.
        step: most, least or rating, where earlier answers stay in view; empty: they do not.
        earlier: what was asked and answered of the questionnaire before, where that stays in view.
        lost: did an earlier answer fail, so that this one can't be asked?
        sheet: on which the item stands with all others; None: it is asked by itself.
    """

    session: Session
    instrument: Instrument
    asked: Asked | ListChoice
    head: str
    options: tuple[str, ...]
    step: str = ""
    earlier: tuple[Turn, ...] = ()
    lost: bool = False
    sheet: Sheet | None = None

    @property
    def letters(self) -> str:
        """Return the letters that stand for the options in the tables, in the order shown."""
        return LETTERS[: len(self.options)]

    @property
    def labels(self) -> str:
        """Return the options' labels as they are shown; empty: they have none."""
        return option_labels(self.session.level("labels"), len(self.options))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return all that was said before the question."""
        return (*self.session.turns, *self.earlier)

    def text(self, closing: str) -> str:
        """Return the question as it is asked, with one of the wording's texts on what the model is to do."""
        return labelled(self.session.wording, self.head, self.options, closing, self.labels)

    @property
    def answers(self) -> AnswerTexts:
        """Return the wording's texts on what the model is to do, for options with such labels."""
        return self.session.wording.questionnaire.answers(self.session.level("labels"))

    def seed(self, design: Design, purpose: str) -> int:
        """Return the seed of one readout's answer."""
        a = self.asked
        who = (a.replicate, a.respondent, a.context, a.item)
        return derive(design.seed, purpose, self.instrument.name, *who)

    @property
    def conversation(self) -> tuple[Any, ...]:
        """Return which conversation it follows."""
        s = self.session
        return (s.replicate, s.persona.persona, s.conversation)


def questions(design: Design, session: Session) -> Iterator[Question]:
    """Yield every item that can be asked by itself in a session, as it then is."""
    for instrument in design.instruments:
        if instrument.protocol == "independent":
            asked = asked_items(design, session, instrument)
            for item in instrument.items:
                head = item_head(session.wording, instrument, item, session.persona.gender)
                options = option_texts(instrument, asked[item.item].order)
                yield Question(session, instrument, asked[item.item], head, options)


def asked_items(design: Design, session: Session, instrument: Instrument) -> dict[int, Asked]:
    """Return the items of a session's administration by number, each with the order of its options."""
    who = (session.persona.persona, session.context, session.replicate)
    after = (session.messages, session.domain, session.levels)
    known = design.profiles.get(session.persona.persona, {})
    latent = known if session.heard is None else session.heard.profile
    value, numbers = instrument.value_of(), instrument.numbers()
    codes, level = instrument.codes(), session.level("option_order")
    reversed_ones = instrument.reversed_items()
    if level == DRAWN:
        orders = shuffled(design, session, instrument, codes, numbers)
    else:
        orders = [from_one_end(level, codes)] * len(numbers)
    return {
        item: Asked(
            *who, item, value[item], order, latent.get(value[item]), *after, item in reversed_ones
        )
        for item, order in zip(numbers, orders, strict=True)
    }


def shuffled(
    design: Design, session: Session, instrument: Instrument, shown: Sequence[int],
    about: Sequence[int | str],
) -> list[tuple[int, ...]]:  # fmt: skip
    """Return the orders in which ratings, or the items of a list, are shown: one for each question."""
    seed = derive(design.seed, "option order", instrument.name)
    who = (session.replicate, session.persona.persona, session.context)
    return [option_order(design.option_order, seed, shown, *who, name) for name in about]


def score_request(design: Design, question: Question) -> ScoreRequest:
    """Return the request of the readout `logit`."""
    return _score(design, question, _asked(question, begun=True), "logit")


def choice_request(design: Design, question: Question) -> ScoreRequest:
    """Return the request of the readout `choice`: the reply is a letter, with nothing before it."""
    return _score(design, question, _asked(question), "choice")


def answer_request(design: Design, question: Question) -> MessageRequest:
    """Return the request of the readout `generate`: the same prompt, but nothing of the answer."""
    return _message(design, question, _asked(question), "generate", design.answer_tokens)


def reasoning_request(design: Design, question: Question) -> MessageRequest:
    """Return the first request of the readout `cot`: what the persona thinks before it chooses."""
    prompt = _asked(question, closing=question.answers.think)
    return _message(design, question, prompt, "reasoning", design.reasoning_tokens)


def reasoned_request(design: Design, question: Question, reasoning: str) -> ScoreRequest:
    """Return the second request of the readout `cot`: the choice, after what was thought."""
    session, text = question.session, question.text(question.answers.think)
    prompt = after_reasoning(
        session.wording, session.persona, question.turns, text, reasoning, session.other,
        session.level("labels"),
    )  # fmt: skip
    return _score(design, question, session.shown(prompt), "cot")


def _asked(question: Question, begun: bool = False, closing: str | None = None) -> Prompt:
    """Return the prompt that asks a question.

    Args:
        question: what is asked.
        begun: has the answer begun?
        closing: the wording's text on what the model is to do; None: it is to name an option.
    """
    session = question.session
    text = question.text(question.answers.closing if closing is None else closing)
    return session.shown(
        questionnaire(session.wording, session.persona, question.turns, text, session.other, begun)
    )


def _score(design: Design, question: Question, prompt: Prompt, readout: str) -> ScoreRequest:
    return ScoreRequest(
        prompt, question.labels, question.seed(design, "answer"), question.asked,
        question.conversation, readout, goes_on=bool(question.step), options=question.options,
    )  # fmt: skip


def _message(
    design: Design, question: Question, prompt: Prompt, readout: str, tokens: int
) -> MessageRequest:
    return MessageRequest(
        prompt, question.seed(design, readout), tokens, question.conversation, readout,
        question.asked, question.labels, goes_on=bool(question.step),
        options=() if question.labels else question.options,
    )  # fmt: skip
