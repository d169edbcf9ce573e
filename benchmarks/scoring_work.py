"""What scoring.py measures with: models with random weights, the prompts, the limit, memory."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    MistralConfig,
    MixtralConfig,
    Phi3Config,
    PhiConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)

from holdfast.inference.engine.matrix_products import pack

INTRODUCTION, OWN = 40, 70
OPTIONS = [[10], [11], [12], [13], [14], [15]]


def _shape(
    width: int, layers: int, heads: int, shared: int, inner: int, words: int
) -> dict[str, int]:
    return {
        "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": shared, "intermediate_size": inner, "vocab_size": words,
    }  # fmt: skip


SIZES = {
    "1M": _shape(96, 4, 4, 4, 192, 2048),
    "15M": _shape(288, 6, 6, 6, 768, 16000),
    "120M": _shape(768, 12, 12, 4, 2048, 32000),
    "1B": _shape(2048, 16, 32, 8, 8192, 32000),
    "7B": _shape(4096, 32, 32, 32, 11008, 32000),
}
FAMILIES = {
    "llama": LlamaConfig, "mistral": MistralConfig, "mixtral": MixtralConfig, "qwen2": Qwen2Config,
    "phi": PhiConfig, "qwen3": Qwen3Config, "phi3": Phi3Config,
}  # fmt: skip
OWN_SETTINGS: dict[str, dict[str, Any]] = {
    "mistral": {"sliding_window": 512},
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "phi": {"partial_rotary_factor": 0.5},
    "phi3": {"pad_token_id": 0},
}


def build(family: str, size: str, dtype: str, device: str) -> Any:
    """Return a model with random weights."""
    torch.manual_seed(0)
    general = {"max_position_embeddings": 8192, "bos_token_id": 0, "eos_token_id": 0}
    config = FAMILIES[family](**general, **SIZES[size], **OWN_SETTINGS.get(family, {}))
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype)).eval()


def build_as_in_a_job(family: str, size: str, dtype: str, device: str) -> Any:
    """Return the same model, with its weights laid out as a job lays them out."""
    model = build(family, size, dtype, device)
    if device == "cpu":
        pack(model)
    return model


def save(model: Any, folder: Path) -> None:
    """Write the model, with a tokenizer that has a word for every id, for engines that want a folder."""
    words = {f"w{i}": i for i in range(model.config.vocab_size)}
    tokenizer = Tokenizer(WordLevel(words, unk_token="w1"))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="w0", unk_token="w1")
    fast.save_pretrained(folder)
    model.save_pretrained(folder)


def work(prefix: int, items: int, vocabulary: int, number: int) -> list[list[int]]:
    """Return the prompts as token ids, others for each number; ends of 60 to 80 tokens of their own."""
    numbers = torch.Generator().manual_seed(number)

    def some(n: int) -> list[int]:
        return [int(t) for t in torch.randint(20, vocabulary, (n,), generator=numbers)]

    shared = some(prefix + INTRODUCTION)
    return [[*shared, i % vocabulary, *some(OWN - 11 + i * 7 % 21)] for i in range(items)]


def flops(model: Any, ids: list[list[int]], shared: int) -> float:
    """Return the work that can't be avoided: each distinct token once, the head once an item.

    `shared`: how many tokens all prompts begin with.
    Of a mixture of experts a token passes the chosen ones alone; what lies outside a sliding window
    is not seen.
    """
    c = model.config
    heads = c.num_attention_heads
    width = heads * (getattr(c, "head_dim", None) or c.hidden_size // heads)
    chosen = getattr(c, "num_experts_per_tok", 1) / getattr(c, "num_local_experts", 1)
    body = sum(
        p.numel() * (chosen if ".experts." in n else 1)
        for n, p in model.named_parameters()
        if ".layers." in n
    )
    window = getattr(c, "sliding_window", None) or shared + OWN * 2
    ends = [len(i) - shared for i in ids]
    places = [*range(shared), *(shared + i for e in ends for i in range(e))]
    seen = sum(min(p + 1, window) for p in places)
    head = len(ids) * c.hidden_size * c.vocab_size
    return 2.0 * (body * len(places) + head + 2 * seen * width * c.num_hidden_layers)


def matrix_rate(dtype: str, device: str) -> float:
    """Return the best rate of a large matrix product now, FLOP/s: the limit that shares are taken of.

    On a CPU the best of torch's default (MKL in float32) and oneDNN, with weights plain and packed.
    """
    n = 8192 if device == "cuda" else 2048
    a, b = (torch.randn(n, n, device=device).to(getattr(torch, dtype)) for _ in range(2))
    ways: list[Callable[[], object]] = [lambda: a @ b.T]
    if device == "cpu" and torch.backends.mkldnn.is_available():
        product = torch.ops.mkldnn._linear_pointwise
        packed = torch.ops.mkldnn._reorder_linear_weight(b, n)
        ways += [lambda w=w: product(a, w, None, "none", [], "") for w in (b, packed)]
    return 2 * n**3 / min(seconds(way) for way in ways for _ in range(5))


def seconds(function: Callable[[], object]) -> float:
    """Return the wall-clock time of one call."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def observed(function: Callable[[], list[Any]], device: str) -> dict[str, Any]:
    """Return what a function returns as `found`, with its seconds, processor seconds and peak memory, MB."""
    found: list[Any] = []
    took: list[float] = []

    def timed() -> None:
        used = time.process_time()
        took.append(seconds(lambda: found.extend(function())))
        took.append(time.process_time() - used)

    peak = peak_mb(timed, device)
    return {"seconds": took[0], "processor_s": took[1], "peak_mb": peak, "found": found}


def peak_mb(function: Callable[[], object], device: str) -> float:
    """Return the most memory held while a function runs, in MB: of the GPU, or the process's resident."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        function()
        return torch.cuda.max_memory_allocated() / 1e6
    return _peak_resident(function)


def _peak_resident(function: Callable[[], object]) -> float:
    ctypes.CDLL(None).malloc_trim(0)  # what earlier engines freed is no part of it
    done, page = threading.Event(), os.sysconf("SC_PAGE_SIZE") / 1e6

    def held() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * page

    seen = [held()]

    def watch() -> None:
        while not done.wait(0.002):
            seen.append(held())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        function()
    finally:
        done.set()
        watcher.join()
    return max(*seen, held())
