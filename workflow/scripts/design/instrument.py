from pathlib import Path

from holdfast.design.instruments import load_instrument, write_instrument
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        source = snakemake.params.source
        write_instrument(
            load_instrument(
                Path(snakemake.params.resources),
                source["name"],
                items=Path(source["items"]) if source["items"] else None,
                sha256=source["sha256"],
            ),
            output=Path(snakemake.output[0]),
        )
