"""`holdfast explain`: what is shown is what the model really got."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from holdfast.commands.explain import Choice, explain, text_of
from holdfast.errors import StudyError
from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.backends.protocol import Answer, MessageRequest, ScoreRequest
from holdfast.inference.inference_job import resolved_revision
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.store.response_store import Store
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.tables.table_files import write_table

ROOT = Path(__file__).resolve().parents[3]


class Heard:
    """A model's backend that remembers what it was asked."""

    def __init__(self, backend: Any) -> None:
        """Listen to a backend."""
        self.backend, self.asked = backend, dict[tuple[str, str, int], ScoreRequest]()

    def __getattr__(self, name: str) -> Any:
        """Return what the backend has."""
        return getattr(self.backend, name)

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        """Yield the backend's messages."""
        yield from self.backend.generate(requests)

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield the backend's scores."""
        self.asked |= {(r.asked.respondent, r.asked.context, r.asked.item): r for r in requests}
        yield from self.backend.score(requests)


@pytest.fixture(scope="module")
def plan() -> Plan:
    config = {
        "study": "s", "models": ["llama-mini", "random"], "replicates": 1,
        "populations": [{"name": "generated", "size": 2}],
        "contexts": {"topics": ["grammar", "joke"], "max_new_tokens": 12},
    }  # fmt: skip
    return make_plan(config, "s.yaml", ROOT / "resources")


def interviewed(plan: Plan, model: str, results: Path, hears: type[Heard] = Heard) -> Heard:
    """Hold the study's interview with a model, and return what the model was asked."""
    people = plan.populations["generated"]
    design = Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()),
            **plan.asking(next(iter(plan.models))),
    )  # fmt: skip
    entry, weights = plan.models[model], [Path(p) for p in plan.weights(model)]
    heard = hears(make_backend(model, entry, plan.study.seed, resolved_revision(entry, weights), 1))
    sampling = entry.model.sampling.model_dump()
    interview = Interview(heard, Store(results / "store" / model), design, sampling)
    for _ in interview.run(sessions(design)):
        pass
    interview.store.save()
    return heard


@pytest.mark.parametrize("model", ["llama-mini", "random"])
def test_it_is_what_the_model_got_and_what_it_answered(
    model: str, plan: Plan, tmp_path: Path
) -> None:
    heard = interviewed(plan, model, tmp_path)
    person = plan.populations["generated"].personas[1].persona
    found = explain(plan, Choice(person, model=model, context="joke", item=17), tmp_path)
    request = heard.asked[person, "joke", 17]
    assert found.text == heard.render(request.prompt)
    assert found.missing == 0 and found.answer is not None
    (again,) = heard.backend.score([request])
    assert found.answer.text == again.text
    assert list(found.answer.logprobs) == pytest.approx(list(again.logprobs), abs=1e-4)
    if model == "llama-mini":
        assert found.tokens == len(heard.backend.token_ids([request.prompt])[0])
        counts = [n for _, n in found.parts]
        assert len(counts) == 2 + 4 and 0 < sum(n for n in counts if n) < found.tokens
    else:
        assert found.tokens is None and "no tokenizer" in text_of(found)


class Vague(Heard):
    """It names no option."""

    status = "invalid"

    def score(self, requests: Sequence[ScoreRequest]) -> Iterator[Answer]:
        """Yield unread replies."""
        yield from (Answer("None of\nthese", status=self.status) for _ in requests)


class Refusing(Vague):
    """It refuses."""

    status = "refused"


@pytest.mark.parametrize("kind", [Vague, Refusing])
def test_the_reply_of_an_answer_that_is_not_read_is_shown(
    kind: type[Vague], plan: Plan, tmp_path: Path
) -> None:
    interviewed(plan, "random", tmp_path, kind)
    person = plan.populations["generated"].personas[1].persona
    said = text_of(explain(plan, Choice(person, model="random", context="joke", item=17), tmp_path))
    assert said.endswith(f"answer: none ({kind.status})\nreply: None of\nthese")


def test_before_a_study_has_run_it_says_what_is_missing(plan: Plan, tmp_path: Path) -> None:
    person = plan.populations["generated"].personas[0].persona
    found = explain(plan, Choice(person), tmp_path)
    assert found.missing == 3 and found.answer is None
    said = text_of(found)
    assert "(3 messages that are not said yet)" in said and "answer: not given yet" in said
    assert re.search(r"^ +\d+ tokens  in all, as rendered$", said, flags=re.M)
    assert not list(tmp_path.iterdir())


