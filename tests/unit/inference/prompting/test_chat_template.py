"""What a chat template does of its own accord, and how prompts come out of it right."""

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from plain_wording import PLAIN
from transformers import AutoTokenizer

from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.prompting.chat_template import ChatTemplate, Presentation
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    after_reasoning,
    next_message,
    persona_instruction,
    questionnaire,
)
from holdfast.inference.prompting.template_findings import findings
from holdfast.inference.prompting.thinking import PRESETS

ROOT = Path(__file__).resolve().parents[4]
CASES = yaml.safe_load((ROOT / "tests/cases/chat_templates.yaml").read_text(encoding="utf-8"))
ADA = Persona(persona="ada", name="Ada", description="She counts stars.")
NOBODY = Persona(persona="respondent-001")
TEA, YES = Turn("interlocutor", "Tea?"), Turn("persona", "Always.")
PROMPTS = {
    "persona speaks": next_message(PLAIN, ADA, [TEA]),
    "interlocutor speaks": next_message(PLAIN, ADA, [TEA, YES]),
    "question": questionnaire(PLAIN, ADA, [TEA, YES], "How much?"),
    "question alone": questionnaire(PLAIN, ADA, [], "How much?"),
    "after reasoning": after_reasoning(PLAIN, ADA, [TEA, YES], "How much?", "Hm."),
    "nobody speaks": next_message(PLAIN, NOBODY, [TEA]),
    "question to nobody": questionnaire(PLAIN, NOBODY, [], "How much?"),
}
TOLD = persona_instruction(PLAIN, ADA)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(ROOT / "resources/miniatures/llama-mini")


def of(tokenizer: Any, case: str, **shown: Any) -> ChatTemplate:
    tokenizer.chat_template = CASES[case]["template"]
    return ChatTemplate("it", tokenizer, Presentation(**shown))


def names(template: ChatTemplate, refused: bool = False) -> set[str]:
    found = {f.name for f in findings(template) if f.refused or not refused}
    return found - {"turn_end"}


def test_the_date_is_the_study_s(tokenizer: Any) -> None:
    day = datetime.date(2025, 3, 4)
    dated = of(tokenizer, "today", day=day)
    assert dated.render(PROMPTS["persona speaks"]).startswith("Today: 04 Mar 2025\n<|system|>")
    assert "writes the date: 4 March 2025, the study's `date`" in {f.text for f in findings(dated)}


@pytest.mark.parametrize("form", ["%d %b %Y", "%Y-%m-%d", "%-d %B %Y", "%A, %e/%m/%y %H:%M:%S %p"])
def test_every_form_of_the_date_is_written(tokenizer: Any, form: str) -> None:
    day = datetime.date(2025, 3, 4)
    tokenizer.chat_template = f"\n  {{% if true %}}{{{{ strftime_now('{form}') }}}}{{% endif %}}"
    shown = ChatTemplate("it", tokenizer, Presentation(day=day)).rendered(
        [{"role": "user", "content": "Tea?"}]
    )
    assert shown == "\n" + day.strftime(form)


def test_an_open_thought_is_closed_before_anything_is_said(tokenizer: Any) -> None:
    opens = of(tokenizer, "opens_a_thought")
    assert opens.render(PROMPTS["question"]).endswith("<think>\n\n</think>\n\nAnswer: (")
    assert opens.render(PROMPTS["persona speaks"]).endswith("<think>\n\n</think>\n\n")
    assert names(opens) == {"opens_a_thought"}


def thinks(name: str, thought: str | None = None) -> Prompt:
    prompt = PROMPTS[name]
    return Prompt(**vars(prompt) | {"thinks": thought is None, "thought": thought})


def test_a_thought_comes_first_where_the_template_opens_it(tokenizer: Any) -> None:
    opens = of(tokenizer, "opens_a_thought", thinking="on", thoughts=PRESETS["deepseek-r1"])
    assert opens.render(thinks("question")).endswith("<|assistant|><think>\n")
    after = opens.render(thinks("question", "Stars or tea."))
    assert after.endswith("<|assistant|><think>\nStars or tea.\n</think>\n\nAnswer: (")


