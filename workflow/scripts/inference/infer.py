from pathlib import Path

from holdfast.inference.inference_job import run_job
from holdfast.inference.models.light_import import leave_out_losses
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], "{model} × {population}".format(**snakemake.wildcards)):
        leave_out_losses(accelerate=snakemake.resources.gpu > 0)
        run_job(
            model=snakemake.wildcards.model,
            population=snakemake.wildcards.population,
            entry=snakemake.params.entry,
            weights=[Path(f) for f in snakemake.input.get("weights", [])],
            design=snakemake.params.design,
            personas=Path(snakemake.input.personas),
            profiles=Path(snakemake.input.profiles),
            contexts=Path(snakemake.input.contexts),
            instruments=[Path(f) for f in snakemake.input.instruments],
            encounters=[Path(f) for f in snakemake.input.get("encounters", [])],
            others=[Path(f) for f in snakemake.input.get("others", [])],
            store=Path(snakemake.params.store),
            save_every=snakemake.resources.save_every,
            sessions_at_once=snakemake.resources.sessions_at_once,
            allow_failed=snakemake.resources.allow_failed / 1e6,
            cores=snakemake.threads,
            conversations=Path(snakemake.output.conversations),
            responses=Path(snakemake.output.responses),
            manifest=Path(snakemake.output.manifest),
            shard=tuple(snakemake.params.shard),
        )
