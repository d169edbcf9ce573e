"""What servers and what stands before them say, in one line for a message."""

import re
import time
import urllib.request
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

LONGEST_WAIT = 600.0  # seconds that a server may ask to wait
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
