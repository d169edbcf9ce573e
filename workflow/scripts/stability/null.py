from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.stability_job import read_design, write_null

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files, settings = snakemake.input, snakemake.params.settings
        write_null(
            design=read_design(
                personas=Path(files.personas),
                profiles=Path(files.profiles),
                contexts=Path(files.contexts),
                instruments=[Path(f) for f in files.instruments],
                replicates=settings["replicates"],
            ),
            settings=settings,
            output=Path(snakemake.output[0]),
        )
