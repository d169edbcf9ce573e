"""The answers behind the page: what is read back is what was answered, and nothing in it is code."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from answer_data import PVQ, Design, answer_files, responses
from report_data import HOSTILE

from holdfast.design.instruments import read_instrument
from holdfast.report.page.answers import (
    ANSWERS_A_PAGE,
    NO_SHARE,
    NONE,
    STEPS,
    axes_of,
    encoded,
    record,
    unread,
)
from holdfast.report.page.excerpts import speakers

SMALL = Design(["ann", "bob", "eve"], ["grammar", "chess"], replicates=2)


def read(path: Path) -> tuple[str, dict]:
    """Return key and data of a file's call."""
    found = re.fullmatch(r'holdfast\(("[^"]+"),(\{.*\})\);\n', path.read_text("ascii"))
    assert found
    return json.loads(found[1]), json.loads(found[2])


def cells(index: Path, width: int = 6) -> np.ndarray:
    """Return all records of a population, page after page."""
    folder = index.with_suffix("")
    paths = [folder / f"{i}.js" for i in range(len(list(folder.iterdir())))]
    raw = [base64.b64decode(read(p)[1]["answers"]) for p in paths]
    return np.concatenate([np.frombuffer(r, record(width)) for r in raw])


def test_every_answer_is_read_back(tmp_path: Path) -> None:
    index, table = answer_files(tmp_path, "a", "people", SMALL)
    _, about = read(index)
    found = cells(index)
    assert len(found) == len(table) == 3 * 2 * 2 * 40
    for row in table.sample(60, random_state=1).to_dict("records"):
        at = about["respondents"].index(
            next(p for p in about["respondents"] if p["id"] == row["respondent"])
        )
        at = at * 2 + about["contexts"].index(row["context"])
        at = (at * 2 + row["replicate"] - 1) * 40 + row["item"] - 1
        cell = found[at]
        ratings = [o["rating"] for o in about["instruments"][0]["options"]]
        for place, (rating, logprob) in enumerate(zip(row["order"], row["logprobs"], strict=True)):
            option = ratings.index(rating)
            assert cell["place"][option] == place
            assert cell["share"][option] / STEPS == pytest.approx(np.exp(logprob), abs=1 / STEPS)
        if row["answer"]:
            assert ratings[cell["chosen"]] == row["order"]["ABCDEF".index(row["answer"])]
        assert about["statuses"][cell["status"]] == row["status"]
        assert cell["mass"] / STEPS == pytest.approx(0.98, abs=1 / STEPS)


def test_what_is_not_there_is_said_to_be_none(tmp_path: Path) -> None:
    index, _ = answer_files(tmp_path, "a", "people", Design(["ann"], ["chess"], logprobs=False))
    found = cells(index)
    assert (found["share"] == NO_SHARE).all() and (found["mass"] == NO_SHARE).all()
    assert found["chosen"][0] == NONE and (found["chosen"][1:] < 6).all()


def test_a_gap_in_the_answers_is_no_answer(tmp_path: Path) -> None:
    asked = read_instrument(PVQ)
    table = responses("a", "people", SMALL, asked)
    shorter = table[~(table["respondent"].eq("bob") & table["context"].eq("chess"))]
    found = encoded(shorter, axes_of(shorter), {"pvq40": asked}, ["ok", "no_letter"], ["logit"])
    assert (found["status"] == NONE).sum() == len(table) - len(shorter) == 80
    assert (found["status"].reshape(3, 2, -1)[1, 1] == NONE).all()


def test_pages_hold_whole_respondents_and_not_more_than_they_should(tmp_path: Path) -> None:
    design = Design([f"p{i:03}" for i in range(70)], list("abcde"), replicates=2)
    index, table = answer_files(tmp_path, "a", "people", design)
    _, about = read(index)
    pages = sorted(index.with_suffix("").iterdir())
    assert about["onAPage"] == ANSWERS_A_PAGE // 400 == 50
    assert [p.name for p in pages] == ["0.js", "1.js"]
    assert len(cells(index)) == len(table) == 28_000
    assert len(read(pages[1])[1]["talks"]) == 20 * 10


