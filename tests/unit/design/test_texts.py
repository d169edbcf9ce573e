"""Preset texts, as they lie in resources/texts."""

import re
from pathlib import Path

import pytest

from holdfast.design.texts import load_texts
from holdfast.design.topics import read_topics
from holdfast.errors import StudyError

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
KINDS = sorted(p.stem for p in (RESOURCES / "texts").glob("*.yaml"))
GOOD = "title: t\ndomain: social\nintroduction: Read.\nsource: own\nlicence: CC BY 4.0\n"


def test_there_are_kinds_and_none_is_a_topic():
    assert len(KINDS) >= 3
    assert not set(KINDS) & set(read_topics(RESOURCES / "topics" / "topics.csv"))


@pytest.mark.parametrize("name", KINDS)
def test_texts_are_long_each_their_own_and_name_no_value(name):
    kind = load_texts(RESOURCES, name)
    assert kind.domain in ("technical", "creative", "social", "factual")
    assert kind.licence == "CC BY 4.0" and len(kind.texts) >= 5
    assert len(set(kind.texts.values())) == len(kind.texts)
    assert all(200 <= len(t.split()) <= 400 for t in kind.texts.values())
    primes = r"\b(success|tradition|freedom|power|security|pleasure|achievement|benevolen\w+|conform\w*)\b"
    assert not [i for i, t in kind.texts.items() if re.search(primes, t, re.I)]
    readme = (RESOURCES / "texts" / "README.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {len(kind.texts)} " in readme


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD, "the key 'texts' is missing"),
        (GOOD + "texts: {}\n", "texts: {} is not valid"),
        (GOOD + "texts: {a: ''}\n", "texts.a: '' is not valid"),
        (GOOD + "texts: {a b: x}\n", "a b"),
        (GOOD + "texts: {a: x}\nlicense: x\n", "unknown key 'license'. Did you mean 'licence'?"),
        (GOOD.replace("title: t", "title: ''") + "texts: {a: x}\n", "title: '' is not valid"),
    ],
)
def test_a_wrong_file_is_told(tmp_path, text, told):
    (tmp_path / "texts").mkdir()
    path = tmp_path / "texts" / "mine.yaml"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        load_texts(tmp_path, "mine")
    assert str(caught.value).startswith(f"{path}: ") and told in str(caught.value)


def test_what_is_shown_is_the_introduction_and_the_text(tmp_path):
    (tmp_path / "texts").mkdir()
    text = "texts:\n  a: |\n    One.\n\n    Two.\n"
    (tmp_path / "texts" / "mine.yaml").write_text(GOOD + text)
    assert load_texts(tmp_path, "mine").shown("a") == "Read.\n\nOne.\n\nTwo."
