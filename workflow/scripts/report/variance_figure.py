from pathlib import Path

from holdfast.progress import logged
from holdfast.report.variance_figure import draw_variance

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_variance(
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
