from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.stability_job import write_all_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_all_estimates(
            models={
                population: {model: (Path(e), Path(d)) for model, (e, d) in files.items()}
                for population, files in snakemake.params.models.items()
            },
            families=snakemake.params.families,
            confidence=snakemake.params.confidence,
            further=[Path(f) for f in snakemake.input.further],
            table=Path(snakemake.output.table),
            csv=Path(snakemake.output.csv),
        )
