"""Whatever files of other tools are given, as answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.answer_files.answer_mapping import Tool, read_answer_mapping
from holdfast.answer_files.collected_answers import Collected
from holdfast.answer_files.harness_samples import read_harness
from holdfast.answer_files.inspect_logs import read_inspect
from holdfast.answer_files.mapped_answers import MappedFiles
from holdfast.answer_files.original_results import FILE, read_original
from holdfast.answer_files.survey_tables import QSTN_ITEM, read_document, read_edsl, read_qstn
from holdfast.answer_files.tool_records import ToolFile
from holdfast.errors import StudyError

PATTERNS = (FILE, "*.eval", "samples_*.jsonl")
"""Names of files that are looked for in folders; others must be named themselves."""

ORIGINAL = "original"
KEYS = {"edsl_class_name": "edsl", "eval": "inspect", "per_permutation_metrics": ORIGINAL}
"""A key by which a JSON document is known."""

READERS: Mapping[Tool, Callable[[Path], ToolFile]] = {
    "inspect": read_inspect, "harness": read_harness, "qstn": read_qstn, "edsl": read_edsl,
}  # fmt: skip


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
        mapping: says where they have what; files of the original study need none.
        resources: where the questionnaires are.
        drop_random: whether options that the collecting tool drew at random count as missing.

    Raises:
        StudyError: a file or the mapping does not fit; then nothing of any file is used.
    """
    files = find_files(paths)
    tools = {path: tool_of(path) for path in files}
    own = [path for path in files if tools[path] == ORIGINAL]
    others = [path for path in files if path not in own]
    collected, skipped = read_original(own, resources, drop_random)
    notes: list[str] = []
    if others:
        if mapping is None:
            raise StudyError(
                f"{others[0]}: --mapping: is missing: the file that says where this one has respondent, "
                "context, item and answer. docs/analyse.md has an example for each tool."
            )
        said, instrument = read_answer_mapping(mapping, resources)
        by_tool: dict[Tool, list[Path]] = {}
        for path in others:
            by_tool.setdefault(said.tool or _known(path, tools[path]), []).append(path)
        for tool, paths_of in by_tool.items():
            read = [READERS[tool](path) for path in paths_of]
            answers, note = MappedFiles(tool, said, mapping, instrument).collected(read)
            collected.append(answers)
            notes += [note] if note else []
    return Found(collected, len(files) - len(skipped), skipped, notes)


def tool_of(path: Path) -> str:
    """Return the tool that wrote a file, by its name or its beginning; empty: none that is known."""
    if path.name == FILE:
        return ORIGINAL
    if path.suffix == ".eval":
        return "inspect"
    if path.suffix == ".jsonl":
        return "harness"
    if path.suffix == ".csv":
        header = path.open(encoding="utf-8-sig", errors="replace").readline()
        return "qstn" if QSTN_ITEM in header else "edsl" if "answer." in header else ""
    if path.suffix in (".json", ".gz"):
        document = read_document(path)
        if isinstance(document, list):
            return "qstn"
        keys = set(document) if isinstance(document, dict) else set()
        return next((tool for key, tool in KEYS.items() if key in keys), "")
    return ""


def _known(path: Path, tool: str) -> Tool:
    for name in READERS:
        if name == tool:
            return name
    raise StudyError(
        f"{path}: is no file of a tool that is known here. Say in the mapping which tool wrote it: tool: one "
        f"of {', '.join(READERS)}."
    )


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
