"""What each job of a study will cost, and what its last run took: what `holdfast estimate` prints."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Backend
from holdfast.inference.cost_forecast import Forecast, Saving, forecast, saving
from holdfast.inference.expected_conversations import expecting
from holdfast.inference.interview.sessions import Design
from holdfast.inference.models.registry import REFERENCE_BACKENDS, Entry
from holdfast.inference.price_forecast import Prices, prices, with_thoughts
from holdfast.study.job_backend import job_backend
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering, job_design, study_jobs

KEPT = "estimate.json"
GPU_RATE, CORE_RATE = 4e13, 5e10  # operations a second, roughly, where the model never ran here


@dataclass(frozen=True)
class Cost:
    """One job.

    Attributes:
        job: a model's, or an observer's.
        ahead: what is to be done, and what the store holds.
        hours: about how long that takes, of a GPU where the model uses one; NaN: unknown.
        measured: do the hours come from this model's own jobs?
        money: what a service takes for it at most, in the currency of the registry's prices; NaN: unknown.
        saving: what nested lengths save; None: there are none.
        prices: a service's; None: it is no service with prices.
    """

    job: StudyJob
    ahead: Forecast
    hours: float
    measured: bool
    money: float
    saving: Saving | None = None
    prices: Prices | None = None


@dataclass(frozen=True)
class Spent:
    """What the last run of a job took, from its manifest: answers, tokens, hours of its GPUs, money."""

    computed: float
    read: float
    written: float
    hours: float
    money: float


def costly_jobs(plan: Plan) -> list[StudyJob]:
    """Return the jobs that cost something: people are asked by others, and references cost nothing."""
    return [
        job for job in study_jobs(plan)
        if job.model not in plan.people
        and answering(plan, job)[1].deployment.backend not in REFERENCE_BACKENDS
    ]  # fmt: skip


def costs(plan: Plan, results: Path) -> Iterator[Cost]:
    """Yield what each job of a study will cost.

    Args:
        plan: the study.
        results: the folder of all results, with the store.

    Raises:
        StudyError: a model's tokenizer is not here.
    """
    for job in costly_jobs(plan):
        name, entry = answering(plan, job)
        design, backend = job_design(plan, job), job_backend(plan, job, results / "store")
        ahead = with_thoughts(_ahead(plan, job, design, backend, results), entry)
        shared = {c["conversation"] for c in design.contexts}
        saved = None
        if len(shared) < len(design.contexts) and not job.observer:
            sampling = entry.model.sampling.model_dump()
            saved = saving(backend, ahead.length, design, sampling)
        rate, asked = token_seconds(results, name), prices(ahead, entry)
        hours, money = _hours(ahead, entry, rate), _money(asked, entry)
        yield Cost(job, ahead, hours, rate is not None, money, saved, asked)


def _ahead(plan: Plan, job: StudyJob, design: Design, backend: Backend, results: Path) -> Forecast:
    name, entry = answering(plan, job)
    expects = speaker = None
    if job.observer:
        talks = job.conversations(Path(plan.results))
        sees = plan.observers[job.observer].sees
        expects = partial(expecting, conversations=talks, sees=sees, backend=backend)
        speaker = results / "store" / job.model
    return forecast(
        backend, results / "store" / name, design, entry.model.sampling.model_dump(),
        entry.deployment.limits.cached_from, expects, speaker,
    )  # fmt: skip


def token_seconds(results: Path, model: str) -> float | None:
    """Return the seconds a token that a model's jobs took, by all manifests; None without any."""
    seconds = tokens = 0.0
    observed = results.glob("*/observations/*/*/*/manifest.json")
    for path in [*results.glob(f"*/responses/{model}/*.json"), *observed]:
        about = _manifest(path)
        if about.get("model", model) == model and about["computed"] and about.get("tokens_read"):
            seconds += about["seconds"]
            tokens += about["tokens_read"] + about["tokens"]
    return seconds / tokens if tokens else None


def _hours(ahead: Forecast, entry: Entry, seconds_a_token: float | None) -> float:
    gpus, model = entry.deployment.gpus, entry.model
    if seconds_a_token is not None:
        return (ahead.read + ahead.written) * seconds_a_token * max(gpus, 1) / 3600
    if model.parameters is None or entry.deployment.backend == "openai":
        return float("nan")
    rate = GPU_RATE if gpus else CORE_RATE * entry.deployment.cores
    return 2 * model.parameters * (ahead.computed + ahead.written) / rate / 3600


def _money(asked: Prices | None, entry: Entry) -> float:
    if entry.deployment.backend != "openai":
        return 0.0
    if asked is None:
        return float("nan")
    return asked.batched if entry.deployment.batch else asked.single


def spent(plan: Plan, job: StudyJob) -> Spent | None:
    """Return what the last run of a job took; None: it has not ended yet."""
    path = job.manifest(Path(plan.results))
    if not path.exists():
        return None
    about, gpus = _manifest(path), max(answering(plan, job)[1].deployment.gpus, 1)
    return Spent(
        about["computed"], about.get("tokens_read", 0), about["tokens"],
        about["seconds"] * gpus / 3600, about.get("money", 0.0),
    )  # fmt: skip


def _manifest(path: Path) -> dict[str, float]:
    try:
        about: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return about | {k: about[k] for k in ("computed", "tokens", "seconds")}
    except (OSError, ValueError, KeyError, TypeError):
        raise StudyError(f"{path}: is no job's manifest. Remove it to make it anew.") from None


def keep(plan: Plan, found: Sequence[Cost]) -> None:
    """Remember how many tokens were estimated, for the comparison with what is spent later."""
    ahead = {_key(c.job): c.ahead.read + c.ahead.written for c in found}
    if any(ahead.values()):
        path = Path(plan.results, KEPT)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda t: t.write_text(json.dumps(ahead, indent=1) + "\n"))


def _key(job: StudyJob) -> str:
    return job.name.replace(" × ", " ")


def estimated(plan: Plan) -> dict[StudyJob, float]:
    """Return the tokens of each job that were estimated last; none if nothing was."""
    path = Path(plan.results, KEPT)
    if not path.exists():
        return {}
    try:
        ahead = json.loads(path.read_text(encoding="utf-8"))
        return {j: float(ahead[_key(j)]) for j in study_jobs(plan) if _key(j) in ahead}
    except (ValueError, AttributeError, TypeError):
        raise StudyError(f"{path}: is no estimate. Remove it to make it anew.") from None
