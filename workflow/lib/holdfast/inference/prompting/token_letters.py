"""The letters' log-probabilities in the tokens of a service's reply (docs/api.md)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.inference.prompting.reply_letters import before_letter, named_option, plain_text


@dataclass(frozen=True)
class Token:
    """One token of a reply, and the log-probabilities of the likeliest tokens in its place."""

    text: str
    top: Mapping[str, float]


def option_logprobs(
    tokens: Sequence[Token], letters: str, begun: bool = False, prefill: str = ""
) -> tuple[float, ...]:
    """Return the letters' log-probabilities in the order of the letters; empty: no place to read them.

    The place is the token of the letter with which the reply begins; nothing but "Answer: (" and marks may
    stand before it, and no word follow, so that the "A" of "A horse" is none. A letter that is not among the
    likeliest tokens there has NaN: the server does not say.

    Args:
        tokens: of the reply.
        letters: of the options.
        begun: what the model was shown ended with the wording's prefill, so the place is the very first.
        prefill: with which a reply may begin that was not begun.
    """
    if begun:
        return _read(tokens[0].top, letters, str.strip) if tokens else ()
    named = named_option("".join(t.text for t in tokens), letters, prefill=prefill)
    before = ""
    for token in tokens if named else ():
        letter = _bare(token.text)
        if letter.upper() == named and before_letter(before, prefill):
            return _read(token.top, letters.lower() if letter.islower() else letters)
        before += token.text
    return ()


def _bare(text: str) -> str:
    return plain_text(text).strip(" \n().:,;")


def _read(
    top: Mapping[str, float], letters: str, bare: Callable[[str], str] = _bare
) -> tuple[float, ...]:
    """Return the letters' log-probabilities; the spellings of a letter count together, but not its cases."""
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for text, logprob in top.items():
        if (letter := bare(text)) in found:
            found[letter].append(logprob)
    if not any(found.values()):
        return ()
    return tuple(_log_sum(f) if f else math.nan for f in found.values())


def _log_sum(logprobs: Sequence[float]) -> float:
    best = max(logprobs)
    if not math.isfinite(best):
        return best
    return best + math.log(sum(math.exp(x - best) for x in logprobs))
