"""An interview: conversations and questionnaires asked of a backend, the response store first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.design.instruments import Instrument
from holdfast.design.orders import option_order
from holdfast.inference.backend import Answer, Asked, Backend, MessageRequest, ScoreRequest
from holdfast.inference.prompts import Speaker, Turn, next_message, question_text, questionnaire
from holdfast.inference.sessions import Design, Session
from holdfast.inference.store import Store, key
from holdfast.progress import Progress
from holdfast.seeds import derive

BLOCK = 4000  # questions that are asked of the backend at a time


@dataclass
class Counts:
    """What a job did, for its manifest."""

    computed: int = 0
    reused: int = 0
    tokens: int = 0
    invalid: int = 0


class Interview:
    """A backend and a store: asks the store first, the backend for the rest, and saves as it goes."""

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
        self.counts = Counts()

    def run(self, all_sessions: Sequence[Session]) -> Iterator[dict[str, Any]]:
        """Yield one row an answer: every item of every instrument in every session.

        A block of sessions at a time has its conversations and then answers, so that a backend may go on
        from what it computed of a conversation, and need not hold those of the whole job.
        """
        items = sum(len(i.items) for i in self.design.instruments)
        messages = Progress("messages", sum(s.messages for s in all_sessions))
        answers = Progress("answers", items * len(all_sessions))
        per_block = max(1, BLOCK // items)
        for start in range(0, len(all_sessions), per_block):
            block = all_sessions[start : start + per_block]
            self._converse(block, messages)
            yield from self._answer(block, answers)

    def _converse(self, block: Sequence[Session], progress: Progress) -> None:
        """Let every conversation go on until it has its messages, one turn of all at a time."""
        longest = max(s.messages for s in block)
        for turn in range(1, longest + 1):
            speaking = [s for s in block if s.messages >= turn]
            requests = [self._message_request(s, turn) for s in speaking]
            keys = [self._message_key(r) for r in requests]
            for session, k, answer in self._answers(
                speaking, requests, keys, self.backend.generate
            ):
                self._add_message(session, turn, k, answer)
                progress.step()

    def _message_request(self, session: Session, turn: int) -> MessageRequest:
        who = (session.replicate, session.persona.persona, session.context, turn)
        prompt = next_message(session.persona, session.turns)
        seed = derive(self.design.seed, "message", *who)
        return MessageRequest(prompt, seed, self.design.max_new_tokens, who[:-1])

    def _message_key(self, request: MessageRequest) -> str:
        return key({
            "model": self.model, "prompt": self.backend.render(request.prompt), "readout": "message",
            "sampling": self.sampling, "seed": request.seed, "tokens": request.max_new_tokens,
        })  # fmt: skip

    def _add_message(self, session: Session, turn: int, k: str, answer: Answer) -> None:
        speaker: Speaker = "persona" if turn % 2 else "interlocutor"
        session.turns.append(Turn(speaker, answer.text))
        session.rows.append({"turn": turn, "speaker": speaker, "text": answer.text,
                             "tokens": answer.tokens, "status": answer.status, "prompt": k})  # fmt: skip

    def _answer(self, block: Sequence[Session], progress: Progress) -> Iterator[dict[str, Any]]:
        asked = [
            (session, instrument, request)
            for session in block
            for instrument in self.design.instruments
            for request in self._score_requests(session, instrument)
        ]
        requests = [request for *_, request in asked]
        keys = [self._score_key(r) for r in requests]
        for about, k, answer in self._answers(asked, requests, keys, self.backend.score):
            yield self._response(about, k, answer)
            progress.step()

    def _score_requests(self, session: Session, instrument: Instrument) -> Iterator[ScoreRequest]:
        d, value = self.design, instrument.value_of()
        ratings = [o.rating for o in instrument.options]
        who = (session.replicate, session.persona.persona, session.context)
        shuffle = derive(d.seed, "option order", instrument.name)
        for item in instrument.items:
            order = option_order(d.option_order, shuffle, ratings, *who, item.item)
            text = question_text(instrument, item, session.persona.gender, order)
            latent = d.profiles.get(session.persona.persona, {}).get(value[item.item])
            asked = Asked(
                session.persona.persona, session.context, session.replicate, item.item,
                value[item.item], order, latent,
            )  # fmt: skip
            yield ScoreRequest(
                questionnaire(session.persona, session.turns, text),
                instrument.letters(),
                derive(d.seed, "answer", instrument.name, *who, item.item),
                asked,
                who,
            )

    def _score_key(self, request: ScoreRequest) -> str:
        asked = None if "reference" not in self.model else vars(request.asked)
        return key({
            "model": self.model, "prompt": self.backend.render(request.prompt),
            "readout": self.design.readout, "letters": request.letters,
            "replicate": request.asked.replicate, "asked": asked,
        })  # fmt: skip

    def _response(
        self, about: tuple[Session, Instrument, ScoreRequest], k: str, answer: Answer
    ) -> dict[str, Any]:
        session, instrument, request = about
        return {
            "respondent": session.persona.persona, "context": session.context,
            "replicate": session.replicate, "instrument": instrument.name,
            "item": request.asked.item, "order": list(request.asked.order), "answer": answer.text,
            "logprobs": list(answer.logprobs), "mass": answer.mass, "status": answer.status,
            "readout": self.design.readout, "prompt": k,
        }  # fmt: skip

    def _answers(
        self, about: Sequence[Any], requests: Sequence[Any], keys: Sequence[str], ask: Any
    ) -> Iterator[tuple[Any, str, Answer]]:
        """Yield what each request is about, its key and its answer, computing only what is missing."""
        missing = [i for i, k in enumerate(keys) if self.store.get(k) is None]
        fresh = ask([requests[i] for i in missing]) if missing else iter(())
        waiting = set(missing)
        for i, k in enumerate(keys):
            known = None if i in waiting else self.store.get(k)
            if known is None:
                known = self.store.add(k, next(fresh))
                self.counts.computed += 1
                self.counts.tokens += known.tokens
            else:
                self.counts.reused += 1
            self.counts.invalid += known.status not in ("ok", "cut")
            yield about[i], k, known
