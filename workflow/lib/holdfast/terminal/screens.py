"""What a screen is: where a run is shown, as bars or as lines."""

from typing import Literal, Protocol

from holdfast.terminal.run_state import Run

Kind = Literal["note", "warning", "error", "headline"]


class Screen(Protocol):
    """Where a run is shown."""

    every: float
    """Seconds between two drawings."""

    def say(self, text: str, kind: Kind = "note") -> None:
        """Show a line that stays."""

    def draw(self, run: Run, now: float) -> None:
        """Show how far the run is."""

    def close(self) -> None:
        """Take away what does not stay."""
