from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.stability_job import read_design
from holdfast.stability.variance.power import write_power

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        write_power(
            values={
                population: {model: Path(f) for model, f in paths.items()}
                for population, paths in params.scores.items()
            },
            designs={
                p: read_design(
                    personas=Path(personas),
                    profiles=Path(profiles),
                    contexts=Path(files.contexts),
                    instruments=[Path(f) for f in files.instruments],
                    replicates=params.settings["replicates"],
                )
                for p, personas, profiles in zip(
                    params.scores, files.personas, files.profiles, strict=True
                )
            },
            settings=params.settings,
            plans=params.plans,
            output=Path(snakemake.output.table),
            csv=Path(snakemake.output.csv),
            planned_csv=Path(snakemake.output.designs),
        )
