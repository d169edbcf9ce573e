from pathlib import Path

from holdfast.design.contexts import write_contexts
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_contexts(snakemake.params.contexts, Path(snakemake.output[0]))
