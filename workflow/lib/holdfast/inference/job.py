"""One inference job: a model plays a population through all contexts and answers the questionnaires."""

import json
import logging
import platform
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.design.orders import Unit, option_order
from holdfast.design.personas import Persona
from holdfast.files import write_whole
from holdfast.inference.backend import (
    Answer,
    Asked,
    Backend,
    MessageRequest,
    ScoreRequest,
    make_backend,
)
from holdfast.inference.hub import held_revision
from holdfast.inference.prompts import Speaker, Turn, next_message, question_text, questionnaire
from holdfast.inference.registry import Entry, weights_revision
from holdfast.inference.store import Store, key
from holdfast.progress import Progress
from holdfast.seeds import derive
from holdfast.tables import read_table, write_table

logger = logging.getLogger(__name__)
BLOCK = 4000  # questions that are asked of the backend at a time


@dataclass(frozen=True)
class Design:
    """What a job works through: who, where, how often, and how it is asked."""

    seed: int
    replicates: int
    personas: Sequence[Persona]
    profiles: Mapping[str, Mapping[str, float]]
    contexts: Sequence[dict[str, Any]]
    instruments: Sequence[Instrument]
    option_order: Unit
    readout: str
    max_new_tokens: int


@dataclass(frozen=True)
class Session:
    """One respondent in one context and replicate: a conversation that all items share."""

    persona: Persona
    context: str
    messages: int
    replicate: int
    turns: list[Turn]
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Counts:
    """What a job did, for its manifest."""

    computed: int = 0
    reused: int = 0
    tokens: int = 0
    invalid: int = 0


def sessions(design: Design) -> list[Session]:
    """Return every respondent × context × replicate, each with its opening message."""
    return [
        Session(persona, c["context"], int(c["messages"]), replicate,
                [Turn("interlocutor", c["opening"])] if c["messages"] else [])
        for replicate in range(1, design.replicates + 1)
        for c in design.contexts
        for persona in design.personas
    ]  # fmt: skip


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

    def converse(self, all_sessions: Sequence[Session]) -> None:
        """Let every conversation go on until it has its messages, one turn of all at a time."""
        longest = max(s.messages for s in all_sessions)
        progress = Progress("messages", sum(s.messages for s in all_sessions))
        for turn in range(1, longest + 1):
            speaking = [s for s in all_sessions if s.messages >= turn]
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
        return MessageRequest(
            prompt, derive(self.design.seed, "message", *who), self.design.max_new_tokens
        )

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

    def answer(self, all_sessions: Sequence[Session]) -> Iterator[dict[str, Any]]:
        """Yield one row an answer: every item of every instrument in every session."""
        items = sum(len(i.items) for i in self.design.instruments)
        progress = Progress("answers", items * len(all_sessions))
        per_block = max(1, BLOCK // items)
        for start in range(0, len(all_sessions), per_block):
            block = [
                (session, instrument, request)
                for session in all_sessions[start : start + per_block]
                for instrument in self.design.instruments
                for request in self._score_requests(session, instrument)
            ]
            requests = [request for *_, request in block]
            keys = [self._score_key(r) for r in requests]
            for about, k, answer in self._answers(block, requests, keys, self.backend.score):
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


def run_job(
    *, model: str, population: str, entry: dict[str, Any], weights: Sequence[Path], design: dict[str, Any],
    personas: Path, profiles: Path, contexts: Path, instruments: Sequence[Path], store: Path, save_every: float,
    cores: int, conversations: Path, responses: Path, manifest: Path,
) -> None:  # fmt: skip
    """Run the job and write its tables.

    Args:
        model: the model's name.
        population: the personas' name.
        entry: the model's registry entry, as plain data.
        weights: a local model's files, or the lock with the resolved revision of one on a hub.
        design: seed, replicates, option_order, readout and max_new_tokens.
        personas: design table.
        profiles: design table; no rows where no profile is known.
        contexts: design table.
        instruments: design documents.
        store: the response store's folder.
        save_every: seconds of work that may be lost if the job dies.
        cores: processor cores to use.
        conversations: output table.
        responses: output table.
        manifest: output document: what was computed and reused, time, versions.
    """
    began = time.monotonic()
    parsed = Entry.model_validate(entry)
    plan = Design(
        personas=_personas(personas),
        profiles=_profiles(profiles),
        contexts=_rows(contexts, "contexts"),
        instruments=[read_design_instrument(p) for p in instruments],
        **design,
    )
    revision = resolved_revision(parsed, weights)
    backend = make_backend(model, parsed, plan.seed, revision, cores)
    stored = Store(store / model, save_every)
    interview = Interview(backend, stored, plan, parsed.model.sampling.model_dump())
    everything = sessions(plan)
    try:
        interview.converse(everything)
        rows = list(interview.answer(everything))
    finally:
        stored.save()
    who = {"model": model, "population": population, "revision": revision or ""}
    write_table(_conversation_table(everything, who), "conversations", conversations)
    write_table(pd.DataFrame(rows).assign(**who), "responses", responses)
    about = who | vars(interview.counts) | _facts(began, interview.model)
    write_whole(manifest, lambda t: t.write_text(json.dumps(about, indent=1) + "\n"))
    logger.info("%d computed, %d reused", interview.counts.computed, interview.counts.reused)


def resolved_revision(entry: Entry, weights: Sequence[Path]) -> str | None:
    """Return the model's revision: its commit, the hash of its files, or None for references.

    Raises:
        StudyError: the lock is of another repository.
    """
    if entry.model.path is not None:
        return weights_revision(entry.model.path)
    return held_revision(entry.model.repository, weights[0]) if weights else entry.model.revision


def _personas(path: Path) -> list[Persona]:
    renamed = (
        {"persona" if k == "respondent" else k: v for k, v in r.items()}
        for r in _rows(path, "personas")
    )
    return [Persona(**{k: v for k, v in r.items() if k != "population"}) for r in renamed]


def _profiles(path: Path) -> dict[str, dict[str, float]]:
    known: dict[str, dict[str, float]] = {}
    for row in _rows(path, "profiles"):
        known.setdefault(row["respondent"], {})[row["value"]] = row["latent"]
    return known


def _rows(path: Path, schema: str) -> list[dict[str, Any]]:
    records = read_table(path, schema).to_dict("records")
    return [{str(k): v for k, v in r.items()} for r in records]


def _conversation_table(all_sessions: Sequence[Session], who: dict[str, str]) -> pd.DataFrame:
    rows = []
    for s in all_sessions:
        about = {"respondent": s.persona.persona, "context": s.context, "replicate": s.replicate}
        opening = {
            "turn": 0,
            "speaker": "interlocutor",
            "tokens": 0,
            "status": "opening",
            "prompt": "",
        }
        first = [{**opening, "text": s.turns[0].text}] if s.turns else []
        rows += [about | row for row in [*first, *s.rows]]
    columns = [
        "respondent",
        "context",
        "replicate",
        "turn",
        "speaker",
        "text",
        "tokens",
        "status",
        "prompt",
    ]
    return pd.DataFrame(rows, columns=columns).assign(
        model=who["model"], population=who["population"]
    )


def _facts(began: float, identity: dict[str, Any]) -> dict[str, Any]:
    packages = Counter(
        {"pandas": 1} if "reference" in identity else {"torch": 1, "transformers": 1}
    )
    return {
        "identity": identity,
        "seconds": round(time.monotonic() - began, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in packages},
    }
