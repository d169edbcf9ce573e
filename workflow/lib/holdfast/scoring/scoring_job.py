"""The scoring of one inference job: its answers to ratings and value scores."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.design.readouts import asked_as, of_items, of_readout
from holdfast.scoring.keyed_ratings import keyed_rows
from holdfast.scoring.ratings import OnInvalid, rate
from holdfast.scoring.value_scores import Rating, value_scores
from holdfast.tables.large_tables import read_parts, table_writer

logger = logging.getLogger(__name__)
SESSION = ["respondent", "context", "replicate"]


def write_scores(
    *, responses: Path, instruments: list[Instrument], rating: Rating, on_invalid: OnInvalid,
    seed: int, ratings: Path, values: Path,
) -> None:  # fmt: skip
    """Write the tables of ratings and of value scores; they are of the study's first readout.

    Args:
        responses: table `responses`.
        instruments: the questionnaires they answer.
        rating: which rating the value scores are means of.
        on_invalid: what an answer that can't be read counts as.
        seed: the study's seed.
        ratings: output table.
        values: output table.
    """
    uncentred = {i.name for i in instruments if not i.centred}
    counted: Counter[str] = Counter()
    with (
        table_writer("ratings", ratings) as rate_more,
        table_writer("values", values) as score_more,
    ):
        for answers in administrations(responses):
            rated = rate(answers, instruments, on_invalid, seed)
            rate_more(rated)
            score_more(value_scores(keyed_rows(rated, instruments), rating, uncentred))
            counted.update(map(str, rated["status"]))
    logger.info("%d answers: %s", sum(counted.values()), dict(counted))


def administrations(responses: Path) -> Iterator[pd.DataFrame]:
    """Yield the items' answers of the study's first readout, whole sessions at a time, in the table's order.

    A session is what one respondent answers in one context and replicate; its rows stand side by side.
    """
    first, rest = "", pd.DataFrame()
    for part in read_parts(responses, "responses"):
        first = first or ("" if part.empty else asked_as(str(part["readout"].iloc[0])))
        rows = pd.concat([rest, of_items(of_readout(part, first))], ignore_index=True)
        last = (rows[SESSION] == rows[SESSION].iloc[-1]).all(axis=1) if len(rows) else None
        whole = rows if last is None else rows[~last]
        rest = rows[len(whole) :].reset_index(drop=True)
        if len(whole):
            yield whole.reset_index(drop=True)
    yield rest
