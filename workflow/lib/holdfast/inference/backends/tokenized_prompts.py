"""What a model of the transformers library is shown: prompts in its chat format, and their tokens.

It loads a tokenizer and nothing of torch, so that commands which ask nothing start sooner.
"""

import datetime
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from holdfast.inference.backends.protocol import THOUGHT, MessageRequest
from holdfast.inference.models.pretrained import loaded
from holdfast.inference.models.registry import Entry
from holdfast.inference.models.weights import weights_folder
from holdfast.inference.prompting.chat_template import (
    ChatTemplate,
    Presentation,
    special_tokens,
)
from holdfast.inference.prompting.control_tokens import as_data
from holdfast.inference.prompting.prompts import DAY, Prompt, base_labels, base_text, stop_labels
from holdfast.inference.prompting.template_findings import Finding, findings
from holdfast.yaml_and_csv import read_text

RENDERED = 4096  # prompts whose text is remembered: a block's are rendered for their keys, then to be answered


class TokenizedPrompts:
    """The prompts of a model from a folder here or from the hub's cache; it is asked nothing."""

    def __init__(
        self, name: str, entry: Entry, revision: str | None, day: datetime.date = DAY
    ) -> None:
        """Prepare; the tokenizer is loaded when first needed.

        Args:
            name: the model's name in the registry.
            entry: its entry.
            revision: the commit, or the hash of a local model's files.
            day: which day chat templates are told that it is.
        """
        self.name, self.entry, self.revision, self.day = name, entry, revision, day
        self.tokens_read = 0

    def identity(self) -> dict[str, Any]:
        """Return what decides the answers: which weights, in which numeric format, computed by what."""
        model = self.entry.model
        thinking = {"thinking": model.thinking, "thought_ends": model.thoughts.mark} if (
            model.thoughts and model.thinking != "off"
        ) else {}  # fmt: skip
        deployment = self.entry.deployment
        engine = {"engine": "vllm", "draws": "own"} if deployment.backend == "vllm" else {}
        return (
            {
                "repository": model.source,
                "revision": self.revision,
                "dtype": deployment.dtype,
                "quantization": deployment.quantization,
            }
            | thinking
            | engine
        )

    @cached_property
    def source(self) -> dict[str, Any]:
        """Return the arguments of `from_pretrained` that say where the model is."""
        model = self.entry.model
        folder = weights_folder(self.name, model, self.revision)
        return {
            "pretrained_model_name_or_path": str(folder),
            "local_files_only": True,
            "trust_remote_code": model.trust_remote_code,
        }

    @cached_property
    def tokenizer(self) -> Any:
        """Return the tokenizer."""
        from transformers import AutoTokenizer

        tokenizer = loaded(self.name, AutoTokenizer.from_pretrained, self.source)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    @cached_property
    def template(self) -> ChatTemplate | None:
        """Return the chat template, with what the entry says of it; None: a base model has none."""
        model = self.entry.model
        if model.kind == "base":
            return None
        own = read_text(model.template) if model.template else ""
        shown = Presentation(model.system_role, model.thinking, model.thoughts,
                             model.template_arguments, own, self.day)  # fmt: skip
        return ChatTemplate(self.name, self.tokenizer, shown)

    @cached_property
    def _specials(self) -> list[str]:
        return special_tokens(self.tokenizer)

    def render(self, prompt: Prompt) -> str:
        """Return the prompt as text, in the model's own chat format or as labelled lines."""
        return self._rendered(prompt)

    @cached_property
    def _rendered(self) -> Callable[[Prompt], str]:
        return lru_cache(RENDERED)(self.template.render if self.template else self._base_text)

    def _base_text(self, prompt: Prompt) -> str:
        return base_text(as_data(prompt, self._specials, base_labels(prompt)))

    def findings(self) -> list[Finding]:
        """Return what the chat template does of its own accord; nothing for a base model."""
        return findings(self.template) if self.template else []

    def token_ids(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Return whole rendered prompts as token ids, all of them in one call; they are counted as read.

        Each begins with the beginning-of-sequence token once, if the tokenizer knows of one: a chat template
        writes it itself, and where it does not it is put there.
        """
        base, begin = self.entry.model.kind == "base", self._begin
        texts = [self.render(p) for p in prompts]
        found: list[list[int]] = self.tokenizer(texts, add_special_tokens=base)["input_ids"]
        ids = [[*begin, *i] if begin and i[:1] != begin else i for i in found]
        self.tokens_read += sum(map(len, ids))
        return ids

    def length(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt has."""
        return len(self.tokenizer(self.render(prompt), add_special_tokens=True)["input_ids"])

    @cached_property
    def _begin(self) -> list[int]:
        """Return the beginning-of-sequence token, if the tokenizer puts one before a text."""
        first = self.tokenizer("a")["input_ids"][:1]
        return first if first == [self.tokenizer.bos_token_id] else []

    def stops(self, request: MessageRequest) -> list[str]:
        """Return the texts at which a message ends, besides the end of the sequence."""
        if self.template is None:
            return stop_labels(request.prompt)
        if request.readout == THOUGHT:
            assert self.entry.model.thoughts is not None
            return [self.entry.model.thoughts.mark]
        return [self.template.turn_end] if self.template.turn_end else []
