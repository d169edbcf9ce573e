from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.estimation.score_arrays import read_design
from holdfast.stability.observers.observer_tables import write_observer_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files, observers = snakemake.input, snakemake.params.observers
        settings = snakemake.params.settings
        contexts = Path(files.contexts)
        write_observer_estimates(
            values=Path(files["values"]),
            observed=dict(zip(observers, map(Path, files.observed), strict=True)),
            ratings=dict(zip(observers, map(Path, files.ratings), strict=True)),
            conversations=Path(files.conversations),
            design=read_design(
                personas=Path(files.personas),
                profiles=Path(files.profiles),
                contexts=contexts,
                instruments=[Path(f) for f in files.instruments],
                replicates=settings["replicates"],
            ),
            contexts=contexts,
            forms=[Path(f) for f in files.forms],
            about=snakemake.params.about,
            settings=settings,
            output=Path(snakemake.output[0]),
        )
