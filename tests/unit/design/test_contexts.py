"""Rows of contexts: their names, their columns, and how many messages they need."""

from itertools import product

import pytest

from holdfast.design.contexts import (
    context_rows,
    conversation_messages,
    generated_messages,
    setting,
    settings,
    write_contexts,
)
from holdfast.tables.table_files import read_table

JOKE = {"topic": "joke", "domain": "creative", "opening": "A joke, please."}
MET = JOKE | {"interlocutor": "persona"}
POSTS = {"text": "posts", "domain": "social", "opening": "Please read this."}


def test_a_study_that_uses_nothing_new_has_the_rows_that_it_had():
    (row,) = context_rows([JOKE], 3, False)
    assert row == JOKE | {"context": "joke", "messages": 3, "conversation": "joke"}


def test_every_setting_has_a_name_and_the_columns_are_whole(tmp_path):
    rows = context_rows([JOKE, MET], 3, True, [1], True, [POSTS])
    write_contexts(rows, tmp_path / "c.parquet")
    table = read_table(tmp_path / "c.parquet", "contexts")
    names = ["none", "joke@1", "joke", "joke+persona@1", "joke+persona", "posts"]
    assert table["context"].tolist() == names
    assert table["interlocutor"].tolist() == ["", "", "", "persona", "persona", ""]
    assert table["text"].tolist() == ["", "", "", "", "", "posts"]
    assert table["topic"].tolist() == ["", *["joke"] * 4, ""]
    assert "reasoning" not in table
    assert [setting(r) for r in rows] == ["", "", "", "joke+persona", "joke+persona", "posts"]
    assert list(settings(rows)) == ["joke+persona", "posts"]


def test_reasoning_turns_are_lengths_of_conversations_and_of_texts():
    rows = context_rows([JOKE], 1, True, (), True, [POSTS], [3, 0, 1])
    assert [r["context"] for r in rows] == [
        "none", "joke@r0", "joke@r1", "joke", "posts@r0", "posts@r1", "posts",
    ]  # fmt: skip
    assert [r["reasoning"] for r in rows] == [0, 0, 1, 3, 0, 1, 3]
    assert [r["messages"] for r in rows] == [0, *[1] * 6]
    assert [generated_messages(r) for r in rows] == [0, 1, 2, 4, 0, 1, 3]
    assert {r["conversation"] for r in rows} == {"", "joke", "posts"}


@pytest.mark.parametrize(("nested", "messages"), [(True, 7), (False, 1 + 3 + 7)])
def test_shared_conversations_are_counted_once(nested, messages):
    assert conversation_messages(context_rows([JOKE], 7, True, [1, 3], nested)) == messages


def test_no_two_contexts_have_one_name():
    for nested, reasoning in product((True, False), ([0], [2], [0, 2])):
        rows = context_rows([JOKE, MET], 5, True, [1, 3], nested, [POSTS], reasoning)
        names = [r["context"] for r in rows]
        assert len(set(names)) == len(names)
