# Value scores to stability: per model, then per family, and all in one table.


ANSWERS = {
    "seed": PLAN.study.seed,
    "replicates": PLAN.study.replicates,
    "rating": PLAN.study.scoring.rating,
    "option_order": PLAN.study.administration.option_order,
}
STABILITY = ANSWERS | PLAN.study.stability.model_dump(
    exclude={"structure", "structure_permutations"}
)
DESIGN = {
    "personas": f"{RESULTS}/design/personas/{{population}}.parquet",
    "profiles": f"{RESULTS}/design/profiles/{{population}}.parquet",
    "contexts": contexts_of,
    "instruments": asked_instruments,
}
FAMILY = {name: entry.model.family for name, entry in PLAN.everyone().items()}
ESTIMATED = {
    p: {
        m: [
            f"{RESULTS}/stability/{kind}/{m}/{p}.parquet"
            for kind in ("models", "draws")
        ]
        for m in MODELS
    }
    for p in POPULATIONS
}
SCORED = {
    p: {
        m: f"{RESULTS}/scores/{m}/{p}/values.parquet"
        for members in FAMILIES.values()
        for m in members
    }
    for p in POPULATIONS
}
CONVERGING = PLAN.converging()
# those in which observers are methods beside a questionnaire have no figure of it
SEVERAL_METHODS = list(dict.fromkeys(CONVERGING + OBSERVED))
# tables of estimates of some studies only, a model and population each
FURTHER = {
    **({"structure": PAIRS} if PLAN.study.stability.structure else {}),
    **({"people": PLAYED} if PEOPLE else {}),
    **({"observers": OBSERVED} if OBSERVED else {}),
    **({"readouts": PLAYED} if len(PLAN.study.administration.readout) > 1 else {}),
    **({"convergence": SEVERAL_METHODS} if SEVERAL_METHODS else {}),
}
OF_FURTHER = [
    path
    for kind, pairs in FURTHER.items()
    for path in of_pairs(
        f"{RESULTS}/stability/{kind}/{{model}}/{{population}}.parquet", pairs
    )
]
OF_PEOPLE = [f"{RESULTS}/stability/models/{p}/{p}.parquet" for p in PEOPLE]
ALL_ESTIMATED = [
    f for models in ESTIMATED.values() for files in models.values() for f in files
]


rule null:
    input:
        **DESIGN,
    output:
        f"{RESULTS}/stability/null/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/null/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/null/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/null.py"),
        settings=as_answered(STABILITY),
    script:
        "../scripts/stability/null.py"


rule model_stability:
    input:
        unpack(without_persona),
        **DESIGN,
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
        ratings=f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet",
        null=f"{RESULTS}/stability/null/{{population}}.parquet",
    output:
        estimates=f"{RESULTS}/stability/models/{{model}}/{{population}}.parquet",
        draws=f"{RESULTS}/stability/draws/{{model}}/{{population}}.parquet",
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
            "family": FAMILY[w.model],
            "population": w.population,
        },
        settings=as_answered(STABILITY),
    script:
        "../scripts/stability/model_stability.py"


rule structure:
    input:
        **DESIGN,
        ratings=f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet",
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
            "family": FAMILY[w.model],
            "population": w.population,
        },
        settings=as_answered(
            ANSWERS
            | PLAN.study.stability.model_dump(include={"structure_permutations"})
        ),
    script:
        "../scripts/stability/structure.py"


rule readout_agreement:
    input:
        **DESIGN,
        responses=f"{RESULTS}/responses/{{model}}/{{population}}.parquet",
    output:
        f"{RESULTS}/stability/readouts/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/readout_agreement/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/readout_agreement/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/readout_agreement.py"),
        about=lambda w: {
            "model": w.model,
            "family": FAMILY[w.model],
            "population": w.population,
        },
        settings={
            k: STABILITY[k]
            for k in ("seed", "replicates", "draws", "confidence", "null_simulations")
        },
    script:
        "../scripts/stability/readout_agreement.py"


