"""Labels, presentations and orders of items: what is shown, and that the same answers come back from all."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from echo import Echo, Recorder
from holdfast.commands.status import asked
from holdfast.design.readouts import of_first
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.questionnaire_steps import first, steps
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.prompting.prompts import base_text
from holdfast.scoring.ratings import rate
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.study.study_jobs import StudyJob

ROOT = Path(__file__).resolve().parents[4]
STUDY = {
    "study": "s", "models": ["simulated"], "replicates": 1, "instruments": ["pvq21"],
    "populations": [{"name": "generated", "size": 2}],
    "contexts": {"topics": ["grammar"], "messages": 1, "neutral": True},
    "administration": {"option_order": "fixed"},
}  # fmt: skip


def planned(readout: str = "logit", **facets: Any) -> tuple[Plan, Design]:
    asking = {"administration": {"option_order": "fixed", "readout": [readout]}}
    plan = make_plan(STUDY | asking | {"facets": facets}, "study.yaml", ROOT / "resources")
    people = plan.populations["generated"]
    return plan, Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()), **plan.asking("simulated"),
    )  # fmt: skip


def held(folder: Path, design: Design) -> tuple[Interview, pd.DataFrame]:
    backend = ReferenceBackend("simulated", Simulation(noise_sd=0.5), design.seed)
    interview = Interview(backend, Recorder(folder), design, {})
    return interview, pd.DataFrame([r for _, rows in interview.run(sessions(design)) for r in rows])


def ratings(rows: pd.DataFrame, design: Design) -> pd.Series:
    who = rows.assign(model="simulated", population="generated")
    rated = rate(of_first(who), list(design.instruments), "missing", 1)
    assert set(rated["status"]) == {"ok"}
    return rated.set_index(["respondent", "context", "item"])["rating"].sort_index()


@pytest.mark.parametrize(
    ("readout", "facets"),
    [
        ("logit", {"labels": "digits"}),
        ("generate", {"labels": "words"}),
        ("logit", {"presentation": "in_view"}),
        ("logit", {"presentation": "lines"}),
        ("generate", {"presentation": "json"}),
        ("logit", {"presentation": "json", "labels": "digits"}),
        ("generate", {"presentation": "lines", "labels": "words"}),
        ("logit", {"presentation": "in_view", "item_order": "reversed"}),
        ("logit", {"presentation": "lines", "item_order": "shuffled"}),
    ],
    ids=str,
)  # fmt: skip
def test_one_who_answers_the_same_is_read_the_same(
    tmp_path: Path, readout: str, facets: dict[str, Any]
) -> None:
    """What a respondent answers to each item is what it answers where items are asked alone, by letters."""
    (_, usual), (plan, otherwise) = planned(readout), planned(readout, **facets)
    _, alone = held(tmp_path / "alone", usual)
    interview, rows = held(tmp_path / "otherwise", otherwise)
    assert ratings(rows, otherwise).equals(ratings(alone, usual))
    assert interview.counts.computed == asked(plan, StudyJob("simulated", "generated"))
    assert interview.audit.facts()["contaminated"] == 0
    again = Interview(interview.backend, interview.store, otherwise, {})
    repeated = [r for _, of in again.run(sessions(otherwise)) for r in of]
    assert again.counts.computed == 0
    assert pd.DataFrame(repeated).equals(rows)


def shown(folder: Path, readout: str = "logit", **facets: Any) -> list[str]:
    """Return the first prompt of the questionnaire beside no conversation, in lines without the instruction."""
    _, design = planned(readout, **facets)
    interview, _ = held(folder, design)
    session = next(s for s in sessions(design) if s.context == "none")
    question = first(steps(design, session))[0]
    return base_text(interview.reading.request(question, readout).prompt).split("\n")[2:]


def test_options_have_digits_or_no_labels(tmp_path: Path) -> None:
    digits = shown(tmp_path / "digits", labels="digits")
    assert digits[-8:-1] == [
        "(1) very much like me", "(2) like me", "(3) somewhat like me", "(4) a little like me",
        "(5) not like me", "(6) not like me at all", "Answer with one digit.",
    ]  # fmt: skip
    words = shown(tmp_path / "words", "generate", labels="words")
    assert words[-8:-1] == [
        "very much like me", "like me", "somewhat like me", "a little like me", "not like me",
        "not like me at all", "Answer with one of the options, word for word.",
    ]  # fmt: skip


def test_a_sheet_has_the_options_once_and_every_item(tmp_path: Path) -> None:
    sheet = shown(tmp_path, presentation="lines", item_order="reversed")
    assert [line for line in sheet if line.startswith("(")] == [
        "(A) very much like me", "(B) like me", "(C) somewhat like me", "(D) a little like me",
        "(E) not like me", "(F) not like me at all",
    ]  # fmt: skip
    numbered = [line for line in sheet if line.partition(". ")[0].isdigit()]
    instrument = planned()[0].instruments["pvq21"]
    assert len(numbered) == 21 and any(
        numbered == [f"{n}. {getattr(i, form)}" for n, i in enumerate(instrument.items[::-1], 1)]
        for form in ("female", "male", "neutral")
    )


def test_a_further_level_computes_only_its_own(tmp_path: Path) -> None:
    store = Recorder(tmp_path)
    for levels in (["alone"], ["alone", "in_view", "lines"]):
        plan, design = planned(presentation=levels)
        interview = Interview(Echo(), store, design, {})
        rows = pd.DataFrame([r for _, of in interview.run(sessions(design)) for r in of])
    sessions_of_a_level = 2 * 2
    in_view = sessions_of_a_level * (21 - 1)  # the first item is shown as it is alone
    assert interview.counts.computed == in_view + sessions_of_a_level
    assert interview.counts.computed + interview.counts.reused == asked(
        plan, StudyJob("simulated", "generated")
    )
    lines = rows[rows["context"].str.endswith("~lines")]
    assert lines["prompt"].nunique() == 2 * 2 and set(lines["readout"]) == {"text"}
    assert set(lines["status"]) == {"invalid"} and set(lines["said"]) == {"It is said."}
