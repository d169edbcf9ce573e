"""Whatever files of other tools are given, as answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.answer_files.collected_answers import Collected
from holdfast.answer_files.original_results import FILE, read_original
from holdfast.errors import StudyError

PATTERNS = (FILE, "*.eval", "samples_*.jsonl")
"""Names of files that are looked for in folders; others must be named themselves."""


@dataclass(frozen=True)
class Found:
    """What files hold.

    Attributes:
        collected: the answers, by questionnaire and tool.
        files: how many were used.
        skipped: why files were left out.
        notes: what else the user should know.
    """

    collected: list[Collected]
    files: int
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_answers(
    paths: Sequence[Path], mapping: Path | None, resources: Path, *, drop_random: bool = False
) -> Found:
    """Return the answers in files.

    Args:
        paths: files, or folders with them.
        mapping: says where they have what; None: they are the original study's.
        resources: where the questionnaires are.
        drop_random: whether options that the collecting tool drew at random count as missing.

    Raises:
        StudyError: a file or the mapping does not fit; then nothing of any file is used.
    """
    files = find_files(paths)
    collected, skipped = read_original(files, resources, drop_random)
    return Found(collected, len(files) - len(skipped), skipped)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return files, and those of known names in folders or below them, each once.

    Raises:
        StudyError: a path is missing, or a folder has no such file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            found[path] = None
            continue
        if not path.is_dir():
            raise StudyError(f"{path}: there is no such file or folder.")
        files = sorted({f for pattern in PATTERNS for f in path.rglob(pattern)})
        if not files:
            raise StudyError(
                f"{path}: there is no {', '.join(PATTERNS)} in it or below it. Name other files themselves."
            )
        found |= dict.fromkeys(files)
    return list(found)
