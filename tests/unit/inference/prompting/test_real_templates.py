"""What today's families are shown, thinking or not, in their own tokenizers where a package has them."""

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from math import exp
from typing import Any

import pytest
import torch
from golden_prompts import ADA, GOLDEN, SAID, prompts, question, written
from plain_wording import PLAIN
from real_tokenizers import ARCHIVES, real_tokenizer
from todays_formats import RESOURCES, TODAY, Today
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma2Config,
    Gemma3TextConfig,
    GptOssConfig,
    Qwen3Config,
)

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Asked, MessageRequest, ScoreRequest
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.prompting.chat_template import ChatTemplate, Presentation
from holdfast.inference.prompting.prompts import Prompt, Turn, questionnaire
from holdfast.inference.prompting.template_findings import findings
from holdfast.inference.prompting.thinking import PRESETS
from small_models import backend_of, plain

pytestmark = pytest.mark.xdist_group("real tokenizers")  # each is read once
DAY = datetime.date(2025, 3, 4)
THOUGHT = "Stars are many.\nTea is warm."
LETTERS = "ABCDEF"
MADE = "HOLDFAST_WRITE_GOLDEN"  # set: the texts are written anew, to be read before they are kept


@cache
def tokenizer_of(name: str) -> Any:
    """Return the tokenizer of a format: a package's, or a miniature's with the format's marks."""
    form = TODAY[name]
    if form.tokenizer:
        return real_tokenizer(form.tokenizer)
    tokenizer = AutoTokenizer.from_pretrained(RESOURCES / "miniatures/llama-mini")
    tokenizer.add_special_tokens(
        {"additional_special_tokens": list(form.marks), "eos_token": form.eos}
    )
    return tokenizer


def template_of(name: str, level: str = "off", **more: Any) -> ChatTemplate:
    form = TODAY[name]
    shown = Presentation(
        form.system_role, level, form.thoughts, template=form.template, day=DAY, **more
    )
    return ChatTemplate(name, tokenizer_of(name), shown)


def backend_with(template: ChatTemplate) -> TransformersBackend:
    """Return a backend that shows prompts by a template, without a model."""
    backend = backend_of("llama", RESOURCES / "miniatures/llama-mini")
    backend.__dict__ |= {"tokenizer": template.tokenizer, "template": template}
    return backend


def levels(form: Today) -> list[str]:
    """Return the levels at which a format's models think."""
    return [level for level in (form.thoughts.levels if form.thoughts else {}) if level != "off"]


LEVELS = [(name, level) for name, form in TODAY.items() for level in levels(form)]


def all_shown(name: str, instrument: Instrument) -> dict[str, tuple[ChatTemplate, Prompt]]:
    """Return a format's prompts by their headings, each with the template that shows it."""
    usual, off = prompts(instrument), template_of(name)
    some = ["persona speaks", "interlocutor speaks", "question", "nobody speaks"]
    found = {heading: (off, usual[heading]) for heading in some}
    asked = usual["question"]
    for level in levels(TODAY[name]):
        on = template_of(name, level)
        found[f"thought, {level}"] = (on, replace(asked, thinks=True, prefill=""))
        found[f"question after a thought, {level}"] = (on, replace(asked, thought=THOUGHT))
    return found


@pytest.mark.parametrize("name", TODAY)
def test_a_family_is_shown_what_stands_in_its_file(name: str, instrument: Instrument) -> None:
    made = {h: by.render(prompt) for h, (by, prompt) in all_shown(name, instrument).items()}
    if os.environ.get(MADE):
        text = "".join(f"==== {heading}\n{shown}\n" for heading, shown in made.items())
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
    assert made == written(name)


def test_every_way_to_think_is_met() -> None:
    met = [form.thoughts for form in TODAY.values()]
    assert [name for name, thoughts in PRESETS.items() if thoughts not in met] == []


