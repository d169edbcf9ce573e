from holdfast.job_log import logged
from holdfast.training.train_miniature import main

if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main([snakemake.wildcards.miniature, "--output", snakemake.output[0]])
