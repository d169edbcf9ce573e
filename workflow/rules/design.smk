# Personas, contexts and instruments: what every job of the study works from.


rule personas:
    output:
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/personas/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/personas/{{population}}.tsv"
    wildcard_constraints:
        population="|".join(POPULATIONS) or "(?!)",
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("design/personas.py"),
        resources=str(PLAN.resources),
        source=lambda w: PLAN.persona_source(w.population),
    script:
        "../scripts/design/personas.py"


rule contexts:
    output:
        f"{RESULTS}/design/contexts.parquet",
    log:
        f"{RESULTS}/logs/contexts.log",
    benchmark:
        f"{RESULTS}/benchmarks/contexts.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("design/contexts.py"),
        contexts=PLAN.context_rows(),
    script:
        "../scripts/design/contexts.py"


# a questionnaire, or its form for observers
rule instrument:
    output:
        f"{RESULTS}/design/instruments/{{instrument}}.json",
    log:
        f"{RESULTS}/logs/instrument/{{instrument}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/instrument/{{instrument}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("design/instrument.py"),
        resources=str(PLAN.resources),
        source=lambda w: PLAN.instrument_source(w.instrument),
    script:
        "../scripts/design/instrument.py"


# only where respondents meet other personas, or read a text of their own
rule encounters:
    output:
        f"{RESULTS}/design/encounters/{{population}}.parquet",
    log:
        f"{RESULTS}/logs/encounters/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/encounters/{{population}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("design/encounters.py"),
        resources=str(PLAN.resources),
        source=lambda w: PLAN.encounter_source(w.population),
        digest=lambda w: PLAN.encounter_digest(w.population),
    script:
        "../scripts/design/encounters.py"
