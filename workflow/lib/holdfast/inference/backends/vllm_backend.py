"""The backend `vllm`: the same model, prompts and letters as `transformers`, computed by vLLM.

vLLM keeps the keys and values of what prompts have in common (prefix caching), batches by itself, and
returns log-probabilities of chosen tokens, normalised over the whole vocabulary.
"""

import logging
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.prompting.prompts import stop_labels

logger = logging.getLogger(__name__)
AT_ONCE = 512  # requests handed over at a time, so that a killed job loses no more
MOST_LETTER_IDS = 128  # of the letters together; vLLM's own limit
SHARE_OF_MEMORY = 0.25  # of what is free on a CPU, for keys and values
MOST_MEMORY = 16 * 2**30
SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",  # a study tells nobody that it runs
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the job's own process: it ends when the job does
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # jobs side by side would take the same cores
}


class VllmBackend(TransformersBackend):
    """A model that vLLM computes; tokenizer, prompts and letters as in the default backend."""

    def identity(self) -> dict[str, Any]:
        """Return what decides the answers; vLLM draws other messages from the same seed."""
        return super().identity() | {"engine": "vllm"}

    def tokens_in(self, seconds: float) -> float:
        """Return infinity: vLLM is made for much at once."""
        return math.inf

    @cached_property
    def engine(self) -> Any:
        """Return vLLM with the model loaded.

        Raises:
            StudyError: vLLM is not in this environment, or can't load the model.
        """
        os.environ.update({k: v for k, v in SETTINGS.items() if k not in os.environ})
        os.environ.setdefault("OMP_NUM_THREADS", str(torch.get_num_threads()))
        try:
            from vllm import LLM
        except ImportError as e:
            raise StudyError(
                f"models: '{self.name}': the backend 'vllm' needs the package vllm, which is not in the "
                f"environment of this job ({e}). Run Snakemake with --use-conda, or from .venv-vllm "
                "(`make env-vllm`)."
            ) from e
        with self._as_study_error("loaded"):
            return LLM(**self._engine_settings())

    @contextmanager
    def _as_study_error(self, what: str) -> Iterator[None]:
        """Turn what vLLM says of a model that it does not know into one sentence for the user."""
        try:
            yield
        except (ImportError, OSError, ValueError, KeyError, RuntimeError) as e:
            reason = (str(e).strip() or type(e).__name__).splitlines()[0]
            raise StudyError(
                f"models: '{self.name}' can't be {what} by vLLM: {reason}. "
                "The backend 'transformers' takes more kinds of models."
            ) from e

    def _engine_settings(self) -> dict[str, Any]:
        source, deployment = self.source, self.entry.deployment
        settings = {
            "model": source["pretrained_model_name_or_path"],
            "trust_remote_code": source["trust_remote_code"],
            "dtype": deployment.dtype,
            "seed": 0,
            "enable_prefix_caching": True,
            "max_logprobs": MOST_LETTER_IDS,
            "max_model_len": -1,  # as long as the model and the memory allow
            "tensor_parallel_size": max(1, deployment.gpus),
            "disable_log_stats": True,
        }
        if not torch.cuda.is_available():
            settings |= {"tensor_parallel_size": 1, "kv_cache_memory_bytes": _cache_bytes()}
        return settings

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages, each sampled with its own seed."""
        for batch in _batches(requests):
            asked = [self._sampling(r) for r in batch]
            for found, request in zip(self._run(batch, asked), batch, strict=True):
                yield self._message(found.outputs[0], request)

    def _sampling(self, request: MessageRequest) -> Any:
        """Return how a message is sampled: the model's own parameters and stop rules."""
        from vllm import SamplingParams

        chat = self.entry.model.kind == "chat"
        return SamplingParams(
            **self.entry.model.sampling.model_dump(), seed=request.seed % 2**63,
            max_tokens=request.max_new_tokens, stop=None if chat else stop_labels(request.prompt),
        )  # fmt: skip

    def _message(self, said: Any, request: MessageRequest) -> Answer:
        ended = said.finish_reason == "stop"
        at_label = isinstance(said.stop_reason, str)  # vLLM has cut the text before it
        text = (
            said.text
            if at_label
            else self.tokenizer.decode(said.token_ids, skip_special_tokens=True)
        )
        text = text.strip()
        status = "empty" if not text else "ok" if ended else "cut"
        return Answer(text, len(said.token_ids) - (ended and not at_label), status)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the options' scores."""
        from vllm import SamplingParams

        for batch in _batches(requests):
            letters = [self._letter_ids(r.letters) for r in batch]
            asked = [
                SamplingParams(
                    max_tokens=1, temperature=0, detokenize=False,
                    logprob_token_ids=[i for letter in ids for i in letter],
                )
                for ids in letters
            ]  # fmt: skip
            answers = zip(batch, letters, self._run(batch, asked), strict=True)
            for request, ids, found in answers:
                yield _scored(request, ids, found.outputs[0].logprobs[0])

    def _run(self, batch: Sequence[MessageRequest | ScoreRequest], asked: Sequence[Any]) -> Any:
        engine = self.engine
        prompts = [{"prompt_token_ids": ids} for ids in self.token_ids([r.prompt for r in batch])]
        with self._as_study_error("computed"):
            return engine.generate(prompts, asked, use_tqdm=False)


def _scored(request: ScoreRequest, ids: Sequence[Sequence[int]], found: Any) -> Answer:
    """Return the letters' scores from vLLM's log-probabilities by token id."""
    logprobs = [_log_sum_exp([found[i].logprob for i in letter]) for letter in ids]
    best = max(range(len(logprobs)), key=logprobs.__getitem__)
    mass = min(1.0, sum(map(math.exp, logprobs)))
    return Answer(request.letters[best], logprobs=tuple(logprobs), mass=mass)


def _log_sum_exp(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(v - most) for v in values))


def _batches(requests: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(requests), AT_ONCE):
        yield requests[start : start + AT_ONCE]


def _cache_bytes() -> int:
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(min(MOST_MEMORY, SHARE_OF_MEMORY * pages))
