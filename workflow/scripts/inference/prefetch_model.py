from pathlib import Path

from holdfast.inference.models.weights import prefetch
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.wildcards.model):
        prefetch(
            name=snakemake.wildcards.model,
            source=snakemake.params.source,
            kept=[Path(f) for f in snakemake.input.get("kept", [])],
            lock=Path(snakemake.output[0]),
        )
