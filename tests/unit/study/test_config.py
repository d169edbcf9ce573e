"""The study's configuration: defaults, documentation, and every kind of mistake."""

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from holdfast.errors import StudyError
from holdfast.study.config import PopulationChoice, Study, commented_defaults, read_study, sources
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[3]
KEYS = sorted(Study.model_fields)


def complaint(tmp_path: Path, text: str) -> str:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_study(path)
    return str(caught.value).replace(str(path), "wrong.yaml")


def plan_complaint(tmp_path: Path, text: str) -> str:
    """What is said of a configuration that fits the schema, but not the resources."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    study = read_mapping(path)
    read_study(path)
    with pytest.raises(StudyError) as caught:
        make_plan({"models": ["random"], **study}, "wrong.yaml", ROOT / "resources")
    return str(caught.value)


def test_config_yaml_has_the_defaults():
    assert read_study(ROOT / "config.yaml") == Study()


def test_config_yaml_is_the_generated_text():
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    head = next(i for i, line in enumerate(lines) if "study's name" in line)
    assert all(line.startswith("# ") for line in lines[:head])
    assert "".join(lines[head:]) == commented_defaults()


def test_commented_defaults_name_every_key_and_read_back():
    def keys(model: BaseModel) -> dict[str, object]:
        return {k: keys(v) if isinstance(v, BaseModel) else None for k, v in iter(model)}

    def shape(data: dict[str, object]) -> dict[str, object]:
        return {k: shape(v) if isinstance(v, dict) else None for k, v in data.items()}

    data = yaml.safe_load(commented_defaults())
    assert shape(data) == keys(Study())
    assert Study.model_validate(data) == Study()


def test_every_key_has_a_comment_of_its_own():
    lines = commented_defaults().splitlines()
    for i, line in enumerate(lines):
        if line.strip() and not line.strip().startswith("#"):
            assert lines[i - 1].strip().startswith("# "), line
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("path", sorted((ROOT / "studies").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_study_loads_under_its_own_name(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    study = read_study(path)
    assert study.study == path.stem + "-mini" * (path.parent.name == "mini")
    assert study.study != Study().study  # or its results would overwrite the default's
    make_plan(read_mapping(path), str(path), Path("resources"))


def test_empty_file_is_the_default_study(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    assert read_study(tmp_path / "a.yaml") == Study()


def test_bare_names_stand_for_entries():
    study = Study.model_validate({"populations": ["fictional", {"name": "none", "size": 5}]})
    assert study.populations == [
        PopulationChoice(name="fictional"),
        PopulationChoice(name="none", size=5),
    ]


WRONG = [
    ("contexts: {also_after: [2]}", ["contexts.also_after", "Must be odd", "1 or 3"]),
    ("contexts: {also_after: [1, 1]}", ["contexts.also_after", "1 is named twice"]),
    ("facets: {wording: [plain, plain]}", ["facets.wording: ['plain', 'plain']", "named twice"]),
    ("facets: {wording: []}", ["facets.wording", "at least 1 item"]),
    ("facets: {wording: [a~b]}", ["facets.wording.0: 'a~b'"]),
    ("facets: {wrding: [plain]}", ["'facets.wrding'", "Did you mean 'wording'?", "crossing, item_order"]),
    ("facets: {option_order: [drawn, high]}", ["facets.option_order.1: 'high'", "high_first"]),
    ("facets: {crossing: all}", ["facets.crossing: 'all'", "Allowed: full, single"]),
    ("contexts: {also_after: [3]}", ["3 of also_after is not less than messages: 3"]),
    # text, and what the message must hold: key, value, what is allowed, nearest name
    ("modles: [random]", ["unknown key 'modles'", "Did you mean 'models'?", ", ".join(KEYS)]),
    ("Contexts: {}", ["unknown key 'Contexts'", "Did you mean 'contexts'?", ", ".join(KEYS)]),
    ("int: 3", ["unknown key 'int'", ", ".join(KEYS)]),
    ("contexts: {topcs: [joke]}", ["unknown key 'contexts.topcs'", "Did you mean 'topics'?",
                                   "Allowed: also_after, max_new_tokens, messages, nested, neutral, "
                                   "reasoning_turns, texts, topics."]),
    ("populations: [{name: fictional, sise: 3}]",
     ["unknown key 'populations.0.sise'", "Did you mean 'size'?", "Allowed: name, seed, size."]),
    ("instruments: [{name: pvq40, sha: x}]",
     ["unknown key 'instruments.0.sha'", "Did you mean 'sha256'?", "items, name, populations, sha256"]),
    ("seed: -1", ["seed: -1", "greater than or equal to 0"]),
    ("seed: one", ["seed: 'one'", "valid integer"]),
    ("seed: 1.5", ["seed: 1.5", "valid integer"]),
    ("seed: yes", ["seed: True", "Must be a number"]),
    ("seed:", ["seed: None", "valid integer"]),
    ("replicates: 0", ["replicates: 0", "greater than or equal to 1"]),
    ("replicates: on", ["replicates: True", "Must be a number"]),
    ("study: a/b", ["study: 'a/b'", "should match pattern"]),
    ("study: ../up", ["study: '../up'", "should match pattern"]),
    ("study: ''", ["study: ''", "should match pattern"]),
    (f"study: {'a' * 81}", ["study: 'aaa", "at most 80"]),
    ("study: 2024-01-01", ["study: datetime.date(2024, 1, 1)", "valid string"]),
    ("models: random", ["models: 'random'", "valid list"]),
    ("models: []", ["models: []", "at least 1 item"]),
    ("models: [random, random]", ["models: ['random', 'random']", "'random' is named twice"]),
    ("models: [no]", ["models.0: False", "valid string"]),
    ("populations: 3", ["populations: 3", "valid list"]),
    ("populations: [{size: 3}]", ["the key 'populations.0.name' is missing"]),
    ("populations: [{name: none, size: 1}]", ["populations.0.size: 1", "or equal to 2"]),
    ("populations: [none, {name: none, size: 3}]", ["populations: ['none',", "named twice"]),
    ("populations: [{name: generated, seed: -1}]", ["populations.0.seed: -1", "equal to 0"]),
    ("instruments: [pvq40, pvq40]", ["instruments: ['pvq40', 'pvq40']", "named twice"]),
    ("instruments: [{name: pvq40, sha256: abc}]", ["instruments.0.sha256: 'abc'", "{64}"]),
    ("contexts: 3", ["contexts: 3",
                     "also_after, max_new_tokens, messages, nested, neutral, reasoning_turns, texts, topics"]),
    ("contexts: {topics: grammar}", ["contexts.topics: 'grammar'", "valid list"]),
    ("contexts: {topics: [joke, joke]}", ["contexts.topics: ['joke', 'joke']", "named twice"]),
    ("contexts: {topics: [joke]}", ["contexts: {'topics': ['joke']}", "two contexts at least"]),
    ("contexts: {topics: [joke], neutral: true, also_after: [1]}",
     ["contexts: {'topics': ['joke']", "at a length is between topics"]),
    ("contexts: {topics: [joke], texts: [posts], also_after: [1]}", ["at a length is between topics"]),
    ("contexts: {topics: [joke], neutral: true, reasoning_turns: [0, 1]}",
     ["contexts: {'topics': ['joke']", "at a length is between topics"]),
    ("contexts: {topics: []}", ["contexts: {'topics': []}", "two contexts at least"]),
    ("contexts: {topics: [joke, {topic: joke, interlocutor: human}]}",
     ["contexts.topics: ['joke', {'topic'", "'joke' is named twice"]),
    ("contexts: {topics: [{topic: joke, interlocutr: persona}]}",
     ["unknown key 'contexts.topics.0.interlocutr'", "Did you mean 'interlocutor'?",
      "Allowed: interlocutor, topic."]),
    ("contexts: {topics: [{interlocutor: persona}]}", ["the key 'contexts.topics.0.topic' is missing"]),
    ("contexts: {texts: [joke]}", ["contexts: {'texts': ['joke']}", "'joke' is a topic and a text"]),
    ("contexts: {texts: [none]}", ["contexts.texts: ['none']", "'none' is reserved for no conversation"]),
    ("contexts: {texts: [posts, posts]}", ["contexts.texts: ['posts', 'posts']", "named twice"]),
    ("contexts: {reasoning_turns: -1}", ["contexts.reasoning_turns.0: -1", "greater than or equal to 0"]),
    ("contexts: {reasoning_turns: [1, 1]}", ["contexts.reasoning_turns: [1, 1]", "named twice"]),
    ("contexts: {reasoning_turns: []}", ["contexts.reasoning_turns: []", "at least 1 item"]),
    ("contexts: {reasoning_turns: true}", ["contexts.reasoning_turns: True", "valid list"]),
    ("contexts: {reasoning_turns: [0, 2], also_after: [1]}",
     ["contexts: {'reasoning_turns': [0, 2]", "in messages (also_after) or in reasoning turns", "not in both"]),
    ("contexts: {messages: 4}", ["contexts.messages: 4", "Must be odd", "3 or 5"]),
    ("contexts: {messages: 0}", ["contexts.messages: 0", "greater than or equal to 1"]),
    ("contexts: {neutral: perhaps}", ["contexts.neutral: 'perhaps'", "valid boolean"]),
    ("contexts: {max_new_tokens: 5000}", ["contexts.max_new_tokens: 5000", "equal to 4096"]),
    ("administration: {option_order: items}", ["administration.option_order: 'items'",
     "Did you mean 'item'?", "Allowed: item, replicate, fixed."]),
    ("administration: {readout: logits}",
     ["administration.readout.0: 'logits'", "Did you mean 'logit'?",
      "Allowed: logit, choice, generate, cot, distribution."]),
    ("administration: {readout: [cot, cot]}", ["administration.readout", "'cot' is named twice"]),
    ("scoring: {rating: expcted}", ["scoring.rating: 'expcted'", "Did you mean 'expected'?",
                                    "Allowed: choice, expected."]),
    ("scoring: {on_invalid: drop}", ["scoring.on_invalid: 'drop'", "Allowed: missing, random."]),
    ("stability: {undefined: no}", ["stability.undefined: False", "Allowed: zero, drop, nan."]),
    ("stability: {draws: 5}", ["stability.draws: 5", "greater than or equal to 10"]),
    ("stability: {confidence: 0.5}", ["stability.confidence: 0.5", "greater than 0.5"]),
    ("stability: {confidence: 1}", ["stability.confidence: 1", "less than 1"]),
    ("stability: {confidence: 95}", ["stability.confidence: 95", "less than 1"]),
    ("stability: {confidence: .nan}", ["stability.confidence: nan", "finite"]),
    ("stability: {null_simulations: 1}", ["stability.null_simulations: 1", "equal to 20"]),
    ("save_every_seconds: 0", ["save_every_seconds: 0", "greater than or equal to 1"]),
    ("seed: 1\nseed: 2", ["line 2", "'seed' is given twice"]),
    ("contexts:\n  neutral: true\n neutral: false", ["line 3", "not valid YAML"]),
    ("- seed", ["must be a mapping"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[text[:40] for text, _ in WRONG])
def test_wrong_configuration_is_one_message(tmp_path, text, told):
    said = complaint(tmp_path, text)
    assert said.startswith("wrong.yaml: ")
    assert said.count("wrong.yaml") == 1
    for part in told:
        assert part in said


def test_all_mistakes_of_a_file_are_in_one_message(tmp_path):
    lines = complaint(tmp_path, "seed: -1\nmodles: []\ncontexts: {messages: 2}").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("wrong.yaml: ") for line in lines)


WRONG_NAMES = [
    ("models: [rndom]",
     ["models: 'rndom' is unknown", "Did you mean 'random'?", "Allowed: deepseek-r1-distill-", ", …."]),
    ("contexts: {topics: [grammar, {topic: joke, interlocutor: personna}]}",
     ["contexts.topics: joke: interlocutor: 'personna' is unknown", "Did you mean 'persona'?",
      "Allowed: human, persona, generated, fictional"]),
    ("contexts: {topics: [grammar, {topic: joke, interlocutor: none}]}",
     ["interlocutor: 'none' is unknown", "Allowed: human, persona, generated"]),
    ("contexts: {topics: [grammar, {topic: joke, interlocutor: persona}]}\npopulations: [none]",
     ["joke: interlocutor: 'persona'", "the population 'none' has no personas", "as interlocutor: fictional"]),
    ("contexts: {texts: [post]}", ["texts: contexts.texts: 'post' is unknown", "Did you mean 'posts'?"]),
    ("contexts: {topics: [grammar, chest]}",
     ["topics.csv: contexts.topics: 'chest' is unknown", "Did you mean 'chess'?", "poem"]),
    ("populations: [fictonal]",
     ["populations: 'fictonal' is unknown", "Did you mean 'fictional'?", "none", "generated", "real_world"]),
    ("populations: [{name: real_world, size: 51}]", ["real_world.csv: has 50 personas", "51"]),
    ("instruments: [pvq4]", ["instruments: 'pvq4' is unknown", "Did you mean 'pvq40'?"]),
    ("instruments: [{name: pvq40, items: nowhere.csv}]", ["nowhere.csv: there is no such file"]),
    ("instruments: [pvq40, {name: donation, populations: [fictoinal]}]",
     ["instruments: donation: populations: 'fictoinal' is unknown", "Allowed: generated"]),
    ("populations: [generated, townsfolk]\ninstruments: [{name: pvq40, populations: [generated]}]",
     ["populations: 'townsfolk': none of the study's instruments (pvq40) is for it", "Add 'townsfolk'"]),
    (f"instruments: [{{name: pvq40, sha256: {'f' * 64}}}]", ["pvq40.csv: has the checksum", "f" * 64]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG_NAMES, ids=[text[:40] for text, _ in WRONG_NAMES])
def test_unknown_name_is_told_with_what_there_is(tmp_path, text, told):
    said = plan_complaint(tmp_path, text)
    assert said.endswith("(Asked for by wrong.yaml.)")
    for part in told:
        assert part in said


@pytest.mark.parametrize("name", ["store", "locks", "logs", "README.md"])
def test_a_folder_of_results_that_is_no_study_s_is_no_name(tmp_path, name):
    assert f"results/{name}/ holds" in complaint(tmp_path, f"study: {name}")


def test_a_line_says_where_a_configuration_is_from():
    said = sources(
        [Path.cwd() / "config.yaml", "b.yaml"], {"limit": 4, "study": "x y", "models": ["a"]}
    )
    laid = "limit=4, study=x y, models=['a']"
    assert (
        said == f"Configuration: config.yaml with b.yaml, and over it from the command line: {laid}"
    )
    assert sources([], {}) == "Configuration: from the workflow that uses this one"
