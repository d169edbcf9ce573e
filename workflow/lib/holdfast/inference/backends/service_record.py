"""What is kept of a service beside its answers: who answered, and whether it knew its persona.

A job that finds all answers in the store asks nobody, but its manifest still says who answered.
"""

import hashlib
import json
import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.prompting.prompts import Turn, next_message
from holdfast.inference.prompting.wordings import Wording

logger = logging.getLogger(__name__)

QUESTION = "Before we begin: what is your name?"
NAME_TOKENS = 40  # of the reply
SHORT = 3  # letters of a word of a name that is looked for, at least


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

    def ask_name(self, wording: Wording, personas: Sequence[Persona]) -> None:
        """Ask the first persona for its name, once; say what it replies, and warn if that is not its name."""
        persona = next((p for p in personas if p.name), None)
        path = self.folder / f"name-{self.digest}.json"
        if persona is None or path.exists() or self.backend.by_file:
            return
        prompt = next_message(wording, persona, [Turn("interlocutor", QUESTION)])
        (answer,) = self.backend.generate([MessageRequest(prompt, 1, NAME_TOKENS)])
        if answer.status == "failed":
            return
        words = [w.casefold() for w in persona.name.split() if len(w) >= SHORT]
        named = any(w in answer.text.casefold() for w in words or [persona.name.casefold()])
        _write(path, {"persona": persona.persona, "reply": answer.text, "named": named})
        tell = logger.info if named else logger.warning
        tell(
            "%s: asked for its name as %s, it says: %s",
            self.backend.name,
            persona.name,
            answer.text,
        )

    def keep(self) -> None:
        """Keep what the replies of this run have said so far, in a file of its own."""
        spent = self.backend.spent()
        facts = self.backend.witness.facts() | {"spent": spent}
        if spent["tokens"]:
            _write(self._seen, facts)

    def facts(self) -> dict[str, Any]:
        """Return what the replies of all runs said, for the manifest."""
        served: Counter[tuple[tuple[str, str], ...]] = Counter()
        spent: Counter[str] = Counter(read=0, cached=0, tokens=0, money=0)
        cut = 0
        for path in sorted(self.folder.glob(f"seen-{self.digest}-*.json")):
            seen = _read(path)
            cut += seen["prompts_cut"]
            spent.update(seen["spent"])
            for who in seen["served_by"]:
                served[tuple((k, v) for k, v in who.items() if k != "replies")] += who["replies"]
        name = self.folder / f"name-{self.digest}.json"
        return {
            "served_by": [dict(who) | {"replies": n} for who, n in sorted(served.items())],
            "prompts_cut": cut,
            "spent": dict(spent) | self.backend.prices(),
            **({"canary": _read(name)} if name.exists() else {}),
        }


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
