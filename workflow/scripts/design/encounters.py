from pathlib import Path

from holdfast.design.encounters import find_encounters, write_encounters
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_encounters(
            find_encounters(Path(snakemake.params.resources), snakemake.params.source),
            population=snakemake.wildcards.population,
            output=Path(snakemake.output[0]),
        )
