from pathlib import Path

from holdfast.job_log import logged
from holdfast.report.tables.leaderboard import write_leaderboard

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_leaderboard(
            estimates=Path(snakemake.input[0]),
            models=snakemake.params.models,
            csv=Path(snakemake.output[0]),
        )
