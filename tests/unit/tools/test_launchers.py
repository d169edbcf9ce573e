"""The commands of an environment: they run in any folder, and a copy runs its own code."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAME = 'Jörg\'s "own" study #1 $x'


def environment(project: Path) -> Path:
    """Make an environment that has the packages of this one, and the launchers as the set-up writes them."""
    folder = project / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "base.pth").write_text(sysconfig.get_path("purelib") + "\n")
    tool = folder / "bin/pygmentize"
    tool.write_text(f"#!{folder}/bin/python\nimport sys\n\nprint(sys.prefix)\n")
    (project / "tools").mkdir()
    shutil.copy2(ROOT / "tools/launchers.py", project / "tools")
    subprocess.run([folder / "bin/python", project / "tools/launchers.py", folder], check=True)
    return folder


def said(command: list[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_commands_run_in_any_folder_and_a_copy_runs_its_own_code(tmp_path: Path, how: str) -> None:
    project, other = tmp_path / NAME, tmp_path / "other one"
    library = project / "workflow/lib/holdfast"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "cli.py").write_text("def main():\n    print('old', __file__)\n")
    environment(project)
    assert said([".venv/bin/holdfast"], project) == f"old {library}/cli.py"
    if how == "copied":
        shutil.copytree(project, other, symlinks=True)
    else:
        project.rename(other)
    (other / "workflow/lib/holdfast/cli.py").write_text("def main():\n    print('new', __file__)\n")
    assert said([".venv/bin/holdfast"], other).startswith("new ")
    assert said([other / ".venv/bin/pygmentize"], tmp_path) == str(other / ".venv")
    active = f"source '{other}/.venv/bin/activate' && command -v holdfast && holdfast"
    assert said(["bash", "-c", active], tmp_path).startswith(f"{other}/.venv/bin/holdfast\nnew ")
    (tmp_path / "link").symlink_to(other / ".venv/bin/holdfast")
    assert said([tmp_path / "link"], tmp_path).startswith("new ")


def test_what_follows_configfile_is_looked_at_before_snakemake(tmp_path: Path) -> None:
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    snakemake = environment(tmp_path) / "bin/snakemake"
    done = subprocess.run(
        [snakemake, "--configfile", "power"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: --configfile takes every word") and not done.stdout
    assert said([snakemake, "--version"], tmp_path)[0].isdigit()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a:b", "has a ':' in its name"), ("a{b}", "has a '{' or '}' in its name")],
)
def test_the_set_up_refuses_a_folder_where_no_run_can_work(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / name / "tools").mkdir(parents=True)
    shutil.copy2(ROOT / "tools/set_up.sh", tmp_path / name / "tools")
    done = subprocess.run(
        ["tools/set_up.sh"], cwd=tmp_path / name, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"the folder '{tmp_path / name}' {sentence}" in done.stderr
    assert not (tmp_path / name / ".venv").exists()
