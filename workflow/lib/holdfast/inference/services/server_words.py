"""What servers and what stands before them say, in one line for a message."""

import re
import time
import urllib.request
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

REFUSED = {
    401: "the key is not accepted", 403: "access is denied", 404: "no such model or address",
    407: "a proxy before it wants a login",
}  # fmt: skip
"""Statuses that end a job, and what they mean."""

LONGEST_WAIT = 600.0  # seconds that a server may ask to wait
_NO_CREDIT = re.compile(rb"insufficient_quota|credit balance is too low|billing_hard_limit_reached")
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)


def is_page(text: str) -> bool:
    """Tell whether a reply is a web page."""
    return re.match(r"\s*<(!doctype|html|head|body|\?xml)\b", text, re.IGNORECASE) is not None


def one_line(text: str) -> str:
    """Return a reply's words in one line; of a web page those that a reader sees."""
    shown = _UNSEEN.sub(" ", text) if is_page(text) else text
    return " ".join(shown.split())


def proxy_before(address: str) -> str:
    """Return a note on the proxy that the environment puts before an address; empty: there is none."""
    parts = urlsplit(address)
    given = urllib.request.getproxies()
    proxy = given.get(parts.scheme) or given.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    host = urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname
    return f" (through the proxy {host} that the environment names)"


def asked_wait(header: str) -> float:
    """Return the seconds of a Retry-After header, which holds a number or a date; 0 where it is empty."""
    try:
        return min(max(float(header), 0.0), LONGEST_WAIT)
    except ValueError:
        pass
    try:
        return min(max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0), LONGEST_WAIT)
    except (ValueError, TypeError):
        return 0.0


def without_credit(status: int, content: bytes) -> bool:
    """Tell whether a service wants to be paid first, which no waiting helps against.

    OpenAI says so with a code of 429 or 400, Anthropic with the words of a 400.
    """
    said = status in (400, 403, 429) and _NO_CREDIT.search(content) is not None
    return status == 402 or said


def nobody_takes(status: int, content: bytes) -> bool:
    """Tell whether a router has the model, but nobody who takes a request with these fields (OpenRouter)."""
    return status == 404 and b"No endpoints found that" in content
