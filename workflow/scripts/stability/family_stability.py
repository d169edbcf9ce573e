from pathlib import Path

from holdfast.progress import logged
from holdfast.stability.jobs import write_family_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_family_estimates(
            family=snakemake.wildcards.family,
            population=snakemake.wildcards.population,
            values=[Path(f) for f in snakemake.input["values"]],
            personas=Path(snakemake.input.personas),
            contexts=Path(snakemake.input.contexts),
            instruments=[Path(f) for f in snakemake.input.instruments],
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
        )
