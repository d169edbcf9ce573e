"""The backend of a job's model, for commands that ask it nothing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import Answer, Backend, MessageRequest, ScoreRequest
from holdfast.inference.backends.tokenized_prompts import TokenizedPrompts
from holdfast.inference.backends.way_probe import recall_way
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.models.registry import LOCAL_BACKENDS
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering


class Unasked(TokenizedPrompts):
    """A local model that is never asked: only its prompts and their tokens are looked at."""

    def facts(self) -> dict[str, Any]:
        """Return nothing, since nothing was computed."""
        return {}

    def tokens_in(self, seconds: float) -> float:
        """Refuse."""
        raise NotImplementedError

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Refuse."""
        raise NotImplementedError

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Refuse."""
        raise NotImplementedError


def job_backend(plan: Plan, job: StudyJob, store: Path) -> Backend:
    """Return the backend of the model that answers in a job; its weights are not loaded.

    Args:
        plan: the study.
        job: one of its jobs.
        store: the response store's folder, which knows how a service is asked.

    Raises:
        StudyError: the model's files are not here.
    """
    name, entry = answering(plan, job)
    weights = [Path(p) for p in plan.weights(name)]
    if missing := [p for p in weights if not p.exists()]:
        raise StudyError(
            f"models: '{name}': {missing[0]} is not there yet: run `snakemake prefetch`."
        )
    revision = resolved_revision(entry, weights)
    if entry.deployment.backend in LOCAL_BACKENDS:
        return Unasked(name, entry, revision, plan.study.date)
    backend = make_backend(name, entry, plan.study.seed, revision, 1, plan.study.date)
    if isinstance(backend, OpenAIBackend):
        recall_way(backend, store / name)
    return backend
