"""The command line: `holdfast COMMAND`, one module of `holdfast.commands` each."""

import argparse
import os
import sys
from collections.abc import Sequence

from holdfast.commands import (
    check,
    cite,
    compare,
    estimate,
    explain,
    figure,
    reanalyse,
    show,
    status,
    store,
    unlock,
    verify,
)
from holdfast.errors import StudyError

COMMANDS = {
    "check": check,
    "cite": cite,
    "compare": compare,
    "estimate": estimate,
    "explain": explain,
    "figure": figure,
    "reanalyse": reanalyse,
    "show": show,
    "status": status,
    "store": store,
    "unlock": unlock,
    "verify": verify,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a user's mistake ends with one message and exit status 1."""
    parser = argparse.ArgumentParser(prog="holdfast", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.arguments(subparsers.add_parser(name, help=command.HELP, description=command.HELP))
    given = parser.parse_args(arguments)
    try:
        COMMANDS[given.command].run(given)
    except StudyError as mistake:
        sys.exit(f"Error: {mistake}")
    except BrokenPipeError:  # as `holdfast show … | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
