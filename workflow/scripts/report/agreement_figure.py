from pathlib import Path

from holdfast.progress import logged
from holdfast.report.agreement_figure import draw_agreement

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_agreement(
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
