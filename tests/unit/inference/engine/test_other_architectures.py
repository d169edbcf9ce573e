"""Whole jobs of models that are none of the five families: their configurations have other names."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as t

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from small_jobs import Job
from small_models import TRAINED

SMALL = {"num_hidden_layers": 2, "hidden_size": 32, "vocab_size": 700}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 64}
CONFIGS: dict[str, Any] = {
    "gpt2": lambda: t.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=700, n_positions=2048),
    "mamba": lambda: t.MambaConfig(**SMALL, state_size=8),
    "gemma3, which sees": lambda: t.Gemma3Config(
        text_config=SMALL | HEADS | {"sliding_window": 16},
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
    ),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_job_of_another_architecture_runs_and_says_how_it_was_scored(
    kind: str, tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    torch.manual_seed(2)
    tokenizer = t.AutoTokenizer.from_pretrained(TRAINED / "llama-mini")
    config = CONFIGS[kind]()
    config.get_text_config().eos_token_id = tokenizer.eos_token_id
    config.get_text_config().vocab_size = len(tokenizer)
    model = t.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    job = Job(tmp_path, tmp_path / "model", instrument, personas)
    manifest = job.run(topics=1, people=1)
    assert manifest["computed"] == 3 + 2 * 40 and not manifest["invalid"]
    assert manifest["scoring"]["name"] == ("whole prompts" if kind == "mamba" else "copied cache")
    assert 0 <= manifest["scoring"]["differs"] < 1e-4
