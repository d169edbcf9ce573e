# Answers to ratings to value scores.


rule scores:
    input:
        responses=f"{RESULTS}/responses/{{model}}/{{population}}.parquet",
        instruments=asked_instruments,
    output:
        ratings=f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet",
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
    log:
        f"{RESULTS}/logs/scores/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/scores/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("scoring/scores.py"),
        scoring=as_answered(PLAN.study.scoring.model_dump()),
        seed=PLAN.study.seed,
    script:
        "../scripts/scoring/scores.py"


use rule scores as observed_scores with:
    input:
        responses=f"{OBSERVATION}/responses.parquet",
        instruments=observed_instruments,
    output:
        ratings=f"{OBSERVATION}/ratings.parquet",
        values=f"{OBSERVATION}/values.parquet",
    log:
        f"{RESULTS}/logs/observed_scores/{{observer}}/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/observed_scores/{{observer}}/{{model}}/{{population}}.tsv"
