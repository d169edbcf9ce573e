from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.convergence.convergence_job import write_convergence
from holdfast.stability.estimation.score_arrays import read_design

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        design = read_design(
            personas=Path(snakemake.input.personas),
            profiles=Path(snakemake.input.profiles),
            contexts=Path(snakemake.input.contexts),
            instruments=[Path(f) for f in snakemake.input.instruments],
            replicates=snakemake.params.settings["replicates"],
        )
        write_convergence(
            values=Path(snakemake.input["values"]),
            design=design,
            about=snakemake.params.about,
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
            seen=dict(
                zip(snakemake.params.observers, map(Path, snakemake.input.seen), strict=True)
            ),
            forms=[Path(f) for f in snakemake.input.forms],
            contexts=Path(snakemake.input.contexts),
        )
