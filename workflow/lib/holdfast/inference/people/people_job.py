"""One job of people: a survey's file becomes the tables that a model's inference job would write."""

import hashlib
import json
import logging
import platform
import resource
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.design.administration_modes import LETTERS
from holdfast.design.contexts import write_contexts
from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import Population, write_population
from holdfast.inference.people.people_answers import PeopleAnswers, read_people
from holdfast.inference.people.people_mapping import read_people_mapping
from holdfast.machine_description import machine
from holdfast.tables.large_tables import table_writer
from holdfast.yaml_and_csv import read_bytes

logger = logging.getLogger(__name__)
READ_AS = "table"
"""How an answer was read, in the table of responses."""

NO_PROMPTS = {"prompts": 0, "contaminated": 0, "found": [], "generated": 0, "naming_others": 0}


def run_people_job(
    *, name: str, answers: Path, mapping: Path, instrument: Path, limit: int | None, personas: Path,
    profiles: Path, contexts: Path, responses: Path, manifest: Path,
) -> None:  # fmt: skip
    """Read a survey's file and write the tables of its population.

    Args:
        name: of the entry; also of its population.
        answers: the survey's file.
        mapping: which of its columns and codes mean what.
        instrument: design document of the questionnaire.
        limit: only the first so many respondents; None: all.
        personas: output table: the respondents, by running numbers.
        profiles: output table without rows: nobody's true profile is known.
        contexts: output table: the waves.
        responses: output table.
        manifest: output document.

    Raises:
        StudyError: the file or its mapping does not fit; then nothing is written.
    """
    began = time.time()
    asked = read_design_instrument(instrument)
    said = read_people_mapping(mapping, {asked.name: asked})
    found = read_people(answers, said, mapping, asked, limit)
    revision = hashlib.sha256(read_bytes(answers)).hexdigest()
    people = [
        Persona(persona=who, group=group)
        for who, group in zip(found.respondents, found.groups, strict=True)
    ]
    write_population(Population(people), name, personas, profiles)
    write_contexts([wave(name, context) for context in found.contexts], contexts)
    with table_writer("responses", responses) as add:
        for at in range(len(found.contexts)):
            add(_rows(found, at, asked, {"model": name, "population": name, "revision": revision}))
    about = _manifest(found, name, revision, hashlib.sha256(read_bytes(mapping)).hexdigest(), began)
    write_whole(manifest, lambda t: t.write_text(json.dumps(about, indent=1) + "\n"))
    logger.info(
        "%d people in %d waves; left out: %d rows of other waves, %d people without any answer",
        len(found.respondents), len(found.contexts), found.other_waves, found.silent,
    )  # fmt: skip


def wave(population: str, name: str) -> dict[str, Any]:
    """Return a wave as a row of the table of contexts.

    All waves have one topic. They are no sample of contexts to generalise over, so their figures have the
    interval over people alone.
    """
    return {
        "context": name, "topic": population, "domain": "", "opening": "", "messages": 0,
        "conversation": name,
    }  # fmt: skip


def _rows(found: PeopleAnswers, at: int, asked: Instrument, who: dict[str, str]) -> pd.DataFrame:
    """Return one wave's rows of the table of responses: of those who took part, item by item."""
    present = np.flatnonzero(found.asked[at])
    scale = asked.ratings()
    letter = {rating: LETTERS[place] for place, rating in enumerate(scale)}
    chosen = found.ratings[at, present].ravel()
    n, items = len(chosen), asked.numbers()
    return pd.DataFrame({
        "respondent": np.repeat([found.respondents[p] for p in present], len(items)),
        "context": found.contexts[at], "replicate": 1, "instrument": asked.name,
        "item": np.tile(items, len(present)), "order": [scale] * n,
        "answer": [letter.get(rating, "") for rating in chosen],
        "logprobs": [[] for _ in range(n)], "mass": np.nan,
        "status": np.where(np.isnan(chosen), "empty", "ok"), "readout": READ_AS, "prompt": "",
    }).assign(**who)  # fmt: skip


def _manifest(
    found: PeopleAnswers, name: str, revision: str, mapping: str, began: float
) -> dict[str, Any]:
    """Return the job's manifest; what only a model has, such as tokens, is 0."""
    now = time.time()
    return {
        "model": name, "population": name, "revision": revision,
        "computed": int(found.asked.sum()) * found.ratings.shape[2], "reused": 0, "hits": 0.0,
        "invalid": found.missing, "refused": 0, "filtered": 0, "failed": 0, "tokens": 0,
        "tokens_per_second": 0.0, "message_seconds": 0.0, "seconds": round(now - began, 2),
        "began": _moment(began), "ended": _moment(now),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "audit": NO_PROMPTS, "identity": {"people": revision, "mapping": mapping},
        "people": {
            "respondents": len(found.respondents), "waves": found.contexts,
            "other_waves": found.other_waves, "silent": found.silent,
        },
        "hardware": machine(), "python": platform.python_version(),
        "versions": {p: version(p) for p in ("pandas", "pyarrow")},
    }  # fmt: skip


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
