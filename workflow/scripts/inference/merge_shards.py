from pathlib import Path

from holdfast.inference.shard_merging import merge_shards
from holdfast.job_log import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], "{model} × {population}".format(**snakemake.wildcards)):
        merge_shards(
            readouts=snakemake.params.readouts,
            conversations=[Path(f) for f in snakemake.input.conversations],
            responses=[Path(f) for f in snakemake.input.responses],
            manifests=[Path(f) for f in snakemake.input.manifests],
            merged_conversations=Path(snakemake.output.conversations),
            merged_responses=Path(snakemake.output.responses),
            manifest=Path(snakemake.output.manifest),
        )
