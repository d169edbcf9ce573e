from pathlib import Path

from holdfast.progress import logged
from holdfast.report.stability_figure import draw_stability

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_stability(
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
