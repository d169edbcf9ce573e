from pathlib import Path

from holdfast.design.topics import write_contexts
from holdfast.progress import logged

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        write_contexts(
            topics=snakemake.params.topics,
            messages=snakemake.params.messages,
            neutral=snakemake.params.neutral,
            also_after=snakemake.params.also_after,
            nested=snakemake.params.nested,
            output=Path(snakemake.output[0]),
        )
