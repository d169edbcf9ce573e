"""Fetching models from a hub, and holding on to the revision that was fetched."""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, is_offline_mode, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError

logger = logging.getLogger(__name__)

# weights as safetensors only; the rest is configuration, tokenizer and, where the registry allows it, code
INDEX = "model.safetensors.index.json"
NOT_WANTED = ["*/*", "consolidated*"]  # the same weights again, in other formats
WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.tiktoken", "*.txt", "*.py"]


def prefetch(*, repository: str, pinned: str | None, lock: Path, kept: Sequence[Path] = ()) -> None:
    """Fetch a model into the hub's cache and write which commit it was.

    A lock that is there already is held to: the model is fetched at its commit. One that is kept with the
    project goes before the one that a prefetch wrote.

    Args:
        repository: the model's name on the hub.
        pinned: the commit that the registry names, if it does.
        lock: the file for repository and revision; later runs hold to it.
        kept: the lock file that is kept with the project, where there is one.

    Raises:
        StudyError: the hub can't be reached, or refuses, or has no weights that are loaded here.
    """
    held = [pinned, *(held_revision(repository, file) for file in (*kept, lock))]
    revision = next((r for r in held if r), None) or newest_revision(repository)
    if missing_files(fetched(repository, revision)):  # the cache may hold the tokenizer alone
        lacking = missing_files(_downloaded(repository, revision))
        if lacking:
            raise StudyError(
                f"{repository}: its commit {revision} has no {', '.join(lacking)}. Weights are loaded from "
                "safetensors only."
            )
    text = json.dumps({"repository": repository, "revision": revision}, indent=1) + "\n"
    write_whole(lock, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    logger.info("%s: fetched commit %s", repository, revision)


def newest_revision(repository: str) -> str:
    """Return the newest commit of a model on the hub; raise StudyError if the hub names none."""
    with _told_plainly(repository):
        revision = HfApi(token=_token()).model_info(repository).sha
    if not revision:
        raise StudyError(f"{repository}: the hub names no commit.")
    return revision


def fetched(repository: str, revision: str | None) -> Path:
    """Return the folder of a model at a commit, from the cache, else from the hub.

    The hub is not asked for what lies in the cache, so that a job needs no network after a prefetch.

    Raises:
        StudyError: it is not in the cache, and the hub can't be reached or refuses.
    """
    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return _downloaded(repository, revision)


def _downloaded(repository: str, revision: str | None) -> Path:
    with _told_plainly(repository, revision):
        folder = snapshot_download(
            repository, revision=revision, allow_patterns=WANTED, ignore_patterns=NOT_WANTED,
            token=_token(),
        )  # fmt: skip
    return Path(folder)


def missing_files(folder: Path) -> list[str]:
    """Return what a model's folder lacks to be loaded: its configuration, weights, or shards of its index.

    Raises:
        StudyError: the index of the shards can't be read.
    """
    there = {
        p.name for p in folder.iterdir() if p.exists()
    }  # a link into the cache may lead nowhere
    wanted = {"config.json"}
    if INDEX in there:
        try:
            wanted |= set(
                json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StudyError(
                f"{folder / INDEX}: is no index of shards. Remove it to fetch it anew."
            ) from None
    elif not any(name.endswith(".safetensors") for name in there):
        wanted.add("*.safetensors")
    return sorted(wanted - there)


def _token() -> str | None:
    return os.environ.get("HF_TOKEN") or None


@contextmanager
def _told_plainly(repository: str, revision: str | None = None) -> Iterator[None]:
    try:
        yield
    except (HfHubHTTPError, httpx2.HTTPError, OSError) as e:
        raise StudyError(f"{repository}: {_reason(e, revision)}") from None


def _reason(error: Exception, revision: str | None) -> str:
    """Return why a model can't be had, and what to do; the token is in no message."""
    if isinstance(error, GatedRepoError):
        return (
            "is gated: accept its licence on the hub, and set HF_TOKEN to a token of that account."
        )
    if isinstance(error, RevisionNotFoundError):
        return (
            f"has no commit {revision} on the hub. If the registry names it, mend `revision`; if the lock "
            "does, remove the model's file under resources/models/locks/ and results/locks/ to resolve it "
            "anew: results will be of other weights."
        )
    if isinstance(error, RepositoryNotFoundError):
        return "is not on the hub, or is private: mend `repository`, or set HF_TOKEN."
    if is_offline_mode():
        return (
            "is not, or not wholly, in the hub's cache (HF_HOME), and HF_HUB_OFFLINE keeps jobs from the "
            "network. Run `snakemake prefetch` where there is one, with the same HF_HOME."
        )
    said = str(error).replace(_token() or "\0", "***").strip()
    reason = (said or type(error).__name__).splitlines()[0].rstrip(".")
    return (
        f"can't be fetched: {reason}. Where jobs have no network, run `snakemake prefetch` where there "
        "is one. A gated model needs its licence accepted on the hub and HF_TOKEN set."
    )


def held_revision(repository: str, lock: Path) -> str | None:
    """Return the commit that a lock file holds; None without a file.

    Raises:
        StudyError: the lock can't be read, or is of another repository.
    """
    if not lock.exists():
        return None
    try:
        held = json.loads(lock.read_text(encoding="utf-8"))
        found, revision = held["repository"], str(held["revision"])
    except (ValueError, KeyError, TypeError):
        raise StudyError(f"{lock}: is not a lock file. Remove it to resolve it anew.") from None
    if found != repository:
        raise StudyError(
            f"{lock}: holds a commit of '{found}', but the registry says '{repository}'. "
            "Remove the file to resolve it anew."
        )
    return revision
