"""`holdfast status`: how far jobs are, by manifests, logs and the store."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli import main
from holdfast.commands.status import SILENT, Job, asked, held, jobs, show, stages
from holdfast.design.contexts import write_contexts
from holdfast.design.instruments import write_instrument
from holdfast.design.populations import write_population
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.inference_job import run_job
from holdfast.inference.observation_job import run_observation
from holdfast.inference.store.response_store import Store
from holdfast.study.find_people import People
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob

ROOT = Path(__file__).resolve().parents[3]
STUDY = {
    "study": "s", "models": ["random", "constant"], "replicates": 2,
    "populations": [{"name": "generated", "size": 3}],
    "contexts": {"topics": ["grammar", "joke"], "messages": 3, "neutral": True},
}  # fmt: skip
TOTAL = 3 * 2 * (2 * 3 + 3 * 40)  # respondents, replicates: messages of two talks, items of three


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    made = make_plan(dict(STUDY), "s.yaml", ROOT / "resources")
    monkeypatch.chdir(tmp_path)
    return made


def manifest(computed: int, reused: int) -> None:
    path = Path("results/s/responses/random/generated.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"computed": computed, "reused": reused}))


def log(text: str, age: float) -> float:
    """Write the log of a job and return a time so many seconds later."""
    path = Path("results/s/logs/infer/constant/generated.log")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return os.stat(path).st_mtime + age


def test_what_is_asked_is_what_a_job_counts(plan: Plan) -> None:
    assert asked(plan, StudyJob("random", "generated")) == TOTAL


def test_every_readout_counts_and_reasoning_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a job of two readouts and a cumulative questionnaire counts is what is asked of it."""
    more = {"administration": {"readout": ["logit", "cot"]}, "instruments": ["svs", "pvq21"]}
    plan = make_plan(STUDY | more, "s.yaml", ROOT / "resources")
    people, folder = plan.populations["generated"], tmp_path / "design"
    write_population(people, "generated", folder / "personas.parquet", folder / "profiles.parquet")
    write_contexts(plan.context_rows(), folder / "contexts.parquet")
    for name, instrument in plan.instruments.items():
        write_instrument(instrument, folder / f"{name}.json")
    monkeypatch.chdir(tmp_path)
    job = Path("results/s/responses/random/generated.json")
    run_job(
        model="random", population="generated", entry=plan.entry("random"), weights=[],
        design=plan.asking("random"), personas=folder / "personas.parquet",
        profiles=folder / "profiles.parquet", contexts=folder / "contexts.parquet",
        instruments=[folder / f"{i}.json" for i in plan.instruments],
        store=tmp_path / "store", save_every=30, cores=1, conversations=folder / "c.parquet",
        responses=folder / "r.parquet", manifest=job,
    )  # fmt: skip
    first = jobs(plan)[0]
    assert (first.state, first.done) == ("done", asked(plan, StudyJob("random", "generated")))


def observed(plan: Plan) -> Job:
    """Let a reference observe what another said, and return how far that is said to be."""
    folder, who = Path("design"), StudyJob("planted", "generated", "observer-good-turns-2-3")
    people = plan.populations["generated"]
    write_population(people, "generated", folder / "personas.parquet", folder / "profiles.parquet")
    write_contexts(plan.context_rows(), folder / "contexts.parquet")
    for form in (*plan.instruments.values(), *plan.forms.values()):
        write_instrument(form, folder / f"{form.name}.json")
    tables = {f"{t}s": folder / f"{t}s.parquet" for t in ("persona", "profile", "context")}
    same: dict[str, Any] = {
        "population": "generated", "weights": [], "store": Path("store"), "save_every": 30, "cores": 1,
    } | tables  # fmt: skip
    talks = Path("talks.parquet")
    run_job(
        model="planted", entry=plan.entry("planted"), design=plan.asking("planted"), conversations=talks,
        instruments=[folder / "pvq21.json"], responses=folder / "r.parquet",
        manifest=StudyJob("planted", "generated").manifest(Path(plan.results)), **same,
    )  # fmt: skip
    run_observation(
        observer=who.observer, entry=plan.entry("observer-good"), observed="planted", conversations=talks,
        design=plan.observing(who.observer), instruments=[folder / "pvq21_observer.json"],
        responses=folder / "o.parquet", manifest=who.manifest(Path(plan.results)),
        **plan.observer_slice(who.observer), **same,
    )  # fmt: skip
    return next(j for j in jobs(plan) if j.name == who.name)


