"""The backend of a job's model, for commands that ask it nothing."""

from pathlib import Path

from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import Backend
from holdfast.inference.backends.way_probe import recall_way
from holdfast.inference.inference_job import resolved_revision
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering


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
    backend = make_backend(name, entry, plan.study.seed, revision, 1, plan.study.date)
    if isinstance(backend, OpenAIBackend):
        recall_way(backend, store / name)
    return backend
