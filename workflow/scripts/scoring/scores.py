from pathlib import Path

from holdfast.design.instruments import read_design_instrument
from holdfast.job_log import logged
from holdfast.scoring.scoring_job import write_scores

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_scores(
            responses=Path(snakemake.input.responses),
            instruments=[read_design_instrument(Path(f)) for f in snakemake.input.instruments],
            rating=snakemake.params.scoring["rating"],
            on_invalid=snakemake.params.scoring["on_invalid"],
            seed=snakemake.params.seed,
            ratings=Path(snakemake.output.ratings),
            values=Path(snakemake.output["values"]),
        )
