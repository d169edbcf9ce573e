"""What the docs say can be done can be done: commands, examples, links, the configuration's reference."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from original_documents import PVQ, answers, document, write

from holdfast.documentation.configuration_page import configuration_reference
from holdfast.documentation.tables_page import data_dictionary
from holdfast.report.dataset.tidy_columns import arrow_schema
from holdfast.report.figure_parts.figure_tables import columns
from holdfast.report.tables.leaderboard import leaderboard
from holdfast.tables.schemas import SCHEMAS
from projects import ROOT, Project
from warm_python import warm_python

pytestmark = pytest.mark.xdist_group("docs")  # some commands read what those before them wrote
PAGES = [p for p in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if p.exists()]
LINKED = [
    *PAGES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "config/README.md", "results/README.md")),
    *sorted((ROOT / "resources").glob("*/README.md")),
]
LIGHT = ("check", "estimate", "explain")  # which leave packages out that a warm Python has imported
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', flags=re.M | re.S)


def commands(text: str) -> list[str]:
    """Return the commands of a console block; where some lines begin with $, the others are output."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    lines = prompted or [line for line in lines if line and not line.startswith("#")]
    return [line.split(" #")[0].strip() for line in lines]


def blocks(kind: str) -> list[str]:
    """Return what stands in every page's blocks of a kind, each once."""
    found = [b for p in PAGES for b in BLOCK.findall(p.read_text(encoding="utf-8"))]
    return list(dict.fromkeys(content for k, _, content in found if k == kind))


COMMANDS = list(dict.fromkeys(c for block in blocks("console") for c in commands(block)))


@pytest.fixture(scope="module")
def shown(shared_project: Project) -> Project:
    """Write the files that the pages show; rows of a CSV file that is there already are added to it."""
    pvq = shared_project.folder / "resources/pvq"
    shutil.copy2(pvq / "pvq40.csv", pvq / "official.csv")  # in place of the reader's own
    shutil.copytree(ROOT / "tests/cases/answers", shared_project.folder / "answers")  # likewise
    for seed, topic in enumerate(("joke", "chess")):
        made = document("some-model", topic, answers(PVQ, seed))
        write(shared_project.folder / "answers/original" / f"theme_{topic}", made)
    for page in PAGES:
        for _, name, content in BLOCK.findall(page.read_text(encoding="utf-8")):
            path = shared_project.folder / name
            if name and path.exists():
                assert path.suffix == ".csv", f"{page.name}: {name} is there already"
                content = path.read_text(encoding="utf-8") + content
            if name:
                shared_project.write(name, content)
    (shared_project.folder / "results/store").mkdir(parents=True)  # in place of a finished study's
    shared_project.write("results/smoke/provenance.json", '{"tables": {}}')
    shared_project.write("results/smoke/leaderboard.csv", leaderboard_of_nothing())
    variance = ",".join(columns("variance")) + "\n"
    shared_project.write("results/smoke/figures/variance.csv", variance)
    for table in ("answers", "messages"):
        place = shared_project.folder / f"results/smoke/dataset/data/{table}/none.parquet"
        place.parent.mkdir(parents=True)
        pq.write_table(arrow_schema(table).empty_table(), place)
    shared_project.write("differences.csv", ",".join(columns("differences")) + "\n")
    return shared_project


def leaderboard_of_nothing() -> str:
    """Return a leaderboard with all columns and no row, in place of a finished study's."""
    nothing = pd.DataFrame(columns=list(SCHEMAS["estimates"]))
    return leaderboard(nothing, {}).to_csv(index=False)


def run(project: Project, command: list[str]) -> None:
    """Run a command in the copy, with the copy's library."""
    environment = os.environ | {"PYTHONPATH": str(project.folder / "workflow/lib")}
    done = subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"


def check_make(arguments: list[str]) -> None:
    """Check that a target is there, and that CI itself runs it if it is one of the README's two."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in (a for a in arguments if "=" not in a):
        assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.M), f"no target {target}"
        if target in ("study", "test"):
            assert f"make {target}" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    for setting in (a for a in arguments if "=" in a):
        name, _, file = setting.partition("=")
        assert re.search(rf"^{name} *=", makefile, flags=re.M), f"no variable {name}"
        assert (ROOT / file).exists(), f"no file {file}"


def check_command(project: Project, command: str) -> None:
    """Check one command: make by its targets, Snakemake by a dry run, holdfast by running it.

    What `compare` is to compare is computed before; its figures are those of a whole study.
    """
    program, *arguments = shlex.split(command)
    program = program.removeprefix(".venv/bin/")
    if program == "make":
        check_make(arguments)
    elif program == "snakemake":
        if "--unlock" not in arguments:
            arguments.append("-n")
        if shutil.which("conda") is None:
            arguments = [a for a in arguments if a != "--use-conda"]
        ran = project.snakemake(*arguments)
        assert ran.status == 0, f"{command}\n{ran.said}"
    elif program == "holdfast":
        for results in arguments[1:3] if arguments[0] == "compare" else []:
            compute(project, results)
        plain = arguments[0] in LIGHT
        run(project, [sys.executable if plain else warm_python(), "-m", "holdfast.cli", *arguments])
    else:
        pytest.fail(f"the docs hold a command that no test knows: {command}")


def compute(project: Project, results: str) -> None:
    """Compute what a comparison reads of one of the studies in studies/mini/, for a reference alone."""
    study = Path(results).name.removesuffix("-mini")
    figures = f"{results}/stability/models/random/generated.parquet"
    given = ["--configfile", f"studies/mini/{study}.yaml", "--config", "models=[random]"]
    ran = project.snakemake(figures, *given)
    assert ran.status == 0, ran.said
    project.write(f"{results}/provenance.json", "{}")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, shown: Project) -> None:
    check_command(shown, command)


@pytest.mark.parametrize("code", blocks("python"), ids=lambda c: c.splitlines()[-1][:40])
def test_python_runs(code: str, shown: Project) -> None:
    run(shown, [sys.executable, "-c", code])


def test_there_are_commands() -> None:
    """So that the tests above can fail: blocks are found."""
    assert len(COMMANDS) >= 10 and blocks("python")


def anchors(page: Path) -> set[str]:
    """Return the names under which a page's headings can be linked."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", LINKED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)[^)]*\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_files_that_the_docs_name_are_there() -> None:
    """Paths in backticks that begin with a folder of the project; made files and patterns apart."""
    folders = "docs|envs|profiles|resources|studies|tests|tools|workflow"
    made = ("resources/models/locks/", "resources/pvq/official", "studies/own.yaml")
    for page in LINKED:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        new = {name for _, name, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}
        for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", text):
            there = (ROOT / path).exists() or path in new or path.startswith(made)
            assert there, f"{page.name}: {path}"


def test_the_reference_of_the_configuration_is_in_step() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page == configuration_reference(), "make docs"


def test_the_dictionary_of_the_tables_is_in_step() -> None:
    page = (ROOT / "docs/tables.md").read_text(encoding="utf-8")
    assert page == data_dictionary(), "make docs"


def test_the_catalog_finds_the_configuration() -> None:
    assert (ROOT / "config/config.yaml").resolve() == ROOT / "config.yaml"
