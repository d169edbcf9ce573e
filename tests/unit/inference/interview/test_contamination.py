"""The audit of prompts: what is contamination, what is not, and that a whole job is audited."""

import time
from pathlib import Path
from typing import Any

import pytest

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.encounters import Encounter, write_encounters
from holdfast.design.instruments import Instrument, load_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import Population, find_population, write_population
from holdfast.design.texts import load_texts
from holdfast.design.topics import read_topics
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.contamination import Audit
from holdfast.inference.prompting import prompts
from holdfast.inference.prompting.prompts import THINK, Turn, next_message, questionnaire
from small_jobs import TOPICS, Job

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
ROSE = Persona(persona="rose", name="Rose", description="A friend of Old Tom and a keen gardener.")
TOM = Persona(
    persona="tom", name="Old Tom", description="He mends nets by the sea. He sings badly."
)
NOBODY = Persona(persona="respondent-001")


def counted(prompt: prompts.Prompt, allowed: tuple[str, ...] = ("rose",)) -> dict[str, Any]:
    audit = Audit([ROSE, TOM])
    audit.prompt("k", prompt, allowed)
    audit.prompt("k", prompt, allowed)  # the same one again
    return audit.facts()


def asked(text: str, persona: Persona = ROSE) -> prompts.Prompt:
    return questionnaire(persona, [Turn("interlocutor", "Hello.")], text)


def test_a_personas_own_texts_are_none_even_where_they_name_another() -> None:
    for prompt in (asked("How like you?"), next_message(ROSE, [Turn("interlocutor", "Hello.")])):
        assert counted(prompt) == {
            "prompts": 1, "contaminated": 0, "found": [], "generated": 0, "naming_others": 0,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        (asked("How like you?", TOM), "instruction"),
        (asked("Would Old Tom do so?"), "message"),
        (asked("Someone says: He mends nets by the sea."), "message"),
        (next_message(ROSE, [Turn("interlocutor", "Tell me about Old Tom.")]), "message"),
        (prompts.Prompt("", (), "persona", label="OLD TOM"), "label"),
        (prompts.Prompt("", (), "persona", prefill="Old Tom says: ("), "prefill"),
    ],
)
def test_another_personas_texts_are(prompt: prompts.Prompt, part: str) -> None:
    found = counted(prompt)
    assert found["contaminated"] == 1
    assert found["found"][0] == f"Old Tom in the {part} of rose"


def test_a_prompt_without_a_persona_may_tell_of_none() -> None:
    assert counted(asked("How like you?", NOBODY), ("respondent-001",))["contaminated"] == 0
    assert counted(asked("How like you?", ROSE), ("respondent-001",))["contaminated"] == 1


def test_whom_one_talks_with_may_be_told_of() -> None:
    assert counted(asked("You are talking with Old Tom."), ("rose", "tom"))["contaminated"] == 0


def test_parts_of_words_and_common_words_are_no_names() -> None:
    audit = Audit([ROSE, TOM])
    audit.prompt("k", asked("The sun rose over the Roses; an old tomb lay there.", TOM), ("tom",))
    assert audit.facts()["contaminated"] == 0


def test_what_a_model_said_is_counted_apart_and_once() -> None:
    talk = [Turn("interlocutor", "Hello."), Turn("persona", "I know Old Tom well.", said=True)]
    audit = Audit([ROSE, TOM])
    for at, question in enumerate(("One?", "Two?")):
        audit.prompt(str(at), questionnaire(ROSE, talk, question), ("rose",))
    audit.prompt("2", prompts.after_reasoning(ROSE, talk, THINK, "Old Tom again."), ("rose",))
    facts = audit.facts()
    assert (facts["prompts"], facts["contaminated"]) == (3, 0)
    assert (facts["generated"], facts["naming_others"]) == (2, 2)


@pytest.fixture
def job(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona]
) -> Job:
    made = Job(tmp_path, model_folders["llama"], instrument, personas)
    made.entry = {"model": {}, "deployment": {"backend": "random"}}
    return made


def test_a_job_audits_every_prompt_and_finds_nothing(job: Job) -> None:
    for _ in range(2):  # the second from the store alone
        facts = job.run()["audit"]
        assert facts["prompts"] == 2 * (2 * 3 + 3 * 40)
        assert facts["contaminated"] == 0


