"""One inference job: a model plays a population through all contexts and answers the questionnaires."""

import json
import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.openai_backend import OpenAIBackend
from holdfast.inference.backends.protocol import Backend, ScoreRequest
from holdfast.inference.backends.service_record import ServiceRecord
from holdfast.inference.backends.way_probe import settle_way
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.losses import Losses
from holdfast.inference.interview.model_check import check_model
from holdfast.inference.interview.questionnaire_steps import first, steps
from holdfast.inference.interview.questions import questions, score_request
from holdfast.inference.interview.session_shards import shard_bounds
from holdfast.inference.interview.sessions import (
    Design,
    Session,
    conversation_table,
    read_design,
    read_personas,
    sessions,
)
from holdfast.inference.job_manifest import job_manifest
from holdfast.inference.models.gpu_locks import take_gpus, visible_gpus
from holdfast.inference.models.hub import held_revision
from holdfast.inference.models.registry import (
    LOCAL_BACKENDS,
    Entry,
    foreign_code,
)
from holdfast.inference.models.weight_files import weights_revision
from holdfast.inference.shard_merging import responses_writer
from holdfast.inference.store.response_store import Store
from holdfast.tables.large_tables import table_writer

logger = logging.getLogger(__name__)


def run_job(
    *, model: str, population: str, entry: dict[str, Any], weights: Sequence[Path], design: dict[str, Any],
    personas: Path, profiles: Path, contexts: Path, instruments: Sequence[Path], store: Path, save_every: float,
    cores: int, conversations: Path, responses: Path, manifest: Path,
    encounters: Sequence[Path] = (), shard: tuple[int, int] = (1, 1), others: Sequence[Path] = (),
    sessions_at_once: int = 32, allow_failed: float = 0.0,
) -> None:  # fmt: skip
    """Run the job and write its tables.

    Args:
        model: the model's name.
        population: the personas' name.
        entry: the model's registry entry, as plain data.
        weights: a local model's files, or the lock with the resolved revision of one on a hub.
        design: as `read_design` has it.
        personas: design table.
        profiles: design table; no rows where no profile is known.
        contexts: design table.
        instruments: design documents.
        store: the response store's folder.
        save_every: seconds of work that may be lost if the job dies.
        cores: processor cores to use.
        conversations: output table.
        responses: output table.
        manifest: output document: what was computed and reused, time, versions, contamination.
        encounters: design table, where the study has one.
        shard: which one of how many; the first of one is everything.
        others: design tables of personas that no prompt of this job may tell of.
        sessions_at_once: sessions that a local model computes together, at least, and whose work may be lost
            if the job dies; a power of two up to 64.
        allow_failed: share of the messages and answers that may have failed.

    Raises:
        StudyError: an input is missing, the model can't be used, or too much failed; what was answered is kept.
    """
    began, parsed = time.time(), Entry.model_validate(entry)
    plan = read_design(design, personas, profiles, contexts, instruments, encounters)
    opened = open_interview(
        model, parsed, weights, plan, population=population, store=store, save_every=save_every,
        cores=cores, sessions_at_once=sessions_at_once,
    )  # fmt: skip
    if opened.record is not None:
        opened.record.ask_name(next(iter(plan.worded().values())), plan.personas)
    for path in others:
        opened.interview.audit.watch(read_personas(path))
    who = {"model": model, "population": population, "revision": opened.revision}
    part = _part(plan, *shard)
    about = hold(opened, part, who, conversations, responses, allow_failed, began)
    write_manifest(about, manifest)


@dataclass(frozen=True)
class Opened:
    """An interview that can begin.

    Attributes:
        model: name of the model that answers.
        interview: with it and its store.
        revision: the model's; empty: a reference has none.
        record: who answers, of a service; None: the model is computed here.
        findings: about the model's chat template, for the manifest.
    """

    model: str
    interview: Interview
    revision: str
    record: ServiceRecord | None
    findings: dict[str, Any]


def open_interview(
    model: str, entry: Entry, weights: Sequence[Path], plan: Design, *, population: str, store: Path,
    save_every: float, cores: int, sessions_at_once: int,
    backend: Backend | None = None,
) -> Opened:  # fmt: skip
    """Return an interview with a model that is known to be usable; the arguments are those of `run_job`.

    Args:
        model: name of the model that answers.
        entry: of the registry.
        weights: its files or its lock.
        plan: what is asked.
        population: whose questions they are.
        store: the response store's folder.
        save_every: seconds.
        cores: to use.
        sessions_at_once: at least.
        backend: the model's, where it is made already.
    """
    revision = resolved_revision(entry, weights)
    for warning in foreign_code({model: entry}):
        logger.warning(warning)
    take_gpus(entry.deployment.gpus, visible_gpus())
    backend = backend or make_backend(model, entry, plan.seed, revision, cores, plan.day)
    findings = _checked(backend, entry, plan)
    record = None
    if isinstance(backend, OpenAIBackend):
        settle_way(backend, store / model, _first_question(plan), "choice" in plan.readouts)
        backend.batches = store / model if entry.deployment.batch else None
        record = ServiceRecord(backend, store / model, population)
    stored = Store(store / model, save_every, record.keep if record is not None else None)
    sampling = entry.model.sampling.model_dump()
    interview = Interview(backend, stored, plan, sampling, sessions_at_once)
    return Opened(model, interview, revision or "", record, findings)


