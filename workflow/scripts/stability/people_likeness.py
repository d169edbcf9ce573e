from pathlib import Path

from holdfast.job_log import logged
from holdfast.stability.profiles.people_likeness import write_people_likeness

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        paths = map(Path, snakemake.input.people)
        write_people_likeness(
            values=Path(snakemake.input["values"]),
            people=dict(zip(snakemake.params.people, paths, strict=True)),
            instruments=snakemake.params.instruments,
            about=snakemake.params.about,
            settings=snakemake.params.settings,
            output=Path(snakemake.output[0]),
        )
