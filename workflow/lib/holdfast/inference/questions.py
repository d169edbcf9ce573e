"""The questions of a session, and what each readout asks a backend of them (methods 3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from holdfast.design.instruments import Instrument, ItemTexts
from holdfast.design.orders import option_order
from holdfast.inference.backend import Asked, MessageRequest, ScoreRequest
from holdfast.inference.prompts import (
    LETTER,
    THINK,
    Prompt,
    after_reasoning,
    question_text,
    questionnaire,
)
from holdfast.inference.sessions import Design, Session
from holdfast.seeds import derive


@dataclass(frozen=True)
class Question:
    """One item in one administration."""

    session: Session
    instrument: Instrument
    item: ItemTexts
    asked: Asked

    @property
    def options(self) -> list[str]:
        """Return the options' texts in the order shown."""
        texts = {o.rating: o.text for o in self.instrument.options}
        return [texts[rating] for rating in self.asked.order]

    def text(self, closing: str) -> str:
        """Return the item as it is asked."""
        form = self.session.persona.gender
        return question_text(self.instrument, self.item, form, self.asked.order, closing)

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
    """Yield every item of every instrument as it is asked in a session."""
    who = (session.replicate, session.persona.persona, session.context)
    latent = design.profiles.get(session.persona.persona, {})
    for instrument in design.instruments:
        value = instrument.value_of()
        ratings = [o.rating for o in instrument.options]
        shuffle = derive(design.seed, "option order", instrument.name)
        for item in instrument.items:
            order = option_order(design.option_order, shuffle, ratings, *who, item.item)
            asked = Asked(
                session.persona.persona, session.context, session.replicate, item.item,
                value[item.item], order, latent.get(value[item.item]), session.messages, session.domain,
            )  # fmt: skip
            yield Question(session, instrument, item, asked)


def score_request(design: Design, question: Question) -> ScoreRequest:
    """Return the request of the readout `logit`."""
    session = question.session
    prompt = questionnaire(
        session.persona, session.turns, question.text(LETTER), other=session.other
    )
    return _score(design, question, prompt, "logit")


def answer_request(design: Design, question: Question) -> MessageRequest:
    """Return the request of the readout `generate`: the same prompt, but nothing of the answer."""
    session = question.session
    prompt = questionnaire(
        session.persona, session.turns, question.text(LETTER), prefill="", other=session.other
    )
    return _message(design, question, prompt, "generate", design.answer_tokens)


def reasoning_request(design: Design, question: Question) -> MessageRequest:
    """Return the first request of the readout `cot`: what the persona thinks before it chooses."""
    session = question.session
    prompt = questionnaire(
        session.persona, session.turns, question.text(THINK), prefill="", other=session.other
    )
    return _message(design, question, prompt, "reasoning", design.reasoning_tokens)


def reasoned_request(design: Design, question: Question, reasoning: str) -> ScoreRequest:
    """Return the second request of the readout `cot`: the choice, after what was thought."""
    session = question.session
    prompt = after_reasoning(
        session.persona, session.turns, question.text(THINK), reasoning, session.other
    )
    return _score(design, question, prompt, "cot")


def _score(design: Design, question: Question, prompt: Prompt, readout: str) -> ScoreRequest:
    letters, seed = question.instrument.letters(), question.seed(design, "answer")
    return ScoreRequest(prompt, letters, seed, question.asked, question.conversation, readout)


def _message(
    design: Design, question: Question, prompt: Prompt, readout: str, tokens: int
) -> MessageRequest:
    return MessageRequest(
        prompt, question.seed(design, readout), tokens, question.conversation, readout,
        question.asked, question.instrument.letters(),
    )  # fmt: skip
