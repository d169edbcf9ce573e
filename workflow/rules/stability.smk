# Value scores to stability: per model, per family, and all in one table.


ANSWERS = {
    "seed": PLAN.study.seed,
    "replicates": PLAN.study.replicates,
    "rating": PLAN.study.scoring.rating,
}
STABILITY = ANSWERS | PLAN.study.stability.model_dump(
    exclude={"structure", "structure_permutations"}
)


COMPARED = {
    p: {
        m: f"{RESULTS}/scores/{m}/{p}/values.parquet"
        for members in FAMILIES.values()
        for m in members
    }
    for p in POPULATIONS
}


rule model_stability:
    input:
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
        ratings=f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet",
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=expand(
            f"{RESULTS}/design/instruments/{{instrument}}.json", instrument=INSTRUMENTS
        ),
    output:
        f"{RESULTS}/stability/models/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/model_stability/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/model_stability/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/model_stability.py"),
        about=lambda w: {
            "model": w.model,
            "family": PLAN.models[w.model].model.family,
            "population": w.population,
        },
        settings=STABILITY,
    script:
        "../scripts/stability/model_stability.py"


rule family_stability:
    input:
        values=lambda w: [
            f"{RESULTS}/scores/{m}/{w.population}/values.parquet"
            for m in FAMILIES[w.family]
        ],
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=expand(
            f"{RESULTS}/design/instruments/{{instrument}}.json", instrument=INSTRUMENTS
        ),
    output:
        f"{RESULTS}/stability/families/{{family}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/family_stability/{{family}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/family_stability/{{family}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/family_stability.py"),
        about=lambda w: {"model": "", "family": w.family, "population": w.population},
        settings=STABILITY,
    script:
        "../scripts/stability/family_stability.py"


rule structure:
    input:
        ratings=f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet",
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=expand(
            f"{RESULTS}/design/instruments/{{instrument}}.json", instrument=INSTRUMENTS
        ),
    output:
        f"{RESULTS}/stability/structure/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/structure/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/structure/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/structure.py"),
        about=lambda w: {
            "model": w.model,
            "family": PLAN.models[w.model].model.family,
            "population": w.population,
        },
        settings=ANSWERS
        | PLAN.study.stability.model_dump(include={"structure_permutations"}),
    script:
        "../scripts/stability/structure.py"


rule estimates:
    input:
        models=expand(
            f"{RESULTS}/stability/models/{{model}}/{{population}}.parquet",
            model=MODELS,
            population=POPULATIONS,
        ),
        families=expand(
            f"{RESULTS}/stability/families/{{family}}/{{population}}.parquet",
            family=FAMILIES,
            population=POPULATIONS,
        ),
        structures=expand(
            f"{RESULTS}/stability/structure/{{model}}/{{population}}.parquet",
            model=MODELS if PLAN.study.stability.structure else [],
            population=POPULATIONS,
        ),
    output:
        table=f"{RESULTS}/estimates.parquet",
        csv=f"{RESULTS}/estimates.csv",
    log:
        f"{RESULTS}/logs/estimates.log",
    benchmark:
        f"{RESULTS}/benchmarks/estimates.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/estimates.py"),
    script:
        "../scripts/stability/estimates.py"


rule comparisons:
    input:
        values=[path for paths in COMPARED.values() for path in paths.values()],
        personas=expand(
            f"{RESULTS}/design/personas/{{population}}.parquet", population=POPULATIONS
        ),
        profiles=expand(
            f"{RESULTS}/design/profiles/{{population}}.parquet", population=POPULATIONS
        ),
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=expand(
            f"{RESULTS}/design/instruments/{{instrument}}.json", instrument=INSTRUMENTS
        ),
    output:
        table=f"{RESULTS}/comparisons.parquet",
        csv=f"{RESULTS}/comparisons.csv",
    log:
        f"{RESULTS}/logs/comparisons.log",
    benchmark:
        f"{RESULTS}/benchmarks/comparisons.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/comparisons.py"),
        scores=COMPARED,
        populations=POPULATIONS,
        families=FAMILIES,
        settings=STABILITY,
    script:
        "../scripts/stability/comparisons.py"
