"""vLLM's own server, started for a test."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.inference.backends.protocol import Backend
from holdfast.inference.backends.vllm_backend import SETTINGS

COMPUTING = [
    "--served-model-name", "small", "--dtype", "float32", "--enforce-eager", "--max-logprobs", "20",
]  # fmt: skip
PLACE = os.environ | SETTINGS | {"VLLM_CPU_KVCACHE_SPACE": "1"}


def end_engine(backend: Backend) -> None:
    """End a backend's engine, where it has one; collected later, it would take the next one's state along."""
    if (engine := vars(backend).get("engine")) is not None:
        engine.llm_engine.engine_core.shutdown()


def compute_batch(folder: Path, requests: Path, results: Path, log: Path) -> None:
    """Let vLLM compute a file of requests by the model in a folder, called `small`."""
    with log.open("w") as written:
        done = subprocess.run(
            [sys.executable, "-m", "vllm.entrypoints.openai.run_batch", "-i", str(requests),
             "-o", str(results), "--model", str(folder), *COMPUTING, "--max-model-len", "4096"],
            env=PLACE, stdout=written, stderr=written, check=False,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-3000:]


@contextmanager
def serving(folder: Path, log: Path, *options: str) -> Iterator[str]:
    """Start a server of the model in a folder, called `small`; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w+") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder),
             "--host", "127.0.0.1", "--port", str(port), *COMPUTING, *options],
            env=PLACE, stdout=written, stderr=written,
        )  # fmt: skip
        try:
            for _ in range(240):
                assert server.poll() is None, log.read_text()[-3000:]
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(60)
