from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.estimation.model_comparison import write_comparisons

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_comparisons(
            models={
                population: {model: (Path(e), Path(d)) for model, (e, d) in files.items()}
                for population, files in snakemake.params.models.items()
            },
            families=snakemake.params.families,
            confidence=snakemake.params.confidence,
            table=Path(snakemake.output.table),
            csv=Path(snakemake.output.csv),
        )
