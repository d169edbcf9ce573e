from pathlib import Path

from holdfast.progress import logged
from holdfast.stability.jobs import write_all_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files = snakemake.input
        write_all_estimates(
            parts=[Path(f) for f in [*files.models, *files.families, *files.structures]],
            table=Path(snakemake.output.table),
            csv=Path(snakemake.output.csv),
        )
