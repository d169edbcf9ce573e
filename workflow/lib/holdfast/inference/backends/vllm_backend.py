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
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.message_generation import ending_tokens, message_of
from holdfast.inference.models.pretrained import generation_config

logger = logging.getLogger(__name__)
DRAWS = "holdfast.inference.backends.vllm_draws:OwnDraws"  # loaded by vLLM, in whichever process
AT_ONCE = 512  # requests handed over at a time: after so many, a job says how far it is
MOST_LETTER_IDS = 128  # of the letters together; vLLM's own limit
SHARE_OF_MEMORY = 0.25  # of what is free on a CPU, for keys and values
MOST_MEMORY = 16 * 2**30
SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",  # a study tells nobody that it runs
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the job's own process: it ends when the job does
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # jobs side by side would take the same cores
    "VLLM_USE_V2_MODEL_RUNNER": "0",  # the one that `vllm_draws` is made for, on whichever machine
}
NEUTRAL = {
    "temperature": 0.0,  # what `vllm_draws` leaves possible, or the letters' scores: nothing is drawn by vLLM
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}


class VllmBackend(TransformersBackend):
    """A model that vLLM computes; tokenizer, prompts and letters as in the default backend."""

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
            _check_embedding(Path(self.source["pretrained_model_name_or_path"]))
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
            "generation_config": "vllm",  # not that of the model's folder: the registry's entry decides
            "logits_processors": [DRAWS],
            "async_scheduling": False,  # a step begins when the tokens of the one before are known
        }
        if not torch.cuda.is_available():
            settings |= {"tensor_parallel_size": 1, "kv_cache_memory_bytes": _cache_bytes()}
            # to compile takes minutes, and gains a fifth of a score's time
            settings["enforce_eager"] = True
        return settings

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages, each drawn by its own numbers, as in the default backend."""
        for batch in _batches(requests):
            found = self._run(batch, list(map(self._writing, batch)))
            for request, one in zip(batch, found, strict=True):
                row, stops = list(one.outputs[0].token_ids), self.stops(request)
                yield message_of(
                    self.tokenizer, row, request, self._ending, self.entry.model, stops
                )

    @cached_property
    def _ending(self) -> set[int]:
        return ending_tokens(generation_config(self.source), self.tokenizer)

    def _writing(self, request: MessageRequest) -> Any:
        """Return how vLLM writes a message: where it ends; `vllm_draws` draws its tokens."""
        from vllm import SamplingParams

        from holdfast.inference.backends.vllm_draws import drawing

        return SamplingParams(
            **NEUTRAL, max_tokens=request.max_new_tokens, stop=self.stops(request) or None,
            include_stop_str_in_output=False, ignore_eos=True, stop_token_ids=sorted(self._ending),
            skip_special_tokens=self.entry.model.kind == "base",
            extra_args=drawing(self.entry.model.sampling, request.seed),
        )  # fmt: skip

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the options' scores."""
        from vllm import SamplingParams

        for batch in _batches(requests):
            letters = [self._letter_ids(r.letters) for r in batch]
            asked = [
                SamplingParams(
                    **NEUTRAL, max_tokens=1, detokenize=False,
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


def _check_embedding(folder: Path) -> None:
    """Refuse files that name the embedding for its other use alone: vLLM would not read it, nor say so.

    Raises:
        ValueError: they do.
    """
    names = set[str]()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            names |= set(file.keys())
    if "lm_head.weight" in names and not any("emb" in n or "wte" in n for n in names):
        raise ValueError(
            "its files have the embedding only as lm_head.weight; save it with save_pretrained()"
        )


def _cache_bytes() -> int:
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(min(MOST_MEMORY, SHARE_OF_MEMORY * pages))
