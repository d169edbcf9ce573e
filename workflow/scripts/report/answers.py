from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.page.answers import write_answers

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_answers(
            responses=Path(snakemake.input.responses),
            conversations=Path(snakemake.input.conversations),
            personas=Path(snakemake.input.personas),
            instruments=[Path(f) for f in snakemake.input.instruments],
            index=Path(snakemake.output.index),
            pages=Path(snakemake.output.pages),
        )
