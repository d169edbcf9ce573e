"""Whom a respondent meets, and what it reads."""

from collections import Counter
from pathlib import Path

import pytest

from holdfast.design.contexts import context_rows
from holdfast.design.encounters import choose_encounters, read_encounters, write_encounters
from holdfast.design.personas import Persona
from holdfast.design.populations import find_population
from holdfast.design.texts import load_texts
from holdfast.errors import StudyError

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
PEOPLE = find_population(RESOURCES, "fictional").personas
TOPICS = [
    {"topic": t, "domain": "social", "opening": "Hello.", "interlocutor": "persona"}
    for t in ("tea", "rain")
]
ROWS = context_rows(
    TOPICS, 3, True, [1], False, [{"text": "posts", "domain": "social", "opening": "Read."}]
)
TEXTS = {"posts": load_texts(RESOURCES, "posts")}


def chosen(people=PEOPLE, others=PEOPLE, seed=1):
    return choose_encounters(ROWS, people, {"persona": others}, TEXTS, seed)


def test_everybody_meets_another_one_and_reads_one_text():
    found = chosen()
    settings = ("tea+persona", "rain+persona", "posts")
    assert set(found) == {(p.persona, s) for p in PEOPLE for s in settings}
    names = {p.persona: p.name for p in PEOPLE}
    for (who, setting), e in found.items():
        if setting == "posts":
            assert e.other is None and e.text.endswith(TEXTS["posts"].texts[e.title].strip())
            assert e.text.startswith(TEXTS["posts"].introduction)
        else:
            assert e.other is not None and e.other.name != names[who] and not e.text
            assert e.other in PEOPLE


def test_choices_are_spread_and_differ_between_topics_and_seeds():
    found = chosen()
    met = Counter(e.other.persona for e in found.values() if e.other)
    assert max(met.values()) <= 9 and len(met) > len(PEOPLE) / 2  # 120 choices among 60
    assert set(Counter(e.title for e in found.values() if e.title)) == set(TEXTS["posts"].texts)
    same = [found[p.persona, "tea+persona"] == found[p.persona, "rain+persona"] for p in PEOPLE]
    assert sum(same) < 10
    other = chosen(seed=2)
    assert sum(other[k] == e for k, e in found.items()) < 60  # of 180


def test_a_wider_study_leaves_the_choices_as_they_were():
    everybody = chosen()
    few = chosen(PEOPLE[:7])
    assert few == {k: everybody[k] for k in few}
    fewer = chosen(others=PEOPLE[:-1])
    moved = [k for k, e in everybody.items() if fewer[k] != e]
    assert {everybody[k].other for k in moved} <= {PEOPLE[-1]}, "only those who had met the one"


def test_a_namesake_is_not_met():
    twin = Persona(persona="twin", name=PEOPLE[0].name.upper(), description="The same again.")
    found = chosen(PEOPLE[:1], [PEOPLE[0], twin, PEOPLE[1]])
    assert found[PEOPLE[0].persona, "tea+persona"].other == PEOPLE[1]


def test_nobody_to_meet_is_told():
    with pytest.raises(StudyError, match=r"tea: interlocutor: persona: there is nobody whom '"):
        chosen(PEOPLE[:1], PEOPLE[:1])


def test_the_table_has_it_all(tmp_path):
    found = chosen(PEOPLE[:3])
    write_encounters(found, "fictional", tmp_path / "e.parquet")
    back = read_encounters(tmp_path / "e.parquet")
    assert back.keys() == found.keys()
    for k, e in found.items():
        assert (back[k].title, back[k].text) == (e.title, e.text)
        told = ("persona", "name", "description")
        assert [getattr(back[k].other, x, None) for x in told] == [
            getattr(e.other, x, None) for x in told
        ]
