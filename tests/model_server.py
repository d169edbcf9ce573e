"""A server of its own process: a real model behind an OpenAI-compatible address, for the tests.

`python model_server.py FOLDER [--no-logprobs] [--begin TEXT]` prints its port. It counts the
tokens of all that it did at /spent, and where HOLDFAST_TEST_KEY is set it answers nobody without that key.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from local_server import QuietHandler
from transformers import AutoModelForCausalLM, AutoTokenizer

TURN = threading.Lock()  # one request computes at a time


class Model:
    """The model, and what it has computed so far."""

    def __init__(self, folder: str, logprobs: bool, begin: str) -> None:
        torch.set_num_threads(1)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.begin, self.logprobs, self.spent, self.requests = begin, logprobs, 0, 0
        self.known: dict[str, tuple[dict[str, Any], int]] = {}  # many tests ask the same

    def reply(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the reply to one request, as the API has it."""
        chat = path.endswith("/chat/completions")
        text = asked.get("prompt") or self.tokenizer.apply_chat_template(
            asked["messages"], tokenize=False, add_generation_prompt=True
        )
        if chat and asked["messages"][-1]["content"].endswith("Answer with one letter."):
            text += self.begin
        ids = self.tokenizer(text, add_special_tokens=not chat, return_tensors="pt")["input_ids"]
        request = path + json.dumps(asked, sort_keys=True)
        with TURN:
            if request not in self.known:
                self.known[request] = self._choice(ids, asked, chat)
            choice, used = self.known[request]
            self.spent += ids.shape[1] + used
            self.requests += 1
        usage = {"prompt_tokens": ids.shape[1], "completion_tokens": used}
        return {"choices": [choice], "usage": usage}

    def _choice(
        self, ids: torch.Tensor, asked: dict[str, Any], chat: bool
    ) -> tuple[dict[str, Any], int]:
        torch.manual_seed(asked.get("seed", 0))
        hot = asked.get("temperature", 1.0) > 0
        made = self.model.generate(
            ids, max_new_tokens=asked["max_tokens"], do_sample=hot, output_logits=True,
            temperature=asked.get("temperature") or None, return_dict_in_generate=True,
            attention_mask=torch.ones_like(ids), pad_token_id=self.tokenizer.eos_token_id,
        )  # fmt: skip
        new = made.sequences[0, ids.shape[1] :].tolist()
        said = self.tokenizer.decode(new, skip_special_tokens=True)
        for stop in asked.get("stop") or []:
            said = said.partition(stop)[0]
        ended = new[-1] == self.tokenizer.eos_token_id
        choice: dict[str, Any] = {"finish_reason": "stop" if ended else "length"}
        choice |= {"message": {"role": "assistant", "content": said}} if chat else {"text": said}
        if self.logprobs and asked.get("logprobs"):
            choice["logprobs"] = self._logprobs(new, made.logits, asked, chat)
        return choice, len(new)

    def _logprobs(self, new: list[int], logits: Any, asked: dict[str, Any], chat: bool) -> Any:
        tops = []
        for row in logits:
            best = (
                row[0]
                .double()
                .log_softmax(-1)
                .topk(asked["top_logprobs"] if chat else asked["logprobs"])
            )
            pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
            tops.append([(self.tokenizer.decode([i]), value) for i, value in pairs])
        texts = [self.tokenizer.decode([i]) for i in new]
        if not chat:
            return {"tokens": texts, "top_logprobs": [dict(t) for t in tops]}
        return {
            "content": [
                {"token": text, "top_logprobs": [{"token": t, "logprob": v} for t, v in top]}
                for text, top in zip(texts, tops, strict=True)
            ]
        }


def serve(model: Model) -> None:
    """Answer until the process is ended."""
    key = os.environ.get("HOLDFAST_TEST_KEY")

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.reply(200, {"spent": model.spent, "requests": model.requests})

        def do_POST(self) -> None:
            asked = json.loads(self.given())
            given = self.headers.get("Authorization", "")
            if key and given != f"Bearer {key}":
                self.reply(401, {"error": {"message": f"Incorrect key provided: {given}"}})
            else:
                self.reply(200, model.reply(self.path, asked))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def running(folder: Path, *options: str, key: str = "") -> Iterator[str]:
    """Start the server in a process of its own; yield its address."""
    command = [sys.executable, __file__, str(folder), *options]
    environment = os.environ | ({"HOLDFAST_TEST_KEY": key} if key else {})
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(r"\d+\n", line), line
        yield f"http://127.0.0.1:{line.strip()}/v1"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--no-logprobs", action="store_true")
    parser.add_argument("--begin", default="", help="how the reply to a question is made to begin")
    chosen = parser.parse_args()
    serve(Model(chosen.folder, not chosen.no_logprobs, chosen.begin))
