"""The scoring of one inference job: its answers to ratings and value scores."""

import logging
from pathlib import Path

from holdfast.design.instruments import Instrument
from holdfast.design.readouts import of_first
from holdfast.scoring.ratings import OnInvalid, rate
from holdfast.scoring.values import Rating, value_scores
from holdfast.tables import read_table, write_table

logger = logging.getLogger(__name__)


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
    answers = of_first(read_table(responses, "responses"))
    rated = rate(answers, instruments, on_invalid, seed)
    write_table(rated, "ratings", ratings)
    uncentred = {i.name for i in instruments if not i.centred}
    write_table(value_scores(rated, rating, uncentred), "values", values)
    logger.info("%d answers: %s", len(rated), rated["status"].value_counts().to_dict())
