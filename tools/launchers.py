"""Make an environment's commands find their Python and this project's library from where they lie themselves.

So they run in a folder with a space or a quote in its name, and a project that is copied or moved runs its own
code. Run by tools/set_up.sh:
  .venv/bin/python tools/launchers.py .venv
"""

import os
import re
import sys
import sysconfig
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# a line for the shell, which Python reads as a text that nobody uses
HEAD = """#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")"/python "$0" "$@"
' '''
"""
_OWN_HEAD = re.compile(rb"\A#!(?:/bin/sh\n'''exec' [^\n]*\n' '''|[^\n]*python[^\n]*)\n")
OWN = {
    "holdfast": "from holdfast.cli import main\n\nmain()\n",
    "snakemake": "import sys\n\nfrom holdfast.configfile_words import look_at\n"
    "from snakemake.cli import main\n\nlook_at(sys.argv[1:])\nsys.exit(main())\n",
}
"""The commands that are ours; the others keep what they are."""

ACTIVATE = {
    "activate": (
        '_OLD_VIRTUAL_PATH="$PATH"\n',
        '_here="${BASH_SOURCE:-}"\n'
        '[ -z "${ZSH_VERSION:-}" ] || eval \'_here="${(%):-%x}"\'\n'
        '[ -z "$_here" ] || VIRTUAL_ENV="$(cd -P -- "$(dirname -- "$_here")/.." >/dev/null && pwd)"\n'
        "unset _here\n",
    ),
    "activate.fish": (
        "set -gx _OLD_VIRTUAL_PATH $PATH\n",
        "set -gx VIRTUAL_ENV (realpath (dirname (status filename))/..)\n",
    ),
}
"""The lines before which those stand that find the environment."""


def main(environment: Path, library: Path, packages: Path) -> None:
    """Write the launchers.

    Args:
        environment: its folder.
        library: the folder of this project's library.
        packages: the folder of the environment's packages.
    """
    place = os.path.relpath(library.resolve(), packages.resolve())
    (packages / "holdfast.pth").write_text(place + "\n", encoding="utf-8")
    for path in (environment / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            _write(path, _OWN_HEAD.sub(HEAD.encode(), content, count=1), content)
    for name, text in OWN.items():
        _write(environment / "bin" / name, (HEAD + text).encode())
    for name, (line, more) in ACTIVATE.items():
        path = environment / "bin" / name
        if path.exists() and more not in (text := path.read_text(encoding="utf-8")):
            path.write_text(text.replace(line, more + line, 1), encoding="utf-8")
    (environment / "bin" / "activate.csh").unlink(missing_ok=True)  # csh tells no script its place


def _write(path: Path, content: bytes, before: bytes | None = None) -> None:
    """Write a command at once, so that whoever starts it meanwhile has the old one or the new one."""
    if content != before:
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.chmod(0o755)
        part.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), PROJECT / "workflow" / "lib", Path(sysconfig.get_path("purelib")))
