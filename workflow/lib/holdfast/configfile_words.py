"""What follows `--configfile` on Snakemake's command line: looked at before Snakemake takes it for files."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from holdfast.errors import StudyError
from holdfast.yaml_and_csv import read_mapping

OPTIONS = ("--configfile", "--configfiles")
_ENDINGS = (".yaml", ".yml", ".json")


def look_at(words: Sequence[str]) -> None:
    """End with one sentence if Snakemake would take for a configuration file what is none.

    Args:
        words: the command line, without the program.
    """
    for word in configfiles(words):
        try:
            check_word(word, words)
        except StudyError as mistake:
            sys.exit(f"Error: {mistake}")


def configfiles(words: Sequence[str]) -> list[str]:
    """Return what Snakemake takes for configuration files: every word up to the next option."""
    found: list[str] = []
    taking = False
    for word in words:
        option, equal, value = word.partition("=")
        if word == "--":
            break
        if option in OPTIONS:
            taking, found = not equal, found + ([value] if equal else [])
        elif word.startswith("-"):
            taking = False
        elif taking:
            found.append(word)
    return found


def check_word(word: str, words: Sequence[str]) -> None:
    """Check one such word.

    Raises:
        StudyError: it is no file, or no configuration.
    """
    path = Path(word)
    if path.exists() and not path.is_file() and not path.is_dir():
        return  # a pipe can be read once
    try:
        read_mapping(path)
    except StudyError:
        if word.endswith(_ENDINGS):
            raise
        others = [w for w in words if w != word]
        better = shlex.join(["snakemake", word, *others])
        raise StudyError(
            f"--configfile takes every word that follows it for a file, and '{word}' is no configuration. "
            f"A target comes first: {better}"
        ) from None
