"""Miniature models: five real architectures, small enough to make, train and run on a laptop.

They are fixtures that let the whole study run offline. Nothing that they do says anything about the
families whose architecture and chat format they share.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

PAD, BOS, EOS = "<pad>", "<s>", "</s>"

# How the Qwen family cuts text into words. The library cuts so for every model of this architecture,
# whatever the model's own file says, and first composes accents (NFC).
_QWEN_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Each family's published chat format, as a template of our own. `messages` alternate user and assistant
# after an optional system message (LLaMa, Qwen); the others have no system role.
_LLAMA = """{{ bos_token }}{% if messages[0].role == 'system' %}{% set sys = '<<SYS>>\\n' \
+ messages[0].content + '\\n<</SYS>>\\n\\n' %}{% set rest = messages[1:] %}{% else %}{% set sys = '' %}\
{% set rest = messages %}{% endif %}{% for m in rest %}{% if m.role == 'user' %}[INST] \
{% if loop.first %}{{ sys }}{% endif %}{{ m.content }} [/INST]{% else %} {{ m.content }}{{ eos_token }}\
{% endif %}{% endfor %}"""
_MISTRAL = """{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} \
[/INST]{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"""
_QWEN = """{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"""
_PHI = """{% for m in messages %}{{ 'Instruct:' if m.role == 'user' else 'Output:' }} {{ m.content }}\
{{ eos_token if m.role == 'assistant' else '' }}\n{% endfor %}\
{% if add_generation_prompt %}Output:{% endif %}"""


@dataclass(frozen=True)
class Architecture:
    """One family's architecture and chat format."""

    config: Any
    model: Any
    template: str
    eos: str
    special: tuple[str, ...]
    system_role: bool
    options: dict[str, Any]
    words: str = ""  # pattern that cuts text into words; empty: that of byte-level BPE


ARCHITECTURES: dict[str, Architecture] = {
    "llama": Architecture(
        LlamaConfig, LlamaForCausalLM, _LLAMA, EOS,
        ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"), True, {},
    ),
    "mistral": Architecture(
        MistralConfig, MistralForCausalLM, _MISTRAL, EOS, ("[INST]", "[/INST]"), False,
        {"sliding_window": None},
    ),
    "mixtral": Architecture(
        MixtralConfig, MixtralForCausalLM, _MISTRAL, EOS, ("[INST]", "[/INST]"), False,
        {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": None},
    ),
    "qwen": Architecture(
        Qwen2Config, Qwen2ForCausalLM, _QWEN, "<|im_end|>", ("<|im_start|>", "<|endoftext|>"), True,
        {}, _QWEN_WORDS,
    ),
    "phi": Architecture(
        PhiConfig, PhiForCausalLM, _PHI, EOS, (), False,
        {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attention_dropout": 0.0},
    ),
}  # fmt: skip


def build_tokenizer(
    family: str, texts: Iterable[str], size: int = 2048, phrases: Sequence[str] = ()
) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer with the family's chat format; any text goes through unharmed.

    Args:
        family: a name in ARCHITECTURES.
        texts: what it learns its tokens from.
        size: tokens at most, special ones included, phrases not.
        phrases: texts that are one token each.
    """
    about = ARCHITECTURES[family]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if about.words:
        cut = pre_tokenizers.Split(Regex(about.words), "isolated")
        as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    special = list(dict.fromkeys([PAD, BOS, EOS, about.eos, *about.special]))
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    longest_first = sorted(phrases, key=len, reverse=True)
    tokenizer.add_tokens([AddedToken(p, normalized=False, special=False) for p in longest_first])
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token=PAD, bos_token=BOS, eos_token=about.eos
    )
    fast.chat_template = about.template
    return fast


def build_model(
    family: str, tokenizer: PreTrainedTokenizerFast, seed: int, width: int = 64, layers: int = 4,
    heads: int = 4, inner: int = 0, theta: float = 1000.0, spread: float = 0.02, **options: Any,
) -> Any:  # fmt: skip
    """Return a randomly initialised model of a family; the same seed gives the same weights.

    Args:
        family: a name in ARCHITECTURES.
        tokenizer: gives the vocabulary.
        seed: of the weights.
        width: of the hidden states.
        layers: how many.
        heads: attention heads a layer.
        inner: width of the feed-forward layers; 0: twice the width.
        theta: base of the rotary position embedding.
        spread: standard deviation of the weights.
        options: further options of the architecture's configuration.
    """
    about = ARCHITECTURES[family]
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": theta}
    if family == "phi":
        rope["partial_rotary_factor"] = 0.5
    config = about.config(
        vocab_size=len(tokenizer), hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=inner or 2 * width,
        max_position_embeddings=4096, tie_word_embeddings=False, rope_parameters=rope,
        initializer_range=spread, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        **({"num_key_value_heads": heads} | about.options | options),
    )  # fmt: skip
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = about.model(config).float().eval()
    torch.set_rng_state(state)
    return model


def save(model: Any, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a model as the hub's models are written: safetensors, configuration, tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
