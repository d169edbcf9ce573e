"""Whole jobs of models that are none of the five families: their configurations have other names."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as t

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from small_jobs import Job
from small_models import TRAINED, backend_of

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
    assert manifest["scoring"]["name"] == ("whole prompts" if kind == "mamba" else "shared prefix")
    assert 0 <= manifest["scoring"]["differs"] < 1e-4


def test_only_the_entry_says_how_a_model_is_sampled(tmp_path: Path, model_folders: Any) -> None:
    """Not what the model's own generation_config.json has besides its end of sequence."""
    shutil.copytree(model_folders["llama"], tmp_path / "model")
    odd = {"no_repeat_ngram_size": 1, "min_p": 0.9, "suppress_tokens": [5], "eos_token_id": [2, 9]}
    (tmp_path / "model/generation_config.json").write_text(json.dumps(odd))
    kept = backend_of("llama", tmp_path / "model").model.generation_config
    assert kept.eos_token_id == [2, 9]
    assert not (kept.no_repeat_ngram_size or kept.min_p or kept.suppress_tokens)