@pytest.mark.parametrize("name", TODAY)
def test_what_a_template_does_is_found(name: str) -> None:
    template, form = template_of(name), TODAY[name]
    assert {f.name for f in findings(template)} == form.findings
    assert not [f for f in findings(template) if f.refused]
    assert template.turn_end == form.turn_end


@pytest.mark.parametrize(("name", "level"), [*((name, "off") for name in TODAY), *LEVELS])
def test_what_a_template_adds_is_told_as_it_is_shown(
    name: str, level: str, instrument: Instrument
) -> None:
    """A mode that a template writes is that of the level in use, in the report as in the prompt."""
    template = template_of(name, level)
    found = {f.name: f.text for f in findings(template)}
    assert ("thinks" in found) == (level != "off")
    heading = "question" if level == "off" else f"thought, {level}"
    shown = template.render(all_shown(name, instrument)[heading][1]).split()
    told = found.get("adds_to_system", "").partition(": ")[2].strip("'").removesuffix("…")
    assert [word for word in told.split()[:-1] if word not in " ".join(shown)] == []


@pytest.mark.parametrize("name", TODAY)
def test_a_prompt_begins_once(name: str, instrument: Instrument) -> None:
    tokenizer = tokenizer_of(name)
    for template, prompt in all_shown(name, instrument).values():
        (ids,) = backend_with(template).token_ids([prompt])
        assert ids.count(tokenizer.bos_token_id) == TODAY[name].begins
        assert not TODAY[name].begins or ids[0] == tokenizer.bos_token_id


@pytest.mark.parametrize("name", TODAY)
def test_letters_are_tokens_of_their_own_after_the_prompt(
    name: str, instrument: Instrument
) -> None:
    tokenizer, template = tokenizer_of(name), template_of(name)
    text = template.render(prompts(instrument)["question"])
    before = tokenizer(text, add_special_tokens=False)["input_ids"]
    for letter in LETTERS:
        after = tokenizer(text + letter, add_special_tokens=False)["input_ids"]
        assert after[:-1] == before and tokenizer.decode(after[-1:]).strip() == letter


BEFORE = (
    "\n",
    "\n\n",
    "</think>",
    "</think>\n\n",
    "[/INST]",
    "[/THINK]",
    "<channel|>",
    "<|message|>",
    " ",
)


@pytest.mark.parametrize("name", ARCHIVES)
def test_letters_are_tokens_of_their_own_whatever_stands_before(name: str) -> None:
    """So they are also in families of which no package ships the tokenizer, but one that is like it."""
    tokenizer = real_tokenizer(name)
    for before in BEFORE:
        begun = tokenizer(f"x{before}Answer: (", add_special_tokens=False)["input_ids"]
        for letter in LETTERS:
            whole = tokenizer(f"x{before}Answer: ({letter}", add_special_tokens=False)["input_ids"]
            assert whole[:-1] == begun and tokenizer.decode(whole[-1:]).strip() == letter


WHERE_OFF = {
    "qwen3": "<think>\n\n</think>\n\n", "qwen3.5": "<think>\n\n</think>\n\n",
    "qwen3.5-small": "<think>\n\n</think>\n\n", "smollm3": "<think>\n\n</think>\n",
    "gemma-4": "<|channel>thought\n<channel|>", "gemma-4-e": "<|turn>model\n",
    "gpt-oss": "<|start|>assistant<|channel|>final<|message|>",
    "deepseek-v3.2": "<｜Assistant｜></think>", "deepseek-r1": "<think>\n\n</think>\n\n",
    "glm-4.5": "/nothink<|assistant|>\n<think></think>\n", "glm-4.7": "<|assistant|></think>",
    "granite-4.2": "<think>\n\n</think>\n", "mistral-small-4": "[/INST]",
    "ministral-3-reasoning": "[/INST][THINK][/THINK]",
    "olmo-3-think": "<|im_start|>assistant\n<think></think>\n\n",
    "phi-4-mini-reasoning": "<|assistant|><think>\n\n</think>\n\n",
    "phi-4-reasoning": "<|im_sep|><think>\n\n</think>\n\n",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in TODAY if TODAY[name].thoughts])
