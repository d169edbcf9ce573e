"""Readouts: from questions to the rows of the table of responses (methods 3)."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.readouts import WRITTEN
from holdfast.inference.backends.protocol import (
    OUTCOMES,
    THOUGHT,
    Answer,
    Asked,
    ListChoice,
    MessageRequest,
    ScoreRequest,
)
from holdfast.inference.interview.distributions import distributed_answer, distribution_request
from holdfast.inference.interview.questions import (
    Question,
    answer_request,
    choice_request,
    reasoned_request,
    reasoning_request,
    score_request,
)
from holdfast.inference.interview.sessions import Design, levels_met
from holdfast.inference.interview.sheets import sheet_request
from holdfast.inference.interview.store_first import Asking
from holdfast.inference.interview.thinking_first import ThinkingFirst, thought_columns
from holdfast.inference.prompting.reply_letters import named_place
from holdfast.inference.prompting.reply_sheets import sheet_places
from holdfast.inference.prompting.wordings import fill
from holdfast.inference.services.answer_ways import READ_AS


class Reading:
    """What is read off a model's answers, readout by readout."""

    def __init__(self, asking: Asking, design: Design, thinking: ThinkingFirst) -> None:
        """Read what is asked of a design's respondents."""
        self.asking, self.design, self.thinking = asking, design, thinking
        presentations = levels_met(design, "presentation")
        self.sheets = not presentations.isdisjoint(SHEETS)
        self.steps = "in_view" in presentations or any(
            i.protocol == "cumulative" for i in design.instruments
        )

    def request(self, question: Question, readout: str) -> MessageRequest | ScoreRequest:
        """Return the request that gives a readout's answer.

        Before it may come a thought, and with the readout `cot` the reasoning: where the store does not have
        it, the request is that for it.
        """
        if question.sheet is not None:
            return self.thinking.next_request(sheet_request(self.design, question))
        if readout == "logit":
            return self.thinking.next_request(score_request(self.design, question))
        if readout == "choice":
            return self.thinking.next_request(choice_request(self.design, question))
        if readout == "generate":
            return self.thinking.next_request(answer_request(self.design, question))
        if readout == "distribution":
            return self.thinking.next_request(distribution_request(self.design, question))
        reasons = self.thinking.next_request(reasoning_request(self.design, question))
        said = self.asking.store.get(self.asking.key(reasons))
        if said is None or reasons.readout == THOUGHT:
            return reasons
        return reasoned_request(self.design, question, said.text)

    def rows(self, asked: Sequence[Question], readout: str) -> Iterator[dict[str, Any]]:
        """Yield the questions' rows in their order."""
        read = {
            "logit": self._scored,
            "choice": self._chosen,
            "generate": self._said,
            "cot": self._reasoned,
            "distribution": self._distributed,
        }
        alone = read[readout]([q for q in asked if q.sheet is None])
        on_sheets = self._on_sheets([q for q in asked if q.sheet is not None], readout)
        for question in asked:
            yield next(alone if question.sheet is None else on_sheets)
        # to their ends, so that what a backend does after its last answer is done
        next(alone, None)
        next(on_sheets, None)

    def _on_sheets(self, asked: Sequence[Question], readout: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of items that stand on sheets, each of which is asked once."""
        sheets = [list(of) for _, of in groupby(asked, key=lambda q: id(q.sheet))]
        firsts = [of[0] for of in sheets]
        requests = [sheet_request(self.design, q) for q in firsts]
        for of, ((_, before), k, answer) in zip(
            sheets, self._written(firsts, requests), strict=True
        ):
            for question, (named, said) in zip(of, read_sheet(of, answer), strict=True):
                self.asking.counts.invalid += named.status == "invalid" and answer.status != "empty"
                read = "text" if readout == "logit" else readout
                yield self._response(question, k, named, read, before, said=said)

    def _scored(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `logit`."""
        requests = [score_request(self.design, q) for q in asked]
        yield from self._lettered(asked, requests, "logit")

    def _chosen(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `choice`."""
        requests = [choice_request(self.design, q) for q in asked]
        yield from self._lettered(asked, requests, "choice")

    def _lettered(
        self, asked: Sequence[Question], requests: Sequence[ScoreRequest], readout: str
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a readout that asks for a letter at once."""
        thought = self.thinking.before(asked, _lost(asked), requests)
        about = [(q, before) for q, (_, before) in zip(asked, thought, strict=True)]
        score = self.asking.backend.score
        for (q, before), k, answer in self.asking.answers(
            about, _lost(asked), [r for r, _ in thought], score
        ):
            named = named_answer(q, answer, readout)
            yield self._response(q, k, named, readout, before, said=_unread(named, answer))

    def _said(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `generate`; an answer that names no one option is invalid."""
        yield from self._read(asked, [answer_request(self.design, q) for q in asked], "generate")

    def _distributed(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `distribution`; percentages that can't be read are invalid."""
        requests = [distribution_request(self.design, q) for q in asked]
        yield from self._read(asked, requests, "distribution")

    def _read(
        self, asked: Sequence[Question], requests: Sequence[MessageRequest], readout: str
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a readout whose answers the model writes itself."""
        for (q, before), k, answer in self._written(asked, requests):
            named = named_answer(q, answer, readout)
            self.asking.counts.invalid += named.status == "invalid" and answer.status != "empty"
            yield self._response(q, k, named, readout, before, said=answer.text)

    def _reasoned(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `cot`; what is thought, is thought before the reasoning."""
        requests = [reasoning_request(self.design, q) for q in asked]
        about = [(q, before, said) for (q, before), _, said in self._written(asked, requests)]
        choices = [reasoned_request(self.design, q, said.text) for q, _, said in about]
        lost = [said.status == "failed" for *_, said in about]
        score = self.asking.backend.score
        for (q, before, said), k, answer in self.asking.answers(about, lost, choices, score):
            named, reasoning = named_answer(q, answer, "cot"), said.text
            yield self._response(q, k, named, "cot", before, _unread(named, answer), reasoning)

    def _written(
        self, asked: Sequence[Question], requests: Sequence[MessageRequest]
    ) -> list[tuple[tuple[Question, Answer | None], str, Answer]]:
        """Return each question with the thought before its answer, the answer's key and the answer."""
        thought = self.thinking.before(asked, _lost(asked), requests)
        about = [(q, before) for q, (_, before) in zip(asked, thought, strict=True)]
        began, ask = time.monotonic(), self.asking.backend.generate
        found = list(self.asking.answers(about, _lost(asked), [r for r, _ in thought], ask))
        self.asking.counts.message_seconds += time.monotonic() - began
        return found

    def _response(
        self, question: Question, k: str, answer: Answer, readout: str, thought: Answer | None,
        said: str = "", reasoning: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Return a row; some columns are there only where the study has something for them."""
        asked, readouts = question.asked, self.design.readouts
        told = set(WRITTEN) & set(readouts) or self.asking.service or self.sheets
        more = {"said": said} if told else {}
        more |= {"reasoning": reasoning} if "cot" in readouts else {}
        if self.thinking.tokens:  # at a level without thoughts the columns are empty
            more |= {"thought": "", "thought_status": ""}
        more |= thought_columns(thought, answer, self.asking.service)
        if self.steps:
            more["step"] = question.step
        return {
            "respondent": asked.respondent, "context": asked.context, "replicate": asked.replicate,
            "instrument": question.instrument.name, "item": _item(question, answer),
            "order": list(asked.order), "answer": answer.text, "logprobs": list(answer.logprobs),
            "mass": answer.mass, "status": answer.status, "readout": self._read_as(answer, readout),
            "prompt": k,
        } | more  # fmt: skip

    def _read_as(self, answer: Answer, readout: str) -> str:
        """Return how the answer was really read: a server that gives no log-probabilities gives text."""
        if not self.asking.service or readout != "logit":
            return readout
        way = str(self.asking.model["readout"])
        return READ_AS[way] if answer.logprobs or way == "choice" else "text"


def named_answer(question: Question, answer: Answer, readout: str) -> Answer:
    """Return an answer whose text is the letter of an option; empty: it names none, or several."""
    if question.sheet is not None:
        items = [a.item for a in question.sheet.asked.among]
        found = sheet_places(answer.text, len(items), question.labels, question.options)
        assert isinstance(question.asked, Asked)
        return _named(question, answer, found[items.index(question.asked.item)][0])
    if answer.status == "failed" or (readout not in WRITTEN and answer.status != "ok"):
        return replace(answer, text="")
    if readout not in WRITTEN:
        place = question.labels.find(answer.text) if len(answer.text) == 1 else -1
        return replace(answer, text=question.letters[place] if place >= 0 else "")
    if readout == "distribution" and not isinstance(question.asked, ListChoice):
        return distributed_answer(question, answer)
    prefill = fill(question.session.wording.questionnaire.prefill)
    return _named(
        question, answer, named_place(answer.text, question.labels, question.options, prefill)
    )


def read_sheet(of: Sequence[Question], answer: Answer) -> list[tuple[Answer, str]]:
    """Return for each item of a sheet its answer, and the words from which it was read or could not be."""
    first = of[0]
    found = sheet_places(answer.text, len(of), first.labels, first.options)
    return [
        (_named(question, answer, place), words if place >= 0 else answer.text)
        for question, (place, words) in zip(of, found, strict=True)
    ]


def _named(question: Question, answer: Answer, place: int) -> Answer:
    """Return an answer that names the option at a place, from 0; -1: none."""
    if answer.status == "failed":
        return replace(answer, text="")
    if place >= 0:
        return replace(answer, text=question.letters[place], status="ok")
    unread = answer.status if answer.status in OUTCOMES else "invalid"
    return replace(answer, text="", status=unread)


def _unread(named: Answer, answer: Answer) -> str:
    """Return the reply that names no option; empty: it names one."""
    return "" if named.text else answer.text


def _lost(asked: Sequence[Question]) -> list[bool]:
    return [q.session.lost or q.lost for q in asked]


def _item(question: Question, answer: Answer) -> int:
    """Return the number of the item asked for; of a choice that of the item chosen, 0 for none."""
    if not isinstance(question.asked, ListChoice):
        return question.asked.item
    place = question.letters.find(answer.text) if answer.text else -1
    return question.asked.order[place] if place >= 0 else 0
