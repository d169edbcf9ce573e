from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.tables.provenance import write_provenance

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_provenance(
            study=snakemake.params.study,
            models=snakemake.params.models,
            manifests=[Path(f) for f in snakemake.input.manifests],
            tables=[Path(f) for f in snakemake.input.tables],
            output=Path(snakemake.output[0]),
        )
