"""The audit of prompts: what is contamination, what is not, and that a whole job is audited."""

import time
from pathlib import Path
from typing import Any

import pytest
from plain_wording import PLAIN

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.encounters import Encounter, write_encounters
from holdfast.design.instruments import Instrument, load_instrument, write_instrument
from holdfast.design.personas import FORMS, Persona
from holdfast.design.populations import Population, find_population, write_population
from holdfast.design.texts import load_texts
from holdfast.design.topics import read_topics
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.interview.contamination import Audit
from holdfast.inference.interview.prompt_frame import Frame, wordings_frame
from holdfast.inference.prompting import prompts
from holdfast.inference.prompting.prompts import Turn, next_message, questionnaire
from holdfast.inference.shard_merging import merged_audit
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
    return questionnaire(PLAIN, persona, [Turn("interlocutor", "Hello.")], text)


def test_a_personas_own_texts_are_none_even_where_they_name_another() -> None:
    for prompt in (
        asked("How like you?"),
        next_message(PLAIN, ROSE, [Turn("interlocutor", "Hello.")]),
    ):
        assert counted(prompt) == {
            "prompts": 1, "contaminated": 0, "found": [], "generated": 0, "naming_others": 0,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        (asked("How like you?", TOM), "instruction"),
        (asked("Would Old Tom do so?"), "message"),
        (asked("Someone says: He mends nets by the sea."), "message"),
        (next_message(PLAIN, ROSE, [Turn("interlocutor", "Tell me about Old Tom.")]), "message"),
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
        audit.prompt(str(at), questionnaire(PLAIN, ROSE, talk, question), ("rose",))
    audit.prompt(
        "2",
        prompts.after_reasoning(PLAIN, ROSE, talk, PLAIN.questionnaire.think, "Old Tom again."),
        ("rose",),
    )
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
    monkeypatch.setattr(prompts, "persona_instruction", lambda w, p: told(w, p) + other.description)
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
    monkeypatch.setattr(prompts, "persona_instruction", lambda *_: leak)
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


def shipped_texts() -> tuple[list[str], set[str]]:
    """Return all texts of the resources that come into prompts, and their lines."""
    texts = [t.opening for t in read_topics(RESOURCES / "topics" / "topics.csv").values()]
    for path in sorted((RESOURCES / "texts").glob("*.yaml")):
        kind = load_texts(RESOURCES, path.stem)
        texts += [kind.shown(text) for text in kind.texts]
    for name in ("pvq40", "pvq21", "svs", "rokeach_terminal", "rokeach_instrumental", "hofstede"):
        one = load_instrument(RESOURCES, name)
        texts += [one.introduction, one.question, *(o.text for o in one.options)]
        texts += [t for i in one.items for t in (i.female, i.male, i.neutral)]
    return texts, {line for text in texts for line in text.split("\n")}


def test_no_text_of_the_resources_tells_of_a_persona() -> None:
    texts, words = shipped_texts()
    audit = Audit([], frame=wordings_frame([PLAIN], words))
    for name, size in (
        ("fictional", 60),
        ("real_world", 50),
        ("townsfolk", None),
        ("generated", 60),
    ):
        audit.watch(find_population(RESOURCES, name, size, 1).personas)
    for at, text in enumerate(texts):
        audit.prompt(str(at), asked(text, NOBODY), ("respondent-001",))
    facts = audit.facts()
    assert facts["contaminated"] == 0, facts["found"]
    assert facts["prompts"] > 300
    assert "ambiguous" not in facts, facts["ambiguous"]


def test_the_audit_is_cheap() -> None:
    """A paper-sized job has 60,000 prompts; half a millisecond each is 30 seconds of hours."""
    people = find_population(RESOURCES, "fictional", 60, 1).personas
    audit, item = Audit(people), load_instrument(RESOURCES, "pvq40").items[0].male
    began = time.process_time()
    for at in range(2000):
        prompt = questionnaire(
            PLAIN, people[at % 60], [Turn("interlocutor", "Hello.")], f"{item} {at}"
        )
        audit.prompt(str(at), prompt, (people[at % 60].persona,))
    assert (time.process_time() - began) / 2000 < 5e-4
    assert audit.facts()["contaminated"] == 0


LETTERED = [
    Persona(persona="a", name="A", description="A captain who trusts charts."),
    Persona(persona="b", name="B", description="A cook who laughs at rules."),
    Persona(persona="paris", name="Paris", description="A prince."),
]
OWN = ["What is worth seeing in Paris?", "He goes to Paris and has plan B.", "Very much like me"]
FRAME = wordings_frame([PLAIN], OWN)
QUESTION = f"{OWN[1]}\n(A) {OWN[2]}\n(B) {OWN[2]}"
OPENING = Turn("interlocutor", OWN[0])


def found_in(prompt: prompts.Prompt, who: str = "b", frame: Frame | None = FRAME) -> list[str]:
    audit = Audit(LETTERED, frame=frame)
    audit.prompt("k", prompt, (who,))
    found: list[str] = audit.facts()["found"]
    return found


@pytest.mark.parametrize("persona", [*LETTERED, NOBODY], ids=lambda p: p.persona)
def test_a_letter_or_a_place_in_the_study_s_own_words_is_no_persona(persona: Persona) -> None:
    for prompt in (
        questionnaire(PLAIN, persona, [OPENING], QUESTION),
        next_message(PLAIN, persona, [OPENING]),
    ):
        assert found_in(prompt, persona.persona) == []


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        (questionnaire(PLAIN, LETTERED[2], [OPENING], QUESTION), "Paris in the instruction"),
        (questionnaire(PLAIN, LETTERED[0], [OPENING], QUESTION), "A in the instruction"),
        (prompts.Prompt("", (), "persona", label="PARIS"), "Paris in the label"),
        (prompts.Prompt("", (), "persona", other="A"), "A in the other label"),
        (prompts.Prompt("", (), "persona", prefill="A: ("), "A in the prefill"),
        (asked(f"{QUESTION}\nYou are Paris.", LETTERED[1]), "Paris in the message"),
        (asked(f"{OWN[0]} You are A.", LETTERED[1]), "A in the message"),
        (asked("(A) Paris", LETTERED[1]), "Paris in the message"),
        (asked("A cook? A prince.", LETTERED[1]), "A in the message"),
    ],
)
def test_the_same_names_are_found_where_the_study_did_not_write_them(
    prompt: prompts.Prompt, told: str
) -> None:
    assert f"{told} of b" in found_in(prompt)


