"""Samples of lm-evaluation-harness: samples_TASK_DATE.jsonl, as it writes them with --log_samples.

One line is a document under a filter. `resps` has what the model gave for each request of the document: where
the task is multiple choice, [log-likelihood, is it the greedy one] for each option; where it writes, a text for
each repeat. All numbers are written as texts. The folder's name is the model's, and results_DATE.json beside it
has the versions.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from holdfast.answer_files.tool_records import Record, ToolFile, list_of
from holdfast.design.administration_modes import LETTERS
from holdfast.errors import StudyError

NAME = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d\-.]+)")
NEEDED = ("doc", "resps")


def read_harness(path: Path) -> ToolFile:
    """Return the documents of a task, each repeat one record; of several filters, the first one's.

    Raises:
        StudyError: a line is damaged, or no sample of the harness.
    """
    named = NAME.fullmatch(path.stem)
    task, date = (named["task"], named["date"]) if named else (path.stem, "")
    results = _results(path.parent / f"results_{date}.json") if date else {}
    more = {
        "model": str(results.get("model_name") or path.parent.name), "task": task, "file": path.stem,
    }  # fmt: skip
    records: list[Record] = []
    first = None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as e:
        raise StudyError(f"{path}: can't be read: {str(e).splitlines()[0]}.") from None
    for number, line in enumerate(lines, 1):
        sample = _sample(f"{path}: line {number}", line)
        first = sample.get("filter") if number == 1 else first
        if sample.get("filter") == first:
            records += _records(f"{path}: line {number}", sample, more)
    if not records:
        raise StudyError(f"{path}: has no samples.")
    version = str(results.get("lm_eval_version") or "")
    return ToolFile(path, f"lm-evaluation-harness {version}".strip(), records)


def _results(path: Path) -> dict[str, Any]:
    """Return the results beside the samples; nothing where they are not there."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sample(where: str, line: str) -> dict[str, Any]:
    try:
        sample = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise StudyError(f"{where}: is not JSON: {str(e).splitlines()[0]}.") from None
    if not isinstance(sample, dict) or any(key not in sample for key in NEEDED):
        lacks = next((k for k in NEEDED if not isinstance(sample, dict) or k not in sample), "")
        raise StudyError(
            f"{where}: is no sample of lm-evaluation-harness: '{lacks}' is missing. Such files are written "
            "with --log_samples."
        )
    return sample


def _records(where: str, sample: Mapping[str, Any], more: Mapping[str, Any]) -> Iterator[Record]:
    resps = sample["resps"]
    fields = {**sample, **more, "options": _options(sample)}
    try:
        if isinstance(resps[0][0], list):
            logs = [float(one[0][0]) for one in resps]
            yield Record(where, fields | {"repeat": 1, "reply": ""}, logs)
            return
        for number, reply in enumerate(resps[0], 1):
            yield Record(where, fields | {"repeat": number, "reply": reply})
    except (IndexError, TypeError, ValueError, KeyError):
        raise StudyError(
            f"{where}: resps: is neither log-likelihoods of options nor a list of texts."
        ) from None


def _options(sample: Mapping[str, Any]) -> list[str]:
    """Return the options in the order shown: those that were scored, or `options` of the document."""
    given = sample.get("arguments") or {}
    scored = [str(given[name].get("arg_1", "")).strip() for name in given] if len(given) > 1 else []
    labels = [list(LETTERS[: len(scored)]), [str(n) for n in range(1, len(scored) + 1)]]
    own = list_of(sample["doc"].get("options")) if isinstance(sample["doc"], Mapping) else []
    return own if own and (not scored or scored in labels) else [] if scored in labels else scored