def hold(
    opened: Opened, asked: Sequence[Session], who: dict[str, str], conversations: Path | None,
    responses: Path, allow_failed: float, began: float,
) -> dict[str, Any]:  # fmt: skip
    """Hold an interview, write its tables, and return its manifest.

    Args:
        opened: the interview.
        asked: its sessions.
        who: model, population and revision, for the tables.
        conversations: output table; None: they are not the job's own.
        responses: output table.
        allow_failed: share of the messages and answers that may have failed.
        began: when the job began, in seconds since 1970.

    Raises:
        StudyError: too much failed; what was answered is kept.
    """
    losses, record = Losses(opened.interview.design), opened.record
    try:
        _hold(opened, asked, who, conversations, responses, allow_failed, losses)
    finally:
        if record is not None:
            record.keep()
    about = job_manifest(opened.interview, who, began) | opened.findings | losses.facts()
    return about | (record.facts() if record is not None else {})


def write_manifest(about: dict[str, Any], output: Path) -> None:
    """Write a job's manifest, and say in the log what was computed and what was known."""
    write_whole(output, lambda t: t.write_text(json.dumps(about, indent=1) + "\n"))
    logger.info("%(computed)d computed, %(reused)d reused", about)


def _first_question(plan: Design) -> ScoreRequest:
    """Return a question of the study, on which a service's ways to answer are tried."""
    session = sessions(plan)[0]
    asked = next(iter([*questions(plan, session), *first(steps(plan, session))]))
    return score_request(plan, replace(asked, session=replace(asked.session, turns=[])))


def _checked(backend: Backend, entry: Entry, plan: Design) -> dict[str, dict[str, str]]:
    """Return for the manifest what a local model's chat template does, once that is known to be usable."""
    if entry.deployment.backend not in LOCAL_BACKENDS:
        return {}
    found = {f.name: f.text for f in check_model(backend, plan)}  # type: ignore[arg-type]
    for text in found.values():
        logger.info("chat template: %s", text)
    return {"presentation": found}


def _part(design: Design, shard: int, shards: int) -> list[Session]:
    """Return the sessions of one shard; of the only one: all of them."""
    bounds = shard_bounds(design.contexts, len(design.personas), design.replicates, shards)
    begin, end = bounds[shard - 1]
    return sessions(design)[begin:end]


def _hold(
    opened: Opened, asked: Sequence[Session], who: dict[str, str], conversations: Path | None,
    responses: Path, allow_failed: float, losses: Losses,
) -> None:  # fmt: skip
    """Hold the interview and write its tables as it goes; whatever happens, what was answered is saved.

    Blocks depend on what the store holds; the order of the answers does not: readout by readout. What is
    written of a session is let go.
    """
    interview, readouts = opened.interview, list(opened.interview.design.readouts)
    met = any(e.other for e in interview.design.encounters.values())
    thinks = bool(interview.design.thinking_tokens) or interview.asking.service
    try:
        with (
            table_writer("conversations", conversations) if conversations else nullcontext() as say,
            responses_writer(responses, readouts) as answer,
        ):
            for block, rows in interview.run(asked):
                losses.add(block, rows)
                if say is not None:
                    say(conversation_table(block, who, met, thinks))
                answer(pd.DataFrame(rows).assign(**who))
                for session in block:
                    session.end()
            _check_failures(interview, opened.model, allow_failed)
    finally:
        interview.store.save()


def _check_failures(interview: Interview, model: str, allowed: float) -> None:
    """Refuse a job of which more failed than a share; say so where less did."""
    counts, backend = interview.counts, interview.backend
    if not counts.failed:
        return
    every = counts.failed + counts.computed + counts.reused
    said = f"{counts.failed} of {every} messages and answers failed"
    why = backend.failure if isinstance(backend, OpenAIBackend) else ""
    if counts.failed > allowed * every:
        last = f" The last failure: {why}." if why else ""
        raise StudyError(
            f"models: '{model}': {said}.{last} What was answered is kept: the same command asks for the rest. "
            f"To accept a share of failures, set allow_failed in the study (it is {allowed:g})."
        )
    logger.warning("%s and are marked so, as allow_failed: %g accepts", said, allowed)


def resolved_revision(entry: Entry, weights: Sequence[Path]) -> str | None:
    """Return the model's revision: its commit, the hash of its files, or None for references.

    Raises:
        StudyError: the lock is of another repository.
    """
    if entry.model.path is not None:
        return weights_revision(entry.model.path)
    if entry.model.package is not None:
        return entry.model.package.revision
    return held_revision(entry.model.repository, weights[0]) if weights else entry.model.revision
