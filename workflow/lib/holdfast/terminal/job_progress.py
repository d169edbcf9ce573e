"""A job's log, read while the job writes it: how far it is, its warnings, and why it failed."""

import re
from dataclasses import dataclass
from pathlib import Path

from holdfast.report.wording.text_format import one_line, visible

_ENTRY = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
_COUNT = re.compile(r"(messages|answers): (\d+) of (\d+) \(\d+ %\), (\d+\.\d)/s")
_GRAVE = re.compile(r"(?:([^:\n]*): )?(warning|error): (.*)", re.DOTALL)
_ENDED = "ended by "  # what a job says when a signal ended it: no warning, and no error of its own
_DIED = re.compile(r"\.(\w+)\.py\S* .*(?:died with <Signals\.(\w+)|exit status (1[3-9]\d)\b)")
_RAISED = re.compile(r"^(?:[A-Za-z_.]*(?:Error|Exception)): .+", re.MULTILINE)


@dataclass(frozen=True)
class Count:
    """How much of something a job has done.

    Attributes:
        what: messages or answers.
        done: how many there are.
        total: how many there will be.
        rate: how many a second.
    """

    what: str
    done: int
    total: int
    rate: float

    @property
    def all(self) -> bool:
        """Return whether nothing is left."""
        return self.done >= self.total

    def left(self, since: float) -> float | None:
        """Return the seconds that are left, `since` seconds after it was counted; None if not known."""
        if self.rate <= 0:
            return None
        return max(0.0, (self.total - self.done) / self.rate - since)


class JobLog:
    """What one run of a job writes to its log; what an earlier run left there is passed over."""

    def __init__(self, path: Path) -> None:
        """Begin before the job does.

        Args:
            path: the log file; it need not be there yet.
        """
        self.path = path
        self._before = self._stamp()
        self._offset = 0
        self._counts: dict[str, Count] = {}

    @property
    def count(self) -> Count | None:
        """Return what the job counted last: answers, or else messages, of which there are far fewer."""
        return self._counts.get("answers") or self._counts.get("messages")

    def warnings(self) -> list[str]:
        """Read what is new, and return the warnings among it, each on one line."""
        said = _graves(self._new())
        return [one_line(t) for kind, t in said if kind == "warning" and not t.startswith(_ENDED)]

    def why(self) -> str | None:
        """Return why the job failed: its last error, or the signal that ended it; None if it says nothing."""
        said = [] if self._stamp() == self._before else _graves(_text(self.path))
        errors = [text for kind, text in said if kind == "error"]
        ended = [text for _, text in said if text.startswith(_ENDED)]
        if errors:
            return _message(errors[-1])
        return one_line(ended[-1]) if ended else None

    def _stamp(self) -> tuple[int, int] | None:
        try:
            about = self.path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size

    def _new(self) -> str:
        """Return the whole lines that were not read before, and note what they count."""
        if self._before is not None and self._stamp() == self._before:
            return ""
        self._before = None
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                self._offset = file.seek(self._offset if self._offset <= size else 0)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError:
            return ""
        self._offset += len(whole) + len(newline)
        text = whole.decode("utf-8", "replace")
        for what, done, total, rate in _COUNT.findall(text):
            self._counts[what] = Count(what, int(done), int(total), float(rate))
        return text


def from_output(text: str, rule: str, name: str) -> str | None:
    """Return why a job ended that wrote nothing to its log, by what its process left on the terminal.

    A full disk takes no log: the job's error is then in its process's words alone.

    Args:
        text: what all jobs' processes wrote meanwhile.
        rule: the job's rule.
        name: what the job is called; errors of a job with another name are not this one's.
    """
    for script, signal, status in reversed(_DIED.findall(text)):
        if script == rule:
            ended = signal or f"signal {int(status) - 128}"
            memory = ", as the system does when memory runs out" if ended == "SIGKILL" else ""
            return f"its process was ended by {ended}{memory}"
    for about, kind, message in reversed(_entries(text)):
        if kind == "error" and about in name and "Traceback (" not in message:
            return one_line(message.splitlines()[0])  # what follows is other processes'
    raised = [m for m in _RAISED.findall(text) if "CalledProcessError" not in m]
    return one_line(raised[-1]) if raised else None


def _graves(text: str) -> list[tuple[str, str]]:
    """Return the kind and text of each warning and error of a log."""
    return [(kind, message) for _, kind, message in _entries(text)]


def _entries(text: str) -> list[tuple[str, str, str]]:
    """Return what each warning and error is about, its kind and text."""
    found = (_GRAVE.match(entry) for entry in _ENTRY.split(text))
    return [(m[1] or "", m[2], m[3].strip()) for m in found if m]


def _message(error: str) -> str:
    """Return an error as it is told: of a traceback, what was raised."""
    lines = visible(error).splitlines()
    if any(line.startswith("Traceback ") for line in lines):
        inside = [i for i, line in enumerate(lines) if line.startswith((" ", "Traceback "))]
        lines = lines[inside[-1] + 1 :] or lines[-1:]
    return "\n".join(lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
