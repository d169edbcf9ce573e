"""Cumulative questionnaires: choose and rate the most important value, the least, then the rest (methods 3)."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from api_jobs import entry_of, run
from test_interrupted import rows, tables, until

from holdfast.design.administration_modes import Choosing, ItemList
from holdfast.design.contexts import context_rows
from holdfast.design.instruments import Instrument, ItemTexts, Option
from holdfast.design.personas import Persona
from holdfast.design.readouts import of_first, of_readout
from holdfast.inference.backends.protocol import Answer, ListChoice
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.cost_forecast import forecast
from holdfast.inference.engine.conversation_cache import ConversationCache
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.questionnaire_steps import first, following, steps
from holdfast.inference.interview.questions import Question, score_request
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.registry import Entry
from holdfast.inference.prompting.prompts import base_text
from holdfast.inference.store.response_store import Store
from holdfast.inference.store.store_segments import segment_paths
from holdfast.report.page.answers import record, write_answers
from holdfast.scoring.ratings import rate
from holdfast.scoring.scoring_job import write_scores
from holdfast.stability.measures.readout_agreement_table import as_read
from holdfast.tables.table_files import read_table
from small_jobs import ASKING, Job
from small_models import computed_tokens

VALUES = {1: "Peace", 2: "Power", 3: "Fun", 5: "Duty", 6: "Thrift", 8: "Awe", 9: "Wit"}
SHEET = Instrument(
    name="sheet", title="t", framework="own", wording="own", source="s", licence="l",
    introduction="Alone.", question="How important is it?",
    options=[Option(rating=2, text="much"), Option(rating=1, text="some"), Option(rating=0, text="none")],
    values={"A": [1, 3, 6], "B": [2, 5], "C": [8, 9]},
    items=[ItemTexts(item=i, female=t, male=t, neutral=t) for i, t in VALUES.items()],
    protocol="cumulative", lists=(ItemList(first=1, last=4), ItemList(first=5, last=9)),
    choosing=Choosing(introduction="Read the list.", most="Which most?", least="Which least?"),
)  # fmt: skip
ADA = Persona(
    persona="ada", name="Ada", gender="female", description="Counts.", group="g", source="s"
)
ASKED = 7 + 2 * 2
BOTH = {"readouts": ["logit", "generate"], "answer_tokens": 4}


def design(*instruments: Instrument, **asking: Any) -> Design:
    contexts = context_rows([], 1, True)
    asking = ASKING | {"option_order": "fixed"} | asking
    return Design(personas=[ADA], profiles={}, contexts=contexts, instruments=instruments, **asking)


def asked_with(letters: str, lost: int | None = None) -> list[Question]:
    """Return all questions of the sheet where these letters are answered; one may fail."""
    plan = design(SHEET)
    own, found = steps(plan, sessions(plan)[0]), []
    asked = first(own)
    while asked:
        (question,) = asked
        failed = len(found) == lost
        letter = "" if failed else letters[len(found)].strip()
        found.append(question)
        asked = following(own, [Answer(letter, status="failed" if failed else "ok")])
    return found


def shown(question: Question) -> list[str]:
    return base_text(score_request(design(SHEET), question).prompt).split("\n")[2:]


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    return Job(tmp_path, model_folders["llama"], SHEET, personas)


def answers(job: Job, **wanted: Any) -> pd.DataFrame:
    return read_table(job.prepared_and_run(**wanted)["responses"], "responses")


def test_the_prompts_of_the_three_steps() -> None:
    """Choose, rate what was chosen, and the rest: what was answered stays in view, in words."""
    most, rate_most, least, rate_least, rest, *second = asked_with("BACBA" + "ACBAAB")
    assert shown(most) == [
        "USER:Read the list.", "Which most?", "(A) Peace", "(B) Power", "(C) Fun",
        "Answer with one letter.", "ADA:Answer: (",
    ]  # fmt: skip
    listed = ["USER:Read the list.", "Which most?", "Peace", "Power", "Fun", "ADA:Power"]
    scale = ["How important is it?", "(A) much", "(B) some", "(C) none", "Answer with one letter."]
    assert shown(rate_most) == [*listed, "USER:Power", *scale, "ADA:Answer: ("]
    rated = [*listed, "USER:Power", "ADA:much"]
    assert shown(least) == [
        *rated, "USER:Which least?", "(A) Peace", "(B) Fun", "Answer with one letter.", "ADA:Answer: (",
    ]  # fmt: skip
    # the answer (C) names none of two: the list keeps both, and nothing of the question stays
    assert shown(rate_least) == [*rated, "USER:Peace", *scale, "ADA:Answer: ("]
    assert shown(rest) == [*rated, "USER:Peace", "ADA:some", "USER:Fun", *scale, "ADA:Answer: ("]
    both = [*rated, "USER:Peace", "ADA:some", "USER:Fun", "ADA:much"]
    assert shown(second[0])[: len(both)] == both
    assert shown(second[0])[len(both) :] == [
        "USER:Read the list.", "Which most?", "(A) Duty", "(B) Thrift", "(C) Awe", "(D) Wit",
        "Answer with one letter.", "ADA:Answer: (",
    ]  # fmt: skip
    assert [q.step for q in second] == ["most", "rating", "least", "rating", "rating", "rating"]
    assert [q.asked.item for q in second if q.step == "rating"] == [5, 8, 6, 9]


def test_the_chosen_are_rated_first_and_every_item_once() -> None:
    asked = asked_with("CABABAACACA")
    steps_of = [(q.step, q.asked.item) for q in asked]
    assert steps_of == [
        ("most", "most of list 1"), ("rating", 3), ("least", "least of list 1"), ("rating", 2),
        ("rating", 1),
        ("most", "most of list 2"), ("rating", 5), ("least", "least of list 2"), ("rating", 9),
        ("rating", 6), ("rating", 8),
    ]  # fmt: skip


def test_an_unreadable_choice_or_rating_leaves_nothing_behind() -> None:
    asked = asked_with("           ")
    assert len(asked) == ASKED and not any(q.earlier for q in asked)
    assert [q.asked.item for q in asked if q.step == "rating"] == list(VALUES)
    assert len(asked[1].options) == 3  # the least important is chosen among all
    after = asked_with(" ABAAA" + "     ")
    assert after[1].step == "least" and shown(after[2])[:5] == [
        "USER:Which least?", "Peace", "Power", "Fun", "ADA:Peace"
    ]  # fmt: skip


def test_after_a_failure_nothing_more_is_asked() -> None:
    asked = asked_with("BABAAAAAAAA", lost=2)
    assert [q.lost for q in asked] == [False] * 3 + [True] * (len(asked) - 3)
    assert sorted(q.asked.item for q in asked if q.step == "rating") == list(VALUES)


def test_items_by_themselves_are_one_step_and_come_first() -> None:
    alone = {"name": "other", "protocol": "independent", "lists": (), "choosing": None}
    plan = design(SHEET, SHEET.model_copy(update=alone))
    own = steps(plan, sessions(plan)[0])
    together = first(own)
    assert [q.asked.item for q in together] == list(VALUES)
    assert {q.instrument.name for q in together} == {"other"} and not any(q.step for q in together)
    (then,) = following(own, [Answer("A")] * len(VALUES))
    assert (then.instrument.name, then.step, then.earlier) == ("sheet", "most", ())


def test_choices_are_shown_in_an_order_of_their_own() -> None:
    plan = design(SHEET, option_order="item")
    orders = set()
    for persona in range(40):
        who = ADA.model_copy(update={"persona": f"p{persona}"})
        many = Design(**vars(plan) | {"personas": [who]})
        (question,) = first(steps(many, sessions(many)[0]))
        assert isinstance(question.asked, ListChoice)
        assert sorted(question.asked.order) == [1, 2, 3]
        assert list(question.options) == [VALUES[i] for i in question.asked.order]
        orders.add(question.asked.order)
    assert len(orders) == 6


def test_every_item_has_one_row_and_every_choice_one(job: Job) -> None:
    found = answers(job, **BOTH)
    for readout in ("logit", "generate"):
        own = of_readout(found, readout)
        ratings = own[own["step"].eq("rating")]
        assert len(own) == 2 * 3 * ASKED and len(ratings) == 2 * 3 * len(VALUES)
        assert not ratings.duplicated(["respondent", "context", "replicate", "item"]).any()
        choices = own[own["step"].ne("rating")]
        assert choices["step"].value_counts().to_dict() == {"most": 12, "least": 12}
        for row in choices.to_dict("records"):
            named = "ABCDEFG".find(row["answer"]) if row["answer"] else -1
            assert row["item"] == (row["order"][named] if named >= 0 else 0)
            assert (row["status"] == "ok") == (named >= 0)
    logit = of_readout(found, "logit")
    assert (
        logit["status"].eq("ok").all()
        and (logit["logprobs"].map(len) == logit["order"].map(len)).all()
    )
    scored = rate(of_first(found), [SHEET], "missing", 1)
    assert len(scored) == 2 * 3 * len(VALUES) and scored["rating"].isin([0, 1, 2]).all()


def test_a_choice_is_no_rating_wherever_answers_are_read(job: Job, tmp_path: Path) -> None:
    """A choice's row names an item, and its options are items: scores, readouts and the page leave it out."""
    job.entry = {"model": {}, "deployment": {"backend": "random"}}
    paths = job.prepared_and_run(**BOTH)
    found = read_table(paths["responses"], "responses")
    files = {t: tmp_path / f"{t}.parquet" for t in ("ratings", "values")}
    write_scores(
        responses=paths["responses"], instruments=[SHEET], rating="choice", on_invalid="missing",
        seed=1, **files,
    )  # fmt: skip
    rated = read_table(files["ratings"], "ratings")
    assert len(rated) == 2 * 3 * len(VALUES) and rated["rating"].isin([0, 1, 2]).all()
    people = [str(r) for r in found["respondent"].unique()]
    read = as_read(found, SHEET, people)
    assert read.places.shape == (len(rated), 2) and np.isfinite(read.places).all()
    write_answers(
        responses=paths["responses"], conversations=paths["conversations"], personas=paths["personas"],
        instruments=paths["instruments"], index=tmp_path / "page/a.js", pages=tmp_path / "page/a",
    )  # fmt: skip
    (index, page) = [(tmp_path / f"page/{f}.js").read_text() for f in ("a", "a/0")]
    asked = json.loads(index[index.index("{") : index.rindex("}") + 1])
    data = json.loads(page[page.index("{") : page.rindex("}") + 1])
    cells = np.frombuffer(base64.b64decode(data["answers"]), record(asked["width"]))
    assert asked["width"] == 3 and len(cells) == len(rated)
    order = ["respondent", "context", "replicate", "item"]
    ratings = rated.sort_values(order, key=lambda c: c.map(list(found[c.name].unique()).index)
                                if c.name != "item" else c)["rating"]  # fmt: skip
    assert (2 - cells["chosen"] == ratings.to_numpy()).all()


