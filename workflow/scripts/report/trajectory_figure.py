from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figures.trajectory_figure import draw_trajectories

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_trajectories(
            values=[Path(f) for f in snakemake.input["values"]],
            estimates=Path(snakemake.input.estimates),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
