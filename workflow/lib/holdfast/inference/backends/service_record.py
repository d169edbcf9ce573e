"""What is kept of a service beside its answers: who answered, and whether it knew its persona.

A job that finds all answers in the store asks nobody, but its manifest still says who answered.
"""

import hashlib
import json
import logging
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.prompting.prompts import Turn, next_message
from holdfast.inference.prompting.wordings import Wording, fill
from holdfast.inference.services.api_witness import Who, who_of

logger = logging.getLogger(__name__)

NAME_TOKENS = 40  # of the reply
SHORT = 3  # letters of a word of a name by which it is told, at least


class ServiceRecord:
    """Files in the model's folder of the store, about one service and one population."""

    def __init__(self, backend: OpenAIBackend, folder: Path, population: str) -> None:
        """Prepare; nothing is read yet.

        Args:
            backend: of the model, with its way to be asked.
            folder: the model's in the store.
            population: the personas' name.
        """
        about = json.dumps(backend.identity() | {"population": population}, sort_keys=True)
        digest = hashlib.blake2b(about.encode(), digest_size=8).hexdigest()
        self.backend, self.folder, self.digest = backend, folder, digest
        self._seen = folder / f"seen-{digest}-{uuid.uuid4().hex[:12]}.json"
        for seen in self._runs():
            backend.witness.recall(seen["served_by"])

    def ask_name(self, wording: Wording, personas: Sequence[Persona]) -> None:
        """Ask a persona for its name, once; say what it replies, and warn if that is not its name.

        It is the first whose name can't be taken for another word; where all can, the first with more than
        a letter. The question is the wording's, in its language.
        """
        persona = askable(personas)
        path = self.folder / f"name-{self.digest}.json"
        if persona is None or path.exists() or self.backend.by_file:
            return
        question = fill(wording.name_question)
        if not question:
            logger.warning(
                "%s: no persona is asked for its name: the wording has no name_question",
                self.backend.name,
            )
            return
        prompt = next_message(wording, persona, [Turn("interlocutor", question)])
        (answer,) = self.backend.generate([MessageRequest(prompt, 1, NAME_TOKENS)])
        if answer.status == "failed":
            return
        named = is_named(persona.name, answer.text)
        reply = answer.text or f"({answer.status.replace('_', ' ')})"
        _write(path, {"persona": persona.persona, "reply": reply, "named": named})
        tell = logger.info if named else logger.warning
        tell(
            "%s: asked for its name as %s, it says: %s",
            self.backend.name,
            persona.name,
            reply,
        )

    def keep(self) -> None:
        """Keep what the replies of this run have said so far, in a file of its own."""
        spent = self.backend.spent()
        facts = self.backend.witness.facts() | {"spent": spent}
        if spent["tokens"]:
            _write(self._seen, facts)

    def facts(self) -> dict[str, Any]:
        """Return what the replies of all runs said, for the manifest."""
        served: Counter[Who] = Counter()
        spent: Counter[str] = Counter(read=0, cached=0, tokens=0, money=0)
        cut = 0
        for seen in self._runs():
            cut += seen["prompts_cut"]
            spent.update(seen["spent"])
            for who in seen["served_by"]:
                served[who_of(who)] += who["replies"]
        name = self.folder / f"name-{self.digest}.json"
        return {
            "served_by": [dict(who) | {"replies": n} for who, n in sorted(served.items())],
            "prompts_cut": cut,
            "spent": dict(spent) | self.backend.prices(),
            **({"canary": _read(name)} if name.exists() else {}),
        }

    def _runs(self) -> Iterator[dict[str, Any]]:
        """Yield what each run has kept."""
        yield from map(_read, sorted(self.folder.glob(f"seen-{self.digest}-*.json")))


def askable(personas: Sequence[Persona]) -> Persona | None:
    """Return the persona whose name is asked for; None: no reply could tell any of their names."""
    long = [p for p in personas if len(p.name) > 1]  # "A" is an article, and begins many a reply
    return next((p for p in long if _words(p.name)), long[0] if long else None)


def is_named(name: str, reply: str) -> bool:
    """Tell whether a reply has a name, or a word of it that is long enough to be told.

    A short name is looked for as it is written, since "Bo" is no "bo"; and in scripts without spaces a name
    need not stand alone.
    """
    words = _words(name)
    said = reply.casefold() if words else reply
    return any(
        re.search(rf"(?<!\w){re.escape(w)}(?!\w)" if w.isascii() else re.escape(w), said)
        for w in ([w.casefold() for w in words] or [name])
    )


def _words(name: str) -> list[str]:
    return [w for w in re.findall(r"\w+", name) if len(w) >= SHORT]


def _write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda t: t.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8"))


def _read(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return data
    except (OSError, ValueError) as e:
        reason = str(e).splitlines()[0]
        raise StudyError(f"{path}: can't be read: {reason}. Remove it to make it anew.") from None
