"""Other engines at the work of real_model.py: each in a process, with an environment of its own.

real_model.py starts `PYTHON real_model_peers.py ENGINE ABOUT`, where ABOUT is JSON: the model's folder, a
folder for what is exported, dtype, threads, sampling, and the tokens that end a message. A line of standard
input is ["score", prompts, option tokens] or ["write", prompts, seeds, tokens at most].
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from scoring_peers import (
    openvino_engine,
    openvino_rows,
    openvino_scores,
    serve,
    vllm_engine,
    vllm_scores,
)

About = dict[str, Any]
Ids = list[list[int]]
Answer = Callable[..., Any]


def vllm(about: About) -> dict[str, Answer]:
    """Return vLLM with its own sampling; it refuses a seed a message with top_p on a processor."""
    from vllm import SamplingParams

    engine = vllm_engine(about["model"], about["dtype"], generation_config="vllm", seed=0)

    def write(ids: Ids, _: list[int], limit: int) -> Ids:
        own = {**about["sampling"], "stop_token_ids": about["ends"], "ignore_eos": True}
        asked = SamplingParams(**own, max_tokens=limit, detokenize=False)
        found = engine.generate([{"prompt_token_ids": i} for i in ids], asked, use_tqdm=False)
        return [list(f.outputs[0].token_ids) for f in found]

    return {"score": vllm_scores(engine), "write": write}


def vllm_own_draws(about: About) -> dict[str, Answer]:
    """Return vLLM as the backend `vllm` uses it: Holdfast draws the tokens, each message by its own numbers."""
    from vllm import SamplingParams

    from holdfast.inference.backends.vllm_backend import DRAWS, NEUTRAL, SETTINGS
    from holdfast.inference.backends.vllm_draws import drawing
    from holdfast.inference.models.registry import Sampling

    os.environ["VLLM_USE_V2_MODEL_RUNNER"] = SETTINGS["VLLM_USE_V2_MODEL_RUNNER"]
    settings = {
        "generation_config": "vllm",
        "logits_processors": [DRAWS],
        "async_scheduling": False,
    }
    engine = vllm_engine(about["model"], about["dtype"], **settings)
    sampling = Sampling(**about["sampling"])

    def write(ids: Ids, seeds: list[int], limit: int) -> Ids:
        own = {**NEUTRAL, "stop_token_ids": about["ends"], "ignore_eos": True}
        asked = [
            SamplingParams(
                **own, max_tokens=limit, detokenize=False, extra_args=drawing(sampling, seed)
            )
            for seed in seeds
        ]
        found = engine.generate([{"prompt_token_ids": i} for i in ids], asked, use_tqdm=False)
        return [list(f.outputs[0].token_ids) for f in found]

    return {"score": vllm_scores(engine), "write": write}


def openvino(about: About) -> dict[str, Answer]:
    """Return OpenVINO GenAI with its own sampling, a seed a message."""
    import openvino_genai as genai

    engine = openvino_engine(about["model"], about["dtype"], about["threads"], about["exported"])

    def asked(seed: int, limit: int) -> Any:
        own = genai.GenerationConfig()
        own.do_sample, own.rng_seed, own.max_new_tokens = True, seed % 2**31, limit
        own.temperature, own.top_p = about["sampling"]["temperature"], about["sampling"]["top_p"]
        own.stop_token_ids = set(about["ends"])
        return own

    def write(ids: Ids, seeds: list[int], limit: int) -> Ids:
        found = engine.generate(openvino_rows(ids), [asked(seed, limit) for seed in seeds])
        return [list(f.m_generation_ids[0]) for f in found]

    return {"score": openvino_scores(engine), "write": write}


ENGINES: dict[str, Callable[[About], dict[str, Answer]]] = {
    "vllm": vllm, "vllm_own_draws": vllm_own_draws, "openvino": openvino,
}  # fmt: skip


def main() -> None:
    """Answer every line of standard input."""
    name, about = sys.argv[1], json.loads(sys.argv[2])

    def start() -> Answer:
        answers = ENGINES[name](about)
        return lambda kind, *asked: answers[kind](*asked)

    serve(start)


if __name__ == "__main__":
    main()
