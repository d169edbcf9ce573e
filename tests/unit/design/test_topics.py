"""Topics and contexts."""

import re
from collections import Counter
from pathlib import Path

import pytest

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.topics import choose_topics, read_topics
from holdfast.errors import StudyError
from holdfast.study.config import Study
from holdfast.tables.table_files import read_table

TOPICS = Path(__file__).resolve().parents[3] / "resources" / "topics" / "topics.csv"
NAMED_IN_METHODS = (
    "grammar joke poem history chess "
    "bicycle santa chord code year cooking weather bjj britney traveler"
)


def test_topics_of_the_methods_are_there():
    assert set(NAMED_IN_METHODS.split()) <= set(read_topics(TOPICS))


def test_each_domain_has_at_least_four_topics():
    domains = Counter(t.domain for t in read_topics(TOPICS).values())
    assert set(domains) == {
        "technical", "creative", "social", "factual", "emotional-support", "self-reflection",
        "deliberation",
    }  # fmt: skip
    assert min(domains.values()) >= 4


def test_openings_are_each_their_own_and_name_no_value():
    openings = [t.opening for t in read_topics(TOPICS).values()]
    assert len(set(openings)) == len(openings)
    primes = r"\b(success|tradition|freedom|power|security|pleasure|achievement|benevolen\w+|conform\w*)\b"
    assert not [o for o in openings if re.search(primes, o, re.I)]
    assert all(8 <= len(o.split()) <= 30 for o in openings)


def test_default_study_s_topics_exist():
    choose_topics(TOPICS, [t.topic for t in Study().contexts.topics])


def test_chosen_topics_keep_the_study_s_order():
    assert [t.topic for t in choose_topics(TOPICS, ["poem", "chess", "joke"])] == [
        "poem",
        "chess",
        "joke",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,social,Hi.\na,factual,Ho.\n", "the topic 'a' stands there twice (lines 2 and 3)"),
        ("none,social,Hi.\n", "line 2: the topic 'none' is reserved"),
        ("a b,social,Hi.\n", "line 2: topic: 'a b' is not valid"),
        ("a,social,\n", "line 2: the column 'opening' must not be empty"),
        ("a,,Hi.\n", "line 2: the column 'domain' must not be empty"),
    ],
)
def test_wrong_topic_is_told(tmp_path, rows, told):
    path = tmp_path / "topics.csv"
    path.write_text("topic,domain,opening\n" + rows)
    with pytest.raises(StudyError) as caught:
        read_topics(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_unknown_topic_is_told():
    with pytest.raises(StudyError, match=r"'chest' is unknown. Did you mean 'chess'\?"):
        choose_topics(TOPICS, ["grammar", "chest"])


@pytest.mark.parametrize("neutral", [True, False])
def test_contexts_are_the_topics_and_the_neutral_one(tmp_path, neutral):
    rows = [t.model_dump() for t in choose_topics(TOPICS, ["poem", "chess"])]
    write_contexts(context_rows(rows, 5, neutral), tmp_path / "c.parquet")
    contexts = read_table(tmp_path / "c.parquet", "contexts").to_dict("records")
    assert [c["context"] for c in contexts] == [*(["none"] if neutral else []), "poem", "chess"]
    for c in contexts:
        none = c["context"] == "none"
        assert c["messages"] == (0 if none else 5)
        assert c["topic"] == ("" if none else c["context"])
        assert bool(c["opening"]) == bool(c["domain"]) == (not none)


def test_lengths_are_contexts_of_one_conversation_or_of_their_own(tmp_path):
    rows = [t.model_dump() for t in choose_topics(TOPICS, ["poem", "chess"])]
    names = ["poem@1", "poem@3", "poem", "chess@1", "chess@3", "chess"]
    for nested in (True, False):
        write_contexts(context_rows(rows, 7, False, [3, 1], nested), tmp_path / "c.parquet")
        contexts = read_table(tmp_path / "c.parquet", "contexts")
        assert contexts["context"].tolist() == names
        assert contexts["messages"].tolist() == [1, 3, 7] * 2
        talks = contexts["topic"] if nested else contexts["context"]
        assert contexts["conversation"].tolist() == talks.tolist()
