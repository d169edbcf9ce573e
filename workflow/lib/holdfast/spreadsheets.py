"""CSV tables as spreadsheet programs write them: their encodings, separators, and what stands about a cell.

Read are UTF-8, with or without a byte order mark, and UTF-16 and UTF-32 with one; commas, semicolons or
tabs between the cells. Which separator it is, the header tells: the one that gives most of the known column
names. So no comma or semicolon in a text can mislead.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from holdfast.errors import StudyError, nearest, not_utf8, shown

csv.field_size_limit(2**24)  # characters of one cell; Python's own limit is 131072

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
BLANKS = "".join(chr(c) for c in range(0x3001) if chr(c).isspace()) + "\u200b\u2060\ufeff"
"""What is stripped from the ends of a cell: blanks of all widths, also those that do not show."""

_DECLARED = re.compile(
    r'"?sep=(.?)"?[,;\t]*\s*', re.I
)  # the first line that Excel takes as a setting
_MARKS = (  # the longer ones first: that of UTF-16 is the beginning of that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx or .ods)",
    b"\xd0\xcf\x11\xe0": "a workbook (.xls)",
    b"\x1f\x8b": "a packed file (.gz)",
}
_SAVE = "Save it as 'CSV UTF-8' in the spreadsheet program, or as UTF-8 in an editor."
_CURLY = "“”„‟«»"

Record = tuple[int, list[str]]
"""The line at which a row begins, and its cells."""


def read_sheet(
    path: Path, data: bytes, columns: Collection[str], required: Collection[str]
) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV table: the line of each, and its cells by column without the empty ones.

    Cells are without blanks at their ends, and a line break within one is a space. Rows and nameless
    columns without any text are left out. Names of columns may be in capitals.

    Args:
        path: the file, for messages.
        data: its bytes.
        columns: the names that columns may have.
        required: those that must be there.

    Raises:
        StudyError: the bytes are no text, a column is unknown, missing or there twice, a row has too few or
            too many cells, or there is none.
    """
    separator, text = _separated(path, _decoded(path, data), columns)
    records = _records(path, text, separator)
    _, header = next(records, (0, []))
    names = [_name(cell, columns) for cell in header]
    _check_header(path, header, names, columns, required)
    rows = []
    for line, cells in records:
        _check_row(f"{path}: line {line}", cells, names, separator)
        rows.append((line, {n: c for n, c in zip(names, cells, strict=False) if n and c}))
    if not rows:
        raise StudyError(f"{path}: has no rows below its header.")
    return rows


def read_columns(
    path: Path, data: bytes, needed: Mapping[str, str], header_rows: int = 1
) -> tuple[list[int], dict[str, list[str]]]:
    """Return some columns of a CSV table that may have others: the line of each row, and the columns' cells.

    Args:
        path: the file, for messages.
        data: its bytes.
        needed: the columns' names as they stand in the header, each with who asks for it, for messages.
        header_rows: how many rows the header has; the first has the names.

    Raises:
        StudyError: the bytes are no text, a needed column is missing or there twice, a row has too few cells,
            or there is none.
    """
    separator, text = _separated(path, _decoded(path, data), needed)
    records = _records(path, text, separator)
    _, header = next(records, (0, []))
    places = {name: place_of(path, name, header, why) for name, why in needed.items()}
    for _ in range(header_rows - 1):
        next(records, None)
    lines: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in needed}
    widest = max(places.values(), default=0)
    for line, cells in records:
        if len(cells) <= widest:
            raise StudyError(
                f"{path}: line {line}: {len(cells)} cells, but the header has {len(header)}. "
                f"{_hint(cells, len(header), separator)}"
            )
        lines.append(line)
        for name, place in places.items():
            columns[name].append(cells[place])
    if not lines:
        raise StudyError(f"{path}: has no rows below its header.")
    return lines, columns


def place_of(path: Path, name: str, header: Sequence[str], why: str) -> int:
    """Return where a column stands, from 0.

    Args:
        path: the file, for messages.
        name: the column's name.
        header: all names.
        why: who asks for it, for messages.

    Raises:
        StudyError: it is missing, or there twice.
    """
    if name not in header:
        hint = nearest(name, [cell for cell in header if cell])
        raise StudyError(f"{path}: there is no column '{name}', which {why} names. {hint}")
    if header.count(name) > 1:
        raise StudyError(
            f"{path}: the column '{name}', which {why} names, is there {header.count(name)} times. "
            "Each column needs a name of its own."
        )
    return list(header).index(name)


def cleaned(cell: str) -> str:
    """Return a cell's text without blanks at its ends; a line break and the blanks about it are a space."""
    return " ".join(part for line in cell.splitlines() if (part := line.strip(BLANKS)))


