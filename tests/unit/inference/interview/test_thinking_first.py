"""Thoughts: before each message and answer, in no other prompt, kept apart, and counted."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from echo import Echo, Recorder
from holdfast.commands.status import asked
from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer, MessageRequest
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.inference.prompting.prompts import Prompt
from holdfast.study.make_plan import make_plan
from holdfast.study.study_jobs import StudyJob
from small_jobs import Job

ROOT = Path(__file__).resolve().parents[4]
STUDY = {
    "study": "s", "models": ["random"], "replicates": 1, "instruments": ["pvq21", "svs"],
    "populations": [{"name": "generated", "size": 2}],
    "contexts": {"topics": ["grammar", "joke"], "messages": 3},
    "administration": {"readout": ["logit", "generate", "cot"]}, "facets": {"thinking": True},
}  # fmt: skip


class Thinker(Echo):
    """Thinks something else every time, and says so; keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[Prompt] = []

    def render(self, prompt: Prompt) -> str:
        return super().render(prompt) + json.dumps([prompt.thinks, prompt.thought])

    def generate(self, requests: Sequence[MessageRequest]) -> Iterator[Answer]:
        for r in requests:
            self.shown.append(r.prompt)
            text = "It is said."
            if r.readout == "thought":
                text = f"THOUGHT {len(self.shown)}"
            yield Answer(text, tokens=3)

    def score(self, requests: Sequence[Any]) -> Iterator[Answer]:
        self.shown += [r.prompt for r in requests]
        yield from super().score(requests)


@pytest.fixture
def held(tmp_path: Path) -> tuple[Interview, Thinker, pd.DataFrame, pd.DataFrame]:
    """Return an interview with a model that thinks, what it was shown, messages and answers."""
    plan = make_plan(STUDY, "study.yaml", ROOT / "resources")
    people = plan.populations["generated"]
    design = Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()),
        **plan.asking("random") | {"thinking_tokens": 9},
    )  # fmt: skip
    backend = Thinker()
    interview = Interview(backend, Recorder(tmp_path), design, {})
    talks = sessions(design)
    rows = [row for _, answers in interview.run(talks) for row in answers]
    said = pd.DataFrame([m for s in talks for m in s.rows])
    return interview, backend, said, pd.DataFrame(rows)


def test_a_thought_stands_in_the_prompt_of_its_own_answer_alone(held: Any) -> None:
    _, backend, said, rows = held
    for prompt in backend.shown:
        assert "THOUGHT" not in prompt.instruction + "".join(t.text for t in prompt.turns)
    seen = [p.thought for p in backend.shown if p.thought]
    known = [*said["thought"], *rows["thought"]]
    assert all(t.startswith("THOUGHT ") for t in known)
    assert set(seen) == set(known)
    assert not said["text"].str.contains("THOUGHT").any()


def test_every_message_and_answer_has_a_thought_of_its_own_before_it(held: Any) -> None:
    interview, backend, said, rows = held
    assert said["thought"].is_unique and set(said["speaker"]) == {"persona", "interlocutor"}
    assert rows["thought"].is_unique
    assert interview.counts.thoughts == len(said) + len(rows)
    thought = [p for p in backend.shown if p.thinks]
    assert len(thought) == interview.counts.thoughts
    assert not any(p.prefill for p in thought), "a thought does not begin with Answer: ("


def test_status_counts_thoughts(held: Any) -> None:
    interview = held[0]
    plan = make_plan(STUDY, "study.yaml", ROOT / "resources")
    assert (
        asked(plan, StudyJob("random", "generated"))
        == interview.counts.computed + interview.counts.reused
    )


def test_at_one_level_it_thinks_and_at_the_other_not(tmp_path: Path) -> None:
    levels = {"facets": {"thinking": ["off", "on"]}, "administration": {"readout": "generate"}}
    plan = make_plan(STUDY | levels, "study.yaml", ROOT / "resources")
    people = plan.populations["generated"]
    design = Design(
        personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
        instruments=list(plan.instruments.values()), **plan.asking("random"),
    )  # fmt: skip
    interview, talks = Interview(Thinker(), Recorder(tmp_path), design, {}), sessions(design)
    rows = pd.DataFrame([row for _, answers in interview.run(talks) for row in answers])
    thinks = rows["context"].str.endswith("~on")
    assert set(rows["context"]) == {"grammar", "joke", "grammar~on", "joke~on"}
    assert rows["thought"].ne("").equals(thinks) and rows["thought_status"].eq("ok").equals(thinks)
    said = [(s.context.endswith("~on"), "thought" in row) for s in talks for row in s.rows]
    assert said and all(thinking == told for thinking, told in said)
    assert (
        asked(plan, StudyJob("random", "generated"))
        == interview.counts.computed + interview.counts.reused
    )


def thinking_job(
    folder: Path, model: Path, instrument: Instrument, personas: list[Persona], **thoughts: str
) -> Job:
    job = Job(folder, model, instrument, personas)
    levels = {"off": {}, "on": {"system": "Think."}}
    job.entry["model"] |= {"thinking": "on", "thoughts": {"levels": levels, **thoughts}}
    return job


def test_a_real_model_s_thoughts_end_at_their_mark_and_are_kept(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> None:
    job = thinking_job(tmp_path, model_folders["llama"], instrument, personas, stop="e")
    done = job.prepared_and_run(thinking_tokens=60, topics=1)
    first, rows = job.finished(done), pd.read_parquet(done["responses"])
    ended = rows[rows["thought_status"].eq("ok")]
    assert len(ended) and not ended["thought"].str.contains("e").any()
    assert set(rows["thought_status"]) <= {"ok", "thought_not_ended"}
    said = pd.read_parquet(done["conversations"])
    unended = sum(t["thought_status"].eq("thought_not_ended").sum() for t in (rows, said))
    assert (first["thoughts"], first["unended"]) == (first["computed"] / 2, unended)
    opening = said["status"].eq("opening")
    assert said["thought_status"].eq("").equals(opening)
    again = job.run(thinking_tokens=60, topics=1)
    assert (again["computed"], again["reused"]) == (0, first["computed"])
    assert (again["thoughts"], again["unended"]) == (first["thoughts"], first["unended"])


def test_a_thought_without_an_end_is_ended_and_counted(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> None:
    job = thinking_job(tmp_path, model_folders["qwen"], instrument, personas)
    done = job.prepared_and_run(thinking_tokens=3, topics=1, people=1)
    manifest, rows = job.finished(done), pd.read_parquet(done["responses"])
    assert manifest["unended"] == manifest["thoughts"] == manifest["computed"] / 2
    assert set(rows["status"]) == {"ok"} and set(rows["thought_status"]) == {"thought_not_ended"}


def test_a_study_beyond_the_window_ends_before_anything_is_computed(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> None:
    job = Job(tmp_path, model_folders["llama"], instrument, personas)
    job.entry["model"]["context_window"] = 150
    with pytest.raises(
        StudyError, match=r"longest prompt.* tokens, and the model's window has 150"
    ):
        job.run()
    assert not (tmp_path / "store").exists()


def test_the_manifest_says_what_the_template_does(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> None:
    template = tmp_path / "own.jinja"
    template.write_text(
        "{% if messages[0].role != 'system' %}<|system|>You are Brand.<|end|>{% endif %}"
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"
    )
    job = Job(tmp_path, model_folders["llama"], instrument, personas)
    job.entry["model"]["template"] = str(template)
    said = " ".join(job.run(topics=1, people=1)["presentation"].values())
    assert "would add: 'You are Brand.'" in said and "'<|end|>'" in said
