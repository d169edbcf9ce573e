from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.figures.rank_figure import draw_ranks

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        draw_ranks(
            draws={(p.parent.name, p.stem): p for p in map(Path, snakemake.input.draws)},
            models=snakemake.params.models,
            output=Path(snakemake.output.svg),
        )
