"""Models whose attention is not known: their letters are scored right, by whichever way agrees."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, MambaConfig, MambaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from architectures import QUICK, examine
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.engine import scoring_ways
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.message_generation import messages
from holdfast.inference.engine.option_scores import score_group
from holdfast.inference.models.registry import Model, Sampling
from holdfast.inference.prompting.prompts import Prompt
from small_models import OPTIONS, TRAINED, assert_equal

WAYS = {
    "llama": "shared prefix",
    **dict.fromkeys(("qwen3", "gemma3_text", "gpt_oss", "gpt2"), "copied cache"),
    **dict.fromkeys(("mamba", "recurrent_gemma", "falcon_h1", "jamba", "rwkv"), "whole prompts"),
}


@pytest.mark.parametrize("kind", QUICK)
def test_letters_of_every_kind_of_architecture_are_those_of_whole_prompts(kind: str) -> None:
    found = examine(kind)
    assert (found.way, found.reason) == (WAYS[kind], "")
    assert found.differs < 1e-4


def qwen3() -> Any:
    torch.manual_seed(4)
    config = Qwen3Config(
        vocab_size=700, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, head_dim=8,
        num_key_value_heads=2, intermediate_size=64, initializer_range=0.3,
    )  # fmt: skip
    return Qwen3ForCausalLM(config).eval()


def test_a_cache_that_loses_the_prefix_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As if the model kept its state elsewhere: the copied cache then holds nothing of the prefix."""
    model, right = qwen3(), scoring_ways.with_copied_cache

    def forgets(model: Any, ids: list[list[int]], options: Any) -> Any:
        shared = scoring_ways.common_prefix(ids)
        return right(model, [i[shared:] for i in ids], options)

    monkeypatch.setattr(scoring_ways, "with_copied_cache", forgets)
    assert scoring_ways.way_of(model).name == "whole prompts"
    ids = [[7, 8, 9, 20], [7, 8, 9, 30, 5, 6]]
    assert_equal(model, ids, score_group(model, ids, OPTIONS), OPTIONS)
    score_group(model, ids, OPTIONS)
    assert caplog.text.count("every prompt is computed whole") == 1


def test_the_known_families_are_tried_as_well(
    model_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose shared prefix were wrong would be scored by the next way that agrees."""
    model, right = model_of("llama, grouped"), scoring_ways.with_shared_prefix
    way = scoring_ways.way_of(model)
    assert way.name == "shared prefix" and 0 <= way.differs < 1e-4
    scoring_ways._ways.pop(model)

    def wrong(*asked: Any) -> Any:
        return [([x + 0.1 for x in logprobs], mass) for logprobs, mass in right(*asked)]

    monkeypatch.setattr(scoring_ways, "with_shared_prefix", wrong)
    assert scoring_ways.way_of(model).name == "copied cache"
    scoring_ways._ways.pop(model)


def test_a_cache_that_keeps_it_is_used_and_the_trial_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    way = scoring_ways.way_of(qwen3())
    assert way.name == "copied cache" and 0 <= way.differs < 1e-4
    assert "'qwen3' models is not known" in caplog.text


def test_a_recurrent_model_writes_the_same_whoever_writes_beside_it() -> None:
    folder: Path = TRAINED / "llama-mini"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    torch.manual_seed(5)
    config = MambaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, state_size=8,
        initializer_range=0.3, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    model = MambaForCausalLM(config).eval()
    about = Model(family="x", path=folder, sampling=Sampling(temperature=1.0))
    requests = [MessageRequest(Prompt("", (), "persona"), seed, 8) for seed in (1, 2, 3)]
    ids = [[7, 8, 9], [20] * 30, [5]]

    def said(chosen: list[int]) -> list[str]:
        asked, prompts = [requests[i] for i in chosen], [ids[i] for i in chosen]
        return [
            a.text
            for a in messages(
                model, tokenizer, about, asked, prompts, [[] for _ in asked], ConversationCache(0)
            )
        ]

    together = said([0, 1, 2])
    assert together == [said([i])[0] for i in range(3)] and len(set(together)) == 3
