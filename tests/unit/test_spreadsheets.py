"""CSV files as spreadsheet programs write them: read as the tables that were meant, or refused plainly."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.design.personas import Persona, read_personas
from holdfast.design.topics import read_topics
from holdfast.errors import StudyError
from holdfast.yaml_and_csv import Strict, read_csv, read_rows

ILSE = Persona(
    persona="ilse",
    name="Ilse",
    gender="female",
    description="A captain; she trusts charts, mostly.",
)
TOMAS = Persona(persona="tomas", name="Tomas", gender="male", description="A cook who laughs.")
CREW = (
    "persona,name,gender,description\n"
    'ilse,Ilse,female,"A captain; she trusts charts, mostly."\n'
    "tomas,Tomas,male,A cook who laughs.\n"
)
SEMICOLONS = (
    "persona;name;gender;description\r\n"
    'ilse;Ilse;female;"A captain; she trusts charts, mostly."\r\n'
    "tomas;Tomas;male;A cook who laughs.\r\n"
)
TABS = SEMICOLONS.replace(";", "\t").replace("captain\t", "captain;")
TURNED = (
    "description;gender;persona;name\n"
    '"A captain; she trusts charts, mostly.";female;ilse;Ilse\n'
    "A cook who laughs.;male;tomas;Tomas\n"
)


def read(folder: Path, content: str | bytes) -> list[Persona]:
    path = folder / "crew.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_personas(path)


@pytest.mark.parametrize(
    "content",
    [
        CREW,
        SEMICOLONS,
        TABS,
        "sep=;\r\n" + SEMICOLONS,
        "\ufeffsep=;\r\n" + SEMICOLONS,
        '"sep=;"\n' + SEMICOLONS,
        "SEP=,\n" + CREW,
        "sep=\t\r\n" + TABS,
        "sep=\n" + CREW,
        "sep=;\n" + CREW,  # the header tells
        "sep=|\n" + TABS.replace("\t", "|"),
        CREW.replace("\n", "\r"),
        CREW.replace("\n", "\r\n"),
        CREW.encode("utf-8-sig"),
        TABS.encode("utf-16"),
        b"\xfe\xff" + TABS.encode("utf-16-be"),
        SEMICOLONS.encode("utf-16"),
        CREW.encode("utf-32"),
        "\n,,,\n" + CREW,
        CREW + ",,,\n\n , ,,\n",
        SEMICOLONS + ";;;\r\n;;;\r\n",
        CREW + ";;;\n",
        CREW.replace("description\n", "description,\n"),
        CREW.replace("description\n", "description,,\n").replace("laughs.\n", "laughs.,,\n"),
        CREW.replace("name,", "name,,").replace("Ilse,", "Ilse,,").replace("Tomas,", "Tomas, ,"),
        CREW.replace("persona,name", " Persona ,NAME\u00a0"),
        CREW.replace(",", ", ").replace("charts, ", "charts,"),
        CREW.replace("Ilse,", "\u00a0 Ilse\u2003\u200b,"),
        CREW.replace("A cook who laughs.", '"A cook\r\nwho laughs.\n"'),
        CREW.replace("A cook who laughs.", '"A cook \u2028  who\x0blaughs."'),
        TURNED,
    ],
)  # fmt: skip
def test_a_table_is_read_as_it_was_meant(tmp_path: Path, content: str | bytes) -> None:
    assert read(tmp_path, content) == [ILSE, TOMAS]


def test_smart_quotes_and_blanks_within_a_text_are_kept(tmp_path: Path) -> None:
    told = "Says “ahoy”, and\u00a0means  it – don’t ask."
    [who] = read(tmp_path, f'persona,name,description\nilse,Ilse,"{told}"\n')
    assert who.description == told


def test_prose_does_not_decide_the_separator(tmp_path: Path) -> None:
    """A topic's opening may have more semicolons and tabs than the table has commas."""
    path = tmp_path / "topics.csv"
    path.write_text('topic,domain,opening\na,social,"One; two; three; four\t?\t\t"\n')
    assert read_topics(path)["a"].opening == "One; two; three; four\t?"


