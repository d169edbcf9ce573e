from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figure_jobs.all_figures import draw_all_of_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_all_of_estimates(
            estimates=Path(snakemake.input.estimates),
            values=[Path(f) for f in snakemake.input["values"]],
            models=snakemake.params.models,
            outputs=[Path(svg) for svg in snakemake.output.svg],
        )