def test_a_question_of_a_cumulative_questionnaire_shows_the_answers_before(tmp_path: Path) -> None:
    config = {
        "study": "s", "models": ["random"], "replicates": 1, "instruments": ["svs"],
        "populations": [{"name": "generated", "size": 2}], "contexts": {"topics": ["grammar", "joke"]},
    }  # fmt: skip
    plan = make_plan(config, "s.yaml", ROOT / "resources")
    person = plan.populations["generated"].personas[1].persona
    choice = Choice(person, context="joke", item=57)
    before = text_of(explain(plan, choice, tmp_path))
    assert "(49 answers that are not given yet)" in before
    heard = interviewed(plan, "random", tmp_path)
    found = explain(plan, choice, tmp_path)
    assert found.text == heard.render(heard.asked[person, "joke", 57].prompt)
    assert found.answer is not None and "not given yet" not in text_of(found)
    assert found.text.count("\nUSER:") > 40
    first = explain(plan, Choice(person, context="joke"), tmp_path)
    assert "item 1 of svs" in first.title


def test_an_observer_is_shown_what_was_said_and_nothing_of_the_persona(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"observers": {"models": [{"model": "llama-mini", "sees": "speaker"}]}}
    study = plan.configuration() | more | {"models": ["random"]}
    seen = make_plan(study, "s.yaml", ROOT / "resources")
    person = seen.populations["generated"].personas[1]
    choice = Choice(person.persona, context="joke", item=17, observer="llama-mini-speaker")
    with pytest.raises(StudyError, match="is not there yet: observers read"):
        explain(seen, choice, tmp_path / "results")
    lines = [("interlocutor", "Tell me one."), ("persona", "A hen walks in."), ("interlocutor", "Ha."),
             ("persona", "It left again.")]  # fmt: skip
    talk = [
        {"turn": i, "speaker": who, "text": text, "tokens": 3, "status": "ok", "prompt": "",
         "respondent": person.persona, "context": "joke", "replicate": 1, "model": "random",
         "population": "generated"}
        for i, (who, text) in enumerate(lines)
    ]  # fmt: skip
    path = tmp_path / "results/s/conversations/random/generated.parquet"
    write_table(pd.DataFrame(talk), "conversations", path)
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    monkeypatch.chdir(tmp_path)
    found = explain(seen, choice, Path("results"))
    assert found.title.startswith("llama-mini-speaker on random as generated-")
    assert "SPEAKER: A hen walks in.\nSPEAKER: It left again." in found.text
    assert "Tell me one." not in found.text and person.description not in found.text
    assert (
        "item 17 of pvq40_observer" in found.title and found.missing == 0 and found.answer is None
    )
    with pytest.raises(StudyError, match="--context: name: 'grammar' is unknown"):
        explain(
            seen,
            Choice(person.persona, context="grammar", observer=choice.observer),
            Path("results"),
        )
    with pytest.raises(StudyError, match="says nothing that the observer reads"):
        nobody = seen.populations["generated"].personas[0].persona
        explain(seen, Choice(nobody, observer=choice.observer), Path("results"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"respondent": "generated-001"}, "respondent: 'generated-001' is unknown. Did you mean"),
        ({"model": "llama"}, "--model: name: 'llama' is unknown. Did you mean 'llama-mini'"),
        ({"population": "x"}, "--population: name: 'x' is unknown"),
        ({"context": "jokes"}, "--context: name: 'jokes' is unknown. Did you mean 'joke'"),
        ({"instrument": "pvq"}, "--instrument: name: 'pvq' is unknown"),
        ({"item": 41}, "--item: name: '41' is unknown"),
        ({"observer": "qwen"}, "--observer: name: 'qwen' is unknown"),
        ({"replicate": 2}, "--replicate: 2: the study has 1 to 1"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_a_wrong_name_gives_one_message(
    change: dict[str, Any], said: str, plan: Plan, tmp_path: Path
) -> None:
    known = {"respondent": plan.populations["generated"].personas[0].persona}
    with pytest.raises(StudyError, match=re.escape(said)):
        explain(plan, Choice(**(known | change)), tmp_path)
