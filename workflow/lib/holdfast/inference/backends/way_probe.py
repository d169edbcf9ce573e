"""Which way a service is asked: tried on one question, and kept for all jobs and runs."""

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.inference.backends.openai_backend import REPLY_TOKENS, OpenAIBackend
from holdfast.inference.backends.protocol import UNENDED, ScoreRequest
from holdfast.inference.prompting.prompts import Prompt, Turn
from holdfast.inference.services.answer_ways import Way, goes_on, letter_of, restricted_text
from holdfast.inference.services.api_replies import Reply, read_reply
from holdfast.inference.services.api_requests import Failed

logger = logging.getLogger(__name__)

UNRELATED = Prompt(
    "", (Turn("interlocutor", "Say in one sentence what the weather is like."),), "persona"
)
"""Nobody answers this with a letter, unless nothing else can be said."""

NO_ROOM = (
    "models: '{name}': the model thinks before it answers, and {tokens} tokens end before its thought does. "
    "Give it room with deployment.thought_tokens, or see deployment.thinking."
)


def recall_way(backend: OpenAIBackend, folder: Path) -> bool:
    """Let a backend ask as it did before; return whether that is known.

    Args:
        backend: of a model behind a service.
        folder: the model's in the store.

    Raises:
        StudyError: the file can't be read.
    """
    known = backend.way if _said(backend) else _read(_path(backend, folder, "answers"))
    if known is not None:
        backend.way = known
    return known is not None


def settle_way(
    backend: OpenAIBackend, folder: Path, question: ScoreRequest, restricted: bool
) -> None:
    """Let a backend ask in the best way that its service has; jobs and later runs ask in the same.

    Args:
        backend: of a model behind a service.
        folder: the model's in the store.
        question: on which the ways are tried.
        restricted: is an answer to be restricted to the letters, for the readout `choice`?

    Raises:
        StudyError: the service refuses every way, answers nothing at all, or can't restrict an answer that is
            to be.
    """
    nobody = replace(question, prompt=replace(question.prompt, instruction=""))
    if not recall_way(backend, folder):
        backend.way = _kept(_path(backend, folder, "answers"), _tried(backend, nobody))
        logger.info("%s is asked by %s %s", backend.name, backend.way.name, backend.way.form)
    if not restricted or backend.way.choice:
        return
    path = _path(backend, folder, "choice")
    found = _read(path)
    if found is None:
        ways = _working(backend, nobody, "choice", backend.way.logprobs)
        found = _kept(path, _first(backend, ways, "choice"))
    backend.way = replace(backend.way, choice=found.form)


def _said(backend: OpenAIBackend) -> bool:
    """Tell whether nothing is to be tried: the entry names the way and it has one form, or nobody is there."""
    wanted = backend.entry.deployment.answer_by
    forms = backend.known.forms(wanted or "")
    return not backend.chat or backend.by_file or (wanted is not None and len(forms) < 2)


def _tried(backend: OpenAIBackend, question: ScoreRequest) -> Way:
    """Return the first way that works, of all or of that which the entry names."""
    wanted, logprobs = backend.entry.deployment.answer_by, backend.way.logprobs
    names = (
        [wanted] if wanted else ["prefill", "choice", *(["logprobs"] if logprobs else []), "text"]
    )
    every = (
        way for name in names
        for way in _working(backend, question, name, logprobs and name != "text")
    )  # fmt: skip
    return _first(backend, every, " or ".join(names))


def _first(backend: OpenAIBackend, ways: Iterator[Way], wanted: str) -> Way:
    found = next(ways, None)
    if found is None:
        said = f" It says: {backend.refusal}." if backend.refusal else ""
        raise StudyError(
            f"models: '{backend.name}': the service can't be asked for a letter by {wanted}.{said} The entry's "
            "deployment.preset, answer_by and request say how it is asked."
        )
    return found


def _working(
    backend: OpenAIBackend, question: ScoreRequest, name: str, logprobs: bool
) -> Iterator[Way]:
    """Yield the ways of a name that work, with log-probabilities where they are not refused."""
    forms = backend.known.forms(name) if name in ("prefill", "choice") else [""]
    for form in forms:
        for asked in dict.fromkeys((logprobs, False)) if name != "logprobs" else (True,):
            way = Way(name, form, asked)
            reply = _reply(backend, question, way)
            if reply is not None:
                if _works(backend.name, reply, question, way):
                    yield way
                break


def _works(name: str, reply: Reply, question: ScoreRequest, way: Way) -> bool:
    if way.name == "prefill":
        return goes_on(reply.text, question.letters, question.prompt.prefill)
    if way.name == "choice":
        letter = restricted_text(reply.text)
        return len(letter) == 1 and letter in question.letters
    if way.name == "logprobs":
        return bool(letter_of(question, way.name, reply, "").logprobs)
    if reply.status == UNENDED:
        raise StudyError(NO_ROOM.format(name=name, tokens=REPLY_TOKENS))
    return True


def _reply(backend: OpenAIBackend, question: ScoreRequest, way: Way) -> Reply | None:
    """Return the reply to a question that is asked in a way; None: the service refuses it.

    Where every attempt fails, the plainest question tells whether that is because of the way. If the service
    answers it, the way is tried once more: what passes is no reason for another way.
    """
    if way.name == "choice":
        question = replace(question, prompt=UNRELATED)
    try:
        return _asked(backend, question, way)
    except Failed as e:
        if not e.again:
            backend.refusal = str(e)
            return None
    try:
        _asked(backend, question, Way("text", "", False))
    except Failed as e:
        raise StudyError(
            f"models: '{backend.name}': the service answers no question: {e}. The same command tries again."
        ) from None
    try:
        return _asked(backend, question, way)
    except Failed as e:
        backend.refusal = str(e)
        return None


def _asked(backend: OpenAIBackend, question: ScoreRequest, way: Way) -> Reply:
    """Return the reply to a question that is asked in a way.

    Raises:
        Failed: every attempt did.
    """
    before, backend.way = backend.way, way
    try:
        asked, most = backend.with_room(backend.body(question, way))
        reply: Reply = backend.service.try_to_ask(
            backend.path, asked, most, lambda r: read_reply(r, backend.chat)
        )
        return reply
    finally:
        backend.way = before


def _about(backend: OpenAIBackend) -> str:
    """Return what the record is kept under: the service and what the entry says of it."""
    about: dict[str, Any] = {
        k: v for k, v in backend.identity().items() if k not in ("readout", "form", "logprobs")
    }
    deployment = backend.entry.deployment
    about |= {
        "answer_by": deployment.answer_by,
        "logprobs": deployment.logprobs,
        "preset": deployment.preset,
    }
    return json.dumps(about, sort_keys=True)


def _path(backend: OpenAIBackend, folder: Path, what: str) -> Path:
    digest = hashlib.blake2b(_about(backend).encode(), digest_size=8).hexdigest()
    return folder / f"{what}-by-{digest}.json"


def _kept(path: Path, way: Way) -> Way:
    """Keep a way and return it; if another job was faster, return that job's."""
    own = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    write_whole(own, lambda t: t.write_text(json.dumps(vars(way), indent=1) + "\n"))
    try:
        os.link(own, path)  # only one job can
    except FileExistsError:
        return _read(path) or way
    finally:
        own.unlink()
    return way


def _read(path: Path) -> Way | None:
    try:
        return Way(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(
            f"{path}: can't be read: {reason}. Remove it: the service is tried anew."
        ) from None
