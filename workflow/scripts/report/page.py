from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.page.page import write_page

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_page(
            study=snakemake.params.study,
            models=snakemake.params.models,
            estimates=Path(snakemake.input.estimates),
            manifests=[Path(f) for f in snakemake.input.manifests],
            conversations=[Path(f) for f in snakemake.input.conversations],
            figures={Path(f).stem: Path(f) for f in snakemake.input.figures},
            provenance=Path(snakemake.input.provenance),
            output=Path(snakemake.output[0]),
            comparisons=Path(snakemake.input.comparisons),
            checked=Path(snakemake.input.checks),
            answers=[Path(f) for f in snakemake.input.answers],
            published=Path(snakemake.input.published),
        )
