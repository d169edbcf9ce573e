"""Which option a server's reply names: by its log-probabilities, else by its words."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BEFORE = r"\s*(?:[Aa]nswer\s*:?)?\s*\(?\s*"


@dataclass(frozen=True)
class Token:
    """One token of a reply, and the log-probabilities of the likeliest tokens in its place."""

    text: str
    top: Mapping[str, float]


def named_letter(text: str, letters: str) -> str:
    """Return the one letter that a reply names; empty: none, or more than one.

    A letter counts where the reply begins with it, alone or in parentheses, or where it is the only one in
    parentheses. "A horse" names none.

    Args:
        text: the reply.
        letters: of the options.
    """
    if first := _first_letter(text, letters):
        return first
    found = {x.upper() for x in re.findall(r"\(([A-Za-z])\)", text)} & set(letters)
    return found.pop() if len(found) == 1 else ""


def option_logprobs(
    tokens: Sequence[Token], letters: str, begun: bool = False
) -> tuple[float, ...]:
    """Return the letters' log-probabilities in the order of the letters; empty: no place to read them.

    The place is the token of the letter with which the reply begins; nothing but "Answer: (" may stand
    before it, and no word follow, so that the "A" of "A horse" is none. A letter that is not among the
    likeliest tokens there has NaN: the server does not say.

    Args:
        tokens: of the reply.
        letters: of the options.
        begun: the prompt ended with "Answer: (", so the place is the very first.
    """
    if begun and tokens:
        return _read(tokens[0].top, letters)
    first = _first_letter("".join(t.text for t in tokens), letters)
    place = next((t for t in tokens if first and t.text.strip(" \n().:") == first), None)
    return _read(place.top, letters) if place else ()


def _first_letter(text: str, letters: str) -> str:
    found = re.match(rf"{_BEFORE}([{letters}])(?=$|[).:,;\n]|\s*[-–—])", text)
    return found[1] if found else ""


def _read(top: Mapping[str, float], letters: str) -> tuple[float, ...]:
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for text, logprob in top.items():
        if (letter := text.strip(" \n()")) in found:
            found[letter].append(logprob)
    return tuple(_log_sum(f) if f else math.nan for f in found.values())


def _log_sum(logprobs: Sequence[float]) -> float:
    best = max(logprobs)
    if not math.isfinite(best):
        return best
    return best + math.log(sum(math.exp(x - best) for x in logprobs))
