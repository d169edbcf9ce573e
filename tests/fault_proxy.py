"""A proxy between a client and a server that makes some requests fail, each in a way that really happens."""

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

import httpx2
from local_server import QuietHandler, serving_here

KINDS = (
    "429", "500", "503", "timeout", "truncated", "broken", "odd", "error", "limit", "reset", "nothing", "slow",
)  # fmt: skip
ENDING = ("quota", "payment")  # faults after which a job ends
SLOW = 0.3  # seconds that a slow reply takes longer


@dataclass
class Faults:
    """Which faults, how often, and what the proxy did."""

    kinds: Sequence[str]
    rate: float
    hang: float = 3.0
    retry_after: str = "0"
    seen: Counter[str] = field(default_factory=Counter)
    once: str = ""  # the next request's fault, whatever the rate
    delivered: int = 0  # replies passed on whole
    flying: int = 0  # requests that are being dealt with
    _draw: random.Random = field(default_factory=lambda: random.Random(7))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> str:
        """Return the next request's fault; empty: none."""
        with self._lock:
            kind = self._draw.choice(self.kinds) if self._draw.random() < self.rate else ""
            kind, self.once = self.once or kind, ""
            self.seen[kind] += 1
            return kind

    def count(self, flying: int, delivered: int = 0) -> None:
        """Count requests that begin or end, and replies that were passed on whole."""
        with self._lock:
            self.flying += flying
            self.delivered += delivered


class _Handler(QuietHandler):
    server: "_Proxy"

    def do_POST(self) -> None:
        self.server.faults.count(1)
        try:
            body = self.rfile.read(length := int(self.headers["Content-Length"]))
            if len(body) == length:  # else the client died while it sent
                self._deal_with(body)
        finally:
            self.server.faults.count(-1)

    def _deal_with(self, body: bytes) -> None:
        kind = self.server.faults.next()
        if kind.isdigit():
            self._send(int(kind), self._complaint())
        elif kind == "quota":
            error = {"message": f"pay first{'.' * 300}", "code": "insufficient_quota"}  # at its end
            self._send(429, json.dumps({"error": error}).encode())
        elif kind == "payment":
            self._send(402, json.dumps({"error": {"message": "payment required"}}).encode())
        elif kind == "limit":
            error = {"code": 429, "message": "per-day limit reached"}
            self._send(200, json.dumps({"error": error}).encode())
        elif kind == "error":
            self._send(200, self._complaint())
        elif kind == "timeout":
            time.sleep(self.server.faults.hang)
            self._reset()
        else:
            self._pass_on(kind, body)

    def _complaint(self) -> bytes:
        """Return an error that repeats the key, as some servers' do, each time at another place."""
        dots = "." * (7 * sum(self.server.faults.seen.values()) % 200)
        message = f"injected {dots} {self.headers.get('Authorization')}"
        return json.dumps({"error": {"message": message}}).encode()

    def _pass_on(self, kind: str, body: bytes) -> None:
        headers = {
            k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")
        }
        path = self.path.removeprefix("/v1")
        reply = self.server.client.post(self.server.upstream + path, content=body, headers=headers)
        if kind == "reset":
            self._reset()
        elif kind == "broken":
            self._send(200, reply.content[: len(reply.content) // 2])
        elif kind == "odd":
            self._send(200, b'{"choices": []}')
        elif kind == "nothing":
            self._send(200, b"")
        elif kind == "truncated":
            self._send(200, reply.content, cut=len(reply.content) // 2)
        else:
            time.sleep(SLOW if kind == "slow" else 0)
            self._send(reply.status_code, reply.content)
            self.server.faults.count(0, delivered=reply.status_code in (200, 403))  # of a prompt

    def _send(self, status: int, content: bytes, cut: int | None = None) -> None:
        headers = {"Retry_After": self.server.faults.retry_after} if status == 429 else {}
        self.reply(status, content, cut, **headers)
        if cut is not None:
            self.wfile.flush()
            self._reset()

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends a reset instead of an end
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str, faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.faults = upstream, faults
        # one for all requests, since it reads certificates when it is made
        self.client = httpx2.Client(timeout=60)

    def server_close(self) -> None:
        """End the connections to the server as well."""
        super().server_close()
        self.client.close()

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that went away: the faults are meant."""


@contextmanager
def between(upstream: str, faults: Faults) -> Iterator[str]:
    """Start the proxy; yield its address."""
    server = _Proxy(upstream, faults)
    with serving_here(server) as address:
        yield f"{address}/v1"
