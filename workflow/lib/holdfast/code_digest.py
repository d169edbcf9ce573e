"""Which library modules a script depends on, so that an edit reruns what uses it and nothing else."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
PACKAGE = LIBRARY.name
BESIDE = (".j2", ".css", ".js")


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
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(path.name.encode() + b"\0" + content)
    return total.hexdigest()[:16]


@cache
def used_by(path: Path) -> tuple[Path, ...]:
    """Return the library's files that one file imports or names."""
    if path.suffix != ".py":
        return ()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    files: dict[Path, None] = {}
    for name in _imported(tree, path):
        for file in _files(name):
            files[file] = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            beside = (
                path.parent / node.value
                if "\0" not in node.value and "\n" not in node.value
                else path
            )
            if len(node.value) < 80 and node.value.endswith(BESIDE) and beside.is_file():
                files[beside] = None
    return tuple(files)


def _imported(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"{path}: relative imports are not followed; write '{PACKAGE}.…'")


def _files(name: str) -> Iterator[Path]:
    """Yield the files that importing a module runs: its packages' and its own."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    for i in range(1, len(parts) + 1):
        place = LIBRARY.joinpath(*parts[1:i])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file