def _workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        # a date of its own, since the bytes are in the test's name, which must be the same for all workers
        packed.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (CREW.replace("Ilse", "Zoë").encode("latin-1"), "line 2: not UTF-8 text (byte 0xeb). Save it"),
        (_workbook(), "is a workbook (.xlsx or .ods), not a CSV table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "is a workbook (.xls), not a CSV"),
        (b"", "the file is empty"),
        (b"\xff\xfe", "the file is empty"),
        (TABS.encode("utf-16-le"), "line 1: has a NUL byte"),
        (CREW.replace("cook", "co\0ok"), "line 3: has a NUL byte"),
        (CREW.replace("cook", "co\0ok").encode("utf-16"), "line 3: has a NUL byte"),
        (CREW.encode("utf-16")[:-1], "is damaged UTF-16 text. Save it as 'CSV UTF-8'"),
        ("sep=;\npersona;nmae;description\na;A;b\n", "unknown column 'nmae'. Did you mean 'name'?"),
        ("persona;nmae;descriptio\na;A;b\n", "unknown column 'nmae'. Did you mean 'name'?"),
        ("persona,name,description,a;b;c;d;e\n", "unknown column 'a;b;c;d;e'"),
        ("Full Name,Story\nA,b\n", "unknown column 'Full Name'"),
        ("sep=;\r\n" + SEMICOLONS.replace(";male", ";man"), "line 4: gender: 'man' is not valid"),
        (CREW.replace("\nt", "\n,,,\n\nt").replace(",male", ",man"), "line 5: gender: 'man'"),
        ("persona;name;description\n;;\n", "has no rows below its header"),
        ('persona,name,description\n\n"a', "line 3: not a valid CSV row"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_told_in_one_message(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    with pytest.raises(StudyError) as caught:
        read(tmp_path, content)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'crew.csv'}: ") and "\n" not in said
    assert told in said


class Row(Strict):
    """A table's row of any text."""

    one: str
    two: str = ""
    three: str = ""


WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6
)  # printable, without blanks
BREAK = st.sampled_from([" ", "\n", "\r\n", "\r", " \n\n ", "\u2028"])
PAD = st.sampled_from(["", " ", "\t", "\u00a0", "\n"])
DIALECTS = st.fixed_dictionaries(
    {"delimiter": st.sampled_from(",;\t"), "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])}
)  # fmt: skip


@st.composite
def cell(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a cell as it is written, and as it is to be read."""
    words = draw(st.lists(WORD, min_size=1, max_size=3))
    text = words[0] + "".join(draw(BREAK) + w for w in words[1:])
    return draw(PAD) + text + draw(PAD), " ".join(words)


@settings(deadline=None, max_examples=150)
@given(
    rows=st.lists(st.tuples(cell(), cell() | st.just(("", "")), cell()), min_size=1, max_size=4),
    dialect=DIALECTS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    declared=st.booleans(),
    empty=st.integers(0, 2),
)
def test_any_table_comes_through_in_any_dialect(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[tuple[str, str], ...]],
    dialect: dict[str, str], encoding: str, declared: bool, empty: int,
) -> None:  # fmt: skip
    buffer = io.StringIO(newline="")
    if declared:
        buffer.write(f"sep={dialect['delimiter']}\r\n")
    writer = csv.writer(buffer, **dialect)  # type: ignore[arg-type]
    writer.writerow(["one", "two", "three", *[""] * empty])
    writer.writerows([*(c for c, _ in row), *[""] * empty] for row in rows)
    writer.writerows([[""] * (3 + empty)] * empty)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    meant = [tuple(c for _, c in row) for row in rows]
    assert [(r.one, r.two, r.three) for r in read_csv(path, Row)] == meant


def test_rows_know_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('sep=,\none,two\n,\na,"x\ny"\n\nb,\n')
    assert read_rows(path, Row) == [(4, Row(one="a", two="x y")), (7, Row(one="b"))]
