from pathlib import Path

from holdfast.progress import logged
from holdfast.stability.jobs import write_all_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_all_estimates(
            parts=[Path(f) for f in [*snakemake.input.models, *snakemake.input.families]],
            table=Path(snakemake.output.table),
            csv=Path(snakemake.output.csv),
        )
