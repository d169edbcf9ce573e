"""A job that is killed again and again, behind a service of which nearly every third reply is spoilt.

A proxy spoils replies in ways that pass; the service itself refuses, filters or answers oddly, always the same.
Twice there is no credit left."""

import base64
import hashlib
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from api_jobs import entry_of
from fault_proxy import ENDING, KINDS, Faults, between
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.store.receipts import Receipts
from holdfast.inference.store.store_segments import read_segments
from small_jobs import LIBRARY, Job

pytestmark = pytest.mark.usefixtures("key")
KILLS, CONNECTIONS = 20, 6
WANTED = {"people": 3, "topics": 2, "save_every": 0.05}
FORKS = """
import base64, os, pickle, sys
from holdfast.inference.inference_job import run_job
for line in sys.stdin:
    if not (child := os.fork()):
        run_job(**pickle.loads(base64.b64decode(line)))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
FIELDS = {
    "model", "messages", "temperature", "top_p", "max_tokens", "seed", "logprobs", "top_logprobs",
}  # fmt: skip


def flagged(_: str) -> Reply:
    return 403, {"error": {"message": "input flagged", "metadata": {"reasons": ["violence"]}}}


def refused(_: str) -> Reply:
    return said(None, message={"content": None, "refusal": "A captain can't answer that."})


def filtered(_: str) -> Reply:
    return said("", finish_reason="content_filter")


def unended(_: str) -> Reply:
    return said(
        None, message={"content": None, "reasoning_content": "Tea or"}, finish_reason="length"
    )


def silent(_: str) -> Reply:
    return 200, {"choices": [{"message": {"role": "assistant"}, "finish_reason": "stop"}]}


def thinking(text: str) -> Reply:
    return said(f"<think>Tea or milk?</think>\n\n{text}")


def in_blocks(text: str) -> Reply:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    return said([thought, {"type": "text", "text": text}])


def bold(text: str) -> Reply:
    return said(f"**{text}**", logprobs=0.5)


def older(text: str) -> Reply:
    return said(text, logprobs={"tokens": [text], "token_logprobs": [-0.1]})


def topless(text: str) -> Reply:
    token = {"token": text, "logprob": -0.1, "top_logprobs": None}
    return said(text, logprobs={"content": [token]})


ODD = (
    flagged, refused, filtered, unended, silent, thinking, in_blocks, bold, older, topless,
)  # fmt: skip
"""What a service may make of a prompt, whoever asks and however often: the other half of replies.yaml."""


class Strict:
    """A service that refuses every field that it does not know; its replies depend on the request alone.

    Nearly every third request about a persona gets an odd reply.
    """

    def __init__(self) -> None:
        self.paid: Counter[str] = Counter()
        self.odd: Counter[str] = Counter()

    def rule(self, asked: Asked) -> Reply:
        if more := set(asked.body) - FIELDS:
            return 400, {"error": {"message": f"Unsupported parameter: {min(more)}"}}
        digest = hashlib.blake2b(asked.content).hexdigest()
        self.paid[digest] += 1
        used = {"usage": {"prompt_tokens": 400, "completion_tokens": 5}}
        letter = "ABCDEF"[int(digest[:8], 16) % 6]
        question = asked.last["role"] == "assistant"
        text = f"{letter})" if question else f"I think of {digest[:6]}."
        played = "role. You are " in asked.body["messages"][0]["content"]
        if played and int(digest[8:16], 16) % 100 < 30:
            kind = ODD[int(digest[16:24], 16) % len(ODD)]
            self.odd[kind.__name__] += 1
            status, reply = kind(text)
        elif question:
            tokens = [
                {
                    "token": letter,
                    "logprob": -0.1,
                    "top_logprobs": [{"token": letter, "logprob": -0.1}],
                },
                {"token": ")", "logprob": -0.1, "top_logprobs": []},
            ]
            status, reply = said(text, logprobs={"content": tokens})
        else:
            status, reply = said(text)
        return status, reply | (used if status == 200 else {})


class Forks:
    """Jobs that are forks of one process, since most of a short job's seconds are imports."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(self, arguments: dict[str, Any]) -> int:
        """Start a job; return its process's number."""
        assert self.process.stdin is not None
        self.process.stdin.write(base64.b64encode(pickle.dumps(arguments)).decode() + "\n")
        self.process.stdin.flush()
        return self.line()

    def line(self) -> int:
        """Return the next number that is told: of a process, or its exit status."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def forks(log: Path) -> Iterator[Forks]:
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-c", FORKS], env=os.environ | {"PYTHONPATH": str(LIBRARY)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=written,
        )  # fmt: skip
        try:
            yield Forks(process)
        finally:
            process.kill()
            process.wait()


def kept(folder: Path) -> int:
    """Return how many replies are on disk: answers, the name that was told, and the way that was found."""
    keys = {k for _, table in read_segments(folder) for k in table["key"].to_pylist()}
    keys |= set(Receipts(folder).read())
    return len(keys) + len(list(folder.glob("name-*"))) + len(list(folder.glob("answers-by-*")))


def test_twenty_kills_lose_nothing_and_pay_again_what_was_in_flight_at_most(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    stub, draw, deaths = Strict(), random.Random(5), ["kill"] * KILLS + list(ENDING)
    draw.shuffle(deaths)
    faults = Faults(KINDS, rate=0.3, hang=0.3)
    job, calm = (Job(tmp_path / n, tmp_path, instrument, personas) for n in ("job", "calm"))
    store, lost = tmp_path / "job/store/small", []
    with (
        service(stub.rule) as (address, _),
        between(address, faults) as faulty,
        forks(tmp_path / "log") as jobs,
    ):
        job.entry, calm.entry = unsettled(faulty), unsettled(address)
        arguments = job.prepare(**WANTED)
        for death in deaths:
            before, enough = (faults.delivered, kept(store)), draw.randrange(20)
            process = jobs.start(arguments)
            while faults.delivered < before[0] + enough:
                time.sleep(0.002)
            if death in ENDING:
                faults.once = death
                assert jobs.line() == 1, "there is no credit left"
            else:
                time.sleep(draw.random() / 20)
                os.kill(process, signal.SIGKILL)
                assert jobs.line() == -signal.SIGKILL, "it was still at work"
            while faults.flying:
                time.sleep(0.002)
            lost.append(faults.delivered - before[0] - (kept(store) - before[1]))
        jobs.start(arguments)
        assert jobs.line() == 0, (tmp_path / "log").read_text()
        once = set(stub.paid)
        undisturbed = calm.prepared_and_run(**WANTED)
    assert all(0 <= n <= CONNECTIONS * (d == "kill") for d, n in zip(deaths, lost, strict=True)), (
        lost
    )
    assert faults.delivered - len(once) == sum(lost), "nothing is paid again but what was in flight"
    assert kept(store) == len(once) == len(stub.paid), "both runs asked the same"
    assert set(faults.seen) == {"", *KINDS, *ENDING}
    assert set(stub.odd) == {kind.__name__ for kind in ODD}
    for name in ("conversations", "responses"):
        assert arguments[name].read_bytes() == undisturbed[name].read_bytes()
    assert not list(store.glob("*.receipts")), "segments have it all"
    manifest = job.finished(arguments)
    assert manifest["failed"] == 0 and manifest["spent"]["tokens"] > manifest["tokens_paid"]
    assert min(manifest[k] for k in ("refused", "filtered", "unended", "invalid")) > 0
    told = 'no credit left. It says: {"error": {"message": "pay'
    assert (tmp_path / "log").read_text().count(told) == len(ENDING)


def unsettled(address: str) -> dict[str, Any]:
    entry = entry_of(address, concurrency=CONNECTIONS, longest_wait_seconds=0.05)
    entry["deployment"] |= {"answer_by": None}
    return entry
