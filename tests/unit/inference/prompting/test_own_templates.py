"""The chat templates of this project, for models that are published without one."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from holdfast.inference.prompting.chat_template import ChatTemplate, Presentation
from holdfast.inference.prompting.template_findings import findings
from holdfast.inference.prompting.thinking import PRESETS

ROOT = Path(__file__).resolve().parents[4]
DEEPSEEK = (ROOT / "resources/models/templates/deepseek-v3.2.jinja").read_text(encoding="utf-8")
TALK = [
    {"role": "system", "content": "You are Ada."},
    {"role": "user", "content": "Tea?"},
    {"role": "assistant", "content": "Always."},
    {"role": "user", "content": "Why?"},
]


def deepseek(**shown: Any) -> ChatTemplate:
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "resources/miniatures/llama-mini")
    tokenizer.bos_token, tokenizer.eos_token = "<begin>", "<end>"
    thoughts = PRESETS["deepseek-v3.1"]
    return ChatTemplate(
        "it", tokenizer, Presentation(thoughts=thoughts, template=DEEPSEEK, **shown)
    )


@pytest.mark.parametrize("level, mark", [("off", "</think>"), ("on", "<think>")])
def test_deepseek_writes_its_marks_in_their_order(level: str, mark: str) -> None:
    """A thought is open at the end alone, and only where it is asked for."""
    shown = deepseek().rendered(TALK, switch=PRESETS["deepseek-v3.1"].levels[level])
    before = "<begin>You are Ada.<｜User｜>Tea?<｜Assistant｜></think>Always.<end>"
    assert shown == f"{before}<｜User｜>Why?<｜Assistant｜>{mark}"


def test_deepseek_writes_nothing_of_its_own() -> None:
    assert findings(deepseek()) == []


def test_deepseek_waits_where_nobody_is_to_answer() -> None:
    assert deepseek().rendered(TALK[:2], begins=False) == "<begin>You are Ada.<｜User｜>Tea?"
