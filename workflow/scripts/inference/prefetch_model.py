from pathlib import Path

from holdfast.inference.models.hub import prefetch
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        prefetch(
            repository=snakemake.params.repository,
            pinned=snakemake.params.revision,
            kept=[Path(f) for f in snakemake.input.get("kept", [])],
            lock=Path(snakemake.output[0]),
        )
