"""Which library modules a script depends on, so that an edit reruns what uses it and nothing else."""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
PACKAGE = LIBRARY.name
BESIDE = (".j2", ".css", ".js")
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
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(path.name.encode() + b"\0" + content)
    return total.hexdigest()[:16]


@cache
def used_by(path: Path) -> tuple[Path, ...]:
    """Return the library's files that one file imports or names."""
    if path.suffix != ".py":
        return ()
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    files = dict.fromkeys(_files(_imported(tree, path)))
    if _NAMES_BESIDE.search(text):  # few files do: the others' expressions need not be looked at
        files |= dict.fromkeys(_beside(tree, path))
    return tuple(files)


def _imported(tree: ast.Module, path: Path) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise ValueError(f"{path}: relative imports are not followed; write '{PACKAGE}.…'")


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, those within others as well; an import is never inside an expression."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for held in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, held, None)
            if isinstance(inner, list):  # of a lambda and of `a if b else c` it is an expression
                waiting += inner


def _files(names: Iterable[str]) -> Iterator[Path]:
    """Yield the files that importing modules runs: their packages' and their own."""
    known = {".".join(parts[:i]) for n in names if (parts := n.split("."))[0] == PACKAGE
             for i in range(1, len(parts) + 1)}  # fmt: skip
    for name in sorted(known):
        place = LIBRARY.joinpath(*name.split(".")[1:])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file


def _beside(tree: ast.Module, path: Path) -> Iterator[Path]:
    """Yield the files beside a module that it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
            plain = len(name) < 80 and name.endswith(BESIDE) and not {"\0", "\n"} & set(name)
            if plain and (path.parent / name).is_file():
                yield path.parent / name
