"""What the tests' small servers have in common: replies in JSON, a thread, and silence."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class QuietHandler(BaseHTTPRequestHandler):
    """Answers in JSON and keeps no log."""

    protocol_version = "HTTP/1.1"

    def given(self) -> bytes:
        """Return what was sent."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def reply(self, status: int, content: Any, cut: int | None = None, **headers: str) -> None:
        """Send data as JSON, or bytes as they are.

        Args:
            status: of HTTP.
            content: what to send.
            cut: bytes after which to stop, in spite of the length that was told; None: all.
            headers: more of them, with underscores for hyphens.
        """
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        about = {"Content_Type": "application/json", "Content_Length": str(len(sent))} | headers
        for name, value in about.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(sent[:cut])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_here(server: ThreadingHTTPServer) -> Iterator[str]:
    """Let a server work in a thread; yield its address, without a path."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