def test_unreadable_answers_are_counted(job: Job) -> None:
    arguments = job.prepared_and_run(**BOTH | {"readouts": ["generate"]})
    found = read_table(arguments["responses"], "responses")
    assert job.finished(arguments)["invalid"] == found["status"].eq("invalid").sum() > 0


def test_a_second_run_computes_nothing_and_gives_the_same_bytes(job: Job) -> None:
    arguments = job.prepared_and_run(**BOTH)
    once = tables(arguments)
    again = job.finished(job.prepared_and_run(**BOTH))
    assert (again["computed"], again["hits"]) == (0, 1) and tables(arguments) == once


def test_a_killed_job_goes_on_and_ends_with_the_same_tables(job: Job) -> None:
    wanted = BOTH | {
        "topics": 2,
        "people": 4,
        "replicates": 2,
        "save_every": 0.01,
        "sessions_at_once": 4,
    }
    whole = tables(job.prepared_and_run(**wanted))
    stored = sorted(rows(job))
    for path in segment_paths(job.folder / "store/small"):
        path.unlink()
    process, arguments = job.start(job.folder / "job.log", pause=0.05, **wanted)
    until(lambda: len(rows(job)) > len(stored) // 4, process)
    process.kill()
    process.communicate()
    kept = len(rows(job))
    assert 0 < kept < len(stored)
    again = job.finished(job.prepared_and_run(**wanted))
    assert (again["reused"], again["computed"]) == (kept, len(stored) - kept)
    assert tables(arguments) == whole and sorted(rows(job)) == stored


def test_a_wider_study_computes_only_what_is_new(job: Job) -> None:
    job.run(**BOTH | {"people": 1})
    wider = job.run(**BOTH | {"people": 2})
    messages = 2 * 3
    assert wider["computed"] == messages + 3 * 2 * ASKED


def test_what_is_kept_of_a_prompt_changes_no_answer_and_saves_tokens(
    job: Job, backends: dict[str, TransformersBackend], personas: list[Persona], tmp_path: Path
) -> None:
    plan = design(SHEET, option_order="item")
    plan = Design(**vars(plan) | {"personas": personas[:3]})
    found, tokens = [], []
    for limit in (1e9, 0):
        backend = backends["llama"]
        backend.__dict__["conversations"] = ConversationCache(limit)
        with computed_tokens(backend.model) as counts:
            interview = Interview(backend, Store(tmp_path / str(limit)), plan, {})
            blocks = interview.run(sessions(plan))
            found.append([row for _, rows in blocks for row in rows])
        tokens.append(sum(counts))
    del backend.__dict__["conversations"]
    assert [r["prompt"] for r in found[0]] == [r["prompt"] for r in found[1]]
    for kept, computed in zip(*found, strict=True):
        np.testing.assert_allclose(kept["logprobs"], computed["logprobs"], atol=1e-4)
    assert tokens[0] < 0.5 * tokens[1]


@pytest.mark.parametrize("kind", ["random", "constant", "simulated"])
def test_references_choose_and_rate_in_every_readout(job: Job, kind: str) -> None:
    noise = {"simulation": {"noise_sd": 2}} if kind == "simulated" else {}
    job.entry = {"model": {}, "deployment": {"backend": kind} | noise}
    found = answers(job, **BOTH | {"people": 6})
    assert found["status"].eq("ok").all() and found["item"].gt(0).all()
    chosen = found[found["step"].eq("most")]
    if kind == "constant":
        assert set(chosen["item"]) == {1, 5}
    else:
        assert chosen["item"].nunique() == len(VALUES)
    if kind == "simulated":
        assert_utmost(rate(of_first(found), [SHEET], "missing", 1), of_readout(chosen, "logit"))


def assert_utmost(rated: pd.DataFrame, chosen: pd.DataFrame) -> None:
    """Check that no value of a list is rated higher than the one chosen as the most important."""
    for row in chosen.to_dict("records"):
        own = rated[rated["respondent"].eq(row["respondent"]) & rated["context"].eq(row["context"])]
        ratings = own[own["item"].isin(row["order"])].set_index("item")["rating"]
        assert ratings[row["item"]] == ratings.max()


@pytest.mark.usefixtures("key")
@pytest.mark.xdist_group("server")
def test_a_server_is_asked_step_by_step(
    server: str, instrument: Instrument, personas: list[Persona], tmp_path: Path
) -> None:
    lists = {"lists": (ItemList(first=1, last=3), ItemList(first=4, last=6))}
    asked = instrument.model_copy(
        update={"protocol": "cumulative", "choosing": SHEET.choosing} | lists
    )
    about = entry_of(server)
    once = run(tmp_path, about, asked, personas)
    found = read_table(tmp_path / "responses", "responses")
    assert len(found) == 2 * 2 * (6 + 4) and once["failed"] == 0
    ratings = found[found["step"].eq("rating")]
    assert (ratings.groupby(["respondent", "context"])["item"].nunique() == 6).all()
    assert set(found["readout"]) <= {"top_logprobs", "text"}
    assert run(tmp_path, about, asked, personas)["computed"] == 0
    assert read_table(tmp_path / "responses", "responses").equals(found)


def test_the_forecast_counts_every_step(job: Job, tmp_path: Path) -> None:
    plan = Design(**vars(design(SHEET)) | {"readouts": ["logit", "generate"], "answer_tokens": 4})
    backend = TransformersBackend("small", Entry.model_validate(job.entry), None, 1)
    ahead = forecast(backend, tmp_path / "none", plan, {})
    assert ahead.answers == 2 * ASKED and ahead.computed < ahead.read
