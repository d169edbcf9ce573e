"""Text and numbers as they are shown: nothing invisible, nothing that changes what stands beside."""

import math
import re
from collections.abc import Sequence

EXACT = 1e-9
"""Distance from 1 that is rounding in the computation, not in what is shown."""

_CONTROL = {c: 0x2400 + c for c in range(0x20) if chr(c) not in "\n\t"} | {0x7F: 0x2421}
_REPLACED = [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = _CONTROL | dict.fromkeys([*_REPLACED, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)


def visible(text: object) -> str:
    """Return a text in which control characters are signs that one can see.

    Characters that turn the direction of the text around them, and halves of surrogate pairs, become
    U+FFFD; right-to-left letters stay.
    """
    return str(text).translate(_VISIBLE)


def one_line(text: object) -> str:
    """Return a visible text on one line, for labels; control characters become U+FFFD."""
    return re.sub(r"[\u2400-\u2421]", "\ufffd", re.sub(r"\s+", " ", visible(text)).strip())


def shortened(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, cut at a word where possible."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def number(value: float | None, digits: int = 2) -> str:
    """Return a correlation as the field writes it: .42, −.03, 1.00; – for none.

    What would be rounded to 1 or −1 without being it gets one more digit: .996, not 1.00.
    """
    if value is None or math.isnan(value):
        return "–"
    return _written(value, digits_near_one([value], digits))


def interval(lower: float | None, upper: float | None, digits: int = 2) -> str:
    """Return an interval in brackets, or nothing where there is none."""
    return _bracketed(lower, upper, digits_near_one([lower, upper], digits))


def _bracketed(lower: float | None, upper: float | None, digits: int) -> str:
    """Return an interval with so many digits."""
    if lower is None or upper is None or math.isnan(lower) or math.isnan(upper):
        return ""
    return f"[{_written(lower, digits)},\u00a0{_written(upper, digits)}]"


def estimate_words(
    estimate: float | None, lower: float | None, upper: float | None, digits: int = 2
) -> tuple[str, str]:
    """Return an estimate and its interval, both with as many digits as the one that needs more."""
    shown = digits_near_one([estimate, lower, upper], digits)
    known = estimate is not None and not math.isnan(estimate)
    words = _written(float(estimate or 0), shown) if known else number(None)
    return words, _bracketed(lower, upper, shown)


def estimate_text(
    estimate: float | None, lower: float | None, upper: float | None, digits: int = 2
) -> str:
    """Return an estimate with its interval, if it has one: .98 [.95, .99]."""
    return " ".join(estimate_words(estimate, lower, upper, digits)).strip()


def digits_near_one(values: Sequence[float | None], digits: int) -> int:
    """Return one digit more than asked for where rounding would hide the distance of a value from 1 or −1."""
    known = [abs(v) for v in values if v is not None and math.isfinite(v)]
    return digits + any(round(v, digits) == 1 and abs(v - 1) > EXACT for v in known)


def _written(value: float, digits: int) -> str:
    """Return a number with so many digits, without the zero before its point."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return re.sub(r"^(-?)0\.", r"\1.", text).replace("-", "−")


def plus_minus(mean: float | None, sd: float | None, digits: int = 2) -> str:
    """Return a mean with its standard deviation; – where there is no mean."""
    said = number(mean, digits)
    return said if said == number(None) else f"{said} ± {number(sd, digits)}"


def percent(share: float) -> str:
    """Return a share as per cent, without needless digits."""
    return f"{100 * share:.3g}\u00a0%"


def listed(parts: Sequence[str]) -> str:
    """Return parts joined as one writes them: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]
