"""Models whose attention is not known: their letters are scored right, by whichever way agrees."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, MambaConfig, MambaForCausalLM

from architectures import QUICK, examine, small_model
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.engine import scoring_ways
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.message_generation import messages, plain_batch
from holdfast.inference.engine.option_scores import score_group
from holdfast.inference.models.registry import Model, Sampling
from holdfast.inference.prompting.prompts import Prompt
from small_models import OPTIONS, TRAINED, assert_equal

WAYS = {
    **dict.fromkeys(("llama", "qwen3", "gemma3_text", "phi3", "olmo3", "gpt2"), "shared prefix"),
    **dict.fromkeys(("gpt_oss", "gemma2"), "copied cache"),
    **dict.fromkeys(("mamba", "recurrent_gemma", "falcon_h1", "jamba", "rwkv"), "whole prompts"),
}


@pytest.mark.parametrize("kind", QUICK)
def test_letters_of_every_kind_of_architecture_are_those_of_whole_prompts(kind: str) -> None:
    found = examine(kind)
    assert (found.way, found.reason) == (WAYS[kind], "")
    assert found.differs < 1e-4


def test_a_cache_that_loses_the_prefix_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As if the model kept its state elsewhere: the copied cache then holds nothing of the prefix."""
    model, right = small_model("gpt_oss"), scoring_ways.with_copied_cache

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


@pytest.mark.parametrize("kind", ["qwen3", "gemma3_text", "phi3", "olmo3"])
def test_messages_of_families_of_today_are_those_of_the_librarys_loop(kind: str) -> None:
    """Beyond the sliding windows of 7 tokens, in slots that are used again, and with a conversation kept."""
    model, tokenizer = small_model(kind), AutoTokenizer.from_pretrained(TRAINED / "llama-mini")
    assert scoring_ways.way_of(model).writes
    about = Model(path=TRAINED, sampling=Sampling(temperature=0.9, top_p=0.95))
    numbers = torch.Generator().manual_seed(3)
    ids = [torch.randint(5, 300, (n,), generator=numbers).tolist() for n in (30, 3, 12, 21)]
    asked = [MessageRequest(Prompt("", (), "persona"), seed, 12, seed) for seed in range(4)]
    stops: list[list[str]] = [[] for _ in asked]
    alone = [
        plain_batch(model, tokenizer, about, [r], [i], [[]])[0]
        for r, i in zip(asked, ids, strict=True)
    ]
    cache = ConversationCache(1e9)
    for _ in range(2):  # the second time the conversations are known
        said = list(messages(model, tokenizer, about, asked, ids, stops, cache, rows=2))
        assert said == alone
    assert cache.known


@pytest.mark.parametrize(
    ("config", "windows", "trusted"),
    [
        ({}, {0: None, 1: None}, True),
        ({"sliding_window": 4096}, {0: 4096, 1: 4096}, True),
        ({"sliding_window": 4096}, {0: None, 1: None}, False),
        ({"sliding_window": 4096, "use_sliding_window": False}, {0: None, 1: None}, True),
        (
            {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]},
            {0: 8, 1: None}, True,
        ),
        (
            {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]},
            {0: None, 1: 8}, False,
        ),
        ({"layer_types": ["full_attention", "conv"]}, {0: None}, False),
        ({"attention_chunk_size": 8192}, {0: None, 1: None}, False),
    ],
)  # fmt: skip
def test_a_window_that_only_a_mask_would_know_is_not_trusted(
    config: dict[str, Any], windows: dict[int, int | None], trusted: bool
) -> None:
    """Two short prompts would not show it, since both lie within the window."""
    assert scoring_ways._as_configured(SimpleNamespace(**config), windows) == trusted


def test_a_cache_that_keeps_it_is_used_and_the_trial_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    way = scoring_ways.way_of(small_model("gpt_oss"))
    assert way.name == "copied cache" and 0 <= way.differs < 1e-4
    assert "'gpt_oss' models have in common" in caplog.text


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