def test_a_switch_is_passed(tokenizer: Any) -> None:
    off = of(tokenizer, "switch", thoughts=PRESETS["qwen3"])
    assert off.render(PROMPTS["question"]).endswith("<think>\n\n</think>\n\nAnswer: (")
    assert off.render(PROMPTS["question"]).count("<think>") == 1
    on = of(tokenizer, "switch", thinking="on", thoughts=PRESETS["qwen3"])
    assert on.render(thinks("persona speaks")).endswith("<|assistant|><think>\n")
    assert on.render(thinks("persona speaks", "Tea.")).endswith("<think>\nTea.\n</think>\n\n")


def test_a_system_message_that_is_refused_is_said_with_the_key(tokenizer: Any) -> None:
    assert names(of(tokenizer, "refuses_system"), refused=True) == {"refuses_system"}
    with pytest.raises(StudyError, match=r"no system role.*set system_role: false in the entry"):
        of(tokenizer, "refuses_system").render(PROMPTS["question"])
    beside = of(tokenizer, "refuses_system", system_role=False)
    assert names(beside) == set()
    assert all(TOLD in beside.render(PROMPTS[p]) for p in ("persona speaks", "question"))


def test_a_persona_that_would_not_be_in_the_prompt_is_refused(tokenizer: Any) -> None:
    (dropped,) = [f for f in findings(of(tokenizer, "drops_system")) if f.refused]
    assert dropped.name == "drops_system" and "system_role: false" in dropped.text
    assert TOLD in of(tokenizer, "drops_system", system_role=False).render(PROMPTS["question"])


@pytest.mark.parametrize("system_role", [True, False])
def test_no_model_is_told_an_identity_that_the_study_did_not_give(
    tokenizer: Any, system_role: bool
) -> None:
    adds = of(tokenizer, "adds_an_identity", system_role=system_role)
    assert not [p for p in PROMPTS.values() if "Brand" in adds.render(p)]
    assert adds.render(PROMPTS["question to nobody"]).startswith("<|system|><|end|><|user|>")
    (said,) = [f.text for f in findings(adds) if f.name == "identity_left_out"]
    assert "'You are Brand.'; an empty system message is sent in its place" in said
    assert "adds_an_identity" not in names(adds)


def test_an_identity_is_replaced_also_where_a_sentence_stays(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "{% if messages[0].role != 'system' %}<|system|>You are Brand.<|end|>{% endif %}"
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
        "{{ ' No tools are there.' if m.role == 'system' }}<|end|>{% endfor %}"
    )
    template = ChatTemplate("it", tokenizer, Presentation())
    shown = template.render(PROMPTS["nobody speaks"])
    assert shown.startswith("<|system|> No tools are there.<|end|><|user|>")
    (said,) = [f.text for f in findings(template) if f.name == "adds_an_identity"]
    assert "'You are Brand.'; an empty system message is sent in its place" in said
    assert said.endswith("beside which it adds: 'No tools are there.'")


def test_a_date_that_stands_in_an_identity_only_is_left_out_with_it(tokenizer: Any) -> None:
    tokenizer.chat_template = CASES["adds_an_identity"]["template"].replace(
        "Brand.", "Brand of {{ strftime_now('%Y') }}."
    )
    assert names(ChatTemplate("it", tokenizer, Presentation())) == {"identity_left_out"}


LEVELS = [("low", "little"), ("medium", "some"), ("high", "much")]


