"""An interview: conversations and questionnaires asked of a backend, the response store first."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.backend import Answer, Backend, MessageRequest, ScoreRequest
from holdfast.inference.keys import answer_key
from holdfast.inference.letters import named_option
from holdfast.inference.prompts import next_message
from holdfast.inference.questions import (
    Question,
    answer_request,
    questions,
    reasoned_request,
    reasoning_request,
    score_request,
)
from holdfast.inference.sessions import Design, Session
from holdfast.inference.store import Store
from holdfast.progress import Progress
from holdfast.seeds import derive

FEWEST, MOST = 8, 64  # sessions that a block computes
LOOKED_UP = 4000  # questions that are looked up at a time, at most
ITEM_TOKENS = 40  # tokens of a question, roughly
LOST = Answer("", status="failed")  # not asked: an earlier message of the conversation failed


@dataclass
class Counts:
    """What a job did, for its manifest."""

    computed: int = 0
    reused: int = 0
    tokens: int = 0
    invalid: int = 0
    failed: int = 0
    message_seconds: float = 0.0


class Interview:
    """A backend and a store: asks the store first, the backend for the rest, and saves as it goes.

    A block of sessions at a time has its conversations and then answers, so that a backend may go on from
    what it computed of a conversation, and need not hold those of the whole job. A number's last bits can
    depend on what is computed with it. So only whole blocks are stored: a job that goes on after an
    interruption forms the blocks, and finds the numbers, that it would have had without one. What a
    service answers is paid for, and stored as it arrives.
    """

    def __init__(
        self, backend: Backend, store: Store, design: Design, sampling: dict[str, Any]
    ) -> None:
        """Join them.

        Args:
            backend: how the model is reached.
            store: what was answered before.
            design: what to work through.
            sampling: the model's sampling parameters; part of a message's key.
        """
        self.backend, self.store, self.design, self.sampling = backend, store, design, sampling
        self.model = backend.identity()
        self.service = "service" in self.model
        self.counts = Counts()

    def run(self, all_sessions: Sequence[Session]) -> Iterator[dict[str, Any]]:
        """Yield one row an answer, block by block: every item of every instrument in every session."""
        messages = Progress("messages", sum(s.generated for s in all_sessions))
        answers = Progress("answers", self._items * len(self.design.readouts) * len(all_sessions))
        for block in self._blocks(all_sessions, messages):
            self._converse(block, messages)
            yield from self._answer(block, answers)
            self.store.end_block()
            self.store.save_if_due()

    @property
    def _items(self) -> int:
        return sum(len(i.items) for i in self.design.instruments)

    def _blocks(
        self, all_sessions: Sequence[Session], progress: Progress
    ) -> Iterator[list[Session]]:
        """Yield the sessions in blocks; as many as a block computes are not, or not wholly, in the store."""
        block: list[Session] = []
        missing, at_once = 0, None
        for session in all_sessions:
            block.append(session)
            if not self._recalled(session, progress):
                missing += 1
                at_once = at_once or self._at_once(all_sessions)
            if missing == at_once or (not missing and len(block) * self._items >= LOOKED_UP):
                yield block
                block, missing = [], 0
        if block:
            yield block

    def _at_once(self, all_sessions: Sequence[Session]) -> int:
        """Return how many sessions are computed before they are stored."""
        if self.service:
            return len(all_sessions)
        longest = max(s.messages for s in all_sessions)
        d = self.design
        each = {
            "logit": ITEM_TOKENS, "generate": ITEM_TOKENS + d.answer_tokens,
            "cot": 2 * ITEM_TOKENS + d.reasoning_tokens,
        }  # fmt: skip
        tokens = longest * d.max_new_tokens + self._items * sum(each[r] for r in d.readouts)
        fit = self.backend.tokens_in(self.store.save_every) / max(1, tokens)
        return int(min(MOST, max(FEWEST, fit)))

    def _recalled(self, session: Session, progress: Progress) -> bool:
        """Let a conversation go on as far as the store knows it; tell whether its answers are known too."""
        while (turn := len(session.rows) + 1) <= session.messages:
            k = self._key(self._message_request(session, turn))
            known = self.store.get(k)
            if known is None:
                return False
            self._count(known, fresh=False)
            self._add_message(session, k, known)
            progress.step()
        return all(
            self._key(self._asks(q, readout)) in self.store
            for q in questions(self.design, session)
            for readout in self.design.readouts
        )

    def _asks(self, question: Question, readout: str) -> MessageRequest | ScoreRequest:
        """Return the request that gives a readout's answer; before the reasoning is known, that for it."""
        if readout == "logit":
            return score_request(self.design, question)
        if readout == "generate":
            return answer_request(self.design, question)
        thinking = reasoning_request(self.design, question)
        thought = self.store.get(self._key(thinking))
        return (
            thinking if thought is None else reasoned_request(self.design, question, thought.text)
        )

    def _converse(self, block: Sequence[Session], progress: Progress) -> None:
        """Let every conversation go on until it has its messages, one turn of all at a time."""
        longest, began = max(s.messages for s in block), time.monotonic()
        for turn in range(1, longest + 1):
            speaking = [s for s in block if s.messages >= turn > len(s.rows)]
            requests = [self._message_request(s, turn) for s in speaking]
            for session, k, answer in self._answers(
                speaking, [s.lost for s in speaking], requests, self.backend.generate
            ):
                self._add_message(session, k, answer)
                progress.step()
        self.counts.message_seconds += time.monotonic() - began

    def look_up(
        self, session: Session
    ) -> Iterator[tuple[Question, MessageRequest | ScoreRequest, Answer | None]]:
        """Yield a session's questions, how the first readout asks, and the answer; asks nothing.

        The answer is None where the store has none. The conversation goes on as far as the store knows it.
        """
        self._recalled(session, Progress("messages", session.generated))
        for question in questions(self.design, session):
            request = self._asks(question, self.design.readouts[0])
            yield question, request, self.store.get(self._key(request))

    def _message_request(self, session: Session, turn: int) -> MessageRequest:
        who = (session.replicate, session.persona.persona, session.conversation, turn)
        prompt = next_message(session.persona, session.turns, session.other)
        seed = derive(self.design.seed, "message", *who)
        return MessageRequest(prompt, seed, self.design.max_new_tokens, who[:-1])

    def _key(self, request: MessageRequest | ScoreRequest) -> str:
        return answer_key(request, self.backend.render(request.prompt), self.model, self.sampling)

    def _add_message(self, session: Session, k: str, answer: Answer) -> None:
        session.add(
            {"text": answer.text, "tokens": answer.tokens, "status": answer.status, "prompt": k}
        )

    def _answer(self, block: Sequence[Session], progress: Progress) -> Iterator[dict[str, Any]]:
        asked = [q for session in block for q in questions(self.design, session)]
        read = {"logit": self._scored, "generate": self._said, "cot": self._reasoned}
        for readout in self.design.readouts:
            for row in read[readout](asked):
                yield row
                progress.step()

    def _scored(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `logit`."""
        requests = [score_request(self.design, q) for q in asked]
        lost = [q.session.lost for q in asked]
        for q, k, answer in self._answers(asked, lost, requests, self.backend.score):
            yield self._response(q, k, answer, "logit")

    def _said(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `generate`; an answer that names no one option is invalid."""
        requests = [answer_request(self.design, q) for q in asked]
        lost = [q.session.lost for q in asked]
        for q, k, answer in self._written(asked, lost, requests):
            named = answer
            if answer.status != "failed":
                letter = named_option(answer.text, q.instrument.letters(), q.options)
                named = Answer(letter, status="ok" if letter else "invalid")
                self.counts.invalid += not letter and answer.status != "empty"
            yield self._response(q, k, named, "generate", said=answer.text)

    def _reasoned(self, asked: Sequence[Question]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the readout `cot`."""
        requests = [reasoning_request(self.design, q) for q in asked]
        lost = [q.session.lost for q in asked]
        thoughts = [thought for *_, thought in self._written(asked, lost, requests)]
        about = list(zip(asked, thoughts, strict=True))
        choices = [reasoned_request(self.design, q, thought.text) for q, thought in about]
        lost = [thought.status == "failed" for thought in thoughts]
        for (q, thought), k, answer in self._answers(about, lost, choices, self.backend.score):
            yield self._response(q, k, answer, "cot", reasoning=thought.text)

    def _written(
        self, about: Sequence[Any], lost: Sequence[bool], requests: Sequence[MessageRequest]
    ) -> list[tuple[Any, str, Answer]]:
        """Return what `_answers` gives for messages, with the time that they took."""
        began = time.monotonic()
        found = list(self._answers(about, lost, requests, self.backend.generate))
        self.counts.message_seconds += time.monotonic() - began
        return found

    def _response(
        self, question: Question, k: str, answer: Answer, readout: str, said: str = "",
        reasoning: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Return a row; what was said has a column where some readout of the study lets models speak."""
        asked, readouts = question.asked, self.design.readouts
        spoken = {"said": said} if "generate" in readouts else {}
        spoken |= {"reasoning": reasoning} if "cot" in readouts else {}
        return {
            "respondent": asked.respondent, "context": asked.context, "replicate": asked.replicate,
            "instrument": question.instrument.name, "item": asked.item, "order": list(asked.order),
            "answer": answer.text, "logprobs": list(answer.logprobs), "mass": answer.mass,
            "status": answer.status, "readout": self._read_as(answer, readout), "prompt": k,
        } | spoken  # fmt: skip

    def _read_as(self, answer: Answer, readout: str) -> str:
        """Return how the answer was really read: a server that gives no log-probabilities gives text."""
        if not self.service or readout != "logit":
            return readout
        return "top_logprobs" if answer.logprobs else "text"

    def _answers(
        self, about: Sequence[Any], lost: Sequence[bool], requests: Sequence[Any], ask: Any
    ) -> Iterator[tuple[Any, str, Answer]]:
        """Yield what each request is about, its key and its answer, computing only what is missing.

        What is lost is not asked: an earlier message failed, and what follows has failed as well.
        """
        keys = [self._key(r) for r in requests]
        if wanted := self._missing(lost, keys):
            self.store.look()  # another job may have answered meanwhile
            wanted = self._missing(lost, keys)
        fresh = self._fresh(list(wanted.values()), requests, keys, ask)
        failed: dict[str, Answer] = {}
        for i, k in enumerate(keys):
            while not lost[i] and k not in self.store and k not in failed:
                of, answer = next(fresh)
                failed |= {of: answer} if answer.status == "failed" else {}
            known = LOST if lost[i] else failed.get(k) or self.store.get(k)
            assert known is not None
            self._count(known, fresh=wanted.get(k) == i)
            yield about[i], k, known

    def _fresh(
        self, missing: Sequence[int], requests: Sequence[Any], keys: Sequence[str], ask: Any
    ) -> Iterator[tuple[str, Answer]]:
        """Yield the key of each missing request with its answer, which is in the store by then."""
        answers = ask([requests[i] for i in missing]) if missing else ()
        for number, answer in enumerate(answers):
            k = keys[missing[number if answer.place is None else answer.place]]
            if answer.status != "failed":
                self.store.add(k, answer, in_block=not self.service)
            if self.service:
                self.store.save_if_due()
            yield k, answer

    def _missing(self, lost: Sequence[bool], keys: Sequence[str]) -> dict[str, int]:
        """Return which keys have no answer yet, each with its first place, so that it is asked once."""
        wanted: dict[str, int] = {}
        for i, k in enumerate(keys):
            if not lost[i] and k not in self.store:
                wanted.setdefault(k, i)
        return wanted

    def _count(self, answer: Answer, fresh: bool) -> None:
        failed = answer.status == "failed"
        self.counts.failed += failed
        self.counts.computed += fresh and not failed
        self.counts.reused += not fresh and not failed
        self.counts.tokens += answer.tokens if fresh else 0
        self.counts.invalid += answer.status not in ("ok", "cut", "failed")
