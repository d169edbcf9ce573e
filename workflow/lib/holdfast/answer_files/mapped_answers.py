"""From a tool's records to answers, as the mapping file says."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.answer_files.answer_mapping import DEFAULTS, OPTIONAL, AnswerMapping, Tool
from holdfast.answer_files.collected_answers import PLACE, Collected, folder_name
from holdfast.answer_files.option_reading import Meaning, options_shown, read_option
from holdfast.answer_files.tool_records import (
    Record,
    ToolFile,
    field_of,
    has_field,
    list_of,
    split_fields,
)
from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument
from holdfast.errors import StudyError, nearest, shown
from holdfast.inference.people.coded_answers import code_text

POPULATION = "respondents"


@dataclass(frozen=True)
class MappedFiles:
    """Files of one tool with the mapping that reads them.

    Attributes:
        tool: which it is.
        mapping: says which field has what.
        where: the mapping's file, for messages.
        instrument: what was asked.
    """

    tool: Tool
    mapping: AnswerMapping
    where: Path
    instrument: Instrument

    def collected(self, files: Sequence[ToolFile]) -> tuple[Collected, str]:
        """Return the answers in files, and a note on those that are left out.

        Raises:
            StudyError: with file, place, field, value and what is allowed.
        """
        rows = [row for file in files for row in self._rows(file)]
        if not rows:
            raise StudyError(f"{files[0].path}: has no answers.")
        table = pd.DataFrame(rows)
        table["model"] = table["model"].map(_model_names(dict.fromkeys(table["model"])))
        kept, note = self._in_contexts(table)
        _check_once(kept)
        replicates = {text: n for n, text in enumerate(_sorted(kept["replicate"]), 1)}
        kept = kept.assign(replicate=kept["replicate"].map(replicates))
        if self.mapping.contexts:
            order = list(self.mapping.contexts.values())
            kept = kept.sort_values("context", key=lambda c: c.map(order.index), kind="stable")
        return Collected(self.instrument, kept.drop(columns="where").reset_index(drop=True)), note

    def _rows(self, file: ToolFile) -> Iterator[dict[str, Any]]:
        mapping, numbers = self.mapping, self.instrument.numbers()
        scale = self.instrument.ratings()
        as_code = (mapping.read or DEFAULTS[self.tool]["read"]) == "code"
        meaning = Meaning(
            mapping.ratings(scale), frozenset(mapping.missing), as_code, mapping.after
        )
        for plain in file.records:
            added = {**plain.fields, **mapping.add}
            record = Record(plain.where, added, plain.likelihoods, plain.status)
            record = split_fields(record, mapping.split, f"{self.where}: split")
            about = self._about(record) | {"tool": file.tool, "told": True}
            for item, said, name in self._said(record, numbers):
                options = options_shown(
                    self._options(record), self.instrument, meaning.ratings, mapping.labels,
                    f"{record.where}: {mapping.place(self.tool, 'options')}",
                )  # fmt: skip
                if record.likelihoods:
                    place, status = self._likeliest(record, len(options.codes)), "ok"
                elif record.status != "ok":
                    place, status = -1, record.status
                else:
                    at = f"{record.where}: {name}"
                    place, status = read_option(said, options, meaning, at, self.instrument.name)
                yield about | {
                    "item": item, "order": list(options.codes), "logprobs": record.likelihoods,
                    "answer": LETTERS[place] if place >= 0 else "", "status": status,
                    "said": "" if said is None or place >= 0 else str(said),
                }  # fmt: skip

    def _likeliest(self, record: Record, options: int) -> int:
        """Return the place of the option with the highest log-likelihood."""
        if len(record.likelihoods) != options:
            raise StudyError(
                f"{record.where}: has {len(record.likelihoods)} log-likelihoods, and '{self.instrument.name}' "
                f"has {options} options."
            )
        return int(np.argmax(record.likelihoods))

    def _about(self, record: Record) -> dict[str, Any]:
        """Return who gave a record's answers, and where."""
        found: dict[str, Any] = {"where": record.where, "population": POPULATION, "part": "0"}
        for key in ("model", "respondent", "context", "replicate", "group"):
            value = self._field(record, key)
            if value == "" and key not in ("replicate", "group"):
                name = self.mapping.place(self.tool, key)
                raise StudyError(
                    f"{record.where}: {name}: is empty, and {self._why(key)} names it."
                )
            found[key] = value
        return found

    def _field(self, record: Record, key: str) -> str:
        name = self.mapping.place(self.tool, key)
        if name is None:
            return ""
        lacks = key in OPTIONAL and self.mapping.is_default(key) and not has_field(record, name)
        value = None if lacks else field_of(record, name, self._why(key))
        return "" if value is None else code_text(value)

    def _why(self, key: str) -> str:
        default = " by default" if self.mapping.is_default(key) else ""
        return f"{self.where}: {key}{default}"

    def _said(self, record: Record, numbers: Sequence[int]) -> Iterator[tuple[int, Any, str]]:
        """Yield item, answer and the name of its field for each answer of a record."""
        fields = self.mapping.item_fields(self.tool, numbers)
        for number, name in fields.items():
            yield number, field_of(record, name, f"{self.where}: items"), name
        if fields:
            return
        names = {name: n for n, name in self.mapping.item_names(numbers).items()}
        code = self._field(record, "item")
        if code not in names:
            at = self.mapping.place(self.tool, "item")
            hint = nearest(code, names)
            raise StudyError(
                f"{record.where}: {at}: {shown(code)} is no item of '{self.instrument.name}'. {hint}"
            )
        name = self.mapping.place(self.tool, "answer") or ""
        text = None if record.likelihoods else field_of(record, name, self._why("answer"))
        yield names[code], text, name

    def _options(self, record: Record) -> list[str]:
        name = self.mapping.place(self.tool, "options")
        if name is None or (self.mapping.is_default("options") and not has_field(record, name)):
            return []
        return list_of(field_of(record, name, self._why("options")))

    def _in_contexts(self, table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Return the answers in the contexts that the mapping names, called as it says."""
        names = self.mapping.contexts
        if names is None:
            return table, ""
        for code, name in names.items():
            if code not in set(table["context"]):
                there = ", ".join(list(dict.fromkeys(table["context"]))[:20])
                at = self.mapping.place(self.tool, "context")
                raise StudyError(
                    f"{self.where}: contexts: no record has {code}, the code of '{name}', in '{at}'. There "
                    f"stands: {there}."
                )
        own = table["context"].isin(names)
        note = f"Left out: {(~own).sum()} answers in other contexts." if not own.all() else ""
        return table[own].assign(context=table.loc[own, "context"].map(names)), note


def _model_names(full: Iterable[str]) -> dict[str, str]:
    """Return models' names as folders can have them: a path's last part, or all where two share that."""
    ends = {name: name.rstrip("/").rsplit("/", 1)[-1] for name in full}
    alike = Counter(ends.values())
    return {name: folder_name(end if alike[end] == 1 else name) for name, end in ends.items()}


def _sorted(values: pd.Series) -> list[str]:
    """Return the distinct texts, in the order of numbers where all are."""
    names = list(dict.fromkeys(values))
    return sorted(names, key=int) if all(n.lstrip("-").isdigit() for n in names) else names


def _check_once(table: pd.DataFrame) -> None:
    """Raise StudyError if an item was answered twice by a respondent in a context and replicate."""
    twice = table[table.duplicated(PLACE, keep=False)]
    if twice.empty:
        return
    first = twice.iloc[0]
    same = twice[(twice[PLACE] == first[PLACE]).all(axis=1)]
    replicate = f" in replicate {first['replicate']}" if first["replicate"] else ""
    raise StudyError(
        f"{same.iloc[1]['where']}: item {first['item']} of {shown(first['respondent'])} in the context "
        f"{shown(first['context'])}{replicate} is also in {first['where']}. Each item may be answered once "
        "there: is there a field that tells the two apart, for 'replicate' or 'context'?"
    )
