"""Shards: whole blocks, none empty, and together what one job alone writes, to the byte."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.design.contexts import context_rows
from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.inference_job import run_job
from holdfast.inference.interview import interview
from holdfast.inference.interview import session_shards as shards
from holdfast.inference.interview.session_shards import shard_bounds
from holdfast.inference.interview.sessions import read_design, sessions
from holdfast.inference.shard_merging import merge_shards, merged_manifest
from small_jobs import TOPICS, Job

FILES = {"conversations": "conversations.parquet", "responses": "responses.parquet"}


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], instrument, personas)


def merged(job: Job, n: int, **wanted: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Run a job in n shards, each with a store of its own, as jobs that run at the same time would."""
    parts = []
    for shard in range(1, n + 1):
        arguments = job.prepare(out=f"{shard}-of-{n}", **wanted)
        own = {"store": job.folder / f"store {shard}", "shard": (shard, n)}
        run_job(**arguments | own)
        parts.append(arguments)
    out = {name: job.folder / "merged" / file for name, file in FILES.items()}
    merge_shards(
        readouts=parts[0]["design"]["readouts"], merged_conversations=out["conversations"],
        merged_responses=out["responses"], manifest=job.folder / "merged/manifest.json",
        **{f: [p[f] for p in parts] for f in FILES}, manifests=[p["manifest"] for p in parts],
    )  # fmt: skip
    about = json.loads((job.folder / "merged/manifest.json").read_text())
    return {name: path.read_bytes() for name, path in out.items()}, about


def together(job: Job, **wanted: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Run the same as one job."""
    arguments = job.prepared_and_run(**wanted)
    return {name: arguments[name].read_bytes() for name in FILES}, job.finished(arguments)


@pytest.mark.parametrize("backend", ["random", "simulated"])
def test_a_reference_answers_the_same_in_four_shards(job: Job, backend: str) -> None:
    job.entry = {"model": {}, "deployment": {"backend": backend}}
    wanted: dict[str, Any] = {
        "people": 6, "replicates": 20, "topics": 2, "instruments": ["short"],
        "readouts": ["logit", "generate"], "answer_tokens": 5,
    }  # fmt: skip
    tables, about = merged(job, 4, **wanted)
    whole, one = together(job, **wanted)
    assert tables == whole
    assert len(about["shards"]) == 4 and about["computed"] == one["computed"]
    assert min(s["computed"] for s in about["shards"]) > 0


def test_a_model_answers_the_same_in_four_shards(job: Job, monkeypatch: Any) -> None:
    """Its numbers depend on what is computed together: blocks of 8, and shards that keep them."""
    monkeypatch.setattr(shards, "MOST", 8)
    monkeypatch.setattr(interview, "MOST", 8)
    wanted: dict[str, Any] = {
        "people": 6, "topics": 3, "also_after": [1], "instruments": ["short"], "max_new_tokens": 12,
        "readouts": ["logit", "generate"], "answer_tokens": 6,
    }  # fmt: skip
    tables, about = merged(job, 4, **wanted)
    whole, one = together(job, **wanted)
    assert tables == whole
    assert {k: about[k] for k in ("computed", "tokens", "tokens_read", "failed", "files")} == {
        k: one[k] for k in ("computed", "tokens", "tokens_read", "failed", "files")
    }


@given(
    topics=st.integers(1, 3), people=st.integers(2, 90), replicates=st.integers(1, 4),
    n=st.integers(1, 40), also=st.booleans(), neutral=st.booleans(),
)  # fmt: skip
def test_shards_are_whole_blocks_and_none_is_empty(topics, people, replicates, n, also, neutral):
    contexts = context_rows(TOPICS[:topics], 3, neutral, [1] if also else [], True)
    bounds = shard_bounds(contexts, people, replicates, n)
    total = people * replicates * len(contexts)
    assert 1 <= len(bounds) <= n
    assert bounds[0][0] == 0 and bounds[-1][1] == total
    assert all(end == begin for (_, end), (begin, _) in pairwise(bounds))
    assert all(begin < end for begin, end in bounds)
    assert all(begin % shards.MOST == 0 for begin, _ in bounds)


def test_no_shard_begins_within_a_conversation(job: Job) -> None:
    arguments = job.prepare(people=6, topics=3, also_after=[1], replicates=20)
    names = ("personas", "profiles", "contexts", "instruments")
    design = read_design(arguments["design"], *(arguments[n] for n in names))
    every = sessions(design)
    bounds = shard_bounds(design.contexts, 6, 20, 5)
    assert len(bounds) == 5 and bounds[-1][1] == len(every)
    for begin, _ in bounds[1:]:
        before, after = every[begin - 1], every[begin]
        assert (before.replicate, before.persona, before.conversation) != (
            after.replicate, after.persona, after.conversation,
        )  # fmt: skip


@pytest.mark.parametrize("tokens", [0, 1e3, 1e5, 1e6, 1e9])
@pytest.mark.parametrize("fewest", [1, 8, 32, 64])
def test_every_block_divides_the_largest(job: Job, tokens: float, fewest: int) -> None:
    """So that blocks of any model end where a shard may begin; a slow model loses the fewest sessions."""
    arguments = job.prepare()
    names = ("personas", "profiles", "contexts", "instruments")

    class Fast:
        def identity(self) -> dict[str, Any]:
            return {}

        def tokens_in(self, seconds: float) -> float:
            return tokens

    class Kept:
        save_every = 30.0

    design = read_design(arguments["design"], *(arguments[n] for n in names))
    at_once = interview.Interview(Fast(), Kept(), design, {}, fewest)._at_once()  # type: ignore[arg-type]
    assert fewest <= at_once <= shards.MOST and shards.MOST % at_once == 0
    assert tokens or at_once == fewest


def test_shards_of_different_models_are_not_merged() -> None:
    one = {"model": "m", "population": "p", "identity": {"dtype": "float32"}, "revision": "a"}
    with pytest.raises(StudyError, match="different models"):
        merged_manifest([one, one | {"identity": {"dtype": "bfloat16"}}])
    with pytest.raises(StudyError, match="different models"):
        merged_manifest([one, one | {"revision": "b"}])
