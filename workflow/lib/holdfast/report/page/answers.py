"""The answers behind the page: small files of compact data, each loaded when a reader asks for it.

A page that is opened from disk may not read files, but it may load scripts. So every file is one call
of `holdfast(key, data)`, in ASCII, with data alone in it. A model and population has an index, and
pages of whole respondents. An answer has the same bytes everywhere (`record`), in base64.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from holdfast.atomic_writes import write_whole
from holdfast.design.administration_modes import LETTERS
from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.design.readouts import asked_as, of_first, of_items, of_readout
from holdfast.report.page.excerpts import speakers
from holdfast.report.wording.text_format import visible
from holdfast.tables.large_tables import read_parts
from holdfast.tables.table_files import read_table

ANSWERS_A_PAGE = 20_000
"""About half a megabyte of base64: loaded from disk in some hundredths of a second."""

NONE, NO_SHARE = 255, 65_535
STEPS = 65_534
"""Probabilities are whole numbers of 1/65534; 65535 stands for none."""

OUTLINE = ["respondent", "context", "replicate", "instrument", "item", "status", "readout"]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Axes:
    """What an answer's place in the pages is made of: one list each, in the order of the tables."""

    respondents: list[str]
    contexts: list[str]
    replicates: list[int]
    items: list[tuple[str, int]]

    @property
    def of_each(self) -> int:
        """Return how many answers one respondent may have given."""
        return len(self.contexts) * len(self.replicates) * len(self.items)

    @property
    def on_a_page(self) -> int:
        """Return how many respondents a page has."""
        return max(1, ANSWERS_A_PAGE // max(1, self.of_each))


def write_answers(
    *, responses: Path, conversations: Path, personas: Path, instruments: Sequence[Path],
    index: Path, pages: Path,
) -> None:  # fmt: skip
    """Write one model's answers in one population: the index, and its pages 0.js, 1.js, ….

    They are those of the study's first readout.

    Args:
        responses: the table of answers.
        conversations: the table of conversations.
        personas: the table of the population's personas.
        instruments: the documents of the questionnaires.
        index: output, the index; its stem and its folder's name are the key.
        pages: output, the folder of the pages.

    Raises:
        StudyError: an input can't be read, or a file can't be written.
    """
    table = _outline(responses)
    talks = read_table(conversations, "conversations").assign(speaker=speakers)
    asked = {i.name: i for i in map(read_design_instrument, instruments)}
    axes = axes_of(table)
    key = f"{index.parent.name}/{index.stem}"
    about = _index(table, axes, asked, read_table(personas, "personas"))
    _write(index, key, about)
    cells, replies = unanswered(axes, asked), dict[int, str]()
    for part in read_parts(responses, "responses"):
        first = of_items(of_readout(part, asked_as(str(table["readout"].iloc[0]))))
        replies |= unread(first, axes)
        encode(cells, first, axes, asked, about["statuses"], about["readouts"])
    each = axes.on_a_page
    for number, start in enumerate(range(0, len(axes.respondents), each)):
        begin, end = start * axes.of_each, (start + each) * axes.of_each
        own = cells[begin:end]
        words = {str(at - begin): text for at, text in replies.items() if begin <= at < end}
        said = _conversations(talks, axes, start, each)
        data = base64.b64encode(own.tobytes()).decode("ascii")
        page = {"answers": data, "talks": said, "replies": words}
        _write(pages / f"{number}.js", f"{key}/{number}", page)


def _outline(responses: Path) -> pd.DataFrame:
    """Return the first readout's answers by what they are to and how they were read, without the answers."""
    parts = [part[OUTLINE] for part in read_parts(responses, "responses")]
    return of_first(pd.concat(parts, ignore_index=True))


def axes_of(table: pd.DataFrame) -> Axes:
    """Return the axes of a table of answers."""
    items = table[["instrument", "item"]].drop_duplicates()
    return Axes(
        [str(r) for r in table["respondent"].unique()],
        [str(c) for c in table["context"].unique()],
        sorted(int(r) for r in table["replicate"].unique()),
        sorted((str(i), int(n)) for i, n in items.itertuples(index=False)),
    )


def record(options: int) -> np.dtype[Any]:
    """Return the bytes of an answer, little-endian, nothing between its parts.

    place: the letter under which each option was shown, from 0; share: each option's probability;
    mass: that of all letters together; chosen: an option, from 0; status, readout: from the index's
    lists. Options are counted as the questionnaire lists them. 255 and 65535 stand for none.
    """
    return np.dtype([
        ("place", "u1", (options,)), ("share", "<u2", (options,)), ("mass", "<u2"),
        ("chosen", "u1"), ("status", "u1"), ("readout", "u1"),
    ])  # fmt: skip


def encoded(
    table: pd.DataFrame, axes: Axes, asked: Mapping[str, Instrument], statuses: Sequence[str],
    readouts: Sequence[str],
) -> npt.NDArray[Any]:  # fmt: skip
    """Return the answers as records, respondent by respondent, context, replicate and item in turn.

    Returns:
        (respondents × contexts × replicates × items,); an answer that is not there has the status 255.
    """
    cells = unanswered(axes, asked)
    encode(cells, table, axes, asked, statuses, readouts)
    return cells


def unanswered(axes: Axes, asked: Mapping[str, Instrument]) -> npt.NDArray[Any]:
    """Return the records of answers that are not there."""
    width = max((len(asked[name].options) for name, _ in axes.items), default=0)
    cells = np.zeros(len(axes.respondents) * axes.of_each, record(width))
    for part in ("place", "chosen", "status", "readout"):
        cells[part] = NONE
    cells["share"] = cells["mass"] = NO_SHARE
    return cells


def encode(
    cells: npt.NDArray[Any], table: pd.DataFrame, axes: Axes, asked: Mapping[str, Instrument],
    statuses: Sequence[str], readouts: Sequence[str],
) -> None:  # fmt: skip
    """Put a table's answers into the records that are theirs."""
    width = cells["place"].shape[1]
    for name, rows in table.groupby("instrument", sort=False):
        at = _places(rows, axes)
        order, shares = _options(rows, asked[str(name)])
        options = order.shape[1]
        line = np.arange(len(rows))[:, None]
        place = np.empty_like(order)
        place[line, order] = np.arange(options)
        by_option = np.full((len(rows), width), NO_SHARE)
        by_option[line, order] = _steps(shares)
        wide = np.full((len(rows), width), NONE)
        wide[:, :options] = place
        letter = rows["answer"].map({c: i for i, c in enumerate(LETTERS)}).fillna(-1).astype(int)
        chosen = np.where(letter >= 0, order[line[:, 0], letter.to_numpy().clip(0)], NONE)
        cells["place"][at], cells["share"][at], cells["chosen"][at] = wide, by_option, chosen
        cells["mass"][at] = _steps(rows["mass"].to_numpy(float))
        cells["status"][at] = rows["status"].map(list(statuses).index)
        cells["readout"][at] = rows["readout"].map(list(readouts).index)


def unread(table: pd.DataFrame, axes: Axes) -> dict[int, str]:
    """Return the replies that name no option, by their places among the records."""
    if "said" not in table:
        return {}
    rows = table[table["answer"].eq("") & table["said"].ne("")]
    return dict(zip(_places(rows, axes).tolist(), rows["said"], strict=True)) if len(rows) else {}


def _places(rows: pd.DataFrame, axes: Axes) -> IntArray:
    """Return the answers' places among the records."""

    def codes(column: str, names: Sequence[Any]) -> IntArray:
        return np.asarray(pd.Index(names).get_indexer(rows[column]), dtype=np.int64)

    items = pd.MultiIndex.from_tuples(axes.items).get_indexer(
        pd.MultiIndex.from_frame(rows[["instrument", "item"]])
    )
    at = codes("respondent", axes.respondents) * len(axes.contexts)
    at = (at + codes("context", axes.contexts)) * len(axes.replicates)
    at = (at + codes("replicate", axes.replicates)) * len(axes.items)
    return np.asarray(at + items, dtype=np.int64)


def _options(rows: pd.DataFrame, asked: Instrument) -> tuple[IntArray, npt.NDArray[np.float64]]:
    """Return the options in the order shown (n, options), and their probabilities; NaN: none."""
    ratings = asked.codes()
    shown = np.array(rows["order"].tolist(), dtype=np.int64).reshape(len(rows), len(ratings))
    order = pd.Index(ratings).get_indexer(pd.Index(shown.ravel())).reshape(shown.shape)
    shares = np.full(shown.shape, np.nan)
    known = (rows["logprobs"].map(len) == len(ratings)).to_numpy()
    if known.any():
        shares[known] = np.exp(np.array(rows["logprobs"][known].tolist(), dtype=float))
    return order.astype(np.int64), shares


def _steps(shares: npt.NDArray[np.float64]) -> IntArray:
    whole = np.round(np.clip(np.nan_to_num(shares), 0, 1) * STEPS).astype(np.int64)
    return np.where(np.isnan(shares), NO_SHARE, whole)


def _index(
    table: pd.DataFrame, axes: Axes, asked: Mapping[str, Instrument], personas: pd.DataFrame
) -> dict[str, Any]:
    """Return what a reader chooses from, and what the records' numbers mean."""
    known = {str(p["respondent"]): p for p in personas.to_dict("records")}
    people = [known.get(r, {}) for r in axes.respondents]
    used = list(dict.fromkeys(name for name, _ in axes.items))
    return {
        "width": max((len(asked[name].options) for name in used), default=0),
        "none": NONE, "noShare": NO_SHARE, "steps": STEPS, "letters": LETTERS,
        "onAPage": axes.on_a_page,
        "respondents": [
            {"id": r, "name": p.get("name", ""), "about": p.get("description", ""),
             "form": p.get("gender", "neutral")}
            for r, p in zip(axes.respondents, people, strict=True)
        ],
        "contexts": axes.contexts, "replicates": axes.replicates,
        "instruments": [_instrument(asked[name]) for name in used],
        "items": [[used.index(name), item] for name, item in axes.items],
        "statuses": [str(s) for s in table["status"].unique()],
        "readouts": [str(r) for r in table["readout"].unique()],
    }  # fmt: skip


def _instrument(asked: Instrument) -> dict[str, Any]:
    """Return a questionnaire's texts; those of official items, which may not be passed on, are left out."""
    value, turned = asked.value_of(), asked.reversed_items()
    names = {i: f"{v} (reversed)" if i in turned else v for i, v in value.items()}
    texts = {
        i.item: {} if asked.wording == "official" else i.model_dump(exclude={"item"})
        for i in asked.items
    }
    return {
        "name": asked.name,
        "question": asked.question if asked.wording == "own" else "",
        "options": [{"rating": o.rating, "text": o.text} for o in asked.options],
        "items": {str(i): {"value": names.get(i, ""), "texts": t} for i, t in texts.items()},
    }


def _conversations(
    talks: pd.DataFrame, axes: Axes, start: int, each: int
) -> dict[str, list[list[str]]]:
    """Return the messages of a page's conversations: place → (speaker, text, status)."""
    people = {r: i for i, r in enumerate(axes.respondents[start : start + each])}
    rows = talks[talks["respondent"].isin(people)].sort_values("turn", kind="stable")
    contexts = {c: i for i, c in enumerate(axes.contexts)}
    found: dict[str, list[list[str]]] = {}
    columns = ["respondent", "context", "replicate", "speaker", "text", "status"]
    for person, context, replicate, *said in rows[columns].itertuples(index=False):
        if context in contexts and replicate in axes.replicates:
            at = people[person] * len(contexts) + contexts[context]
            at = at * len(axes.replicates) + axes.replicates.index(replicate)
            found.setdefault(str(at), []).append([str(s) for s in said])
    return found


def _write(path: Path, key: str, data: Mapping[str, Any]) -> None:
    """Write a call of `holdfast(key, data)`; nothing in it can end a script or be code."""
    call = f"holdfast({_literal(key)},{_literal(_seen(data))});\n"
    write_whole(path, lambda t: t.write_bytes(call.encode("ascii")))


def _literal(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _seen(data: Any) -> Any:
    """Return the data with all its texts as they are shown."""
    if isinstance(data, str):
        return data if data.isascii() and data.isprintable() else visible(data)
    if isinstance(data, Mapping):
        return {str(k): _seen(v) for k, v in data.items()}
    return [_seen(v) for v in data] if isinstance(data, list) else data
