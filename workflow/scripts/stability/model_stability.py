from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.stability_job import read_design, write_model_estimates

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files, settings = snakemake.input, snakemake.params.settings
        places = {
            "contexts": Path(files.contexts),
            "instruments": [Path(f) for f in files.instruments],
            "replicates": settings["replicates"],
        }
        plain = {}
        if values := files.get("plain_values"):
            plain["plain_values"] = Path(values)
            plain["plain_design"] = read_design(
                personas=Path(files.plain_personas), profiles=Path(files.plain_profiles), **places
            )
        write_model_estimates(
            values=Path(files["values"]),
            ratings=Path(files.ratings),
            null=Path(files.null),
            design=read_design(
                personas=Path(files.personas), profiles=Path(files.profiles), **places
            ),
            about=snakemake.params.about,
            settings=settings,
            output=Path(snakemake.output.estimates),
            draws=Path(snakemake.output.draws),
            **plain,
        )
