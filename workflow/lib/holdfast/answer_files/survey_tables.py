"""Result tables of QSTN and EDSL, as these write them: CSV, or JSON.

QSTN's table has one row an answer: questionnaire_name, questionnaire_item_id, question, llm_response, and more
with its structured outputs. EDSL's has one row an interview, with columns such as agent.agent_name,
scenario.TOPIC, model.model and answer.QUESTION; its JSON (`Results.to_dict`, or `Results.save`, packed) has the
same by name.
"""

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.answer_files.tool_records import Record, ToolFile
from holdfast.errors import StudyError, not_utf8
from holdfast.yaml_and_csv import read_bytes

QSTN_ITEM = "questionnaire_item_id"
EDSL_CLASS = "Results"


def read_table_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV table as texts; line breaks within a cell stay.

    Raises:
        StudyError: it is no UTF-8 text, or no table.
    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except UnicodeDecodeError as e:
        raise not_utf8(path, e) from None
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as e:
        raise StudyError(f"{path}: is no CSV table: {str(e).strip().splitlines()[0]}.") from None
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def read_document(path: Path) -> Any:
    """Return a JSON document, packed or not.

    Raises:
        StudyError: it can't be read.
    """
    data = read_bytes(path)
    try:
        return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (OSError, EOFError, ValueError, RecursionError) as e:
        raise StudyError(f"{path}: can't be read as JSON: {str(e).splitlines()[0]}.") from None


def read_qstn(path: Path) -> ToolFile:
    """Return the rows of a table of QSTN, which does not tell its version; errors as of the readers above."""
    rows = read_table_rows(path) if path.suffix == ".csv" else read_document(path)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise StudyError(
            f"{path}: has no rows. Expected is a table of QSTN, as CSV or as JSON records."
        )
    word, first = ("line", 2) if path.suffix == ".csv" else ("record", 1)
    return ToolFile(path, "QSTN", _numbered(path, rows, word, first))


def read_edsl(path: Path) -> ToolFile:
    """Return the interviews of EDSL's results; errors as of the readers above."""
    if path.suffix == ".csv":
        rows = read_table_rows(path)
        if not rows:
            raise StudyError(f"{path}: has no rows.")
        return ToolFile(path, "EDSL", _numbered(path, rows, "row", 1))
    document = read_document(path)
    if not isinstance(document, dict) or document.get("edsl_class_name") != EDSL_CLASS:
        raise StudyError(
            f"{path}: edsl_class_name: is not '{EDSL_CLASS}'. Expected is what `Results.to_dict` gives."
        )
    rows = [_interview(one) for one in document.get("data") or []]
    if not rows:
        raise StudyError(f"{path}: has no interviews.")
    version = str(document.get("edsl_version") or "")
    return ToolFile(path, f"EDSL {version}".strip(), _numbered(path, rows, "interview", 1))


def _interview(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return an interview with the names that its columns have in the CSV table."""
    agent, model = one.get("agent") or {}, one.get("model") or {}
    questions = one.get("question_to_attributes") or {}
    return {
        **one,
        "agent": {**(agent.get("traits") or {}), "agent_name": agent.get("name")},
        "model": {**(model.get("parameters") or {}), "model": model.get("model")},
        "iteration": {"iteration": one.get("iteration")},
        "question_options": {
            f"{name}_question_options": about.get("question_options") for name, about in questions.items()
        },
    }  # fmt: skip


def _numbered(path: Path, rows: list[dict[str, Any]], word: str, first: int) -> list[Record]:
    return [
        Record(f"{path}: {word} {n}", {**row, "file": path.stem})
        for n, row in enumerate(rows, first)
    ]
