"""What stays computed of the conversations at hand, for their next message and their questionnaires."""

from collections.abc import Collection, Hashable

from holdfast.inference.engine.prefix_packing import Known

Key = tuple[Hashable, str]  # the conversation, and who speaks: each role has its own view of it


class ConversationCache:
    """Keys and values of conversations, at most so many bytes of them.

    What does not fit is not kept, and computed again when it is needed.
    """

    def __init__(self, limit: float) -> None:
        """Keep at most so many bytes."""
        self.limit = limit
        self.known: dict[Key, Known] = {}
        self.used = 0

    def get(self, key: Key) -> Known:
        """Return what is known of a view of a conversation; nothing, if nothing is."""
        return self.known.get(key, Known())

    def keep(self, key: Key, known: Known) -> None:
        """Keep what is known now, in place of what was known before."""
        self.drop(key)
        if self.used + known.bytes() <= self.limit:
            self.known[key] = known
            self.used += known.bytes()

    def drop(self, key: Key) -> None:
        """Forget one view of a conversation."""
        if key in self.known:
            self.used -= self.known.pop(key).bytes()

    def only(self, conversations: Collection[Hashable]) -> None:
        """Forget all other conversations."""
        for key in [k for k in self.known if k[0] not in conversations]:
            self.drop(key)