def test_a_short_name_of_one_s_own_hides_nothing_of_another() -> None:
    leak = asked("A cook who laughs at rules.", LETTERED[0])
    assert found_in(leak, "a") == ["B in the message of a"]


def test_a_word_is_ambiguous_only_where_the_study_has_it() -> None:
    assert found_in(questionnaire(PLAIN, LETTERED[1], [OPENING], "Well?"), frame=None) == [
        "Paris in the message of b"
    ]
    assert Audit(LETTERED, frame=FRAME).facts()["ambiguous"] == ["A", "B", "Paris"]
    assert Audit(LETTERED).facts()["ambiguous"] == ["A", "B"]
    assert "ambiguous" not in Audit([ROSE, TOM]).facts()


def test_a_name_of_several_words_is_looked_for_in_the_study_s_own_words_too() -> None:
    audit = Audit([ROSE, TOM], frame=wordings_frame([PLAIN], ["Tell me about Old Tom."]))
    audit.prompt("k", asked("Tell me about Old Tom."), ("rose",))
    assert audit.facts()["contaminated"] == 1 and "ambiguous" not in audit.facts()
    audit.watch(LETTERED)
    audit.prompt("l", asked("(A) Tell me about Old Tom."), ("rose",))
    assert audit.facts()["found"] == ["Old Tom in the message of rose"] * 2


def test_ambiguous_names_are_not_counted_in_what_models_say() -> None:
    talk = [
        Turn("interlocutor", "Hello."),
        Turn("persona", "A horse! In Paris I saw one.", said=True),
        Turn("interlocutor", "Hm."),
    ]
    audit = Audit(LETTERED, frame=FRAME)
    audit.prompt("k", next_message(PLAIN, LETTERED[1], talk), ("b",))
    assert audit.facts()["naming_others"] == 0


WORDS = [
    "A", "B", "C", "Paris", "User", "Chatbot", "Answer", "You", "Whatever", "Write", "Ok", "Before", "Which",
]  # fmt: skip


def test_personas_called_like_words_of_the_study_pass_in_contexts_of_every_form(job: Job) -> None:
    """Letters, a topic's place, words of instructions, labels and reasoning turns; and whom they meet."""
    job.personas = [
        Persona(
            persona=n.lower(), name=n, gender=FORMS[i % 3], description=f"Has {i} boats, say all."
        )
        for i, n in enumerate(WORDS)
    ]
    arguments = job.prepare(people=len(WORDS), instruments=("short",), readouts=["logit", "cot"],
                            reasoning_tokens=4)  # fmt: skip
    posts = load_texts(RESOURCES, "posts")
    title = next(iter(posts.texts))
    topics = [
        TOPICS[0] | {"opening": "What is worth seeing in Paris?"},
        TOPICS[1] | {"interlocutor": "persona"},
    ]
    texts = [{"text": "posts", "domain": "social", "opening": posts.introduction}]
    rows = context_rows(topics, 3, True, [], True, texts, [0, 2])
    write_contexts(rows, arguments["contexts"])
    met = {}
    for i, p in enumerate(job.personas):
        met[p.persona, "rain+persona"] = Encounter(job.personas[i - 1])
        met[p.persona, "posts"] = Encounter(None, title, posts.shown(title))
    write_encounters(met, "some", job.folder / "encounters.parquet")
    write_instrument(load_instrument(RESOURCES, "svs"), job.folder / "svs.json")
    more = [*arguments["instruments"], job.folder / "svs.json"]
    arguments |= {"encounters": [job.folder / "encounters.parquet"], "instruments": more}
    facts = job.finished(_ran(arguments))["audit"]
    assert (facts["contaminated"], facts["found"]) == (0, [])
    assert facts["ambiguous"] == sorted(WORDS)
    assert facts["prompts"] > 500


def test_shards_tell_their_ambiguous_names_together() -> None:
    counts = {"prompts": 1, "contaminated": 0, "found": [], "generated": 0, "naming_others": 0}
    one, two = counts | {"ambiguous": ["A", "Paris"]}, counts | {"ambiguous": ["A", "B"]}
    assert merged_audit([counts, one, two])["ambiguous"] == ["A", "B", "Paris"]
    assert merged_audit([counts, counts]) == counts | {"prompts": 2}