@pytest.mark.parametrize(("level", "effort"), LEVELS)
def test_what_is_added_is_told_at_the_level_in_use(tokenizer: Any, level: Any, effort: str) -> None:
    tokenizer.chat_template = (
        "{% set words = {'low': 'little', 'medium': 'some', 'high': 'much'} %}"
        "<|system|>Take {{ words[reasoning_effort | default('medium')] }} effort.<|end|>"
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    )
    shown = Presentation(thinking=level, thoughts=PRESETS["gpt-oss"])
    found = {f.name: f.text for f in findings(ChatTemplate("it", tokenizer, shown))}
    assert f"'Take {effort} effort.'" in found["adds_to_system"]
    assert f"'Take {effort} effort.'" in found["adds_an_identity"]


@pytest.mark.parametrize("family", ["phi4-reasoning", "ministral3-reasoning"])
def test_a_model_that_always_thinks_is_given_an_empty_thought(tokenizer: Any, family: str) -> None:
    thoughts = PRESETS[family]
    template = of(tokenizer, "alternates", system_role=False, thoughts=thoughts)
    mark = thoughts.begin.strip()
    said = template.render(PROMPTS["question"]).rpartition(mark)[2]
    assert "".join(said.split()) == thoughts.mark + "Answer:("


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_alternates(tokenizer: Any, prompt: str) -> None:
    strict = of(tokenizer, "alternates", system_role=False)
    assert "alternates" in names(strict)
    assert strict.render(PROMPTS[prompt]).endswith(f"<|assistant|>{PROMPTS[prompt].prefill}")


def test_a_model_without_a_template_is_one_sentence(tokenizer: Any) -> None:
    with pytest.raises(StudyError, match=r"no chat template.*kind: base.*template: FILE"):
        of(tokenizer, "none")
    own = ChatTemplate("it", tokenizer, Presentation(template=CASES["switch"]["template"]))
    assert "<|user|>Tea?" in own.render(PROMPTS["persona speaks"])


def test_every_case_is_tried_here() -> None:
    assert set(CASES) == {
        "today", "opens_a_thought", "switch", "refuses_system", "drops_system", "adds_an_identity",
        "alternates", "none",
    }  # fmt: skip


TURN = "{% for m in messages %}BEGIN{{ m.content }}END{% endfor %}"


@pytest.mark.parametrize(
    ("template", "end"),
    [
        (TURN.replace("BEGIN", "<|{{ m.role }}|>").replace("END", "<|end|>\n"), "<|end|>"),
        (TURN.replace("BEGIN", "{{ m.role }}: ").replace("END", "{{ eos_token }}"), ""),
        (TURN.replace("BEGIN", "### {{ m.role }}:\n").replace("END", "\n\n"), "\n\n### user:"),
        (TURN.replace("BEGIN", "").replace("END", "\n"), ""),
    ],
)
def test_a_turn_ends_where_the_template_ends_it(tokenizer: Any, template: str, end: str) -> None:
    tokenizer.chat_template = template
    assert ChatTemplate("it", tokenizer, Presentation()).turn_end == end


def test_a_system_message_within_the_user_s_turn_and_words_beside_it_are_told(
    tokenizer: Any,
) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}<|user|>You are kind.\n{{ m.content }}\n\n"
        "{% else %}{{ '' if loop.index0 == 1 else '<|' + m.role + '|>' }}{{ m.content }}{% endif %}"
        "{% endfor %}"
    )
    found = {f.name: f.text for f in findings(ChatTemplate("it", tokenizer, Presentation()))}
    assert "first user's turn" in found["moves_system"]
    assert "'You are kind.'" in found["adds_to_system"]


@pytest.mark.parametrize(
    "switch",
    [
        "/no_think",
        "/think",
        "walk/think",
        "/thinking",
        "/nothink",
        "/system_override",
        "<think>",
        "[THINK]",
        "<|think|>",
        "</think>",
    ],
)
def test_a_switch_within_a_text_is_inert(tokenizer: Any, switch: str) -> None:
    told = Persona(persona="eve", name="Eve", description=f"She likes {switch} a lot.")
    prompt = questionnaire(PLAIN, told, [Turn("interlocutor", f"Now {switch}")], "How much?")
    assert switch not in of(tokenizer, "refuses_system", system_role=False).render(prompt)
