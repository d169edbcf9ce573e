"""A study's prompts are in one language, unless it says that they may be in several."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[3]
GERMAN: dict[str, Any] = read_mapping(ROOT / "studies/mini/german.yaml")
ENGLISH = {"models": ["random"], "populations": [{"name": "generated", "size": 2}]}
TOPICS = {"topics": ["komma", "witz"]}


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    folder = tmp_path / "resources"
    for part in ("models", "personas", "prompts", "pvq", "texts", "topics"):
        shutil.copytree(ROOT / "resources" / part, folder / part)
    (folder / "miniatures").mkdir()
    shutil.copy(ROOT / "resources/miniatures/phrases.yaml", folder / "miniatures")
    return folder


def refused(config: dict[str, Any], resources: Path = ROOT / "resources") -> str:
    """Return why a study is refused, and check that it is not if it says that it mixes languages."""
    make_plan(config | {"mixed_languages": True}, "study.yaml", resources)
    with pytest.raises(StudyError) as caught:
        make_plan(config, "study.yaml", resources)
    said, asked = str(caught.value).split("\n")
    assert asked == "(Asked for by study.yaml.)" and "mixed_languages: true" in said
    return said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"instruments": ["pvq21"]},
         r"resources/pvq/pvq21\.yaml: language: 'en', but .* in 'de' \(.*prompts/german\.yaml: language\)"),
        ({"contexts": {"topics": ["komma", "joke"]}}, r"topics\.csv: topic 'joke': language: 'en', but .*'de'"),
        ({"contexts": {**TOPICS, "texts": ["posts"]}}, r"texts/posts\.yaml: language: 'en', but .*'de'"),
        ({"populations": [{"name": "fictional", "size": 4}]},
         r"personas/fictional\.csv: persona 'frodo-baggins': language: 'en', but .*'de'"),
        ({"populations": [{"name": "generated", "size": 4}]},
         r"population 'generated': persona 'generated-0001': language: 'en', but .*'de'"),
        ({"contexts": {"topics": ["komma", {"topic": "witz", "interlocutor": "townsfolk"}]}},
         r"personas/townsfolk\.csv: persona 'odile-marchbanks': language: 'en', but .*'de'"),
        ({"facets": {"wording": ["german", "survey"]}}, r"prompts/survey\.yaml: language: 'en', but .*'de'"),
    ],
)  # fmt: skip
def test_what_is_in_another_language_than_the_study_s_wording_is_told(
    keys: dict[str, Any], said: str
) -> None:
    assert re.search(said, refused(GERMAN | keys))


def test_the_german_wording_alone_makes_no_german_study() -> None:
    said = refused(ENGLISH | {"facets": {"wording": ["german"]}})
    assert (
        "pvq40.yaml: language: 'en'" in said and "a file that names no language is in 'en'" in said
    )


def test_variants_of_a_language_are_one(resources: Path) -> None:
    path = resources / "prompts/german.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("language: de\n", "language: de-AT\n"), encoding="utf-8")
    assert make_plan(GERMAN, "study.yaml", resources).wordings["german"].language == "de-AT"
    path.write_text(text.replace("language: de\n", "language: deu\n"), encoding="utf-8")
    assert "'de', but the study's prompts are in 'deu'" in refused(GERMAN, resources)


def test_personas_of_no_language_go_with_every_language(resources: Path) -> None:
    (resources / "personas/own.csv").write_text("persona,name,description\na,A,Eins.\nb,B,Zwei.\n")
    plan = make_plan(GERMAN | {"populations": ["own"]}, "study.yaml", resources)
    assert [p.language for p in plan.populations["own"].personas] == [None, None]


def test_norwegian_is_not_taken_for_false(resources: Path) -> None:
    path = resources / "prompts/german.yaml"
    path.write_text(path.read_text("utf-8").replace("language: de", "language: no"), "utf-8")
    assert "but the study's prompts are in 'no'" in refused(GERMAN, resources)


@pytest.mark.parametrize("tag", ["German", "d", "de_AT"])
def test_a_tag_that_is_none_is_told(resources: Path, tag: str) -> None:
    path = resources / "pvq/pvq21_de.yaml"
    path.write_text(path.read_text("utf-8").replace("language: de", f"language: {tag}"), "utf-8")
    told = (
        rf"pvq21_de\.yaml: language: '{tag}' is not valid\. A language is named by its tag, as 'en'"
    )
    with pytest.raises(StudyError, match=told):
        make_plan(GERMAN, "study.yaml", resources)


def test_a_language_decides_no_answer() -> None:
    """It is in nothing on which a job's result depends, so that naming one reruns no job."""
    plan = make_plan(GERMAN, "study.yaml", ROOT / "resources")
    assert all("language" not in row for row in plan.context_rows())
    for people in plan.populations.values():
        assert all("language" not in p.model_dump() for p in people.personas)
