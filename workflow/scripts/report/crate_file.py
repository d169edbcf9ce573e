from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.crate.study_crate import write_crate

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_crate(
            results=Path(snakemake.input.provenance).parent,
            workflow=Path(snakemake.params.workflow),
            environment=[Path(f) for f in snakemake.params.environment],
            inputs=[Path(f) for f in snakemake.input.inputs],
            about=[Path(f) for f in snakemake.params.about],
            citation=snakemake.params.citation,
            output=Path(snakemake.output[0]),
        )
