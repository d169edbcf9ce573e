from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figures.circle_figure import draw_circle

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_circle(
            ratings=[Path(f) for f in snakemake.input.ratings],
            profiles=[Path(f) for f in snakemake.input.profiles],
            models=snakemake.params.models,
            seed=snakemake.params.seed,
            permutations=snakemake.params.permutations,
            output=Path(snakemake.output.svg),
        )
