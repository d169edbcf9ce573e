"""`holdfast explain`: a question of a study as the model gets it."""

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from holdfast.commands.study_argument import add_study, planned
from holdfast.design.personas import Persona
from holdfast.errors import StudyError, unknown
from holdfast.inference.backends.protocol import (
    Answer,
    Asked,
    Backend,
    MessageRequest,
    ScoreRequest,
)
from holdfast.inference.backends.tokenized_prompts import TokenizedPrompts
from holdfast.inference.cost_forecast import Unsaved
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.response_rows import named_answer
from holdfast.inference.interview.sessions import Design, Session, sessions
from holdfast.inference.models.light_import import leave_out_torch
from holdfast.inference.observation_job import observing
from holdfast.inference.prompting.prompts import Prompt, Turn
from holdfast.report.wording.text_format import one_line, visible
from holdfast.study.job_backend import job_backend
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob, answering, job_design


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser)
    parser.add_argument("respondent", help="a persona's id, as in its file or on the page")
    parser.add_argument("--model", help="by default the study's first, as with all that follows")
    parser.add_argument("--population")
    parser.add_argument("--context")
    parser.add_argument("--replicate", type=int, default=1)
    parser.add_argument("--instrument")
    parser.add_argument("--item", type=int)
    parser.add_argument(
        "--observer", help="who reads the model's conversation and is asked about it"
    )


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if a name is unknown or the model's tokenizer is not here."""
    choice = Choice(
        given.respondent, given.model, given.population, given.context, given.replicate,
        given.instrument, given.item, given.observer,
    )  # fmt: skip
    leave_out_torch()
    with planned(given) as plan:
        print(text_of(explain(plan, choice, Path("results"))))


def text_of(found: "Explained") -> str:
    """Return what is shown of a question."""
    lines = [one_line(found.title), ""]
    if found.tokens is None:
        lines.append("tokens: not known, since the model has no tokenizer here")
    else:
        lines += [f"{tokens:>8} tokens  {name}" for name, tokens in found.parts]
        lines.append(f"{found.tokens:>8} tokens  in all, as rendered")
    if found.missing:
        lines.append(f"{found.missing} messages are not said yet; they are not counted")
    return "\n".join([*lines, "", "prompt", "------", visible(found.text), "", *_answer(found)])


def _answer(found: "Explained") -> list[str]:
    answer = found.answer
    if answer is None:
        return ["answer: not given yet"]
    said = [f"answer: {one_line(answer.text) or 'none'} ({answer.status})"]
    said += [f"reply: {visible(found.reply)}"] if found.reply else []
    if not answer.logprobs:
        return said
    shares = ", ".join(
        f"{letter} {math.exp(p):.3f}"
        for letter, p in zip(found.letters, answer.logprobs, strict=True)
    )
    return [*said, f"probabilities: {shares}; all letters {answer.mass:.3f}"]


Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Choice:
    """Which question; what is None is the study's first, but for the observer, who is then nobody."""

    respondent: str
    model: str | None = None
    population: str | None = None
    context: str | None = None
    replicate: int = 1
    instrument: str | None = None
    item: int | None = None
    observer: str | None = None


@dataclass(frozen=True)
class Explained:
    """A question as the model gets it.

    Attributes:
        title: which question it is, in words.
        parts: what the prompt consists of, each with its tokens; None: the model has no tokenizer here.
        tokens: of the whole prompt, as rendered.
        text: the prompt as rendered.
        missing: messages of the conversation that the store does not have yet.
        letters: the options' letters, in the order shown.
        answer: from the store; None: not given yet.
        reply: the words from which the answer was read, or could not be; empty: it was read without words.
    """

    title: str
    parts: tuple[tuple[str, int | None], ...]
    tokens: int | None
    text: str
    missing: int
    letters: str
    answer: Answer | None
    reply: str = ""


def explain(plan: Plan, choice: Choice, results: Path) -> Explained:
    """Return one question as the model gets it, with the conversation as far as the store has it.

    Args:
        plan: the study.
        choice: which question.
        results: the folder of all results, with the store.

    Raises:
        StudyError: a name is unknown, or the model's tokenizer is not here.
    """
    job = _job(plan, choice)
    model, entry = answering(plan, job)
    population, persona = job.population, _respondent(plan, choice)[1]
    if not 1 <= choice.replicate <= plan.study.replicates:
        raise StudyError(
            f"--replicate: {choice.replicate}: the study has 1 to {plan.study.replicates}."
        )
    backend = job_backend(plan, job, results / "store")
    design = _design(plan, job, persona, backend)
    sampling = entry.model.sampling.model_dump()
    interview = Interview(backend, Unsaved(results / "store" / model), design, sampling)
    session = _session(design, choice)
    name = _chosen("--instrument", choice.instrument, [i.name for i in design.instruments])
    questions, behind = {}, 0
    for question, request, answer in interview.look_up(session):
        if question.instrument.name == name:
            if isinstance(question.asked, Asked):
                questions[question.asked.item] = (question, request, answer, behind)
            behind += bool(question.step) and answer is None
    item = _chosen("--item", choice.item, sorted(questions))
    question, request, answer, behind = questions[item]
    who = f"{job.observer} on {job.model}" if job.observer else model
    title = f"{who} as {persona.persona} ({population}), context {session.context}, replicate "
    title += f"{session.replicate}, item {item} of {name}"
    found = _explained(title, backend, session, request, answer, behind)
    if answer is None:
        return found
    named = named_answer(question, answer, design.readouts[0])
    return replace(found, answer=named, reply=answer.text if named.text != answer.text else "")


