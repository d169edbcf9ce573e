"""Which library modules a script depends on, so that an edit reruns what uses it and nothing else."""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
PACKAGE = LIBRARY.name
BESIDE = (".j2", ".css", ".js")
_IMPORT = re.compile(
    rf"^[ \t]*(?:from +({PACKAGE}[\w.]*) +import +(\([^)]*\)|.*)|import +({PACKAGE}\b.*))", re.M
)
_RELATIVE = re.compile(r"^[ \t]*from +\.", re.M)
_NAMES_BESIDE = re.compile(r"\.(j2|css|js)\b")


def code_of(script: Path) -> list[Path]:
    """Return a script and every file of the library that it imports, directly or through others.

    Templates, styles and scripts of the page count with the module beside them that names them
    (`page.html.j2` in page.py).

    Args:
        script: a Python file.
    """
    found: dict[Path, None] = {}
    waiting = [script.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            waiting += used_by(path)
    return sorted(found)


def code_digest(script: Path) -> str:
    """Return a hash of everything that `code_of` finds: of the names and the content."""
    total = hashlib.sha256()
    for path in code_of(script):
        total.update(path.name.encode() + b"\0" + _content(path))
    return total.hexdigest()[:16]


@cache
def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@cache
def used_by(path: Path) -> tuple[Path, ...]:
    """Return the library's files that one file imports or names."""
    if path.suffix != ".py":
        return ()
    text = path.read_text(encoding="utf-8")
    files = dict.fromkeys(file for name in sorted(_imported(text, path)) for file in _run_by(name))
    if _NAMES_BESIDE.search(text):  # few files do: the others' expressions need not be looked at
        files |= dict.fromkeys(_beside(ast.parse(text), path))
    return tuple(files)


def _imported(text: str, path: Path) -> set[str]:
    """Return the names of the library that a file imports, at whatever depth.

    They are read off the lines: of hundreds of files, syntax trees would take most of a plan's time.
    """
    if _RELATIVE.search(text):
        raise ValueError(f"{path}: relative imports are not followed; write '{PACKAGE}.…'")
    found = set()
    for module, names, plain in _IMPORT.findall(text):
        found |= (
            {module, *(f"{module}.{n}" for n in _names(names))} if module else set(_names(plain))
        )
    return found


def _names(text: str) -> list[str]:
    """Return the names of an import statement, without its comments."""
    return re.findall(r"[\w.]+", re.sub("#.*", "", text))


@cache
def _run_by(name: str) -> tuple[Path, ...]:
    """Return the files that importing a module runs: its packages' and its own."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return ()
    place, above = LIBRARY.joinpath(*parts[1:]), name.rpartition(".")[0]
    files = (place / "__init__.py", place.with_suffix(".py"))
    return (*(_run_by(above) if above else ()), *(f for f in files if f.is_file()))


def _beside(tree: ast.Module, path: Path) -> Iterator[Path]:
    """Yield the files beside a module that it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
            plain = len(name) < 80 and name.endswith(BESIDE) and not {"\0", "\n"} & set(name)
            if plain and (path.parent / name).is_file():
                yield path.parent / name
