"""The jobs of a study in which somebody answers: models as respondents, people, and observers."""

from dataclasses import dataclass
from pathlib import Path

from holdfast.inference.interview.sessions import Design
from holdfast.inference.models.registry import Entry
from holdfast.study.plan import Plan


@dataclass(frozen=True)
class StudyJob:
    """One job, by the names that its files have.

    Attributes:
        model: who plays the population, or the name of people.
        population: the population's name.
        observer: who reads the model's conversations and answers in its place; empty: nobody.
    """

    model: str
    population: str
    observer: str = ""

    @property
    def name(self) -> str:
        """Return what the job is called: MODEL × POPULATION, or OBSERVER on MODEL × POPULATION."""
        by = f"{self.observer} on " if self.observer else ""
        return f"{by}{self.model} × {self.population}"

    def manifest(self, results: Path) -> Path:
        """Return where a finished job says what it did, below the folder of the study's results."""
        if self.observer:
            folder = results / "observations" / self.observer / self.model / self.population
            return folder / "manifest.json"
        return results / "responses" / self.model / f"{self.population}.json"

    def conversations(self, results: Path) -> Path:
        """Return the table of the conversations that a model's job holds, and an observer's reads."""
        return results / "conversations" / self.model / f"{self.population}.parquet"


def study_jobs(plan: Plan) -> list[StudyJob]:
    """Return all jobs: those of models in the study's order, of people, and of observers."""
    return [
        *(StudyJob(model, population) for model, population in plan.pairs()),
        *(
            StudyJob(m, p, observer)
            for observer in plan.observers
            for m, p in plan.observed_pairs()
        ),
    ]


def answering(plan: Plan, job: StudyJob) -> tuple[str, Entry]:
    """Return the model that answers in a job, by name and entry; people have an entry as well."""
    if job.observer:
        return plan.observers[job.observer].model, plan.observers[job.observer].entry
    return job.model, plan.everyone()[job.model]


def job_design(plan: Plan, job: StudyJob) -> Design:
    """Return what a model's job works through; of an observer, before it is told what was said."""
    people, forms = plan.populations[job.population], plan.filled_in(job.population)
    asking = plan.observing(job.observer) if job.observer else plan.asking(job.model)
    return Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=forms if job.observer else plan.asked(job.population),
        encounters=plan.encounters(job.population), **asking,
    )  # fmt: skip
