from pathlib import Path

from holdfast.design.populations import find_population, write_population
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        source = snakemake.params.source
        write_population(
            find_population(
                Path(snakemake.params.resources), source["name"], source["size"], source["seed"]
            ),
            name=source["name"],
            personas=Path(snakemake.output.personas),
            profiles=Path(snakemake.output.profiles),
        )
