"""One observer's job: a model reads the stored conversations of another, and reports on who speaks in them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from holdfast.design.contexts import observed_contexts
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.inference_job import hold, open_interview, resolved_revision, write_manifest
from holdfast.inference.interview.sessions import Design, Heard, Place, read_design, sessions
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.wordings import Wording, fill
from holdfast.tables.large_tables import read_parts


def run_observation(
    *, observer: str, model: str, entry: dict[str, Any], sees: Mapping[str, Any], observed: str,
    population: str, weights: Sequence[Path], design: dict[str, Any], personas: Path, profiles: Path,
    contexts: Path, instruments: Sequence[Path], conversations: Path, store: Path, save_every: float,
    cores: int, responses: Path, manifest: Path, sessions_at_once: int = 32, allow_failed: float = 0.0,
) -> None:  # fmt: skip
    """Let an observer report on everybody in one model's conversations, and write its tables.

    The observer is shown what was said, and nothing of the persona. What it answers is kept in the store like
    all answers, so that it is asked nothing twice.

    Args:
        observer: the observer's name in the study.
        model: its name in the registry.
        entry: its registry entry, as plain data.
        sees: `speaker` (what the respondent said alone?) and `turns` (first and last; None: all).
        observed: the model that plays the respondents.
        population: the personas' name.
        weights: the observer's files or its lock.
        design: as `read_design` has it.
        personas: design table.
        profiles: design table; the observer is not shown it.
        contexts: design table.
        instruments: design documents of the questionnaires' forms for observers.
        conversations: table of the conversations.
        store: the response store's folder.
        save_every: seconds of work that may be lost if the job dies.
        cores: processor cores to use.
        responses: output table; its model is the one observed.
        manifest: output document; its model is the one that answered.
        sessions_at_once: sessions that a local model computes together.
        allow_failed: share of the answers that may have failed.

    Raises:
        StudyError: an input is missing, there is nothing to read, the observer can't be used, or too much
            failed; what was answered is kept.
    """
    began, parsed = time.time(), Entry.model_validate(entry)
    asked = read_design(design, personas, profiles, contexts, instruments)
    revision = resolved_revision(parsed, weights)
    backend = make_backend(model, parsed, asked.seed, revision, cores, asked.day)
    plan = observing(asked, conversations, sees, backend)
    if not plan.heard:
        raise StudyError(
            f"observers: '{observer}': {conversations} has no conversation to read. Give the study a topic, or "
            "the observer other turns."
        )
    opened = open_interview(
        model, parsed, weights, plan, population=population, store=store, save_every=save_every,
        cores=cores, sessions_at_once=sessions_at_once, backend=backend,
    )  # fmt: skip
    who = {"model": observed, "population": population, "revision": opened.revision}
    opened.interview.audit.watch(asked.personas, hidden=True)
    about = hold(opened, sessions(plan), who, None, responses, allow_failed, began)
    told = {"model": model, "observer": observer, "observed": observed}
    write_manifest(about | told, manifest)


def observing(
    asked: Design, conversations: Path, sees: Mapping[str, Any], backend: object
) -> Design:
    """Return the design of an observer: of every respondent the conversations, and nothing else.

    Args:
        asked: what the observer's job was given.
        conversations: table of the conversations.
        sees: what the observer is shown of them.
        backend: the observer's; a reference reads what it is shown.
    """
    return hearing(asked, heard_in(asked, conversations, sees, backend))


def hearing(asked: Design, heard: Mapping[Place, Heard]) -> Design:
    """Return the design of an observer, by the conversations that it is given."""
    nobody = [Persona(persona=p.persona, group=p.group) for p in asked.personas]
    contexts = observed_contexts(asked.contexts)
    return replace(asked, personas=nobody, profiles={}, contexts=contexts, heard=heard)


def heard_in(
    asked: Design, conversations: Path, sees: Mapping[str, Any], backend: object
) -> dict[Place, Heard]:
    """Return what an observer is given of a table of conversations; the arguments are those of `observing`."""
    wording, heard = next(iter(asked.worded().values())), {}
    names = {c["context"] for c in observed_contexts(asked.contexts)}
    people = {p.persona for p in asked.personas}
    for place, said in _conversations(conversations):
        known = place[0] in people and place[1] in names
        text = transcript(said, wording, **sees) if known else ""
        if text:
            read = backend.read(text) if isinstance(backend, ReferenceBackend) else {}
            heard[place] = Heard(text, read)
    return heard


def _conversations(path: Path) -> Iterator[tuple[Place, pd.DataFrame]]:
    """Yield every conversation that did not fail, with whose it is."""
    keys = ["respondent", "context", "replicate"]
    every = pd.concat(read_parts(path, "conversations"))
    for place, said in every.groupby(keys, sort=False):
        if not said["status"].eq("failed").any():
            who, context, replicate = cast(Place, place)
            yield (who, context, int(replicate)), said


def transcript(
    said: pd.DataFrame, wording: Wording, speaker: bool = False, turns: Sequence[int] | None = None
) -> str:
    """Return a conversation as an observer is shown it; empty: the respondent says nothing in it.

    Args:
        said: rows of the table of conversations, in their order.
        wording: with the texts for observers.
        speaker: only what the respondent said?
        turns: only from one turn to another; None: all.
    """
    texts = wording.observer
    if texts is None:
        raise StudyError(f"the wording '{wording.title}' has no texts for observers.")
    first, last = turns or (0, int(said["turn"].max()))
    own = said["speaker"].eq("persona")
    chosen = said[said["turn"].between(first, last) & (own | (not speaker))]
    if not chosen["speaker"].eq("persona").any():
        return ""
    lines = [
        f"{fill(texts.speaker if who == 'persona' else texts.other)}: {text.strip() or fill(wording.silence)}"
        for who, text in zip(chosen["speaker"], chosen["text"], strict=True)
    ]
    return fill(texts.conversation, conversation="\n".join(lines))
