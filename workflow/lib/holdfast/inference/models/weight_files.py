"""The files of a local model: which are its weights, what they may be, and their hashes."""

import hashlib
import re
from pathlib import Path

from holdfast.errors import StudyError

WEIGHT_FILES = (".json", ".safetensors", ".jinja")


def check_weights(path: Path, where: str) -> None:
    """Refuse a folder that is not there, or whose weights are pickles, which can run code when read."""
    if not path.is_dir():
        raise StudyError(f"{where}: there is no folder '{path}'.")
    names = sorted(p.name for p in path.iterdir())
    pickles = [n for n in names if n.endswith((".bin", ".pt", ".pth", ".ckpt"))]
    if pickles and not any(n.endswith(".safetensors") for n in names):
        raise StudyError(
            f"{where}: '{path}' has its weights in {pickles[0]}, a format that can run code when it is "
            "read. Allowed: *.safetensors. Save the model anew with save_pretrained()."
        )


def file_digests(folder: Path | str) -> dict[str, str]:
    """Return the SHA-256 of each of a model's files by its name.

    In a hub's cache a large file is a link to one that is named by its hash, which is taken from there.
    """
    found = {}
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file()):
        name = path.resolve().name
        if path.is_symlink() and re.fullmatch("[0-9a-f]{64}", name):
            found[path.name] = name
        else:
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def weights_revision(folder: Path) -> str:
    """Return a hash of a local model's files, which serves as its revision."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in WEIGHT_FILES):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:40]
