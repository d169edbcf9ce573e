# Conversations and answers: one job per model and population, so that a model is loaded once. Where
# `shards` says so they are several jobs, whose tables are merged into those of one.


OBSERVATION = f"{RESULTS}/observations/{{observer}}/{{model}}/{{population}}"
SHARD = f"{RESULTS}/shards/{{model}}/{{population}}/{{shard}}-of-{{shards}}"


rule prefetch_model:
    input:
        kept=lambda w: PLAN.kept_lock(w.model),
    output:
        # kept when the job runs again, so that a revision once resolved is held to
        update("results/locks/{model}.json"),
    log:
        f"{RESULTS}/logs/prefetch/{{model}}.log",
    wildcard_constraints:
        model="|".join(PLAN.asked_models()) or "(?!)",
    conda:
        "../../envs/inference.yaml"
    params:
        code=code("inference/prefetch_model.py"),
        source=lambda w: PLAN.source(w.model),
    script:
        "../scripts/inference/prefetch_model.py"


# `snakemake prefetch`: all that needs the network, before jobs run where there is none
rule prefetch:
    input:
        [PLAN.made_lock(m) for m in PLAN.fetched_models()],


# `snakemake --cores 2 results/miniatures/llama-mini`: train a miniature anew; the study uses the
# committed ones in resources/miniatures/ until an entry's `path` says otherwise
rule miniature:
    input:
        material=[
            str(p)
            for pattern in (
                "miniatures/*.yaml",
                "prompts/plain.yaml",
                "pvq/*",
                "topics/*.csv",
            )
            for p in sorted(PLAN.resources.glob(pattern))
        ],
    output:
        directory("results/miniatures/{miniature}"),
    log:
        "results/logs/miniatures/{miniature}.log",
    benchmark:
        "results/benchmarks/miniatures/{miniature}.tsv"
    conda:
        "../../envs/inference.yaml"
    params:
        code=code("inference/miniature.py"),
    script:
        "../scripts/inference/miniature.py"


rule infer:
    input:
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=asked_instruments,
        encounters=lambda w: PLAN.encounter_tables(w.population),
        weights=lambda w: PLAN.weights(w.model),
        template=lambda w: PLAN.templates(w.model),
        # whom a prompt without a persona must not tell of
        others=lambda w: [
            f"{RESULTS}/design/personas/{p}.parquet"
            for p in POPULATIONS
            if p != w.population == "none"
        ],
    output:
        conversations=f"{RESULTS}/conversations/{{model}}/{{population}}.parquet",
        responses=f"{RESULTS}/responses/{{model}}/{{population}}.parquet",
        manifest=f"{RESULTS}/responses/{{model}}/{{population}}.json",
    log:
        f"{RESULTS}/logs/infer/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/infer/{{model}}/{{population}}.tsv"
    wildcard_constraints:
        model="|".join(m for m in MODELS if m not in SHARDED) or "(?!)",
    conda:
        lambda w: PLAN.environment(w.model)
    threads: lambda w: PLAN.models[w.model].deployment.cores
    resources:
        mem_mb=lambda w, attempt: round(
            1024 * attempt * PLAN.models[w.model].deployment.memory_gb
        ),
        runtime=lambda w, attempt: attempt
        * PLAN.models[w.model].deployment.walltime_minutes,
        gpu=lambda w: PLAN.models[w.model].deployment.gpus,
        gpu_model=lambda w: PLAN.models[w.model].deployment.gpu_model,
        save_every=PLAN.study.save_every_seconds,
        sessions_at_once=PLAN.study.sessions_at_once,
        # in a million, since resources are whole numbers
        allow_failed=round(1e6 * PLAN.study.allow_failed),
    params:
        code=code("inference/infer.py"),
        entry=lambda w: PLAN.entry(w.model),
        design=lambda w: PLAN.asking(w.model),
        store=STORE,
        shard=(1, 1),
    script:
        "../scripts/inference/infer.py"


