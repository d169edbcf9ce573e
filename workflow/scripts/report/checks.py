from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.tables.checks import write_checks

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_checks(
            estimates=Path(snakemake.input.estimates),
            manifests=[Path(f) for f in snakemake.input.manifests],
            models=snakemake.params.models,
            output=Path(snakemake.output[0]),
        )
