from pathlib import Path

from holdfast.inference.models.light_import import leave_out_losses
from holdfast.inference.observation_job import run_observation
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(
        snakemake.log[0], "{observer} on {model} × {population}".format(**snakemake.wildcards)
    ):
        leave_out_losses(accelerate=snakemake.resources.gpu > 0)
        run_observation(
            observer=snakemake.wildcards.observer,
            observed=snakemake.wildcards.model,
            population=snakemake.wildcards.population,
            model=snakemake.params.observer["model"],
            sees=snakemake.params.observer["sees"],
            entry=snakemake.params.entry,
            weights=[Path(f) for f in snakemake.input.get("weights", [])],
            design=snakemake.params.design,
            personas=Path(snakemake.input.personas),
            profiles=Path(snakemake.input.profiles),
            contexts=Path(snakemake.input.contexts),
            instruments=[Path(f) for f in snakemake.input.instruments],
            conversations=Path(snakemake.input.conversations),
            store=Path(snakemake.params.store),
            save_every=snakemake.resources.save_every,
            sessions_at_once=snakemake.resources.sessions_at_once,
            allow_failed=snakemake.resources.allow_failed / 1e6,
            cores=snakemake.threads,
            responses=Path(snakemake.output.responses),
            manifest=Path(snakemake.output.manifest),
        )