def _decoded(path: Path, data: bytes) -> str:
    for begin, what in _NO_TEXT.items():
        if data.startswith(begin):
            raise StudyError(f"{path}: is {what}, not a CSV table, whatever its name says. {_SAVE}")
    encoding = next((e for mark, e in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding if encoding != "utf-8-sig" or b"\0" not in data else "latin-1")
    except UnicodeDecodeError as e:
        if encoding == "utf-8-sig":
            raise not_utf8(path, e, _SAVE) from None
        raise StudyError(f"{path}: is damaged {encoding.upper()} text. {_SAVE}") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise StudyError(
            f"{path}: line {line}: has a NUL byte: the file is no text, or UTF-16 without a byte order mark. "
            f"{_SAVE}"
        )
    return text


def _separated(path: Path, text: str, columns: Collection[str]) -> tuple[str, str]:
    """Return the separator, and the text without a line 'sep=;', whose number it keeps."""
    among = list(SEPARATORS)
    first = io.StringIO(text, newline="").readline()
    if declared := _DECLARED.fullmatch(first):
        text = "\n" + text[len(first) :]
        said = declared[1]
        if said and not (said.isalnum() or said.isspace() or said in '"='):
            among.insert(0, said)

    def fit(separator: str) -> tuple[int, int]:
        try:
            _, header = next(_records(path, text, separator), (0, []))
        except StudyError:
            return 0, 0
        return len({_name(cell, columns) for cell in header} - {""}), len(header)

    return max(among, key=fit), text


def _records(path: Path, text: str, separator: str) -> Iterator[Record]:
    """Yield every row with any text; a row of other separators alone has none.

    Raises:
        StudyError: it is no valid CSV, with the line at which the row begins.
    """
    lines = io.StringIO(text, newline="")  # so that a lone \r ends a line too
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    line = 1
    try:
        for raw in reader:
            cells = [cleaned(cell) for cell in raw]
            if any(cells) and (len(cells) > 1 or cells[0].strip("".join(SEPARATORS))):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as e:
        raise StudyError(
            f"{path}: line {line}: not a valid CSV row: {e}. A cell that begins with a double quote ends with "
            "one, and each within it is written twice."
        ) from None


def _name(cell: str, columns: Collection[str]) -> str:
    """Return the column that a cell of the header means, in whatever case; nothing if there is none."""
    if cell in columns:
        return cell
    alike = [c for c in columns if c.casefold() == cell.casefold()]
    return alike[0] if len(alike) == 1 else ""


def _check_header(
    path: Path, header: Sequence[str], names: Sequence[str], columns: Collection[str],
    required: Collection[str],
) -> None:  # fmt: skip
    """Raise StudyError unless every name in the header is a column's, once, and none is missing."""
    listed = ", ".join(columns)
    if not header:
        raise StudyError(
            f"{path}: the file is empty, so the column '{next(iter(columns))}' is missing. Its first line "
            f"must name the columns: {listed}."
        )
    if strange := [cell for cell, name in zip(header, names, strict=True) if cell and not name]:
        if len(header) == 1 < len(columns):
            raise StudyError(
                f"{path}: the header is a single cell, {shown(header[0])}. Its first line must name the "
                f"columns, with commas, semicolons or tabs between them. Allowed: {listed}."
            )
        hint = "" if any(names) else " The first line must name the columns."
        raise StudyError(
            f"{path}: unknown column '{strange[0]}'. {nearest(strange[0], columns)}{hint}"
        )
    for name in columns:
        if len(places := [str(i) for i, n in enumerate(names, start=1) if n == name]) > 1:
            raise StudyError(
                f"{path}: the column '{name}' is given twice, as columns {' and '.join(places)}."
            )
    if missing := [name for name in required if name not in names]:
        there = ", ".join(n for n in names if n)
        raise StudyError(
            f"{path}: the column '{missing[0]}' is missing. The header has: {there}. "
            f"Needed: {', '.join(required)}."
        )


def _check_row(where: str, cells: Sequence[str], names: Sequence[str], separator: str) -> None:
    """Raise StudyError unless a row has a cell for each column, and text in no other place."""
    width = max(i for i, name in enumerate(names, start=1) if name)
    filled = max(i for i, cell in enumerate(cells, start=1) if cell)
    if len(cells) < width or filled > width:
        held = max(filled, min(len(cells), width))
        raise StudyError(
            f"{where}: {held} cells, but the header has {width}. {_hint(cells, width, separator)}"
        )
    for place, (name, cell) in enumerate(zip(names, cells, strict=False), start=1):
        if cell and not name:
            raise StudyError(
                f"{where}: {shown(cell)} stands in column {place}, which has no name in the header."
            )


def _hint(cells: Sequence[str], width: int, separator: str) -> str:
    """Return what may have happened to a row that has too few or too many cells."""
    between = SEPARATORS.get(separator, f"'{separator}'")
    if any(cell.startswith(tuple(_CURLY)) for cell in cells):
        return 'Curly quotes hold no cell together: put a straight double quote (") about it.'
    if len(cells) == 1 and separator in cells[0]:
        return "The whole row stands in one pair of double quotes: take these away."
    others = [s for s in SEPARATORS if s != separator and cells[0].count(s) >= width - 1 > 0]
    if len(cells) == 1 and others:
        return f"It has {SEPARATORS[others[0]]}s between its cells, but the header a {between}."
    if len(cells) < width:
        return f"The last is {shown(cells[-1])}; what is left empty needs its {between} too."
    return (
        f"The first too many is {shown(cells[width])}. "
        f"A text with a {between} must stand in double quotes."
    )
