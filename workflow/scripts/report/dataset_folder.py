from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.dataset.dataset_folder import write_dataset

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_dataset(
            **snakemake.params.about,
            citation=snakemake.params.citation,
            contexts=Path(snakemake.input.contexts),
            personas=[Path(f) for f in snakemake.input.personas],
            instruments=[Path(f) for f in snakemake.input.instruments],
            responses=[Path(f) for f in snakemake.input.responses],
            conversations=[Path(f) for f in snakemake.input.conversations],
            observations=[Path(f) for f in snakemake.input.observations],
            output=Path(snakemake.output[0]),
        )
