"""`holdfast explain`: a question of a study as the model gets it."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.documents import read_mapping
from holdfast.plan import make_plan
from holdfast.report.text import one_line, visible

if TYPE_CHECKING:
    from holdfast.explain import Explained

HELP = "show a question as the model gets it: the prompt, its tokens, and the answer"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, help="the study, as config.yaml")
    parser.add_argument("respondent", help="a persona's id, as in its file or on the page")
    parser.add_argument("--model", help="by default the study's first, as with all that follows")
    parser.add_argument("--population")
    parser.add_argument("--context")
    parser.add_argument("--replicate", type=int, default=1)
    parser.add_argument("--instrument")
    parser.add_argument("--item", type=int)


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if a name is unknown or the model's tokenizer is not here."""
    from holdfast.explain import Choice, explain  # brings torch

    plan = make_plan(read_mapping(given.file), str(given.file), Path("resources"))
    choice = Choice(
        given.respondent, given.model, given.population, given.context, given.replicate,
        given.instrument, given.item,
    )  # fmt: skip
    print(text_of(explain(plan, choice, Path("results"))))


def text_of(found: "Explained") -> str:
    """Return what is shown of a question."""
    lines = [one_line(found.title), ""]
    if found.tokens is None:
        lines.append("tokens: not known, since the model has no tokenizer here")
    else:
        lines += [f"{tokens:>8} tokens  {name}" for name, tokens in found.parts]
        lines.append(f"{found.tokens:>8} tokens  in all, as rendered")
    if found.missing:
        lines.append(f"{found.missing} messages are not said yet; they are not counted")
    return "\n".join([*lines, "", "prompt", "------", visible(found.text), "", *_answer(found)])


def _answer(found: "Explained") -> list[str]:
    answer = found.answer
    if answer is None:
        return ["answer: not given yet"]
    said = f"answer: {one_line(answer.text) or 'none'} ({answer.status})"
    if not answer.logprobs:
        return [said]
    shares = ", ".join(
        f"{letter} {math.exp(p):.3f}"
        for letter, p in zip(found.letters, answer.logprobs, strict=True)
    )
    return [said, f"probabilities: {shares}; all letters {answer.mass:.3f}"]
