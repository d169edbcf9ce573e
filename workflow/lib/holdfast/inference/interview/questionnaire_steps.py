"""The steps of a session's questionnaires: what is asked at once, and what depends on earlier answers.

Items that are asked by themselves are the first step, and so are whole sheets. Where answers stay in view, as
in a cumulative questionnaire (methods 3), there is a step for each question, since each shows the answers
before it.
"""

from collections.abc import Callable, Generator, Sequence

from holdfast.design.administration_modes import ENDS, End
from holdfast.design.facets.item_sheets import SHEETS, in_order
from holdfast.design.instruments import Instrument
from holdfast.inference.backends.protocol import Answer, Asked, ListChoice
from holdfast.inference.interview.questions import Question, asked_items, questions, shuffled
from holdfast.inference.interview.sessions import Design, Session
from holdfast.inference.interview.sheets import administration_seed, sheet_questions
from holdfast.inference.prompting.prompts import Turn, item_head, option_texts, portrait
from holdfast.inference.prompting.wordings import fill

Steps = Generator[list[Question], Sequence[Answer], None]
"""Yields the questions of a step and is sent their answers, whose text is a letter; empty: unreadable."""


def steps(design: Design, session: Session) -> Steps:
    """Yield a session's questions, a step at a time."""
    presentation = session.level("presentation")
    independent = [i for i in design.instruments if i.protocol == "independent"]
    if presentation in SHEETS:
        at_once = [q for i in independent for q in sheet_questions(design, session, i)]
    else:
        at_once = list(questions(design, session)) if presentation == "alone" else []
    if at_once:
        yield at_once
    for instrument in independent if presentation == "in_view" else ():
        yield from _InView(design, session, instrument).items()
    for instrument in design.instruments:
        if instrument.protocol == "cumulative":
            yield from _InView(design, session, instrument).lists()


def first(waiting: Steps) -> list[Question]:
    """Return the questions of the first step."""
    return next(waiting, [])


def following(waiting: Steps, answers: Sequence[Answer]) -> list[Question]:
    """Return the questions of the next step, after the answers to the last; none: it was the last."""
    try:
        return waiting.send(answers)
    except StopIteration:
        return []


def in_step(every: Sequence[Steps], ask: Callable[[list[Question]], Sequence[Answer]]) -> None:
    """Let sessions go on together: what all of them ask at a step is asked at once.

    Args:
        every: the steps of each session.
        ask: returns the questions' answers in their order.
    """
    waiting = [(own, first(own)) for own in every]
    while waiting := [(own, asked) for own, asked in waiting if asked]:
        answers = iter(ask([q for _, asked in waiting for q in asked]))
        waiting = [(own, following(own, [next(answers) for _ in asked])) for own, asked in waiting]


class _InView:
    """A questionnaire as it fills, with what was answered in view.

    What is answered stays in view: of a choice the list and the value chosen, of a rating the value and the
    option's text. Letters do not stay, since they stand for something else in every question. An answer
    that can't be read leaves nothing behind; a choice that can't be read takes no value out of its list.
    """

    def __init__(self, design: Design, session: Session, instrument: Instrument) -> None:
        """Begin with nothing answered."""
        self.design, self.session, self.instrument = design, session, instrument
        self.asked = asked_items(design, session, instrument)
        self.texts = {i.item: portrait(i, session.persona.gender) for i in instrument.items}
        self.filled: tuple[Turn, ...] = ()
        self.lost = False

    def items(self) -> Steps:
        """Yield the items one after the other; above the first stands what introduces them all."""
        session = self.session
        seed = administration_seed(self.design, session, self.instrument)
        texts = {i.item: i for i in self.instrument.items}
        numbers = in_order(session.level("item_order"), list(self.asked), seed)
        first = texts[numbers[0]]
        head = item_head(session.wording, self.instrument, first, session.persona.gender)
        yield from self._rate(numbers[0], head)
        for number in numbers[1:]:
            yield from self._rate(number)

    def lists(self) -> Steps:
        """Yield list by list: choose the most important value and rate it, the least, then the rest."""
        for number, items in enumerate(self.instrument.listed(), start=1):
            left, listed = list(items), False
            for end in ENDS:
                choice, order = self._choice(number, end, left)
                place = yield from self._place(choice)
                if place is not None:
                    lines = [choice.head] if listed else [choice.head, *choice.options]
                    self._fill("\n".join(lines), choice.options[place])
                    listed = True
                    left.remove(order[place])
                    yield from self._rate(order[place])
            for item in left:
                yield from self._rate(item)

    def _choice(self, number: int, end: End, left: list[int]) -> tuple[Question, tuple[int, ...]]:
        """Return the question for a list's most or least important value, and the items in its order."""
        session, texts, about = self.session, self.instrument.choosing, f"{end} of list {number}"
        asks = session.wording.questionnaire
        assert texts is not None
        (order,) = shuffled(self.design, session, self.instrument, left, [about])
        among = tuple(self.asked[item] for item in order)
        who = (session.persona.persona, session.context, session.replicate)
        choice = ListChoice(*who, number, end, among)
        if end == "most":
            head = fill(asks.most, introduction=texts.introduction, choice=texts.most)
        else:
            head = fill(asks.least, choice=texts.least)
        return self._question(choice, head, tuple(self.texts[i] for i in order), end), order

    def _rate(self, item: int, introduced: str = "") -> Steps:
        """Yield the question for an item's rating, and keep its answer in view.

        Args:
            item: its number.
            introduced: the item below what introduces the questionnaire; empty: it stands by itself.
        """
        asked = self.asked[item]
        frame = self.session.wording.questionnaire.rating
        head = introduced or fill(
            frame, portrait=self.texts[item], question=self.instrument.question
        )
        options = option_texts(self.instrument, asked.order)
        place = yield from self._place(self._question(asked, head, options, "rating"))
        if place is not None:
            self._fill(introduced or self.texts[item], options[place])

    def _question(
        self, asked: Asked | ListChoice, head: str, options: tuple[str, ...], step: str
    ) -> Question:
        return Question(
            self.session, self.instrument, asked, head, options, step, self.filled, self.lost
        )

    def _place(self, question: Question) -> Generator[list[Question], Sequence[Answer], int | None]:
        """Ask a question; return the place of the option that was chosen, or None."""
        (answer,) = yield [question]
        self.lost = self.lost or answer.status == "failed"
        place = question.letters.find(answer.text) if answer.text else -1
        return None if place < 0 else place

    def _fill(self, question: str, answer: str) -> None:
        self.filled += (Turn("interlocutor", question), Turn("persona", answer))
