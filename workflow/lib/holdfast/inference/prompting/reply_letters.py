"""Which option a reply names: by its log-probabilities, or by its words."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BEFORE = r"\s*(?:[Aa]nswer\s*:?)?\s*\(?\s*"
_BREAKS = r"[.:!?()\n]"


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


def named_option(text: str, letters: str, options: Sequence[str]) -> str:
    """Return the letter of the one option that a generated answer names; empty: none, or several.

    Three things name an option: its letter in parentheses, anywhere; its letter alone at the beginning,
    before a full stop, colon, closing parenthesis or the end of the line; its own text, as a whole line or
    sentence, or after a colon or a letter. All that is found must name the same option.
    "This is not like me" does not name "like me", and "(A) or (B)" names nothing; without a letter, nor does
    an answer in which another option's text stands too: "Like me. Or not like me."

    Args:
        text: the answer.
        letters: of the options, in the order shown.
        options: their texts, in the same order.
    """
    found = {x.upper() for x in re.findall(r"\(\s*([A-Za-z])\s*\)", text)} & set(letters)
    if alone := re.match(rf"{_BEFORE}([{letters}])[ \t]*(?:$|[).:\n])", text):
        found.add(alone[1])
    if not found and len(_mentioned(text, options)) > 1:
        return ""
    clauses = {_words(c) for c in (text, *text.splitlines(), *re.split(_BREAKS, text))}
    found |= {x for x, own in zip(letters, options, strict=True) if _words(own) in clauses}
    return found.pop() if len(found) == 1 else ""


def _mentioned(text: str, options: Sequence[str]) -> set[str]:
    """Return the options whose texts stand in an answer, not counting those within a longer one."""
    longest_first = sorted((_words(o) for o in options), key=len, reverse=True)
    any_option = "|".join(re.escape(o) for o in longest_first)
    return set(re.findall(rf"(?<!\w)(?:{any_option})(?!\w)", _words(text)))


def _words(text: str) -> str:
    """Return a text's words in lower case, without what stands around them."""
    return " ".join(text.casefold().split()).strip(" .,:;!?()[]\"'*“”‘’–—")


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
