"""`holdfast analyse`: answers that other tools collected, analysed as Holdfast's own."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from holdfast.answer_files.collected_answers import groups_of
from holdfast.answer_files.read_answers import read_answers
from holdfast.commands.collected_results import NAME, Options, write_results
from holdfast.errors import StudyError
from holdfast.report.tables.manifests import read_document
from holdfast.study.find_study import PROJECT, PROVENANCE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a tool's file, or a folder with such files",
    )
    parser.add_argument(
        "--mapping", type=Path, metavar="M", help="says where the files have what: docs/analyse.md"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="OUT")
    parser.add_argument(
        "--random", choices=["keep", "missing"], default="keep",
        help="what options that the collecting tool drew at random count as (keep)",
    )  # fmt: skip
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws (1000)")
    parser.add_argument("--undefined", choices=["zero", "drop", "nan"], default="zero")


def run(given: argparse.Namespace) -> None:
    """Analyse the files and say what was written."""
    options = Options(draws=given.draws, undefined=given.undefined)
    drop = given.random == "missing"
    print(analyse(given.files, given.mapping, given.out, options, drop_random=drop))


def analyse(
    files: Sequence[Path], mapping: Path | None, output: Path, options: Options, *, drop_random: bool = False
) -> str:  # fmt: skip
    """Write tables, figures and page, and return what was read and what was left out, the total last.

    Args:
        files: of the tools, or folders with them.
        mapping: says where the files have what; files of the original study need none.
        output: folder for estimates.csv, leaderboard.csv, figures/ and report/index.html; it is there, and
            whole, when all went well.
        options: how to estimate.
        drop_random: whether options that the collecting tool drew at random count as missing.

    Raises:
        StudyError: a file or the mapping does not fit, nothing can be analysed, or the folder can't be written.
    """
    found = read_answers(files, mapping, PROJECT / "resources", drop_random=drop_random)
    if not found.collected:
        raise StudyError("\n".join([*found.skipped, "Nothing can be analysed: see above."]))
    groups = groups_of(found.collected)
    with _whole_folder(output) as folder:
        jobs = write_results(groups, folder, options)
    models = len({job["model"] for job in jobs})
    total = f"{output}: {models} models, {found.files} files read, {len(found.skipped)} skipped."
    skipped = [f"Skipped: {reason}" for reason in found.skipped]
    return "\n".join([*skipped, *found.notes, *map(_told, jobs), total])


def _told(job: Mapping[str, Any]) -> str:
    """Return what was collected of one model, as a sentence."""
    own = job["collected"]
    counts = [
        f"{own[kind]} {kind} ({own[kind] / own['answers']:.1%})"
        if own[kind] is not None
        else f"how many are {kind} is not told"
        for kind in ("unread", "random", "missing")
    ]
    return (
        f"{job['model']}, {job['population']}, {own['instrument']}: {own['answers']} answers by {own['tool']}; "
        f"{', '.join(counts)}."
    )


@contextmanager
def _whole_folder(output: Path) -> Iterator[Path]:
    """Give a folder that takes the place of another when all went well; an earlier analysis is replaced.

    Raises:
        StudyError: what is there is no earlier analysis, or the folder can't be written.
    """
    if output.exists() and not _replaceable(output):
        raise StudyError(
            f"--out: '{output}' is there already, and is no result of this command. Name another folder."
        )
    temporary = None
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(
            tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".part", dir=output.parent)
        )
        made, old = temporary / "new", temporary / "old"
        made.mkdir()
        yield made
        if output.exists():
            output.rename(old)
        made.rename(output)
    except OSError as e:
        raise StudyError(f"{output}: can't be written: {e.strerror or e}.") from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _replaceable(output: Path) -> bool:
    """Tell whether a folder is empty, or was written by this command."""
    if not output.is_dir():
        return False
    with suppress(StudyError):
        about = read_document(output / PROVENANCE)
        return bool(about.get("study", {}).get("study") == NAME)
    return not any(output.iterdir())
