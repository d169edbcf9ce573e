from pathlib import Path

from holdfast.design.personas import population, write_personas
from holdfast.progress import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        source = snakemake.params.source
        write_personas(
            population(Path(snakemake.params.folder), source["name"], source["size"]),
            population=source["name"],
            output=Path(snakemake.output[0]),
        )
