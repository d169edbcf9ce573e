"""Are letters scored right, whatever the architecture? Every causal type of transformers, random weights.

    .venv/bin/python tools/architectures.py [--quick] [--json FILE] [TYPE ...]

Each type is made small, from its own configuration class. Its letters' log-probabilities, as the engine
computes them, are compared with one whole pass per prompt. A type that can't be made small here is listed
with its reason.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from holdfast.inference.engine.option_scores import score_group
from holdfast.inference.engine.scoring_ways import way_of

QUICK = (
    "llama", "qwen3", "gemma3_text", "phi3", "olmo3", "gpt_oss", "gemma2", "gpt2", "mamba", "recurrent_gemma",
    "falcon_h1", "jamba", "rwkv",
)  # fmt: skip
WIDTH, LAYERS, HEADS, VOCABULARY = 64, 4, 4, 700
SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
    "num_key_value_heads": 2, "intermediate_size": 128, "head_dim": WIDTH // HEADS,
    "max_position_embeddings": 512, "initializer_range": 0.1, "n_embd": WIDTH, "n_layer": LAYERS,
    "n_head": HEADS, "n_positions": 512, "d_model": WIDTH, "n_layers": LAYERS,
    "n_heads": HEADS, "n_inner": 128, "ffn_dim": 128, "max_seq_len": 512, "word_embed_proj_dim": WIDTH,
    "num_experts": 4, "num_local_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "moe_intermediate_size": 64, "shared_expert_intermediate_size": 64, "sliding_window": 7, "state_size": 8,
    "mamba_d_state": 8, "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_ssm": 128, "lru_width": WIDTH,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "attention_hidden_size": WIDTH,
    "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": VOCABULARY, "num_kv_shared_layers": 0,
}  # fmt: skip
LATENT = {
    "head_dim": 8,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 8,
    "v_head_dim": 16,
    "n_group": 1,
    "topk_group": 1,
}
OWN: dict[str, dict[str, Any]] = {
    "mamba2": {"num_heads": 8},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2},
    "deepseek_v2": LATENT, "deepseek_v3": LATENT, "gptj": {"rotary_dim": 8},
    "codegen": {"rotary_dim": 8},
}  # fmt: skip
"""What single types need besides."""

MOST = 3e7  # parameters: more is not small
OPTIONS = [[10], [11, 40], [12], [13], [14, 41, 42], [15]]


class Found(NamedTuple):
    """One type: the way its letters are scored, the largest difference from whole prompts, or why not."""

    kind: str
    way: str
    differs: float
    reason: str = ""


def small_model(kind: str) -> Any:
    """Return a small model of a type with random weights; whatever its configuration raises."""
    settings = CONFIG_MAPPING[kind]
    known = settings().to_dict()
    small = {k: v for k, v in SMALL.items() if k in known}
    config = settings(**small | OWN.get(kind, {}))
    torch.manual_seed(1)
    with torch.device("meta"):
        size = AutoModelForCausalLM.from_config(config).num_parameters()
    if size > MOST:
        raise ValueError(f"it has {size / 1e6:.0f} million parameters when made small")
    return AutoModelForCausalLM.from_config(config).eval()


@torch.inference_mode()
def plain(model: Any, ids: list[int]) -> list[float]:
    """Return the letters' log-probabilities by one pass, as the library computes it by default."""
    logits = model(torch.tensor([ids])).logits[0, -1].double()
    if not logits.std() > 0.01:
        raise ValueError("its random weights tell no two tokens apart")
    return [float(logits.log_softmax(-1)[option].logsumexp(0)) for option in OPTIONS]


def examine(kind: str) -> Found:
    """Return how a type is scored, and how far from whole prompts."""
    try:
        model = small_model(kind)
        numbers = torch.Generator().manual_seed(2)
        prefix = torch.randint(5, VOCABULARY, (40,), generator=numbers).tolist()
        ends = [torch.randint(5, VOCABULARY, (n,), generator=numbers).tolist() for n in (3, 9, 20)]
        ids = [prefix + end for end in ends]
        whole = [plain(model, prompt) for prompt in ids]
    except Exception as e:  # the type itself, not our code
        return Found(
            kind,
            "not made",
            float("nan"),
            (str(e).strip() or type(e).__name__).splitlines()[0][:90],
        )
    scores = score_group(model, ids, OPTIONS)
    pairs = zip(whole, scores, strict=True)
    differs = max(abs(x - y) for a, (b, _) in pairs for x, y in zip(a, b, strict=True))
    return Found(kind, way_of(model).name, differs)


def table(found: Iterable[Found]) -> str:
    """Return the results as Markdown."""
    rows = [f"| `{f.kind}` | {f.way} | {f.reason or f'{f.differs:.0e}'} |" for f in found]
    return "\n".join(["| type | scored by | largest difference |", "| --- | --- | --- |", *rows])


def main() -> None:
    """Examine the types and print a table; exit with status 1 if one is scored wrongly."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="TYPE")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--json", type=Path, help="write the results to this file, too")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    kinds = given.kinds or (QUICK if given.quick else sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES))
    found = [examine(kind) for kind in kinds]
    print(table(found))
    made = [f for f in found if f.way != "not made"]
    wrong = [f.kind for f in made if not f.differs < 1e-4]
    print(
        f"\n{len(made)} of {len(found)} types were made; scored wrongly: {', '.join(wrong) or 'none'}"
    )
    if given.json:
        given.json.write_text(json.dumps([f._asdict() for f in found], indent=1))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
