from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figure_jobs.model_figures import draw_all_of_models

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_all_of_models(
            draws=[Path(f) for f in snakemake.input.draws],
            values=[Path(f) for f in snakemake.input["values"]],
            ratings=[Path(f) for f in snakemake.input.ratings],
            profiles=[Path(f) for f in snakemake.input.profiles],
            models=snakemake.params.models,
            confidence=snakemake.params.confidence,
            instruments=snakemake.params.instruments,
            seed=snakemake.params.seed,
            permutations=snakemake.params.permutations,
            outputs=[Path(svg) for svg in snakemake.output.svg],
        )
