"""How far a run is: jobs done and under way, what failed, what was warned of."""

from dataclasses import dataclass, field

from holdfast.job_log import duration
from holdfast.terminal.job_progress import JobLog


@dataclass
class Job:
    """A job under way.

    Attributes:
        name: the rule and what it is for, as "infer llama-mini × townsfolk".
        log: its log; None where its rule has none.
        begun: when it was started, on the run's clock in seconds.
        counted: when its log last said something new of its count.
    """

    name: str
    log: JobLog | None
    begun: float
    counted: float = 0.0


@dataclass(frozen=True)
class Failure:
    """A job that failed: its name, its log, and why, in the job's own words."""

    name: str
    log: str
    why: str


@dataclass
class Run:
    """A run of Snakemake.

    Attributes:
        begun: when it began, on its clock in seconds.
        total: jobs to do; 0 before that is known.
        done: jobs done.
        whole: whether the whole study is asked for, and not some of its files.
        running: jobs under way, by Snakemake's number of the job.
        failures: jobs that failed, by the same.
        warnings: each warning, and how often it was said.
        stopped: whether the user has ended it.
    """

    begun: float
    total: int = 0
    done: int = 0
    whole: bool = False
    running: dict[int, Job] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    stopped: bool = False


def job_name(rule: str, wildcards: dict[str, str]) -> str:
    """Return what a job is called: "infer llama-mini × townsfolk", "observe random on phi-mini × none"."""
    given = dict(wildcards)
    part = ""
    if {"shard", "shards"} <= given.keys():
        part = f", part {given.pop('shard')} of {given.pop('shards')}"
    words = rule.replace("_", " ").removesuffix(" shard")
    if observer := given.pop("observer", ""):
        words += f" {observer} on"
    return f"{words} {' × '.join(given.values())}".rstrip() + part


def progress_words(job: Job, now: float, short: bool = False) -> str:
    """Return how far a job is: what is done, rate and time left, or how long it has run.

    Args:
        job: the job.
        now: the time on the run's clock in seconds.
        short: leave out all but share and time left.
    """
    count = job.log.count if job.log else None
    if count is None or count.all:
        return duration(now - job.begun)
    left = count.left(now - job.counted)
    time_left = "" if left is None else f"{duration(left)} left"
    if short:
        return f"{count.done / count.total:.0%}  {time_left}".rstrip()
    done = f"{count.done:,} of {count.total:,} {count.what}"
    return "  ".join(filter(None, [done, f"{count.rate:,.0f}/s", time_left]))