def test_conversations_lie_where_the_page_looks_for_them(tmp_path: Path) -> None:
    index, _ = answer_files(tmp_path, "a", "people", SMALL)
    key, page = read(index.with_suffix("") / "0.js")
    assert key == "a/people/0"
    assert set(page["talks"]) == {str(i) for i in range(3 * 2 * 2)}
    assert page["talks"]["5"][1] == ["persona", SMALL.said, "ok"]


def test_replies_that_were_not_read_lie_where_the_page_looks_for_them() -> None:
    table = responses("a", "people", SMALL, read_instrument(PVQ)).assign(said="")
    table.loc[[0, 170], ["answer", "status", "said"]] = ["", "invalid", "None of them"]
    axes = axes_of(table)
    found = unread(table, axes)
    assert set(found.values()) == {"None of them"} and len(found) == 2
    for at, row in zip(sorted(found), table.loc[[0, 170]].to_dict("records"), strict=True):
        where = np.unravel_index(at, (3, 2, 2, 40))
        assert axes.respondents[where[0]] == row["respondent"]
        assert axes.contexts[where[1]] == row["context"]
        assert axes.replicates[where[2]] == row["replicate"]
        assert axes.items[where[3]] == ("pvq40", row["item"])
    assert unread(table.drop(columns="said"), axes) == {}


def test_each_page_has_the_replies_that_were_not_read_of_its_own_respondents(
    tmp_path: Path,
) -> None:
    design = Design([f"p{i:03}" for i in range(70)], list("abcde"), replicates=2)

    def spoilt(table: pd.DataFrame) -> pd.DataFrame:
        table = table.assign(said="")
        of = table["respondent"].isin(["p001", "p060"]) & table["context"].eq("c")
        lost = table.index[of & table["replicate"].eq(2) & table["item"].eq(7)]
        table.loc[lost, ["answer", "status", "said"]] = ["", "refused", "I can't <b>play</b> that."]
        return table

    index, _ = answer_files(tmp_path, "a", "people", design, change=spoilt)
    _, about = read(index)
    for number, own in ((0, 1), (1, 10)):
        _, page = read(index.with_suffix("") / f"{number}.js")
        at = ((own * 5 + about["contexts"].index("c")) * 2 + 1) * 40 + 6
        assert page["replies"] == {str(at): "I can't <b>play</b> that."}
        cell = np.frombuffer(base64.b64decode(page["answers"]), record(6))[at]
        assert about["statuses"][cell["status"]] == "refused" and cell["chosen"] == NONE


def test_texts_can_neither_end_a_script_nor_be_code(tmp_path: Path) -> None:
    design = Design([HOSTILE, "</script>"], [HOSTILE], said=f"{HOSTILE}\u2028 😀 شل")
    index, _ = answer_files(tmp_path, "a", "people", design, name=HOSTILE, about=HOSTILE)
    for path in [index, *index.with_suffix("").iterdir()]:
        raw = path.read_bytes()
        assert raw.isascii() and b"<" not in raw
        read(path)
    said = read(index.with_suffix("") / "0.js")[1]["talks"]["0"][1][1]
    assert "<script>alert('x')</script>" in said and "😀 شل" in said
    assert not re.search("[\x00-\x08\u202a-\u202e]", said)


def test_official_items_are_not_passed_on(tmp_path: Path) -> None:
    index, _ = answer_files(tmp_path, "a", "people", SMALL, wording="official")
    asked = read(index)[1]["instruments"][0]
    assert len(asked["items"]) == 40 and asked["question"] == ""
    assert all(item["texts"] == {} for item in asked["items"].values())


def test_the_same_answers_give_the_same_files(tmp_path: Path) -> None:
    first, _ = answer_files(tmp_path / "1", "a", "people", SMALL)
    second, _ = answer_files(tmp_path / "2", "a", "people", SMALL)
    assert first.read_bytes() == second.read_bytes()
    assert (first.with_suffix("") / "0.js").read_bytes() == (
        second.with_suffix("") / "0.js"
    ).read_bytes()


def test_a_persona_as_interlocutor_is_named() -> None:
    talks = pd.DataFrame({"speaker": ["interlocutor", "persona"] * 2})
    assert speakers(talks).tolist() == ["interlocutor", "persona"] * 2
    met = talks.assign(interlocutor=["", "", "tamsin-vogel", "tamsin-vogel"])
    named = ["interlocutor", "persona", "interlocutor, tamsin-vogel", "persona"]
    assert speakers(met).tolist() == named