def test_observers_are_asked_what_their_jobs_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {
        "models": ["planted"], "instruments": ["pvq21"], "facets": {"wording": ["plain", "survey"]},
        "contexts": {"topics": ["joke", "gift"], "messages": 3, "also_after": [1], "texts": ["posts"]},
        "observers": {"models": ["observer-good", {"model": "observer-good", "turns": [2, 3]}]},
    }  # fmt: skip
    plan, words = (
        make_plan(STUDY | more, "s.yaml", ROOT / "resources"),
        "resources/miniatures/phrases.yaml",
    )
    monkeypatch.chdir(tmp_path)
    Path(words).parent.mkdir(parents=True)
    shutil.copy(ROOT / words, words)
    whole, part = jobs(plan)[1:]
    assert whole.name == "observer-good on planted × generated" and whole.state == "waiting"
    assert whole.total == 3 * 2 * 4 * 21, "each conversation, whole and cut, in the first wording"
    assert part.total == 3 * 2 * 2 * 21, "after one message there is no turn 2"
    found = observed(plan)
    assert (found.state, found.done) == ("done", found.total) == ("done", part.total)
    log = Path("results/s/logs/observe/observer-good/planted/generated.log")
    log.parent.mkdir(parents=True)
    log.write_text("10:00:03 x: answers: 63 of 504")
    assert (jobs(plan)[1].state, jobs(plan)[1].done) == ("under way", 63)
    show(plan)
    said = capsys.readouterr().out
    assert re.search(r"^value scores by observers +0 of 2$", said, flags=re.M)
    assert re.search(r"^observers compared +0 of 1$", said, flags=re.M)
    assert re.search(r"^store: observer-good +0 messages and answers$", said, flags=re.M)


def test_people_are_known_when_their_file_is_read(plan: Plan) -> None:
    plan.people["panel"] = People(plan.models["random"], Path("a"), Path("m"), "pvq40")
    plan.study.models.append("panel")
    assert jobs(plan)[2] == Job("panel × panel", "waiting", 0, 0, "")
    path = Path("results/s/responses/panel/panel.json")
    path.parent.mkdir(parents=True)
    path.write_text('{"computed": 80, "reused": 0}')
    assert jobs(plan)[2] == Job("panel × panel", "done", 80, 80, "")
    assert stages(plan)[0].total == 3


def test_without_results_every_job_waits(plan: Plan) -> None:
    assert [j.state for j in jobs(plan)] == ["waiting", "waiting"]
    assert all(s.there == 0 for s in stages(plan))


@pytest.mark.parametrize(("reused", "state"), [(0, "outdated"), (1, "done")])
def test_a_manifest_counts_if_it_is_of_this_configuration(
    reused: int, state: str, plan: Plan
) -> None:
    manifest(TOTAL - 1, reused)
    first = jobs(plan)[0]
    assert (first.state, first.done, first.total) == (state, TOTAL - 1 + reused, TOTAL)


@pytest.mark.parametrize(("age", "state"), [(1.0, "under way"), (SILENT + 1, "ended early")])
def test_a_log_tells_how_far_a_job_is(age: float, state: str, plan: Plan) -> None:
    said = "10:00:01 x: messages: 12 of 36 (33 %), 2.0/s, 12 s left\n"
    now = log(f"{said}10:00:02 x: messages: 30 of 36\n10:00:03 x: answers: 5 of 720\n", age)
    assert jobs(plan, now)[1] == Job(
        "constant × generated", state, 35, TOTAL, "10:00:03 x: answers: 5 of 720"
    )  # fmt: skip


def test_a_manifest_that_is_none_gives_one_message(plan: Plan) -> None:
    manifest(1, 1)
    Path("results/s/responses/random/generated.json").write_text("[]")
    with pytest.raises(StudyError, match=r"generated\.json: is no job's manifest"):
        jobs(plan)


def test_the_store_is_counted_and_left_alone(tmp_path: Path) -> None:
    opened = Store(tmp_path / "store/random")
    for n in range(7):
        opened.add(f"k{n}", Answer("A"))
    opened.save()
    damaged = tmp_path / "store/random/0.parquet"
    damaged.write_bytes(b"x")
    assert held(tmp_path / "store", "random") == 7 and damaged.exists()
    assert held(tmp_path / "store", "other") == 0


def test_the_command_says_it_without_loading_a_model(plan: Plan, tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "resources", tmp_path / "resources", ignore=shutil.ignore_patterns("*.safetensors")
    )
    (tmp_path / "s.yaml").write_text(json.dumps(STUDY))
    manifest(TOTAL, 0)
    code = (
        "import sys; from holdfast.cli import main; main(['status', 's.yaml']);"
        "print([m for m in ('torch', 'transformers', 'matplotlib') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/lib")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"study s: 1 of 2 jobs done, {TOTAL} of {2 * TOTAL:,} messages and answers (50%)" in (
        done.stdout
    )
    assert done.stdout.endswith("[]\n")


def test_a_study_that_is_not_there_gives_one_message() -> None:
    with pytest.raises(SystemExit, match=r"none\.yaml"):
        main(["status", "none.yaml"])
