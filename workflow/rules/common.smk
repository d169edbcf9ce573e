# What all rooms' rules share.

import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from snakemake.settings.types import DeploymentMethod


def on_disk(here):
    """Return this workflow's folder. One that a module names by repository and commit gets a copy of its own.

    Snakemake fetches rules and scripts from a repository one by one; the library and the resources are needed whole.
    """
    if hasattr(here, "__fspath__"):
        return Path(here)
    repository = getattr(here, "repo_path", None) or here.hosted_repo.repo_clone
    git = ["git", "-C", str(repository)]
    named = subprocess.run(
        [*git, "rev-parse", f"{here.ref}^{{commit}}"], check=True, capture_output=True
    )
    copy = Path(".snakemake", "holdfast", named.stdout.decode().strip())
    if not copy.exists():
        packed = subprocess.run(
            [*git, "archive", copy.name], check=True, capture_output=True
        )
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent) as part:
            tarfile.open(fileobj=io.BytesIO(packed.stdout)).extractall(
                part, filter="data"
            )
            os.rename(part, copy)
            os.mkdir(part)  # for the end of the block to remove
    return copy / "workflow"


def conda_environments(workflow):
    """Return the folder of conda environments; None where conda is not used."""
    how = workflow.deployment_settings
    if how is None or DeploymentMethod.CONDA not in how.deployment_method:
        return None
    return Path(how.conda_prefix or ".snakemake/conda").absolute()


def code(script):
    """Return a digest of a script and the library files that it imports, as a rule's parameter.

    So an edit of a module reruns the rules that use it and no others, and a touched file nothing.
    """
    return code_digest(WORKFLOW / "scripts" / script)


def asked_instruments(w):
    """Return the documents of the questionnaires that a population is asked."""
    asked = PLAN.asked(w.population)
    return [f"{RESULTS}/design/instruments/{i.name}.json" for i in asked]


def observed_instruments(w):
    """Return the documents of the forms that observers fill in about a population."""
    forms = PLAN.filled_in(w.population)
    return [f"{RESULTS}/design/instruments/{form.name}.json" for form in forms]


def seen_values(w):
    """Return the scores of what observers report of a model in a population; none where nobody observes it."""
    of = OBSERVERS if (w.model, w.population) in OBSERVED else []
    return [
        f"{RESULTS}/observations/{o}/{w.model}/{w.population}/values.parquet"
        for o in of
    ]


def contexts_of(w):
    """Return the table of a population's contexts: the study's, or of people their waves."""
    of = f"contexts/{w.population}" if w.population in PEOPLE else "contexts"
    return f"{RESULTS}/design/{of}.parquet"


def as_answered(settings):
    """Return, for a population, how its answers are dealt with: people answered once, with ratings alone."""
    own = {
        "replicates": 1,
        "rating": "choice",
        "option_order": "fixed",
        "on_invalid": "missing",
    }
    of_people = settings | {k: v for k, v in own.items() if k in settings}
    return lambda w: of_people if w.population in PEOPLE else settings


def of_pairs(pattern, pairs):
    """Return a file for each of several pairs of a model and a population."""
    return [pattern.format(model=m, population=p) for m, p in pairs]


def of_project(*patterns):
    """Return files of the project that are there, for the crate."""
    return [
        str(p) for pattern in patterns for p in sorted(WORKFLOW.parent.glob(pattern))
    ]


def without_persona(w):
    """Return what a model answers without a persona, for its other populations."""
    if "none" not in POPULATIONS or w.population in ["none", *PEOPLE]:
        return {}
    return {
        "plain_values": f"{RESULTS}/scores/{w.model}/none/values.parquet",
        "plain_personas": f"{RESULTS}/design/personas/none.parquet",
        "plain_profiles": f"{RESULTS}/design/profiles/none.parquet",
    }


def shards_of(file):
    """Return, for the merge of a model's shards, where the shards have a file."""

    def paths(w):
        n = PLAN.shards(w.model, w.population)
        return [f"{SHARD}/{file}".format(**w, shard=i + 1, shards=n) for i in range(n)]

    return paths


# on a cluster these run where Snakemake does: a second or two of work each
localrules:
    personas,
    contexts,
    encounters,
    instrument,
    provenance,
    leaderboard,