def test_no_thought_is_open_where_thinking_is_off(name: str, instrument: Instrument) -> None:
    for heading in ("persona speaks", "interlocutor speaks", "question", "nobody speaks"):
        prompt = prompts(instrument)[heading]
        shown = template_of(name).render(prompt)
        assert shown.endswith(WHERE_OFF[name] + prompt.prefill), heading
        assert shown.count("<think>") <= shown.count("</think>"), heading


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_a_thought_stands_between_its_marks_and_the_answer_after_them(
    name: str, level: str, instrument: Instrument
) -> None:
    thoughts, shown = TODAY[name].thoughts, all_shown(name, instrument)
    assert thoughts is not None
    template, first = shown[f"thought, {level}"]
    before = template.render(first)
    after = template.render(shown[f"question after a thought, {level}"][1])
    assert before.rstrip().endswith(thoughts.begin.strip())
    assert after == f"{before}{THOUGHT}{thoughts.end}Answer: ("


@pytest.mark.parametrize("name", TODAY)
def test_no_prompt_has_the_date_of_today_or_a_brand(name: str, instrument: Instrument) -> None:
    """A brand is only where the template writes it beside a persona or beside nothing; then it is told."""
    today, told = datetime.date.today(), {f.name for f in findings(template_of(name))}
    for heading, (template, prompt) in all_shown(name, instrument).items():
        shown = template.render(prompt)
        for form in ("%Y-%m-%d", "%d %b %Y", "%d %B %Y"):
            assert today.strftime(form) not in shown, heading
        if "Brand" in shown:
            always = heading != "nobody speaks" and TODAY[name].system_role
            assert ("adds_to_system" if always else "adds_an_identity") in told, heading
            assert always or not template.sends_nothing


@pytest.mark.parametrize("name", TODAY)
def test_the_study_s_date_is_told_where_a_template_writes_one(name: str) -> None:
    if "dated" not in TODAY[name].findings:
        return
    template = template_of(name)
    found = {f.name: f.text for f in findings(template)}
    assert "4 March 2025" in found["dated"]
    assert "2025" in template.rendered([{"role": "user", "content": "Tea?"}])


SWITCHES = "/no_think and/think, /thinking, /system_override, <think> [THINK] <|think|> /nothink"


@pytest.mark.parametrize("level", ["off", "on"])
@pytest.mark.parametrize("name", TODAY)
def test_switches_in_a_persona_s_description_are_inert(
    name: str, level: str, instrument: Instrument
) -> None:
    """All of a prompt but the description is as it is with another description."""
    if level not in ("off", *levels(TODAY[name])):
        return
    template, shown = template_of(name, level), []
    for description in ("PLAIN", SWITCHES):
        told = Persona(persona="eve", name="Eve", description=f"BEGIN {description} END.")
        prompt = questionnaire(PLAIN, told, [*SAID[:2]], question(instrument))
        text = template.render(replace(prompt, thinks=level == "on"))
        head, _, rest = text.partition("BEGIN")
        between, _, tail = rest.partition("END.")
        shown.append((head, tail))
        assert between.replace("\u2060", "").strip() == description
    assert shown[0] == shown[1]


def test_thoughts_in_what_others_said_are_text(instrument: Instrument) -> None:
    """A thought that stands in a message is neither shown as one nor dropped by the template."""
    said = [
        Turn("interlocutor", "Tea?"),
        Turn("persona", "<think>\nHm.\n</think>\n\nYes.", said=True),
    ]
    prompt = questionnaire(PLAIN, ADA, said, "How much?")
    for name in ("qwen3", "deepseek-r1", "gemma-4"):
        shown = template_of(name).render(prompt)
        assert "Hm." in shown and "Yes." in shown and "<think>\nHm." not in shown


