"""What replies say of the service itself: who answered, and whether it saw the whole prompt."""

import logging
import threading
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

logger = logging.getLogger(__name__)

Who = tuple[tuple[str, str], ...]
"""What a reply says of who answered: name and value of each of its words on it."""

SAID = {
    "model": "model", "provider": "provider", "system_fingerprint": "fingerprint",
    "quantization": "quantization",
}  # fmt: skip
"""Fields of a reply that say who answered, and what they are called here."""

WORDS_A_TOKEN = 1.5  # no tokenizer puts more words into a token, over a whole prompt
GROWN = 1000  # bytes by which a prompt of a conversation must be longer than an earlier one to be compared
BYTES_A_TOKEN = 16  # no tokenizer puts more bytes into a token, over so many


class Witness:
    """Remembers who answered and which prompts were cut; used by several threads."""

    def __init__(self, name: str) -> None:
        """Begin with nothing seen.

        Args:
            name: the model's, for messages.
        """
        self.name = name
        self.answered: Counter[Who] = Counter()
        self.known: dict[Who, None] = {}  # in the order in which they were seen first
        self.cut = 0
        self._anchors: dict[Hashable, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def recall(self, served: Iterable[Mapping[str, Any]]) -> None:
        """Remember who answered in earlier runs: another one is a change.

        Args:
            served: as `facts` has it.
        """
        self.known |= dict.fromkeys(who_of(one) for one in served)

    def see(self, reply: Any, text: str, conversation: Hashable | None) -> None:
        """Remember who sent a reply, and how much of the prompt it counted.

        Args:
            reply: as the service sent it.
            text: all that was sent to be read.
            conversation: which one it belongs to; None: none.
        """
        if not isinstance(reply, Mapping):
            return
        who = tuple((called, str(reply[k])) for k, called in SAID.items() if reply.get(k))
        used = reply.get("usage")
        tokens = used.get("prompt_tokens") if isinstance(used, Mapping) else None
        with self._lock:
            if who and who not in self.known:
                if self.known:
                    before = _said(next(reversed(self.known)))
                    logger.warning(
                        "%s: who answers has changed: %s, before %s", self.name, _said(who), before
                    )
                self.known[who] = None
            if who:
                self.answered[who] += 1
            if isinstance(tokens, int) and tokens > 0 and self._too_few(tokens, text, conversation):
                self._tell(tokens, text)
                self.cut += 1

    def _too_few(self, tokens: int, text: str, conversation: Hashable | None) -> bool:
        """Tell whether a prompt was cut: by its words, or by an earlier one that is shorter."""
        if tokens * WORDS_A_TOKEN < len(text.split()):
            return True
        size = len(text.encode())
        if conversation is None:
            return False
        shorter = self._anchors.setdefault(conversation, (size, tokens))
        if size < shorter[0] + GROWN:
            return False
        cut = tokens < shorter[1] + (size - shorter[0]) // BYTES_A_TOKEN
        if not cut:
            self._anchors[conversation] = (size, tokens)
        return cut

    def _tell(self, tokens: int, text: str) -> None:
        if not self.cut:
            logger.warning(
                "%s: the server saw %d tokens of a prompt of %d words: it cuts what does not fit into its "
                "window, and with that the persona. Give it a larger window.",
                self.name, tokens, len(text.split()),
            )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it: who answered how often, and how many prompts were cut."""
        with self._lock:
            served = [dict(who) | {"replies": n} for who, n in self.answered.items()]
        return {"served_by": served, "prompts_cut": self.cut}


def who_of(served: Mapping[str, Any]) -> Who:
    """Return who answered, from what the manifest says of it."""
    return tuple((name, str(value)) for name, value in served.items() if name != "replies")


def _said(who: Who) -> str:
    return ", ".join(f"{name} {value}" for name, value in who)