# only where questionnaires share values
rule convergence:
    input:
        **DESIGN,
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
        seen=seen_values,
        forms=observed_instruments,
    output:
        f"{RESULTS}/stability/convergence/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/convergence/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/convergence/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/convergence.py"),
        observers=lambda w: OBSERVERS if (w.model, w.population) in OBSERVED else [],
        about=lambda w: {
            "model": w.model,
            "family": FAMILY[w.model],
            "population": w.population,
        },
        settings={
            k: STABILITY[k]
            for k in (
                "seed",
                "replicates",
                "undefined",
                "draws",
                "confidence",
                "null_simulations",
            )
        },
    script:
        "../scripts/stability/convergence.py"


# only where a study has people
rule people_likeness:
    input:
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
        people=[f"{RESULTS}/scores/{p}/{p}/values.parquet" for p in PEOPLE],
    output:
        f"{RESULTS}/stability/people/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/people_likeness/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/people_likeness/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/people_likeness.py"),
        people=PEOPLE,
        instruments=lambda w: {i.name: list(i.values) for i in PLAN.asked(w.population)},
        about=lambda w: {
            "model": w.model,
            "family": FAMILY[w.model],
            "population": w.population,
        },
        settings={k: STABILITY[k] for k in ("seed", "draws", "confidence")},
    script:
        "../scripts/stability/people_likeness.py"


# only where a study has observers
rule observer_estimates:
    input:
        **DESIGN,
        values=f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet",
        conversations=f"{RESULTS}/conversations/{{model}}/{{population}}.parquet",
        observed=[
            f"{RESULTS}/observations/{o}/{{model}}/{{population}}/values.parquet"
            for o in OBSERVERS
        ],
        ratings=[
            f"{RESULTS}/observations/{o}/{{model}}/{{population}}/ratings.parquet"
            for o in OBSERVERS
        ],
        forms=observed_instruments,
    output:
        f"{RESULTS}/stability/observers/{{model}}/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/observer_estimates/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/observer_estimates/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/observer_estimates.py"),
        observers=OBSERVERS,
        about=lambda w: {
            "model": w.model,
            "family": FAMILY[w.model],
            "population": w.population,
            "planted": PLAN.shows_values(w.model),
        },
        settings=STABILITY
        | {
            "least_validity": PLAN.study.observers.least_validity,
            "sees": {name: dict(o.sees) for name, o in PLAN.observers.items()},
        },
    script:
        "../scripts/stability/observer_estimates.py"


rule estimates:
    input:
        ALL_ESTIMATED,
        further=OF_FURTHER + OF_PEOPLE,
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
        models=ESTIMATED,
        families=FAMILIES,
        confidence=STABILITY["confidence"],
    script:
        "../scripts/stability/estimates.py"


rule comparisons:
    input:
        ALL_ESTIMATED,
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
        models=ESTIMATED,
        families=FAMILIES,
        confidence=STABILITY["confidence"],
    script:
        "../scripts/stability/comparisons.py"


rule power:
    input:
        values=[path for paths in SCORED.values() for path in paths.values()],
        personas=expand(DESIGN["personas"], population=POPULATIONS),
        profiles=expand(DESIGN["profiles"], population=POPULATIONS),
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=[f"{RESULTS}/design/instruments/{i}.json" for i in INSTRUMENTS],
    output:
        table=f"{RESULTS}/power.parquet",
        csv=f"{RESULTS}/power.csv",
        designs=f"{RESULTS}/designs.csv",
    log:
        f"{RESULTS}/logs/power.log",
    benchmark:
        f"{RESULTS}/benchmarks/power.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("stability/power.py"),
        scores=SCORED,
        settings={k: STABILITY[k] for k in ("seed", "confidence", "replicates")},
        plans=PLAN.study.power.model_dump(),
    script:
        "../scripts/stability/power.py"
