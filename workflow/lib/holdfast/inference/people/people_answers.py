"""People's answers: from the columns of a survey's file to ratings by wave, respondent and item."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.errors import StudyError, nearest, shown
from holdfast.inference.people.people_mapping import CONTEXT, PeopleMapping
from holdfast.inference.people.survey_files import read_survey, row_word

LEAST = 3
"""Fewest respondents with answers in two waves: a correlation over fewer says nothing."""


@dataclass(frozen=True)
class PeopleAnswers:
    """What people answered.

    Attributes:
        respondents: running numbers in place of the file's own ids, which are kept nowhere.
        groups: each respondent's group; empty: none.
        contexts: the waves' names, in their order.
        ratings: (waves, respondents, items); NaN: no answer.
        asked: (waves, respondents): whether the file has the respondent in the wave.
        other_waves: rows of waves that the mapping does not name.
        silent: respondents without any answer, who are left out.
    """

    respondents: list[str]
    groups: list[str]
    contexts: list[str]
    ratings: npt.NDArray[np.float64]
    asked: npt.NDArray[np.bool_]
    other_waves: int
    silent: int

    @property
    def missing(self) -> int:
        """Return how many items were left without an answer by those who were asked."""
        return int(np.isnan(self.ratings[self.asked]).sum())


def read_people(
    path: Path,
    mapping: PeopleMapping,
    where: Path,
    instrument: Instrument,
    limit: int | None = None,
) -> PeopleAnswers:
    """Return the answers in a survey's file; nothing of a file is used unless all of it fits.

    Args:
        path: the file.
        mapping: which columns and codes mean what.
        where: the mapping's file, for messages.
        instrument: the questionnaire that the items are of.
        limit: only the first so many respondents.

    Raises:
        StudyError: with file, column, value and what is allowed.
    """
    survey = _Survey(path, mapping, where, instrument)
    table = read_survey(path, mapping, where, instrument.numbers())
    own, others = survey.of_waves(survey.cells(table))
    survey.check_once(own)
    return _arranged(survey.rated(own), mapping, instrument.numbers(), others, limit, survey)


@dataclass(frozen=True)
class _Survey:
    """A file with its mapping, for checks and their messages."""

    path: Path
    mapping: PeopleMapping
    where: Path
    instrument: Instrument

    def at(self, line: int) -> str:
        """Return how a row of the file is named in a message."""
        return f"{self.path}: {row_word(self.path)} {line}"

    def cells(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return one row an answer: line, respondent, group, wave's code, item, code, and its column."""
        m, numbers = self.mapping, self.instrument.numbers()
        about = pd.DataFrame({
            "line": table.index.to_numpy(), "respondent": table[m.respondent].to_numpy(),
            "group": table[m.group].to_numpy() if m.group else "",
        })  # fmt: skip
        if nobody := about.loc[about["respondent"].eq(""), "line"].tolist():
            raise StudyError(
                f"{self.at(nobody[0])}: the column '{m.respondent}' is empty: whose answers are these?"
            )
        if m.layout == "long":
            return self._long(table, about)
        parts = []
        for code in m.contexts if m.context is None else [""]:
            waves = table[m.context].to_numpy() if m.context else code
            for number, pattern in m.item_names(numbers).items():
                name = pattern.replace(CONTEXT, code)
                parts.append(
                    about.assign(wave=waves, item=number, code=table[name].to_numpy(), column=name)
                )
        return pd.concat(parts, ignore_index=True)

    def _long(self, table: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
        m = self.mapping
        assert m.item and m.answer and m.context
        names = {name: n for n, name in m.item_names(self.instrument.numbers()).items()}
        if unknown := set(table[m.item]) - set(names):
            line = int(table.index[table[m.item].isin(unknown)][0])
            seen = table.loc[line, m.item]
            raise StudyError(
                f"{self.at(line)}: {m.item}: {shown(seen)} is no item of '{self.instrument.name}'. "
                f"{nearest(seen, names)}"
            )
        return about.assign(
            wave=table[m.context].to_numpy(), item=table[m.item].map(names).to_numpy(),
            code=table[m.answer].to_numpy(), column=m.answer,
        )  # fmt: skip

    def of_waves(self, cells: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Return the answers of the waves that the mapping names, and how many rows are of others."""
        codes, m = self.mapping.contexts, self.mapping
        there = set(cells["wave"])
        for code, name in codes.items():
            if code not in there:
                found = ", ".join(sorted(there)[:20]) or "nothing"
                raise StudyError(
                    f"{self.path}: {m.context}: no row has {code}, the code of the wave '{name}' in "
                    f"{self.where}. In this column stands: {found}."
                )
        own = cells["wave"].isin(codes)
        return cells[own], int(cells.loc[~own, "line"].nunique())

    def check_once(self, cells: pd.DataFrame) -> None:
        """Raise StudyError if a respondent stands in a wave twice."""
        keys = ["respondent", "wave", "item"]
        twice = cells[cells.duplicated(keys, keep=False)].sort_values(
            [*keys, "line"], kind="stable"
        )
        if twice.empty:
            return
        first, second = (twice.iloc[i] for i in (0, 1))
        what = f"item {first['item']} of " if self.mapping.layout == "long" else ""
        raise StudyError(
            f"{self.at(second['line'])}: {self.mapping.respondent}: {what}{shown(first['respondent'])} stands "
            f"also in {row_word(self.path)} {first['line']} of the same wave, "
            f"'{self.mapping.contexts[first['wave']]}'. Each respondent may stand once in a wave."
        )

    def rated(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the answers with their ratings; NaN where there is none."""
        ratings = self.mapping.ratings(self.instrument.ratings())
        missing = {"", *self.mapping.missing}
        strange = ~cells["code"].isin({*ratings, *missing})
        if strange.any():
            row = cells[strange].sort_values("line", kind="stable").iloc[0]
            allowed = ", ".join(ratings)
            none = ", ".join(self.mapping.missing) or "the empty cell"
            raise StudyError(
                f"{self.at(row['line'])}: {row['column']}: {shown(row['code'])} is no answer to item "
                f"{row['item']} of '{self.instrument.name}'. Allowed by {self.where}: {allowed}, and as "
                f"missing: {none}.{self._hint(int(row['line']))}"
            )
        return cells.assign(rating=cells["code"].map(ratings).astype(float))

    def _hint(self, line: int) -> str:
        if line > 3 or self.mapping.header_rows > 1:
            return ""
        return " If the header has several rows, as Qualtrics writes it, say so: header_rows: 3."


def _arranged(
    cells: pd.DataFrame, mapping: PeopleMapping, items: Sequence[int], others: int, limit: int | None,
    survey: _Survey,
) -> PeopleAnswers:  # fmt: skip
    """Return answers as an array; respondents in the order in which they first stand in the file."""
    ordered = cells.sort_values("line", kind="stable")
    answered = ordered.loc[ordered["rating"].notna(), "respondent"].unique()
    everyone = ordered["respondent"].unique()
    kept = pd.Index(answered[:limit])
    codes = list(mapping.contexts)
    own = ordered[ordered["respondent"].isin(kept)]
    at = (
        pd.Index(codes).get_indexer(pd.Index(own["wave"])),
        kept.get_indexer(pd.Index(own["respondent"])),
        pd.Index(list(items)).get_indexer(pd.Index(own["item"])),
    )
    ratings = np.full((len(codes), len(kept), len(items)), np.nan)
    ratings[at] = own["rating"].to_numpy()
    asked = np.zeros(ratings.shape[:2], dtype=np.bool_)
    asked[at[:2]] = True
    if (
        mapping.context is None
    ):  # a wave of one's own columns was not taken part in where all are empty
        asked &= ~np.isnan(ratings).all(axis=2)
    again = int(((~np.isnan(ratings).all(axis=2)).sum(axis=0) > 1).sum())
    if again < LEAST:
        raise StudyError(
            f"{survey.path}: {mapping.respondent}: {again} respondents have answers in two waves, and {LEAST} "
            "are needed at least: stability is of the same people asked again. Is this the column that names "
            "them in all waves?"
        )
    groups = own.drop_duplicates("respondent").set_index("respondent")["group"]
    width = len(str(len(kept)))
    return PeopleAnswers(
        respondents=[f"person-{n:0{width}d}" for n in range(1, len(kept) + 1)],
        groups=[str(g) for g in groups.reindex(kept)],
        contexts=list(mapping.contexts.values()), ratings=ratings, asked=asked,
        other_waves=others, silent=len(everyone) - len(answered),
    )  # fmt: skip
