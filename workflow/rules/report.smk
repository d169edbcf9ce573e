# Figures, tables and the page: what a reader opens first.


OF_ESTIMATES = [
    *("stability", "contexts", "agreement", "variance"),
    *(["domains"] if PLAN.several_domains() else []),
    *(["facets"] if PLAN.study.facets.several() else []),
    *(["lengths"] if PLAN.study.contexts.several_lengths else []),
    *(["links"] if PLAN.links() else []),
    *(["readouts"] if len(PLAN.study.administration.readout) > 1 else []),
    *(["observers"] if OBSERVED else []),
    *(["convergence"] if CONVERGING else []),
]
CIRCLES = PLAN.study.stability.structure and any(
    is_circle(list(i.values)) for i in PLAN.instruments.values()
)
CENTRED = [name for name, i in PLAN.instruments.items() if i.centred]
PROFILES = [*(["profiles"] if CENTRED else []), *(["circle"] if CIRCLES else [])]
SEVERAL = sum(map(len, PLAN.families().values())) > 1
FIGURES = [
    "stability",
    *(["ranks"] if SEVERAL else []),  # one model has its place for sure
    "contexts",
    *(["trajectories"] if MODELS else []),  # nobody follows single people
    *OF_ESTIMATES[2:],
    *PROFILES,
]


# few jobs for all of them: each would take longer to start than to draw
OF_MODELS = [*(["ranks"] if SEVERAL else []), *PROFILES]
AFTER_ESTIMATES = [*OF_ESTIMATES, *(["trajectories"] if MODELS else [])]


rule estimates_figure:
    input:
        estimates=f"{RESULTS}/estimates.parquet",
        values=of_pairs(
            f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet", PLAYED
        ),
    output:
        expand(
            f"{RESULTS}/figures/{{figure}}{{ending}}",
            figure=AFTER_ESTIMATES,
            ending=[".png", ".csv"],
        ),
        svg=[
            report(
                f"{RESULTS}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Stability",
            )
            for figure in AFTER_ESTIMATES
        ],
    log:
        f"{RESULTS}/logs/estimates_figure.log",
    benchmark:
        f"{RESULTS}/benchmarks/estimates_figure.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/estimates_figure.py"),
        models=PLAN.labels(),
    script:
        "../scripts/report/estimates_figure.py"


# those that need no estimates
rule models_figure:
    input:
        draws=of_pairs(
            f"{RESULTS}/stability/draws/{{model}}/{{population}}.parquet", PLAYED
        ),
        values=of_pairs(
            f"{RESULTS}/scores/{{model}}/{{population}}/values.parquet", PAIRS
        ),
        ratings=of_pairs(
            f"{RESULTS}/scores/{{model}}/{{population}}/ratings.parquet", PAIRS
        ),
        profiles=expand(
            f"{RESULTS}/design/profiles/{{population}}.parquet",
            population=POPULATIONS + PEOPLE,
        ),
    output:
        expand(
            f"{RESULTS}/figures/{{figure}}{{ending}}",
            figure=OF_MODELS,
            ending=[".png", ".csv"],
        ),
        svg=[
            report(
                f"{RESULTS}/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="Stability" if figure == "ranks" else "Profiles",
            )
            for figure in OF_MODELS
        ],
    log:
        f"{RESULTS}/logs/models_figure.log",
    benchmark:
        f"{RESULTS}/benchmarks/models_figure.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/models_figure.py"),
        models=PLAN.labels(),
        confidence=PLAN.study.stability.confidence,
        instruments=CENTRED,
        seed=PLAN.study.seed,
        permutations=PLAN.study.stability.structure_permutations,
    script:
        "../scripts/report/models_figure.py"


rule checks:
    input:
        estimates=f"{RESULTS}/estimates.parquet",
        manifests=MANIFESTS,
    output:
        report(
            f"{RESULTS}/checks.csv",
            caption="../report/checks.rst",
            category="Checks",
        ),
    log:
        f"{RESULTS}/logs/checks.log",
    benchmark:
        f"{RESULTS}/benchmarks/checks.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/checks.py"),
        models=PLAN.entries(),
    script:
        "../scripts/report/checks.py"


rule leaderboard:
    input:
        f"{RESULTS}/estimates.parquet",
    output:
        report(
            f"{RESULTS}/leaderboard.csv",
            caption="../report/leaderboard.rst",
            category="Stability",
        ),
    log:
        f"{RESULTS}/logs/leaderboard.log",
    benchmark:
        f"{RESULTS}/benchmarks/leaderboard.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/leaderboard.py"),
        models=PLAN.labels(),
    script:
        "../scripts/report/leaderboard.py"