def _chosen(option: str, name: Thing | None, allowed: Iterable[Thing]) -> Thing:
    """Return the name that was given, or the first one."""
    names = list(allowed)
    if name is not None and name not in names:
        raise unknown(option, "name", name, names)
    return names[0] if name is None else name


def _respondent(plan: Plan, choice: Choice) -> tuple[str, Persona]:
    """Return the respondent and the population: the first that has such a one, if none is named."""
    among = [_chosen("--population", choice.population, plan.populations)]
    if choice.population is None:
        among = list(plan.populations)
    people = {
        p.persona: (name, p) for name in reversed(among) for p in plan.populations[name].personas
    }
    if choice.respondent not in people:
        raise unknown(f"study {plan.study.study}", "respondent", choice.respondent, people)
    return people[choice.respondent]


def _job(plan: Plan, choice: Choice) -> StudyJob:
    """Return the job in which the question is asked."""
    population = _respondent(plan, choice)[0]
    if choice.observer is None:
        return StudyJob(_chosen("--model", choice.model, plan.models), population)
    observer = _chosen("--observer", choice.observer, plan.observers)
    observed = [m for m, p in plan.observed_pairs() if p == population]
    if not observed:
        raise StudyError(
            f"--observer: no questionnaire of '{population}' has a form for observers."
        )
    return StudyJob(_chosen("--model", choice.model, observed), population, observer)


def _design(plan: Plan, job: StudyJob, persona: Persona, backend: Backend) -> Design:
    """Return what the job works through, for one respondent.

    Raises:
        StudyError: an observer's conversation is not held yet.
    """
    asked = replace(job_design(plan, job), personas=[persona])
    if not job.observer:
        return asked
    talks = job.conversations(Path(plan.results))
    if not talks.exists():
        raise StudyError(f"--observer: {talks} is not there yet: observers read what was said.")
    return observing(asked, talks, plan.observers[job.observer].sees, backend)


def _session(design: Design, choice: Choice) -> Session:
    every = sessions(design)
    if not every:
        raise StudyError(f"respondent: '{choice.respondent}' says nothing that the observer reads.")
    context = _chosen("--context", choice.context, dict.fromkeys(s.context for s in every))
    found = [s for s in every if (s.context, s.replicate) == (context, choice.replicate)]
    if not found:
        raise StudyError(
            f"--replicate: {choice.replicate}: there is no conversation in '{context}' to read."
        )
    return found[0]


def _explained(
    title: str,
    backend: Backend,
    session: Session,
    request: MessageRequest | ScoreRequest,
    answer: Answer | None,
    behind: int,
) -> Explained:
    prompt, missing = request.prompt, session.messages - len(session.rows)
    gap = [Turn("persona", f"({missing} messages that are not said yet)")] if missing else []
    gap += [Turn("persona", f"({behind} answers that are not given yet)")] if behind else []
    shown = replace(prompt, turns=(*prompt.turns[:-1], *gap, prompt.turns[-1]))
    count = _counter(backend)
    parts = [("what it is told", count(prompt.instruction))] if prompt.instruction else []
    talk = [(t.speaker, count(t.text)) for t in prompt.turns[:-1]]
    parts += [*talk, ("the question", count(prompt.turns[-1].text))]
    return Explained(
        title, tuple(parts), _whole(backend, prompt), backend.render(shown), missing,
        request.letters, answer,
    )  # fmt: skip


def _counter(backend: Backend) -> Callable[[str], int | None]:
    """Return what counts the tokens of a text by the model's own tokenizer."""
    if not isinstance(backend, TokenizedPrompts):
        return lambda text: None
    tokenizer = backend.tokenizer
    return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])


def _whole(backend: Backend, prompt: Prompt) -> int | None:
    if not isinstance(backend, TokenizedPrompts):
        return None
    return len(backend.token_ids([prompt])[0])
