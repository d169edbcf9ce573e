"""The figures that are drawn from the models' answers and draws, without the table of estimates."""

from collections.abc import Sequence
from pathlib import Path

from holdfast.report.figures.circle_figure import draw_circle
from holdfast.report.figures.profile_figure import draw_profiles
from holdfast.report.figures.rank_figure import draw_ranks
from holdfast.report.wording.model_labels import Models


def draw_all_of_models(
    *, draws: Sequence[Path], values: Sequence[Path], ratings: Sequence[Path], profiles: Sequence[Path],
    models: Models, confidence: float, instruments: Sequence[str], seed: int, permutations: int,
    outputs: Sequence[Path],
) -> None:  # fmt: skip
    """Draw those of the figures ranks, profiles and circle that are asked for.

    Args:
        draws: tables of bootstrap draws, MODEL/POPULATION.parquet.
        values: tables of value scores.
        ratings: tables of ratings, one a model and population.
        profiles: tables of the personas' assigned profiles, one a population.
        models: registry entries as plain data, by name.
        confidence: of the profiles' intervals.
        instruments: those that have a profile.
        seed: of the study, for the circle's shuffled answers.
        permutations: how many shuffled configurations the circle's null has.
        outputs: the figures' SVGs, each named by its figure; PNG and CSV go beside it.

    Raises:
        StudyError: a table can't be read, or a file can't be written.
    """
    at = {output.stem: output for output in outputs}
    if output := at.get("ranks"):
        draw_ranks(draws={(p.parent.name, p.stem): p for p in draws}, models=models, output=output)
    if output := at.get("profiles"):
        draw_profiles(
            values=values, models=models, output=output, confidence=confidence, instruments=instruments
        )  # fmt: skip
    if output := at.get("circle"):
        draw_circle(
            ratings=ratings, profiles=profiles, models=models, seed=seed, permutations=permutations,
            output=output,
        )  # fmt: skip
