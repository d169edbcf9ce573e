from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figures.profile_figure import draw_profiles

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_profiles(
            values=[Path(f) for f in snakemake.input["values"]],
            models=snakemake.params.models,
            confidence=snakemake.params.confidence,
            instruments=snakemake.params.instruments,
            output=Path(snakemake.output.svg),
        )
