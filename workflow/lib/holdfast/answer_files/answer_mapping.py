"""The mapping file: where a tool's records have model, respondent, context, item and answer."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from holdfast.design.instruments import Instrument, load_instrument, read_instrument
from holdfast.errors import StudyError
from holdfast.inference.people.coded_answers import (
    CodedAnswers,
    Column,
    ContextName,
    check_codes,
    code_text,
    named,
)
from holdfast.yaml_and_csv import read_yaml

Tool = Literal["inspect", "harness", "qstn", "edsl"]

DEFAULTS: Mapping[Tool, Mapping[str, Any]] = {
    "inspect": {
        "model": "eval.model", "respondent": "metadata.respondent", "context": "metadata.context",
        "replicate": "epoch", "item": "metadata.item", "options": "choices", "answer": "output.completion",
        "read": "reply",
    },
    "harness": {
        "model": "model", "respondent": "doc.respondent", "context": "doc.context", "replicate": "repeat",
        "item": "doc.item", "options": "options", "answer": "reply", "read": "reply",
    },
    "qstn": {
        "model": "model", "respondent": "respondent", "context": "context", "replicate": "replicate",
        "item": "questionnaire_item_id", "answer": "llm_response", "read": "reply",
    },
    "edsl": {
        "model": "model.model", "respondent": "agent.agent_name", "context": "scenario.context",
        "replicate": "iteration.iteration", "items": "answer.q{item}", "read": "code",
    },
}  # fmt: skip
"""Where each tool's files have what, if they are made as docs/analyse.md has it."""

OPTIONAL = ("replicate", "options")
"""Fields that records may lack where they are only defaults."""


class AnswerMapping(CodedAnswers):
    """A mapping file. Values are names of fields, with dots for those within others."""

    tool: Tool | None = None
    instrument: str
    model: Column | None = None
    respondent: Column | None = None
    context: Column | None = None
    contexts: Annotated[dict[str, ContextName] | None, BeforeValidator(named)] = None
    replicate: Column | None = None
    group: Column | None = None
    item: Column | None = None
    answer: Column | None = None
    options: Column | None = None
    labels: Literal["letters", "digits", "none"] = "letters"
    read: Literal["reply", "code"] | None = None
    after: str = ""
    split: dict[Column, str] = Field(default_factory=dict)
    add: Annotated[dict[str, str], BeforeValidator(lambda v: _texts(v))] = Field(
        default_factory=dict
    )

    @field_validator("split")
    @classmethod
    def _with_names(cls, value: dict[str, str]) -> dict[str, str]:
        for field, pattern in value.items():
            if not re.search(r"\{\w+\}", pattern):
                raise ValueError(
                    f"{field}: must have names in braces, as '{{respondent}}/{{context}}'"
                )
        return value

    def place(self, tool: Tool, key: str) -> str | None:
        """Return the field that a key names, or by default the one of a tool's documented files."""
        own: str | None = getattr(self, key)
        return own if own is not None else DEFAULTS[tool].get(key)

    def item_fields(self, tool: Tool, numbers: Sequence[int]) -> dict[int, str]:
        """Return the field of each item's answer, where a record has all of them; empty: it has one."""
        if self.item is not None or self.answer is not None or "items" not in DEFAULTS[tool]:
            return {}
        own = (
            self
            if self.items is not None
            else self.model_copy(update={"items": DEFAULTS[tool]["items"]})
        )
        return own.item_names(numbers)

    def is_default(self, key: str) -> bool:
        """Tell whether a key's field is a tool's default, not one that the user named."""
        return getattr(self, key) is None


def _texts(value: object) -> object:
    return {k: code_text(v) for k, v in value.items()} if isinstance(value, dict) else value


def read_answer_mapping(path: Path, resources: Path) -> tuple[AnswerMapping, Instrument]:
    """Return a mapping file with its questionnaire, which it fits.

    Args:
        path: the file.
        resources: where the questionnaires with a name are.

    Raises:
        StudyError: it does not fit the schema, or names items, ratings or a questionnaire that are not there.
    """
    mapping = read_yaml(path, AnswerMapping)
    if mapping.instrument.endswith((".yaml", ".yml")):
        instrument = read_instrument(path.parent / mapping.instrument)
    else:
        try:
            instrument = load_instrument(resources, mapping.instrument)
        except StudyError as e:
            hint = str(e).partition("is unknown. ")[2] or str(e)
            raise StudyError(
                f"{path}: instrument: '{mapping.instrument}' is unknown. {hint} Or the path of a file like "
                "these, which ends in .yaml."
            ) from None
    check_codes(path, mapping, instrument)
    if mapping.contexts is not None and len(mapping.contexts) < 2:
        raise StudyError(
            f"{path}: contexts: stability is between two contexts or more, and this is one."
        )
    return mapping, instrument
