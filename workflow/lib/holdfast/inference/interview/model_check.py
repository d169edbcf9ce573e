"""What is checked of a model before anything is computed: its chat template, its letters, its window."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.readouts import WRITTEN
from holdfast.errors import StudyError
from holdfast.inference.backends.tokenized_prompts import TokenizedPrompts
from holdfast.inference.interview.questions import Question, asked_items, questions, score_request
from holdfast.inference.interview.sessions import Design, Session, levels_met, sessions
from holdfast.inference.interview.sheets import sheet_questions, sheet_request
from holdfast.inference.models.pretrained import loaded
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    item_head,
    option_texts,
    questionnaire,
)
from holdfast.inference.prompting.template_findings import Finding

WINDOWS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx")
"""Names of a model's window in configurations of the transformers library."""


def check_model(backend: TokenizedPrompts, design: Design) -> list[Finding]:
    """Return what the model's template does of its own accord, and where its letters are not tokens.

    Args:
        backend: of the model; its weights are not loaded.
        design: of a job or of the whole study.

    Raises:
        StudyError: no prompt, or not every prompt, of the study can be right with this model.
    """
    found = backend.findings()
    for finding in found:
        if finding.refused:
            raise StudyError(f"models: '{backend.name}': {finding.text}.")
    if set(design.readouts) - set(WRITTEN):
        found += _letters(backend, design)
    _check_window(backend, design)
    return found


def _letters(backend: TokenizedPrompts, design: Design) -> list[Finding]:
    """Return a finding where an option's letter is no token of its own after a wording's prefill."""
    asked = {
        (p.prefill, labels): (p, labels) for _, p, labels in _longest_questions(design) if labels
    }
    joined = [x for prompt, letters in asked.values() for x in _joined(backend, prompt, letters)]
    if not joined:
        return []
    return [
        Finding(
            "letters",
            f"the tokenizer joins {joined[0]!r} with what precedes it, so that the letters' probabilities are "
            "those of a spelling that it does not write",
        )
    ]


def _joined(backend: TokenizedPrompts, prompt: Prompt, letters: str) -> list[str]:
    """Return the letters that the tokenizer joins with the end of a prompt."""
    text = backend.render(prompt)
    before = backend.tokenizer(text, add_special_tokens=False)["input_ids"]
    return [
        letter
        for letter in letters
        if backend.tokenizer(text + letter, add_special_tokens=False)["input_ids"][:-1] != before
    ]


def _check_window(backend: TokenizedPrompts, design: Design) -> None:
    window = model_window(backend)
    if window is None:
        return
    longest = longest_prompt(backend, design)
    if longest > window:
        raise StudyError(
            f"models: '{backend.name}': the study's longest prompt, with all that may be written in it, has "
            f"{longest:,} tokens, and the model's window has {window:,}. Lower contexts.messages or "
            f"contexts.max_new_tokens (now {design.max_new_tokens}), or leave the model out."
        )


def model_window(backend: TokenizedPrompts) -> int | None:
    """Return how many tokens a model's prompt may have: the least that is said of it; None: nothing is."""
    from transformers import AutoConfig

    config: Any = loaded(backend.name, AutoConfig.from_pretrained, backend.source).get_text_config()
    said = [getattr(config, name, None) for name in WINDOWS] + [backend.entry.model.context_window]
    windows = [w for w in said if isinstance(w, int) and w > 0]
    return min(windows, default=None)


def longest_prompt(backend: TokenizedPrompts, design: Design) -> int:
    """Return how many tokens the longest prompt of a design may have with all that is written in it.

    It is that of the persona with the longest description; messages are counted at their longest.
    """
    sheets = not levels_met(design, "presentation").isdisjoint(SHEETS)
    items = max(len(i.items) for i in design.instruments) if sheets else 1
    said = design.thinking_tokens + max(
        design.max_new_tokens,
        design.answer_tokens * items if "generate" in design.readouts or sheets else 0,
        design.reasoning_tokens if "cot" in design.readouts else 0,
        design.distribution_tokens if "distribution" in design.readouts else 0,
    )
    return max(
        backend.length(prompt) + session.generated * design.max_new_tokens + said
        for session, prompt, _ in _longest_questions(design)
    )


def _longest_questions(design: Design) -> Iterator[tuple[Session, Prompt, str]]:
    """Yield for each context its longest question with an empty conversation before it, and its labels."""
    for session in sessions(_of_the_longest(design)):
        while len(session.rows) < session.messages:
            session.add({"text": "", "tokens": 0, "status": "ok", "prompt": ""})
        alone = list(questions(design, session))
        if alone:
            question = max(alone, key=lambda q: len(q.text("")))
            yield session, score_request(design, question).prompt, question.labels
        for filled, labels in _filled(design, session):
            yield session, filled, labels
        for instrument in design.instruments if session.level("presentation") in SHEETS else ():
            on_it = sheet_questions(design, session, instrument)
            yield session, sheet_request(design, on_it[0]).prompt, ""


def _of_the_longest(design: Design) -> Design:
    """Return the design of one respondent, who is described at the greatest length, or is read saying most."""
    longest = max(design.personas, key=lambda p: len(p.name) + len(p.description))
    heard = None
    if design.heard is not None:
        by_length = sorted(design.heard.items(), key=lambda place: len(place[1].text))
        heard = {(longest.persona, context, 1): text for (_, context, _), text in by_length}
    return replace(design, personas=[longest], replicates=1, heard=heard)


def _filled(design: Design, session: Session) -> Iterator[tuple[Prompt, str]]:
    """Yield for each questionnaire whose answers stay in view a prompt that has all of its items."""
    for instrument in design.instruments:
        if instrument.protocol != "cumulative" and session.level("presentation") != "in_view":
            continue
        earlier: list[Turn] = []
        for item, asked in zip(
            instrument.items, asked_items(design, session, instrument).values(), strict=True
        ):
            options = option_texts(instrument, asked.order)
            head = item_head(session.wording, instrument, item, session.persona.gender)
            earlier += [Turn("interlocutor", head), Turn("persona", max(options, key=len))]
            last = Question(session, instrument, asked, head, options)
        turns = (*session.turns, *earlier)
        yield (
            questionnaire(session.wording, session.persona, turns, last.text("")),
            last.labels,
        )
