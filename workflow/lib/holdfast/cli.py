"""The command line: `holdfast COMMAND`, one module of `holdfast.commands` each."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from holdfast.errors import StudyError

COMMANDS = {
    "analyse": "analyse answers that other tools collected",
    "check": "check a study's configuration and all that it names",
    "cite": "print BibTeX of what a study used: the original study, questionnaires, methods",
    "compare": "compare two studies: differences with intervals, and what changed in the configuration",
    "estimate": "tell what a study will cost: answers, tokens, hours, money, disk; and what it has cost",
    "explain": "show a question as the model gets it: the prompt, its tokens, and the answer",
    "figure": "draw a figure from its CSV alone, as SVG, PNG or PDF",
    "show": "print a study's leaderboard, also as Markdown or LaTeX",
    "status": "tell how far a study is: every job, what comes after, and what the store holds",
    "store": "show what the response store holds, or merge its segments",
    "unlock": "remove the lock that a killed run left here; refused while one may go on, here or elsewhere",
    "verify": "compare a study's results with its provenance.json, or a crate with what it says of itself",
}
"""What each command does. Its module is loaded only when it is called: some bring the statistics."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a user's mistake ends with one message and exit status 1."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="holdfast", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, said in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=said, description=said)
        if name in words[:1]:
            command = import_module(f"holdfast.commands.{name}")
            command.arguments(subparser)
    given = parser.parse_args(words)
    try:
        command.run(given)
    except StudyError as mistake:
        sys.exit(f"Error: {mistake}")
    except BrokenPipeError:  # as `holdfast show … | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
