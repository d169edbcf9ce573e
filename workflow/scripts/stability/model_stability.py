from pathlib import Path

from holdfast.progress import logged
from holdfast.stability.jobs import write_model_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_model_estimates(
            model=snakemake.wildcards.model,
            family=snakemake.params.family,
            population=snakemake.wildcards.population,
            values=Path(snakemake.input["values"]),
            personas=Path(snakemake.input.personas),
            contexts=Path(snakemake.input.contexts),
            instruments=[Path(f) for f in snakemake.input.instruments],
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
        )
