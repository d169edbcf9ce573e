# Where the workflow's own files are; read before the library can be imported.

import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path


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
