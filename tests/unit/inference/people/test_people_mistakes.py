"""A survey's file or mapping that does not fit: one sentence with file, place, value and what is allowed."""

from pathlib import Path

import pytest
from survey_data import ESS_MAPPING, ess_csv, panel

from holdfast.design.instruments import Instrument, load_instrument
from holdfast.errors import StudyError
from holdfast.inference.people.people_answers import read_people
from holdfast.inference.people.people_mapping import read_people_mapping
from holdfast.inference.people.survey_files import check_columns
from projects import ROOT


@pytest.fixture(scope="module")
def pvq21() -> Instrument:
    return load_instrument(ROOT / "resources", "pvq21")


def told(folder: Path, pvq21: Instrument, mapping: str, answers: str) -> str:
    """Return what is said of a mapping and a file."""
    where, path = folder / "ess.yaml", folder / "ess.csv"
    where.write_text(mapping)
    path.write_text(answers)
    with pytest.raises(StudyError) as error:
        said = read_people_mapping(where, {"pvq21": pvq21})
        check_columns(path, said, where, pvq21.numbers())
        read_people(path, said, where, pvq21)
    text = str(error.value)
    assert "\n" not in text
    return text.replace(str(folder), "F")


IN_MAPPING = {
    "another questionnaire": ("instrument: pvq21", "instrument: pvq40", "Did you mean 'pvq21'?"),
    "a key that is none": ("group: cntry", "grup: cntry", "Did you mean 'group'?"),
    "one wave": ("{1: first, 2: second}", "{1: first}", "between two waves or more, and this is one"),
    "two waves of a name": ("2: second", "2: first", "Two waves have the name 'first'"),
    "a wave called none": ("2: second", "2: none", "the context without a conversation"),
    "a missing code that is an answer": ("[66,", "[6,", "missing: the code 6 is also an answer"),
    "codes and reversed": ("group: cntry", "codes: {1: 6}", "F/ess.yaml: reversed: the codes already say"),
    "a rating that is none": (
        "reversed: true", "codes: {1: 6, 2: 7}",
        "F/ess.yaml: codes.2: 7 is no rating of 'pvq21'. Allowed: 1, 2, 3, 4, 5, 6.",
    ),
    "items that are one": ('"pvq{item}"', "pvq1", "'pvq1' stands for two items"),
    "an item too few": ('"pvq{item}"', "{1: pvq1}", "item 2 of 'pvq21' is not there"),
    "no column of waves": ("context: wave\n", "", "F/ess.yaml: context: the waves are told either"),
    "long without columns": ("group: cntry", "layout: long", "F/ess.yaml: item: is missing: the name"),
    "a column that is not there": (
        "respondent: idno", "respondent: idnr",
        "F/ess.csv: there is no column 'idnr', which F/ess.yaml: respondent names. Did you mean 'idno'?",
    ),
    "items that are not there": ("pvq{item}", "q{item}", "no column 'q1', which F/ess.yaml: items names"),
    "a wave that is not there": (
        "2: second", "3: second",
        "F/ess.csv: wave: no row has 3, the code of the wave 'second' in F/ess.yaml. In this column stands: 1",
    ),
    "a column of other people": (
        "respondent: idno", "respondent: comment",
        "F/ess.csv: line 3: comment: 'free text, with a comma' stands also in line 2 of the same wave",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), IN_MAPPING.values(), ids=IN_MAPPING)
def test_a_mapping_that_does_not_fit(
    tmp_path: Path, pvq21: Instrument, old: str, new: str, words: str
) -> None:
    assert old in ESS_MAPPING
    assert words in told(tmp_path, pvq21, ESS_MAPPING.replace(old, new), ess_csv(panel(5, 0.5)))


def test_a_code_outside_the_scale(tmp_path: Path, pvq21: Instrument) -> None:
    lines = ess_csv(panel(5, 0.5)).splitlines()
    lines[4] = lines[4].rsplit(",", 1)[0] + ",7"
    assert told(tmp_path, pvq21, ESS_MAPPING, "\n".join(lines)) == (
        "F/ess.csv: line 5: pvq21: '7' is no answer to item 21 of 'pvq21'. Allowed by F/ess.yaml: 1, 2, 3, "
        "4, 5, 6, and as missing: 66, 77, 88, 99."
    )


def test_header_rows_that_are_read_as_answers(tmp_path: Path, pvq21: Instrument) -> None:
    names, *rows = ess_csv(panel(5, 0.5)).splitlines()
    more = [names.replace("wave", "1"), names.replace("wave", "1").replace("idno", "id")]
    said = told(tmp_path, pvq21, ESS_MAPPING, "\n".join([names, *more, *rows]))
    assert "F/ess.csv: line 2: pvq1: 'pvq1' is no answer" in said and "header_rows: 3" in said


def test_a_respondent_twice_in_a_wave(tmp_path: Path, pvq21: Instrument) -> None:
    text = ess_csv(panel(5, 0.5)).replace("ID9000014,1,", "ID9000007,1,")
    assert told(tmp_path, pvq21, ESS_MAPPING, text) == (
        "F/ess.csv: line 4: idno: 'ID9000007' stands also in line 3 of the same wave, 'first'. Each respondent "
        "may stand once in a wave."
    )


def test_other_people_in_each_wave(tmp_path: Path, pvq21: Instrument) -> None:
    lines = ess_csv(panel(5, 0.5)).splitlines()
    text = "\n".join(x.replace("ID9", "ID8") if ",2," in x[:14] else x for x in lines)
    assert "0 respondents have answers in two waves" in told(tmp_path, pvq21, ESS_MAPPING, text)


def test_a_row_of_nobody(tmp_path: Path, pvq21: Instrument) -> None:
    text = ess_csv(panel(5, 0.5)).replace("ID9000014,2,", ",2,")
    assert "F/ess.csv: line 9: the column 'idno' is empty" in told(
        tmp_path, pvq21, ESS_MAPPING, text
    )
