from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figures.all_figures import draw_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_estimates(
            figure=snakemake.wildcards.figure,
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
