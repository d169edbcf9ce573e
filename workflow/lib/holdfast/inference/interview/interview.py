"""An interview: conversations and questionnaires asked of a backend, the response store first."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from holdfast.inference.backends.protocol import Answer, Backend, MessageRequest, ScoreRequest
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.contamination import Audit
from holdfast.inference.interview.prompt_frame import frame_of
from holdfast.inference.interview.questionnaire_steps import first, following, in_step, steps
from holdfast.inference.interview.questions import Question
from holdfast.inference.interview.response_rows import Reading, named_answer
from holdfast.inference.interview.session_shards import MOST
from holdfast.inference.interview.sessions import Design, Session, interlocutors, sessions
from holdfast.inference.interview.store_first import Asking
from holdfast.inference.interview.thinking_first import ThinkingFirst, thought_columns
from holdfast.inference.prompting.prompts import next_message
from holdfast.inference.store.response_store import Store
from holdfast.job_log import Progress
from holdfast.seeds import derive

OF_A_SERVICE = 1024  # the same where nothing depends on what is asked together
LOOKED_UP = 4000  # questions that are looked up at a time, at most
ITEM_TOKENS = 40  # tokens of a question, roughly
UNREAD = Answer("", status="missing")  # stands for an answer that the store does not have


class Interview:
    """A backend and a store: asks the store first, the backend for the rest, and saves as it goes.

    A block of sessions at a time has its conversations and then answers, so that a backend may go on from
    what it computed of a conversation, and need not hold those of the whole job. A number's last bits can
    depend on what is computed with it. So only whole blocks are stored: a job that goes on after an
    interruption forms the blocks, and finds the numbers, that it would have had without one. What a
    service answers is paid for, and stored as it arrives.
    """

    def __init__(
        self,
        backend: Backend,
        store: Store,
        design: Design,
        sampling: dict[str, Any],
        fewest: int = 32,
    ) -> None:
        """Join them.

        Args:
            backend: how the model is reached.
            store: what was answered before.
            design: what to work through.
            sampling: the model's sampling parameters; part of a message's key.
            fewest: sessions that a block computes, at least; a power of two, so that blocks fill a part of a
                job.
        """
        met = interlocutors(design)
        self.audit = Audit([*design.personas, *met.values()], met, frame_of(design))
        self.backend, self.store, self.design, self.fewest = backend, store, design, fewest
        self.asking = Asking(backend, store, sampling, self.audit)
        self.thinking = ThinkingFirst(self.asking, design.thinking_tokens, design.thinking)
        self.reading = Reading(self.asking, design, self.thinking)
        self.model, self.counts = self.asking.model, self.asking.counts
        self.shows = isinstance(backend, ReferenceBackend) and backend.shows

    def run(
        self, all_sessions: Sequence[Session]
    ) -> Iterator[tuple[list[Session], list[dict[str, Any]]]]:
        """Yield block by block its sessions, their conversations ended, and one row an answer."""
        messages = Progress("messages", sum(s.generated for s in all_sessions))
        answers = Progress("answers", self._items * len(self.design.readouts) * len(all_sessions))
        for block in self._blocks(all_sessions, messages):
            self._converse(block, messages)
            yield block, list(self._answer(block, answers))
            self.store.end_block()
            self.store.save_if_due()

    @property
    def _items(self) -> int:
        return sum(i.questions() for i in self.design.instruments)

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
                at_once = at_once or self._at_once()
            if missing == at_once or (not missing and len(block) * self._items >= LOOKED_UP):
                yield block
                block, missing = [], 0
        if block:
            yield block

    def _at_once(self) -> int:
        """Return how many sessions are computed before they are stored: a power of two, for it divides MOST."""
        if self.asking.service:
            return OF_A_SERVICE
        d = self.design
        of_one = replace(d, personas=d.personas[:1], replicates=1)
        longest = max(s.messages for s in sessions(of_one))
        each = {
            "logit": ITEM_TOKENS, "choice": ITEM_TOKENS, "generate": ITEM_TOKENS + d.answer_tokens,
            "cot": 2 * ITEM_TOKENS + d.reasoning_tokens, "distribution": ITEM_TOKENS + d.distribution_tokens,
        }  # fmt: skip
        tokens = longest * d.max_new_tokens + self._items * sum(each[r] for r in d.readouts)
        tokens += d.thinking_tokens * (longest + self._items * len(d.readouts))
        fit = self.backend.tokens_in(self.store.save_every) / max(1, tokens)
        return int(2 ** round(math.log2(min(MOST, max(self.fewest, fit)))))

    def _recalled(self, session: Session, progress: Progress) -> bool:
        """Let a conversation go on as far as the store knows it; tell whether its answers are known too."""
        while (turn := len(session.rows) + 1) <= session.messages:
            request = self._message_request(session, turn)
            k = self.asking.key(self.thinking.next_request(request))
            known, thought = self.store.get(k), self.thinking.recalled(request)
            if known is None or self.thinking.thinks(request) != (thought is not None):
                return False
            for answer in (thought, known):
                if answer is not None:
                    self.asking.count(answer, fresh=False)
            self.counts.thoughts += thought is not None
            self._add_message(session, k, known, thought)
            progress.step()
        return all(self._answered(session, readout) for readout in self.design.readouts)

    def _answered(self, session: Session, readout: str) -> bool:
        """Tell whether the store has all of a session's answers in a readout."""
        own = steps(self.design, session)
        asked = first(own)
        while asked:
            keys = []
            for question in asked:
                keys.append(self.asking.key(self.reading.request(question, readout)))
                if keys[-1] not in self.store:
                    return False
            asked = following(own, self._known(asked, keys, readout))
        return True

    def _converse(self, block: Sequence[Session], progress: Progress) -> None:
        """Let every conversation go on until it has its messages, one turn of all at a time."""
        longest, began = max(s.messages for s in block), time.monotonic()
        for turn in range(1, longest + 1):
            speaking = [s for s in block if s.messages >= turn > len(s.rows)]
            requests = [self._message_request(s, turn) for s in speaking]
            lost = [s.lost for s in speaking]
            thought = self.thinking.before(speaking, lost, requests)
            about = [(s, t) for s, (_, t) in zip(speaking, thought, strict=True)]
            for (session, before), k, answer in self.asking.answers(
                about, lost, [r for r, _ in thought], self.backend.generate
            ):
                self._add_message(session, k, answer, before)
                progress.step()
        self.counts.message_seconds += time.monotonic() - began

    def look_up(
        self, session: Session
    ) -> Iterator[tuple[Question, MessageRequest | ScoreRequest, Answer | None]]:
        """Yield a session's questions, how the first readout asks, and the answer; asks nothing.

        The answer is None where the store has none. The conversation goes on as far as the store knows it,
        and so do the answers that stay in view.
        """
        self._recalled(session, Progress("messages", session.generated))
        own, readout = steps(self.design, session), self.design.readouts[0]
        asked = first(own)
        while asked:
            requests = [self.reading.request(q, readout) for q in asked]
            keys = [self.asking.key(r) for r in requests]
            yield from zip(asked, requests, map(self.store.get, keys), strict=True)
            asked = following(own, self._known(asked, keys, readout))

    def _known(self, asked: Sequence[Question], keys: Sequence[str], readout: str) -> list[Answer]:
        """Return a step's stored answers as letters, where questions follow that show them."""
        known = [self.store.get(k) if q.step else None for q, k in zip(asked, keys, strict=True)]
        return [
            UNREAD if answer is None else named_answer(question, answer, readout)
            for question, answer in zip(asked, known, strict=True)
        ]

    def _message_request(self, session: Session, turn: int) -> MessageRequest:
        who = (session.replicate, session.persona.persona, session.conversation, turn)
        prompt = next_message(session.wording, session.persona, session.turns, session.other)
        seed = derive(self.design.seed, "message", *who)
        shows = self.shows and prompt.speaker == "persona"
        profile = self.design.profiles.get(session.persona.persona) if shows else None
        return MessageRequest(
            session.shown(prompt), seed, self.design.max_new_tokens, who[:-1], profile=profile
        )

    def _add_message(
        self, session: Session, k: str, answer: Answer, thought: Answer | None = None
    ) -> None:
        row = {"text": answer.text, "tokens": answer.tokens, "status": answer.status, "prompt": k}
        session.add(row | thought_columns(thought, answer, self.asking.service))

    def _answer(self, block: Sequence[Session], progress: Progress) -> Iterator[dict[str, Any]]:
        """Yield the rows of a block, session by session in each readout, whatever was asked at once."""
        for readout in self.design.readouts:
            rows: dict[int, list[dict[str, Any]]] = {id(session): [] for session in block}
            ask = partial(self._read, readout, rows, progress)
            in_step([steps(self.design, session) for session in block], ask)
            yield from chain.from_iterable(rows.values())

    def _read(
        self, readout: str, rows: dict[int, list[dict[str, Any]]], progress: Progress,
        asked: Sequence[Question],
    ) -> list[Answer]:  # fmt: skip
        """Add the questions' rows to those of their sessions; return their answers."""
        answers = []
        for question, row in zip(asked, self.reading.rows(asked, readout), strict=True):
            rows[id(question.session)].append(row)
            answers.append(Answer(row["answer"], status=row["status"]))
            progress.step()
        return answers