def test_what_models_say_is_no_contamination(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    name = job.personas[1].name
    monkeypatch.setattr(
        ReferenceBackend, "generate", lambda _, requests: [Answer(f"I met {name}.", 4)] * len(requests)
    )  # fmt: skip
    facts = job.run()["audit"]
    assert (facts["contaminated"], facts["naming_others"]) == (0, 1)


def test_a_leak_is_found_in_every_prompt(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    told, other = prompts.persona_instruction, job.personas[0]
    monkeypatch.setattr(prompts, "persona_instruction", lambda p: told(p) + other.description)
    facts = job.run()["audit"]
    of_other = 2 * 2 + 3 * 40  # of the second respondent: two messages in two topics, and all items
    assert facts["contaminated"] == of_other
    assert other.name in facts["found"][0] and len(facts["found"]) == 5


def test_a_job_without_personas_looks_for_those_of_others(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "others.parquet"
    write_population(Population(job.personas), "some", others, tmp_path / "profiles.parquet")
    leak = f"You are {job.personas[3].name}."
    job.personas = [NOBODY]
    monkeypatch.setattr(prompts, "persona_instruction", lambda _: leak)
    arguments = job.prepare(people=1) | {"others": [others]}
    prompts_of = job.finished(_ran(arguments))["audit"]
    assert prompts_of["contaminated"] == 2 * 2 + 3 * 40


@pytest.mark.parametrize("told", [True, False])
def test_only_whom_a_respondent_meets_may_be_told_of(job: Job, told: bool) -> None:
    """Interlocutors are of another population; without the table of encounters nobody may be told of."""
    arguments = job.prepare(people=2)
    met = {(p.persona, "tea+towns"): Encounter(TOM) for p in job.personas[:2]}
    rows = context_rows([{**TOPICS[0], "interlocutor": "towns"}], 3, False)
    opening = "Old Tom wants to talk with you." if told else TOPICS[0]["opening"]
    write_contexts([row | {"opening": opening} for row in rows], arguments["contexts"])
    write_encounters(met, "some", job.folder / "encounters.parquet")
    facts = job.finished(_ran(arguments | {"encounters": [job.folder / "encounters.parquet"]}))
    assert facts["audit"]["contaminated"] == 0
    assert facts["audit"]["prompts"] == 2 * (3 + 40)
    if told:
        met = {(who, name): Encounter(ROSE) for who, name in met}
        write_encounters(met, "some", job.folder / "encounters.parquet")
        again = arguments | {"encounters": [job.folder / "encounters.parquet"]}
        again |= {"others": [_table(job, [TOM])]}
        found = job.finished(_ran(again))["audit"]
        assert found["contaminated"] == found["prompts"] == 2 * (3 + 40)


def _table(job: Job, people: list[Persona]) -> Path:
    where = job.folder / "watched.parquet"
    write_population(Population(people), "others", where, job.folder / "none.parquet")
    return where


def _ran(arguments: dict[str, Any]) -> dict[str, Any]:
    from holdfast.inference.inference_job import run_job

    run_job(**arguments)
    return arguments


def test_no_text_of_the_resources_tells_of_a_persona() -> None:
    audit = Audit([])
    for name, size in (
        ("fictional", 60),
        ("real_world", 50),
        ("townsfolk", None),
        ("generated", 60),
    ):
        audit.watch(find_population(RESOURCES, name, size, 1).personas)
    for topic in read_topics(RESOURCES / "topics" / "topics.csv").values():
        audit.prompt(topic.topic, asked(topic.opening, NOBODY), ("respondent-001",))
    for path in sorted((RESOURCES / "texts").glob("*.yaml")):
        kind = load_texts(RESOURCES, path.stem)
        for text in kind.texts:
            audit.prompt(text, asked(kind.shown(text), NOBODY), ("respondent-001",))
    for name in ("pvq40", "pvq21", "svs", "rokeach_terminal", "rokeach_instrumental", "hofstede"):
        one = load_instrument(RESOURCES, name)
        texts = [one.introduction, one.question, *(o.text for o in one.options)]
        texts += [t for i in one.items for t in (i.female, i.male, i.neutral)]
        for at, text in enumerate(texts):
            audit.prompt(f"{name}{at}", asked(text, NOBODY), ("respondent-001",))
    facts = audit.facts()
    assert facts["contaminated"] == 0, facts["found"]
    assert facts["prompts"] > 300


def test_the_audit_is_cheap() -> None:
    """A paper-sized job has 60,000 prompts; half a millisecond each is 30 seconds of hours."""
    people = find_population(RESOURCES, "fictional", 60, 1).personas
    audit, item = Audit(people), load_instrument(RESOURCES, "pvq40").items[0].male
    began = time.process_time()
    for at in range(2000):
        prompt = questionnaire(people[at % 60], [Turn("interlocutor", "Hello.")], f"{item} {at}")
        audit.prompt(str(at), prompt, (people[at % 60].persona,))
    assert (time.process_time() - began) / 2000 < 5e-4
    assert audit.facts()["contaminated"] == 0
