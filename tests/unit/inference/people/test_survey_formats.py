"""Surveys in each format that is documented give the same answers, whichever it is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from survey_data import ESS_MAPPING, ITEMS, Panel, ess_csv, panel, written

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.inference.people.people_answers import PeopleAnswers, read_people
from holdfast.inference.people.people_mapping import PeopleMapping, read_people_mapping
from holdfast.inference.people.survey_files import check_columns
from projects import ROOT

LIKENESS = ["not like me at all", "not like me", "a little like me", "somewhat like me", "like me",
            "very much like me"]  # fmt: skip


@pytest.fixture(scope="module")
def pvq21() -> Instrument:
    return load_instrument(ROOT / "resources", "pvq21")


@pytest.fixture(scope="module")
def data() -> Panel:
    return panel(12, 0.5, missing=0.05)


def imported(folder: Path, mapping: str, answers: Path, pvq21: Instrument) -> PeopleAnswers:
    where = folder / "mapping.yaml"
    where.write_text(mapping, encoding="utf-8")
    said: PeopleMapping = read_people_mapping(where, {"pvq21": pvq21})
    check_columns(answers, said, where, pvq21.numbers())
    return read_people(answers, said, where, pvq21)


def same(found: PeopleAnswers, data: Panel) -> None:
    assert found.contexts == ["first", "second"]
    np.testing.assert_array_equal(found.ratings, data.ratings)
    assert not {*found.respondents} & {*data.ids} and len(set(found.respondents)) == 12
    assert found.missing == int(np.isnan(data.ratings).sum()) > 0


def test_wide_with_missing_codes_and_reversed(
    tmp_path: Path, data: Panel, pvq21: Instrument
) -> None:
    (tmp_path / "ess.csv").write_text(ess_csv(data))
    found = imported(tmp_path, ESS_MAPPING, tmp_path / "ess.csv", pvq21)
    same(found, data)
    assert found.groups == list("ABC" * 4) and found.asked.all()


def test_parquet_holds_codes_as_floats(tmp_path: Path, data: Panel, pvq21: Instrument) -> None:
    (tmp_path / "ess.csv").write_text(ess_csv(data))
    table = pd.read_csv(tmp_path / "ess.csv").replace({66: np.nan, 77: np.nan})
    table = table.astype(dict.fromkeys(table.columns[4:], float))
    table.to_parquet(tmp_path / "ess.parquet")
    same(imported(tmp_path, ESS_MAPPING, tmp_path / "ess.parquet", pvq21), data)


def test_waves_in_columns_of_their_own(tmp_path: Path, data: Panel, pvq21: Instrument) -> None:
    header = ["id", *(f"{w}_q{i}" for w in ("w1", "w2") for i in ITEMS)]
    rows = [
        [name, *("" if np.isnan(r) else int(r) for r in data.ratings[:, n].ravel())]
        for n, name in enumerate(data.ids)
    ]
    (tmp_path / "wide.csv").write_text(written(header, rows))
    mapping = """
        instrument: pvq21
        respondent: id
        contexts: {w1: first, w2: second}
        items: "{context}_q{item}"
    """
    same(imported(tmp_path, mapping, tmp_path / "wide.csv", pvq21), data)


def test_long_form(tmp_path: Path, data: Panel, pvq21: Instrument) -> None:
    rows = [
        [name, wave, f"V{item:02d}", "" if np.isnan(rating) else int(rating)]
        for wave, answers in zip(("t1", "t2"), data.ratings, strict=True)
        for name, own in zip(data.ids, answers, strict=True)
        for item, rating in zip(ITEMS, own, strict=True)
    ]
    rows.append([data.ids[0], "t3", "V01", 4])  # a wave that the mapping does not name
    (tmp_path / "long.csv").write_text(written(["who", "when", "what", "said"], rows))
    named = "\n".join(f"          {i}: V{i:02d}" for i in ITEMS)
    mapping = f"""
        instrument: pvq21
        layout: long
        respondent: who
        context: when
        contexts: {{t1: first, t2: second}}
        item: what
        answer: said
        items:
{named}
    """
    found = imported(tmp_path, mapping, tmp_path / "long.csv", pvq21)
    same(found, data)
    assert found.other_waves == 1


def test_qualtrics_with_three_header_rows_and_answers_in_words(
    tmp_path: Path, data: Panel, pvq21: Instrument
) -> None:
    names = ["ResponseId", "Wave", *(f"Q7_{i}" for i in ITEMS)]
    asked = ["Response ID", "Wave", *(f"How much is this person like you? -\n{i}" for i in ITEMS)]
    ids = [f'{{"ImportId":"{name}"}}' for name in names]
    rows = [
        [f"R{name}", wave, *("" if np.isnan(r) else LIKENESS[int(r) - 1] for r in own)]
        for wave, answers in enumerate(data.ratings, start=1)
        for name, own in zip(data.ids, answers, strict=True)
    ]
    (tmp_path / "q.csv").write_text(written(names, [asked, ids, *rows]), encoding="utf-8-sig")
    codes = "\n".join(f"          {words}: {n}" for n, words in enumerate(LIKENESS, start=1))
    mapping = f"""
        instrument: pvq21
        header_rows: 3
        respondent: ResponseId
        context: Wave
        contexts: {{1: first, 2: second}}
        items: "Q7_{{item}}"
        codes:
{codes}
    """
    same(imported(tmp_path, mapping, tmp_path / "q.csv", pvq21), data)


def test_people_without_an_answer_are_left_out_and_counted(
    tmp_path: Path, pvq21: Instrument
) -> None:
    data = panel(6, 0.5)
    data.ratings[:, 2] = np.nan
    data.ratings[1, 4] = np.nan
    (tmp_path / "ess.csv").write_text(ess_csv(data))
    found = imported(tmp_path, ESS_MAPPING, tmp_path / "ess.csv", pvq21)
    assert found.silent == 1 and found.respondents == [f"person-{n}" for n in range(1, 6)]
    np.testing.assert_array_equal(found.ratings, np.delete(data.ratings, 2, axis=1))
