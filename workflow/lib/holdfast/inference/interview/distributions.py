"""The readout `distribution`: the model writes a percentage for every option (methods 3)."""

import math
from dataclasses import replace

from holdfast.inference.backends.protocol import OUTCOMES, Answer, ListChoice, MessageRequest
from holdfast.inference.interview.questions import Question
from holdfast.inference.interview.sessions import Design
from holdfast.inference.prompting.prompts import questionnaire
from holdfast.inference.prompting.reply_percentages import percentages

READOUT = "distribution"


def distribution_request(design: Design, question: Question) -> MessageRequest:
    """Return the request for percentages; of a choice from a list, for a letter, as in `generate`."""
    session, asks = question.session, question.session.wording.questionnaire
    letter = isinstance(question.asked, ListChoice)
    text = question.text(asks.closing if letter else asks.distribution)
    prompt = questionnaire(
        session.wording, session.persona, question.turns, text, session.other, begun=False
    )
    return MessageRequest(
        session.shown(prompt), question.seed(design, READOUT), design.distribution_tokens,
        question.conversation, READOUT, question.asked, question.letters, goes_on=bool(question.step),
    )  # fmt: skip


def distributed_answer(question: Question, answer: Answer) -> Answer:
    """Return an answer with the logarithms of its shares, and the letter of the largest.

    Of several largest ones it is the first shown, as for letters' probabilities. The mass is the sum of the
    percentages, at most 1; percentages whose sum is above 100 are divided by it.
    """
    given = percentages(answer.text, question.letters, question.options)
    if given is None:
        return replace(
            answer, text="", status=answer.status if answer.status in OUTCOMES else "invalid"
        )
    total = max(100.0, sum(given))
    logprobs = tuple(math.log(x / total) if x > 0 else -math.inf for x in given)
    letter = question.letters[given.index(max(given))]
    return replace(answer, text=letter, status="ok", logprobs=logprobs, mass=sum(given) / total)