use rule infer as infer_shard with:
    output:
        conversations=temp(f"{SHARD}/conversations.parquet"),
        responses=temp(f"{SHARD}/responses.parquet"),
        manifest=f"{SHARD}/manifest.json",
    log:
        f"{RESULTS}/logs/infer/{{model}}/{{population}}/{{shard}}-of-{{shards}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/infer/{{model}}/{{population}}/{{shard}}-of-{{shards}}.tsv"
    wildcard_constraints:
        model="|".join(SHARDED) or "(?!)",
        shard=r"\d+",
        shards=r"\d+",
    params:
        code=code("inference/infer.py"),
        entry=lambda w: PLAN.entry(w.model),
        design=lambda w: PLAN.asking(w.model),
        store=STORE,
        shard=lambda w: (int(w.shard), int(w.shards)),


rule merge_shards:
    input:
        conversations=shards_of("conversations.parquet"),
        responses=shards_of("responses.parquet"),
        manifests=shards_of("manifest.json"),
    output:
        conversations=f"{RESULTS}/conversations/{{model}}/{{population}}.parquet",
        responses=f"{RESULTS}/responses/{{model}}/{{population}}.parquet",
        manifest=f"{RESULTS}/responses/{{model}}/{{population}}.json",
    log:
        f"{RESULTS}/logs/merge_shards/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_shards/{{model}}/{{population}}.tsv"
    wildcard_constraints:
        model="|".join(SHARDED) or "(?!)",
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("inference/merge_shards.py"),
        readouts=list(PLAN.study.administration.readout),
    script:
        "../scripts/inference/merge_shards.py"


# an observer reads what one model said, and reports on who speaks
rule observe:
    input:
        personas=f"{RESULTS}/design/personas/{{population}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{population}}.parquet",
        contexts=f"{RESULTS}/design/contexts.parquet",
        instruments=observed_instruments,
        conversations=f"{RESULTS}/conversations/{{model}}/{{population}}.parquet",
        weights=lambda w: PLAN.weights(PLAN.observers[w.observer].model),
        template=lambda w: PLAN.templates(PLAN.observers[w.observer].model),
    output:
        responses=f"{OBSERVATION}/responses.parquet",
        manifest=f"{OBSERVATION}/manifest.json",
    log:
        f"{RESULTS}/logs/observe/{{observer}}/{{model}}/{{population}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/observe/{{observer}}/{{model}}/{{population}}.tsv"
    conda:
        lambda w: PLAN.environment(PLAN.observers[w.observer].model)
    threads: lambda w: PLAN.observers[w.observer].entry.deployment.cores
    resources:
        mem_mb=lambda w, attempt: round(
            1024 * attempt * PLAN.observers[w.observer].entry.deployment.memory_gb
        ),
        runtime=lambda w, attempt: attempt
        * PLAN.observers[w.observer].entry.deployment.walltime_minutes,
        gpu=lambda w: PLAN.observers[w.observer].entry.deployment.gpus,
        gpu_model=lambda w: PLAN.observers[w.observer].entry.deployment.gpu_model,
        save_every=PLAN.study.save_every_seconds,
        sessions_at_once=PLAN.study.sessions_at_once,
        allow_failed=round(1e6 * PLAN.study.allow_failed),
    params:
        code=code("inference/observe.py"),
        observer=lambda w: PLAN.observer_slice(w.observer),
        entry=lambda w: PLAN.entry(PLAN.observers[w.observer].model),
        design=lambda w: PLAN.observing(w.observer),
        store=STORE,
    script:
        "../scripts/inference/observe.py"


# what people answered elsewhere, in place of a model's job; they are a population of their own
rule people:
    input:
        answers=lambda w: str(PLAN.people[w.people].answers),
        mapping=lambda w: str(PLAN.people[w.people].mapping),
        instrument=lambda w: f"{RESULTS}/design/instruments/{PLAN.people[w.people].instrument}.json",
    output:
        personas=f"{RESULTS}/design/personas/{{people}}.parquet",
        profiles=f"{RESULTS}/design/profiles/{{people}}.parquet",
        contexts=f"{RESULTS}/design/contexts/{{people}}.parquet",
        responses=f"{RESULTS}/responses/{{people}}/{{people}}.parquet",
        manifest=f"{RESULTS}/responses/{{people}}/{{people}}.json",
    log:
        f"{RESULTS}/logs/people/{{people}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/people/{{people}}.tsv"
    conda:
        "../../envs/statistics.yaml"
    params:
        code=code("inference/people.py"),
        limit=PLAN.study.limit,
    script:
        "../scripts/inference/people.py"
