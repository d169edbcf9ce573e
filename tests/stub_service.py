"""A service made of rules: what it replies is up to the test, and it remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local_server import QuietHandler, serving_here

Reply = tuple[int, Any]  # status, and data as JSON or bytes
Rule = Callable[["Asked"], Reply]


class Asked:
    """One request: its method, path and query, its headers in lower case, its fields, its bytes."""

    def __init__(self, method: str, path: str, headers: dict[str, str], content: bytes) -> None:
        parts = urlsplit(path)
        self.method, self.path, self.query = method, parts.path, dict(parse_qsl(parts.query))
        self.headers, self.content = headers, content
        plain = headers.get("content-type", "").startswith("application/json")
        self.body: dict[str, Any] = json.loads(content) if plain and content else {}

    @property
    def last(self) -> dict[str, str]:
        """Return the last message."""
        message: dict[str, str] = self.body["messages"][-1]
        return message


class _Handler(QuietHandler):
    server: "_Server"

    def do_POST(self) -> None:
        self._answer(self.given())

    def do_GET(self) -> None:
        self._answer(b"")

    def _answer(self, given: bytes) -> None:
        headers = {k.lower(): v for k, v in self.headers.items()}
        asked = Asked(self.command, self.path, headers, given)
        with self.server.lock:
            self.server.seen.append(asked)
        self.reply(*self.server.rule(asked))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, rule: Rule) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rule, self.seen, self.lock = rule, list[Asked](), threading.Lock()


@contextmanager
def service(rule: Rule) -> Iterator[tuple[str, list[Asked]]]:
    """Start a service; yield its address and the list of what it is asked."""
    server = _Server(rule)
    with serving_here(server) as address:
        yield f"{address}/v1", server.seen


def said(text: Any, **choice: Any) -> Reply:
    """Return a reply with one message."""
    message = {"role": "assistant", "content": text}
    return 200, {"choices": [{"message": message, "finish_reason": "stop"} | choice]}
