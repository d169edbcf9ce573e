"""Personas: the committed populations, and mistakes in one's own."""

import re
from pathlib import Path

import pytest

from holdfast.design.personas import Persona, no_personas, read_personas
from holdfast.design.populations import find_population, write_population
from holdfast.errors import StudyError
from holdfast.tables.table_files import read_table

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
FOLDER = RESOURCES / "personas"
HEADER = "persona,name,gender,description,group,source\n"


def population(name: str, size: int | None = None) -> list[Persona]:
    return find_population(RESOURCES, name, size).personas


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the path of a population of one's own."""
    (tmp_path / "personas").mkdir()
    return tmp_path / "personas" / "mine.csv"


@pytest.fixture(params=["fictional", "real_world"])
def personas(request):
    return read_personas(FOLDER / f"{request.param}.csv")


def test_populations_have_the_sizes_of_the_original_study():
    assert len(population("fictional")) == 60
    assert len(population("real_world")) == 50
    assert len(population("none")) == 50


def test_there_are_known_groups_to_compare():
    groups = [p.group for p in population("fictional")]
    assert groups.count("villain") >= 12
    assert groups.count("hero") >= 12


def test_personas_are_complete_and_each_is_its_own(personas):
    for field in ("persona", "name", "description"):
        values = [getattr(p, field) for p in personas]
        assert len(set(values)) == len(values), field
    assert all(p.gender and p.group and p.source for p in personas)
    assert all(p.name == p.name.strip() and "\n" not in p.name + p.description for p in personas)


def test_descriptions_have_the_promised_length(personas):
    for p in personas:
        assert 20 <= len(p.description.split()) <= 60, p.persona
        assert 1 <= len(re.findall(r"[.!?](?= |$)", p.description)) <= 3, p.persona


def test_pronouns_fit_the_gender(personas):
    """The questionnaire's form follows the gender, so a wrong one would contradict the description."""
    wrong = {"female": r"\b(he|his|him|himself)\b", "male": r"\b(she|hers|herself)\b"}
    for p in personas:
        own = {"female": r"\b(she|her|herself)\b", "male": r"\b(he|his|him|himself)\b"}
        if re.search(wrong.get(p.gender, "$^"), p.description, re.I):
            assert re.search(own[p.gender], p.description, re.I), p.persona


def test_ids_fit_into_file_names(personas):
    assert all(re.fullmatch(r"[a-z0-9-]+", p.persona) for p in personas)


def test_size_takes_the_first():
    assert population("fictional", 7) == population("fictional")[:7]


@pytest.mark.parametrize("size", [None, 2, 120])
def test_respondents_without_persona_have_nothing_but_an_id(size):
    respondents = no_personas(size)
    assert len({r.persona for r in respondents}) == (size or 50)
    assert {(r.name, r.description, r.gender) for r in respondents} == {("", "", "neutral")}
    assert respondents[:2] == no_personas(2)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "a,A,male,text,g,s\na,B,male,other,g,s\n",
            "the persona 'a' stands there twice (lines 2 and 3)",
        ),
        ("a,A,man,text,g,s\n", "line 2: gender: 'man' is not valid"),
        ("a,A,FEMALE,text,g,s\n", "Did you mean 'female'? Allowed: female, male, neutral."),
        ("Zoë K.,A,male,text,g,s\n", "line 2: persona: 'Zoë K.' is not valid"),
        ("Zoë K.,A,male,text,g,s\n", "Did you mean 'Zoe-K'? Allowed: letters from A to Z, digits"),
        ("a,A,,,,\n,B,,text,,\n", "line 2: the column 'description' must not be empty"),
        (",,male,text,,\n", "line 2: the columns 'persona' and 'name' must not be empty"),
        ("a b,A,male,text,g,s\n", "line 2: persona: 'a b' is not valid"),
        ("../a,A,male,text,g,s\n", "line 2: persona: '../a' is not valid"),
        (",A,male,text,g,s\n", "line 2: the column 'persona' must not be empty"),
        ("a,,male,text,g,s\n", "line 2: the column 'name' must not be empty"),
        ("a,A,male,,g,s\n", "line 2: the column 'description' must not be empty"),
        ("", "has no rows"),
    ],
)
def test_wrong_row_is_told(tmp_path, own, rows, told):
    own.write_text(HEADER + rows)
    with pytest.raises(StudyError) as caught:
        find_population(tmp_path, "mine")
    assert str(caught.value).startswith(f"{own}: ")
    assert told in str(caught.value)


def test_own_file_needs_but_four_columns_and_may_be_asked_for_by_name(tmp_path, own):
    own.write_text("persona,name,description\na,Ada,Counts.\nb,Bob,Digs.\n")
    assert [(p.persona, p.gender) for p in find_population(tmp_path, "mine").personas] == [
        ("a", "neutral"), ("b", "neutral"),
    ]  # fmt: skip


def test_too_few_personas_are_told():
    with pytest.raises(StudyError, match=r"has 60 personas, but the study asks for size: 61"):
        population("fictional", 61)


def test_unknown_population_is_told():
    with pytest.raises(StudyError, match=r"'fiction' is unknown. Did you mean 'fictional'\?"):
        population("fiction")


def test_population_with_a_wrong_name_is_told_what_there_is():
    with pytest.raises(StudyError, match=r"Allowed: none, generated, fictional, real_world"):
        population("xyz")


@pytest.mark.parametrize("name", ["fictional", "none"])
def test_only_a_generated_population_has_known_profiles(name):
    assert not find_population(RESOURCES, name).profiles
    people = find_population(RESOURCES, "generated", 5, seed=1)
    assert list(people.profiles) == [p.persona for p in people.personas]


def test_generated_population_depends_on_its_seed_and_grows_at_its_end():
    people = find_population(RESOURCES, "generated", 5, seed=1)
    assert find_population(RESOURCES, "generated", 9, seed=1).personas[:5] == people.personas
    assert find_population(RESOURCES, "generated", 5, seed=2).personas != people.personas


@pytest.mark.parametrize("name", ["fictional", "none", "generated"])
def test_design_tables_hold_every_persona_and_known_profile(tmp_path, name):
    people = find_population(RESOURCES, name, seed=1)
    files = [tmp_path / "personas.parquet", tmp_path / "profiles.parquet"]
    write_population(people, name, *files)
    table, profiles = (read_table(f, f.stem) for f in files)
    assert set(table["population"]) == {name}
    back = table.rename(columns={"respondent": "persona"}).drop(columns="population")
    assert back.to_dict("records") == [p.model_dump() for p in people.personas]
    known = {(r.respondent, r.value): r.latent for r in profiles.itertuples()}
    assert known == {(who, v): x for who, all_ in people.profiles.items() for v, x in all_.items()}
    assert len(profiles) == (600 if name == "generated" else 0)
