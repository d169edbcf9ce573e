from pathlib import Path

from holdfast.progress import logged
from holdfast.report.context_figure import draw_contexts

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_contexts(
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
