"""A script's code is what a run of it really imports; its digest changes with content alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast import code_digest as code
from holdfast.code_digest import code_digest, code_of

pytestmark = pytest.mark.xdist_group("digest")  # one process imports for most of them

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "workflow"
LIBRARY = WORKFLOW / "lib" / "holdfast"
SCRIPTS = sorted((WORKFLOW / "scripts").glob("*/*.py"))

# Imports each script in a process of its own (a fork, after the slow packages), as Snakemake does but
# without its guarded call; then what imports inside functions would add. The packages that only load
# language models are replaced by hollow ones, which makes no difference to what the library imports.
REAL_IMPORTS = """
import ast, importlib, importlib.abc, importlib.machinery, json, os, runpy, sys
import pandas, pyarrow.parquet, pydantic, scipy.stats, yaml

class Hollow(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Thing

class Thing(metaclass=Hollow):
    def __init__(self, *args, **kwargs): pass
    def __call__(self, function): return function

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    NAMES = {"torch", "transformers", "tokenizers", "huggingface_hub", "vllm"}
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in self.NAMES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        module.__getattr__ = lambda name: type(name, (Thing,), {}) if name[0] != "_" else None

sys.meta_path.insert(0, Finder())

def loaded():
    return {n: m.__file__ for n, m in list(sys.modules.items()) if n.split(".")[0] == "holdfast"}

def inner_imports(file):
    for node in ast.walk(ast.parse(open(file, encoding="utf-8").read())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and inner.module.startswith("holdfast"):
                    yield inner.module

def run(script):
    runpy.run_path(script, run_name="imported")
    done = set()
    while waiting := set(loaded().values()) - done:
        for file in waiting:
            done.add(file)
            for module in inner_imports(file):
                importlib.import_module(module)
    return sorted(loaded().values())

for script in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork() == 0:
        print(json.dumps([script, run(script)]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def really_imported() -> dict[Path, set[Path]]:
    done = subprocess.run(
        [sys.executable, "-c", REAL_IMPORTS, *map(str, SCRIPTS)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(WORKFLOW / "lib")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = (json.loads(line) for line in done.stdout.splitlines())
    imported = {Path(script): set(map(Path, files)) for script, files in found}
    assert set(imported) == set(SCRIPTS), done.stderr
    return imported


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the workflow's folder, in which `holdfast.code_digest` looks for the library."""
    folder = tmp_path / "workflow"
    for part in ("lib/holdfast", "scripts"):
        shutil.copytree(
            WORKFLOW / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setattr(code, "LIBRARY", folder / "lib" / "holdfast")
    forget()
    yield folder
    forget()


def forget() -> None:
    """Let the library's files be read anew, as by the next run of Snakemake."""
    for known in (code.used_by, code._run_by, code._content):
        known.cache_clear()


def fresh_digest(script: Path) -> str:
    """Return the digest that the next run of Snakemake would see."""
    forget()
    return code_digest(script)


def module(folder: Path, name: str, text: str) -> Path:
    path = folder / "lib" / "holdfast" / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_code_is_what_a_run_imports(script, really_imported):
    assert {p for p in code_of(script) if p.suffix == ".py"} == really_imported[script] | {script}


def test_scripts_are_there_to_be_tested():
    rooms = {p.parent.name for p in SCRIPTS}
    assert {"design", "inference", "scoring", "stability"} <= rooms


def test_an_edit_changes_the_digests_of_the_scripts_that_use_it_alone(copy):
    scripts = sorted((copy / "scripts").glob("*/*.py"))
    before = {s: fresh_digest(s) for s in scripts}
    uses = {s: set(code_of(s)) for s in scripts}
    assert set.union(*uses.values()) > set((copy / "lib").rglob("model_stability.py"))
    one_a_folder = {path.parent: path for path in sorted((copy / "lib").rglob("*.py"))}
    for path in one_a_folder.values():
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "# edited\n", encoding="utf-8")
        code._content.cache_clear()  # what is used by what stays the same
        changed = {s for s in scripts if code_digest(s) != before[s]}
        assert changed == {s for s in scripts if path in uses[s]}, path
        path.write_text(text, encoding="utf-8")
    assert {s: fresh_digest(s) for s in scripts} == before


def test_an_edit_of_the_script_changes_its_digest(copy):
    script = copy / "scripts" / "scoring" / "scores.py"
    before = fresh_digest(script)
    script.write_text(script.read_text() + "\n")
    assert fresh_digest(script) != before


def test_a_touch_or_another_place_changes_no_digest(copy, tmp_path, monkeypatch):
    script = copy / "scripts" / "inference" / "infer.py"
    before = fresh_digest(script)
    for path in copy.rglob("*.py"):
        os.utime(path, (1, 1))
    assert fresh_digest(script) == before
    moved = copy.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(code, "LIBRARY", moved / "lib" / "holdfast")
    forget()
    assert fresh_digest(moved / "scripts" / "inference" / "infer.py") == before


def test_imports_are_followed_in_every_form_and_in_circles(copy):
    a = module(copy, "a.py", "import holdfast.b\nimport os, numpy.linalg\n")
    b = module(copy, "b.py", "def f():\n    from holdfast.c import x\n")
    c = module(copy, "c.py", "from holdfast import d, a\nx = 1\n")
    d = module(copy, "d.py", "if False:\n    import holdfast.scoring.value_scores as v\n")
    scoring = a.parent / "scoring"
    expected = {
        a,
        b,
        c,
        d,
        a.parent / "__init__.py",
        scoring / "__init__.py",
        scoring / "value_scores.py",
    }
    assert expected <= set(code_of(a))
    assert a.parent / "study" / "config.py" not in code_of(a)


def test_relative_import_is_refused(copy):
    a = module(copy, "a.py", "from . import b\n")
    with pytest.raises(ValueError, match=r"a\.py: relative imports are not followed"):
        code_of(a)


def test_template_belongs_to_the_module_that_names_it(copy):
    a = module(copy, "a.py", 'PAGE = "page.html.j2"\nOTHER = "other.html.j2"\nTEXT = "a\\0.j2"\n')
    module(copy, "unnamed.html.j2", "x")
    page = module(copy, "page.html.j2", "<p>")
    assert page in code_of(a)
    assert [p.name for p in code_of(a) if p.suffix == ".j2"] == ["page.html.j2"]
    before = fresh_digest(a)
    page.write_text("<q>")
    assert fresh_digest(a) != before


def test_name_of_the_script_counts(copy):
    scripts = [module(copy, name, "x = 1\n") for name in ("a.py", "b.py")]
    assert len({code_digest(s) for s in scripts}) == 2


def test_swapped_content_of_two_modules_changes_the_digest(copy):
    a = module(copy, "a.py", "import holdfast.b, holdfast.c\n")
    b, c = module(copy, "b.py", "x = 1\n"), module(copy, "c.py", "x = 2\n")
    before = fresh_digest(a)
    b.write_text("x = 2\n")
    c.write_text("x = 1\n")
    assert fresh_digest(a) != before