# all that a result may be compared by; the page is left out, since it shows the provenance
TABLES = [
    *(f"{RESULTS}/design/personas/{p}.parquet" for p in POPULATIONS + PEOPLE),
    *(f"{RESULTS}/design/profiles/{p}.parquet" for p in POPULATIONS + PEOPLE),
    *(f"{RESULTS}/design/instruments/{i}.json" for i in INSTRUMENTS + FORMS),
    *([f"{RESULTS}/design/contexts.parquet"] if MODELS else []),
    *(f"{RESULTS}/design/contexts/{p}.parquet" for p in PEOPLE),
    *of_pairs(f"{RESULTS}/conversations/{{model}}/{{population}}.parquet", PLAYED),
    *(
        path
        for table in (
            "responses/{model}/{population}.parquet",
            "scores/{model}/{population}/ratings.parquet",
            "scores/{model}/{population}/values.parquet",
            "stability/models/{model}/{population}.parquet",
        )
        for path in of_pairs(f"{RESULTS}/{table}", PAIRS)
    ),
    *(
        f"{folder}/{table}.parquet"
        for folder in OBSERVATIONS
        for table in ("responses", "ratings", "values")
    ),
    *OF_FURTHER,
    *multiext(f"{RESULTS}/estimates", ".parquet", ".csv"),
    *multiext(f"{RESULTS}/comparisons", ".parquet", ".csv"),
    f"{RESULTS}/leaderboard.csv",
    f"{RESULTS}/checks.csv",
    *expand(f"{RESULTS}/figures/{{figure}}.csv", figure=FIGURES),
]


rule provenance:
    input:
        manifests=MANIFESTS,
        tables=TABLES,
    output:
        f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/logs/provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/provenance.py"),
        study=PLAN.configuration(),
        models=PLAN.recorded(),
    script:
        "../scripts/report/provenance.py"


rule answers:
    input:
        responses=f"{RESULTS}/responses/{{model}}/{{population}}.parquet",
        conversations=f"{RESULTS}/conversations/{{model}}/{{population}}.parquet",
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        instruments=asked_instruments,
    output:
        index=f"{RESULTS}/report/answers/{{model}}/{{population}}.js",
        pages=directory(f"{RESULTS}/report/answers/{{model}}/{{population}}"),
    log:
        f"{RESULTS}/logs/answers/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/answers/{{model}}/{{population}}.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/answers.py"),
    script:
        "../scripts/report/answers.py"


rule page:
    input:
        estimates=f"{RESULTS}/estimates.parquet",
        comparisons=f"{RESULTS}/comparisons.parquet",
        checks=f"{RESULTS}/checks.csv",
        manifests=MANIFESTS,
        conversations=of_pairs(
            f"{RESULTS}/conversations/{{model}}/{{population}}.parquet", PLAYED
        ),
        figures=expand(f"{RESULTS}/figures/{{figure}}.svg", figure=FIGURES),
        provenance=f"{RESULTS}/provenance.json",
        published=PLAN.published(),
        answers=of_pairs(
            f"{RESULTS}/report/answers/{{model}}/{{population}}.js", PLAYED
        ),
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{RESULTS}/logs/page.log",
    benchmark:
        f"{RESULTS}/benchmarks/page.tsv"
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/page.py"),
        study=PLAN.configuration(),
        models=PLAN.entries(),
    script:
        "../scripts/report/page.py"


# the study as one object to deposit: all that `all` makes, packed with code and environment
rule crate_file:
    input:
        provenance=f"{RESULTS}/provenance.json",
        tables=TABLES,
        page=f"{RESULTS}/report/index.html",
        inputs=[str(PLAN.resources / "prompts" / f"{w}.yaml") for w in PLAN.wordings],
    output:
        f"{RESULTS}/{PLAN.study.study}.crate.zip",
    log:
        f"{RESULTS}/logs/crate_file.log",
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/crate_file.py"),
        workflow=str(WORKFLOW),
        environment=of_project("envs/*.yaml", "requirements.lock"),
        about=of_project("LICENSE", "CITATION.cff"),
        citation=lambda w: bibliography(PLAN),
    script:
        "../scripts/report/crate_file.py"


# `snakemake crate`
rule crate:
    input:
        f"{RESULTS}/{PLAN.study.study}.crate.zip",


# answers and messages for other tools; a rule's only output may be a folder, so nothing old stays in it
rule dataset_folder:
    input:
        contexts=f"{RESULTS}/design/contexts.parquet",
        personas=expand(
            f"{RESULTS}/design/personas/{{population}}.parquet",
            population=POPULATIONS,
        ),
        instruments=expand(
            f"{RESULTS}/design/instruments/{{instrument}}.json",
            instrument=INSTRUMENTS + (FORMS if OBSERVED else []),
        ),
        responses=of_pairs(
            f"{RESULTS}/responses/{{model}}/{{population}}.parquet", PLAYED
        ),
        conversations=of_pairs(
            f"{RESULTS}/conversations/{{model}}/{{population}}.parquet", PLAYED
        ),
        observations=[
            f"{OBSERVATION}/responses.parquet".format(
                observer=o, model=m, population=p
            )
            for o in OBSERVERS
            for m, p in OBSERVED
        ],
    output:
        directory(f"{RESULTS}/dataset"),
    log:
        f"{RESULTS}/logs/dataset_folder.log",
    conda:
        "../../envs/report.yaml"
    params:
        code=code("report/dataset_folder.py"),
        about=about_dataset(PLAN),
        citation=lambda w: bibliography(PLAN),
    script:
        "../scripts/report/dataset_folder.py"


# `snakemake dataset`
rule dataset:
    input:
        f"{RESULTS}/dataset",