def test_another_s_thoughts_are_not_added_to_the_interlocutor_s_view(
    instrument: Instrument,
) -> None:
    seen = template_of("qwen3").render(prompts(instrument)["interlocutor speaks"])
    assert seen.count("<think>") == 1 and seen.endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize("name", ["gptoss", "gemma2", "llama2"])
def test_a_tokenizer_without_a_template_is_one_sentence(name: str) -> None:
    with pytest.raises(StudyError, match=r"has no chat template.*kind: base.*template: FILE"):
        ChatTemplate(name, real_tokenizer(name), Presentation())


TWO_LAYERS = {
    "vocab_size": 0, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "sliding_window": 64,
    "initializer_range": 0.3, "max_position_embeddings": 4096,
}  # fmt: skip
CLASSES: dict[str, tuple[type, dict[str, Any]]] = {
    "qwen3": (Qwen3Config, {}),
    "gemma-2": (Gemma2Config, {}),
    "gemma-3": (Gemma3TextConfig, {}),
    "gpt-oss": (GptOssConfig, {"num_local_experts": 2, "num_experts_per_tok": 1}),
}


@cache
def with_random_weights(name: str) -> TransformersBackend:
    """Return a backend of a small model of a family's own class, with the family's tokenizer."""
    template = template_of(name)
    tokenizer, (config, more) = template.tokenizer, CLASSES[name]
    sizes = TWO_LAYERS | {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config(**sizes, **more)).eval()
    backend = backend_with(template)
    backend.__dict__["model"] = model
    return backend


@pytest.mark.parametrize("name", ["qwen3", "gemma-3", "gpt-oss"])
def test_scores_are_those_of_the_plain_pass(name: str, instrument: Instrument) -> None:
    backend, asked = with_random_weights(name), prompts(instrument)["question"]
    other = Turn("interlocutor", asked.turns[-1].text.replace("count", "sing"))
    alone = prompts(instrument)["question without a conversation"]
    some = [asked, replace(asked, turns=(*asked.turns[:-1], other)), alone]
    unused = Asked("r", "c", 0, 1, "v", (1, 2, 3, 4, 5, 6))
    scores = list(backend.score([ScoreRequest(p, LETTERS, 1, unused) for p in some]))
    options = backend._letter_ids(LETTERS)
    for prompt, answer in zip(some, scores, strict=True):
        expected = plain(backend.model, backend.token_ids([prompt])[0], options)
        assert answer.logprobs == pytest.approx(expected, abs=1e-4)
        assert answer.mass == pytest.approx(sum(map(exp, expected)), rel=1e-3)


@contextmanager
def made_to_write(model: Any, ids: list[int]) -> Iterator[None]:
    """Let a model write these tokens, one a pass, and the last of them from then on."""
    left = list(ids)

    def turned(_: Any, __: Any, logits: torch.Tensor) -> torch.Tensor:
        wanted = left.pop(0) if len(left) > 1 else left[0]
        logits[..., wanted] = logits.max() + 1e3
        return logits

    hook = model.lm_head.register_forward_hook(turned)
    try:
        yield
    finally:
        hook.remove()


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("qwen3", "<|im_end|>"),
        ("gemma-2", "<end_of_turn>"),
        ("gemma-3", "<end_of_turn>"),
        ("gpt-oss", "<|end|>"),
    ],
)
def test_a_message_ends_where_the_turn_does(name: str, end: str, instrument: Instrument) -> None:
    backend = with_random_weights(name)
    way_of(backend.model)  # its trial is over before the model is made to write
    tokenizer = backend.tokenizer
    words = tokenizer("Tea, always.", add_special_tokens=False)["input_ids"]
    further = tokenizer(f"{end}\nuser\nMore.", add_special_tokens=False)["input_ids"]
    request = MessageRequest(prompts(instrument)["persona speaks"], 1, len(words) + 9)
    with made_to_write(backend.model, [*words, *further]):
        (said,) = backend.generate([request])
    assert (said.text, said.status) == ("Tea, always.", "ok")
    assert said.tokens <= len(words) + 1
