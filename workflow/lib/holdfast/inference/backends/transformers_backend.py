"""The default backend: a causal language model of the transformers library, loaded when needed."""

import datetime
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, partial
from itertools import groupby
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig
from transformers.utils.logging import disable_progress_bar

from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.backends.tokenized_prompts import TokenizedPrompts
from holdfast.inference.engine.continuous_batching import MOST_ROWS
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.engine.matrix_products import pack
from holdfast.inference.engine.message_generation import messages
from holdfast.inference.engine.option_scores import Group, free_memory, score_groups, tokens_at_once
from holdfast.inference.engine.out_of_memory import Limit, halving, keep_freed_memory
from holdfast.inference.engine.scoring_ways import way_of
from holdfast.inference.models.loading import device_for, load_options
from holdfast.inference.models.pretrained import loaded
from holdfast.inference.models.registry import Entry
from holdfast.inference.models.weight_files import file_digests
from holdfast.inference.prompting.prompts import DAY
from holdfast.inference.prompting.token_ids import letter_ids
from holdfast.yaml_and_csv import text_digest

logger = logging.getLogger(__name__)
SHARE_OF_MEMORY = 0.25  # of what is free when the model is loaded, for conversations
CORE_SPEED, GPU_SPEED = (
    5e10,
    1e14,
)  # operations a second, roughly: what a block of work is measured by


class TransformersBackend(TokenizedPrompts):
    """A model of the transformers library, from a folder here or from the hub's cache."""

    def __init__(
        self, name: str, entry: Entry, revision: str | None, cores: int, day: datetime.date = DAY
    ) -> None:
        """Prepare; the tokenizer and the model are loaded when first needed.

        Args:
            name: the model's name in the registry.
            entry: its entry.
            revision: the commit, or the hash of a local model's files.
            cores: processor cores that torch may use.
            day: which day chat templates are told that it is.
        """
        super().__init__(name, entry, revision, day)
        self._messages = Limit("messages", MOST_ROWS)
        torch.set_num_threads(cores)
        disable_progress_bar()  # type: ignore[no-untyped-call]

    @cached_property
    def model(self) -> Any:
        """Return the model, ready to answer."""
        device = device_for(self.name, self.entry.deployment)
        if device == "cpu":
            keep_freed_memory()
        options = load_options(self.name, self.entry.deployment, device)
        model = loaded(self.name, AutoModelForCausalLM.from_pretrained, self.source | options)
        logger.info("loaded %s: %.3g parameters, %s, on %s", self.name, model.num_parameters(),
                    self.entry.deployment.dtype, device)  # fmt: skip
        ends = ("bos_token_id", "eos_token_id", "pad_token_id")
        kept = {name: getattr(model.generation_config, name) for name in ends}
        settings: Any = GenerationConfig  # has no types
        model.generation_config = settings(**kept)  # how it is sampled, its entry says
        if device == "cpu":
            pack(model)
        return (model if "device_map" in options else model.to(device)).eval()

    @cached_property
    def _letter_ids(self) -> Callable[[str], list[list[int]]]:
        return cache(partial(letter_ids, self.tokenizer))

    @cached_property
    def conversations(self) -> ConversationCache:
        """Return what stays computed of conversations from one message to the next."""
        return ConversationCache(SHARE_OF_MEMORY * free_memory(self.model.device))

    def tokens_in(self, seconds: float) -> float:
        """Return roughly how many tokens are computed in so many seconds; the same at every start."""
        cuda = self.model.device.type == "cuda"
        rate = GPU_SPEED if cuda else CORE_SPEED * torch.get_num_threads()
        return float(seconds * rate / (2 * self.model.num_parameters()))

    def at_once(self) -> dict[str, int]:
        """Return how many messages and tokens were computed at once, as memory allowed in the end."""
        known = {"messages": self._messages}
        known |= {"tokens": self._tokens} if "_tokens" in vars(self) else {}
        return {unit: limit.value for unit, limit in known.items()}

    def facts(self) -> dict[str, Any]:
        """Return the prompts' tokens, batches, hashes of the chat template and of the model's files, and GPUs.

        A part that was not needed, as the files of a hub model whose answers were all in the store, is
        left out.
        """
        used, path = vars(self), self.entry.model.path
        facts: dict[str, Any] = {"tokens_read": self.tokens_read}
        facts |= {"at_once": self.at_once()} if "model" in used else {}
        if "model" in used:
            facts["scoring"] = way_of(self.model)._asdict()
        if "tokenizer" in used:
            facts["template"] = text_digest(self.template.source if self.template else "")
        if path or "source" in used:
            facts["files"] = file_digests(path or self.source["pretrained_model_name_or_path"])
        if "model" in used and self.model.device.type == "cuda":
            gpus = range(torch.cuda.device_count())
            facts["gpus"] = [torch.cuda.get_device_name(i) for i in gpus]
            facts["peak_gpu_memory_mb"] = sum(map(torch.cuda.max_memory_allocated, gpus)) // 2**20
        return facts

    @cached_property
    def _tokens(self) -> Limit:
        return Limit("tokens", tokens_at_once(self.model))

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the messages; a conversation goes on from what its view has computed before."""
        most = min(len(requests), self._messages.value)
        yield from halving(self._generated, requests, self._messages, allowed=most)

    def _generated(self, requests: Sequence[MessageRequest]) -> list[Answer]:
        ids, cache = self.token_ids([r.prompt for r in requests]), self.conversations
        rows = self._messages.value
        try:
            return list(
                messages(
                    self.model,
                    self.tokenizer,
                    self.entry.model,
                    requests,
                    ids,
                    list(map(self.stops, requests)),
                    cache,
                    rows,
                )
            )
        except (MemoryError, RuntimeError):  # if memory ran out, the next try has more
            cache.only(())
            raise

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the options' scores; items of one administration share what precedes them."""
        if any(
            r.goes_on for r in requests
        ):  # what they keep takes the place of other conversations
            self.conversations.only({r.conversation for r in requests})
        asked = [list(group) for _, group in groupby(requests, key=_administration)]
        for group, scores in zip(
            asked, score_groups(self.model, map(self._group, asked), self._tokens), strict=True
        ):
            for request, (logprobs, mass) in zip(group, scores, strict=True):
                best = max(range(len(logprobs)), key=logprobs.__getitem__)
                yield Answer(request.letters[best], logprobs=tuple(logprobs), mass=mass)

    def _group(self, group: Sequence[ScoreRequest]) -> Group:
        view, cache = (group[0].conversation, group[0].prompt.speaker), self.conversations
        keep = partial(cache.keep, view) if group[0].goes_on else None
        ids = self.token_ids([r.prompt for r in group])
        return Group(ids, self._letter_ids(group[0].letters), cache.get(view), keep)


def _administration(request: ScoreRequest) -> tuple[Any, ...]:
    return request.prompt.instruction, request.prompt.turns[:-1], request.letters
