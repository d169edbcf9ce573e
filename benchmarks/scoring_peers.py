"""Other engines at the work of scoring.py: each in a process, with an environment of its own.

scoring.py starts `DIR/<engine>/bin/python scoring_peers.py ENGINE MODEL DTYPE THREADS` and writes a line
of JSON for each round; docs/performance.md says how to make the environments. No word of Holdfast's
library is needed there.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PEERS = ("lm_eval", "vllm", "openvino")
Ids = list[list[int]]
Run = Callable[[Ids, list[int]], list[list[float]] | None]
QUIET = {"HF_HUB_OFFLINE": "1", "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "2",
         "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "TOKENIZERS_PARALLELISM": "false",
         "VLLM_CPU_OMP_THREADS_BIND": "nobind"}  # fmt: skip
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # how our threads wait; theirs do as they are made


class Peer:
    """Another engine's process; it stands still while the others are measured."""

    def __init__(self, command: Sequence[str | Path], threads: int) -> None:
        """Start it and wait until the model is loaded; `command`: a Python, a script, its arguments."""
        own = {name: value for name, value in os.environ.items() if name not in WAITING}
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=own | QUIET | {"OMP_NUM_THREADS": str(threads)},
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r}: ended with {self.process.wait()}")
        self.process.send_signal(signal.SIGSTOP)  # waiting threads would take the others' cores
        found: dict[str, Any] = json.loads(line)
        return found

    def __call__(self, *asked: Any) -> dict[str, Any]:
        """Return seconds, processor_s, peak_mb and what was found (None: nothing) of one round."""
        assert self.process.stdin is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def lm_eval(model: str, dtype: str, threads: int) -> Run:
    """lm-evaluation-harness' HF backend: the six letters as continuations of each prompt."""
    import torch
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    weights = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)).eval()
    tokenizer = AutoTokenizer.from_pretrained(model)
    engine = HFLM(pretrained=weights, tokenizer=tokenizer, batch_size=1, device="cpu")

    def run(ids: Ids, options: list[int]) -> list[list[float]]:
        asked = [(("", ""), i, [o]) for i in ids for o in options]
        found = engine._loglikelihood_tokens(asked, disable_tqdm=True)
        values = [value for value, _ in found]
        return [values[i : i + len(options)] for i in range(0, len(values), len(options))]

    return run


def vllm_engine(model: str, dtype: str, **more: Any) -> Any:
    """Return vLLM with prefix caching and the model loaded; `more`: further settings."""
    from vllm import LLM

    return LLM(
        model=model, dtype=dtype, enable_prefix_caching=True, max_model_len=4096, max_num_seqs=64,
        max_num_batched_tokens=8192, disable_log_stats=True, **more,
    )  # fmt: skip


def vllm_scores(engine: Any) -> Run:
    """Let vLLM compute them; every round brings prompts that it has not seen."""
    from vllm import SamplingParams

    def run(ids: Ids, options: list[int]) -> list[list[float]]:
        one = SamplingParams(
            max_tokens=1, temperature=0, logprob_token_ids=options, detokenize=False
        )
        found = engine.generate([{"prompt_token_ids": i} for i in ids], one, use_tqdm=False)
        return [[f.outputs[0].logprobs[0][o].logprob for o in options] for f in found]

    return run


def vllm(model: str, dtype: str, threads: int) -> Run:
    """Let vLLM compute them."""
    return vllm_scores(vllm_engine(model, dtype))


def openvino_engine(model: str, dtype: str, threads: int, folder: str) -> Any:
    """Return OpenVINO GenAI with prefix caching; the model is exported to the folder if it is not there."""
    import openvino_genai as genai
    from optimum.exporters.openvino import main_export

    kind = {"float32": "f32", "bfloat16": "bf16"}[dtype]
    if not Path(folder).exists():
        main_export(model, output=folder, task="text-generation-with-past", convert_tokenizer=True)
    plan = genai.SchedulerConfig()
    plan.enable_prefix_caching, plan.cache_size = True, 2
    plan.max_num_batched_tokens, plan.max_num_seqs = 8192, 64
    asked = {
        "INFERENCE_PRECISION_HINT": kind,
        "KV_CACHE_PRECISION": kind,
        "INFERENCE_NUM_THREADS": threads,
    }
    return genai.ContinuousBatchingPipeline(folder, plan, "CPU", asked)


def openvino_rows(ids: Ids) -> list[Any]:
    """Return prompts as OpenVINO takes them, those without tokens left out."""
    import numpy as np
    import openvino as ov

    return [ov.Tensor(np.array([i], dtype=np.int64)) for i in ids if i]


def openvino_scores(engine: Any) -> Run:
    """OpenVINO GenAI: one token an item, since it gives no six log-probabilities.

    The prompts' common start is asked alone first, cut to whole blocks of 32 tokens.
    """
    import openvino_genai as genai

    one = genai.GenerationConfig()
    one.max_new_tokens, one.do_sample, one.ignore_eos = 1, False, True

    def run(ids: Ids, options: list[int]) -> None:
        start = common_start(ids) // 32 * 32
        for prompts in ([ids[0][:start]], ids):
            rows = openvino_rows(prompts)
            engine.generate(rows, [one] * len(rows))

    return run


def openvino(model: str, dtype: str, threads: int) -> Run:
    """Let OpenVINO GenAI compute them."""
    return openvino_scores(openvino_engine(model, dtype, threads, model + "-openvino"))


def common_start(ids: Ids) -> int:
    """Return how many tokens all prompts begin with."""
    return next((n for n, column in enumerate(zip(*ids, strict=False)) if len(set(column)) > 1), 0)


def serve(start: Callable[[], Callable[..., Any]]) -> None:
    """Answer every line of standard input: the arguments, as JSON, of the function that `start` returns."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    run = start()
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began, used = time.perf_counter(), time.process_time()
        found = run(*asked)
        took, used = time.perf_counter() - began, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        about = {"seconds": took, "processor_s": used, "found": found, "peak_mb": peak}
        print(json.dumps(about), file=answers, flush=True)


def main() -> None:
    """Answer every line of standard input."""
    name, model, dtype, threads = sys.argv[1:]
    engine = {"lm_eval": lm_eval, "vllm": vllm, "openvino": openvino}[name]
    serve(lambda: engine(model, dtype, int(threads)))


if __name__ == "__main__":
    main()
