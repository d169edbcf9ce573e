from pathlib import Path

from holdfast.inference.people.people_job import run_people_job
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.wildcards.people):
        run_people_job(
            name=snakemake.wildcards.people,
            answers=Path(snakemake.input.answers),
            mapping=Path(snakemake.input.mapping),
            instrument=Path(snakemake.input.instrument),
            limit=snakemake.params.limit,
            personas=Path(snakemake.output.personas),
            profiles=Path(snakemake.output.profiles),
            contexts=Path(snakemake.output.contexts),
            responses=Path(snakemake.output.responses),
            manifest=Path(snakemake.output.manifest),
        )
