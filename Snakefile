# The whole study: `snakemake --cores all`. The workflow itself is in workflow/Snakefile.
include: "workflow/Snakefile"


rule study:
    default_target: True
    input:
        rules.all.input,
