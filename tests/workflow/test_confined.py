"""What a study may read and run: nothing outside the project, no pickles, foreign code only when said."""

import csv
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from projects import Project, Ran

TINY = """
study: tiny
replicates: 1
models: [{model}]
populations: [{{name: {population}, size: 4}}]
instruments: [{{name: pvq40{items}}}]
contexts: {{topics: [grammar, joke]}}
"""
ENTRY = """
mine:
  model: {{path: {path}, trust_remote_code: {trust}}}
  deployment: {{backend: transformers}}
"""


def plan(
    project: Project, model: str = "random", population: str = "fictional", items: str = ""
) -> Ran:
    """Plan a tiny study."""
    text = TINY.format(model=model, population=population, items=items and f", items: {items}")
    project.write("studies/tiny.yaml", text)
    return project.snakemake("-n", "--configfile", "studies/tiny.yaml")


def refused(ran: Ran) -> str:
    """Return what a refused plan said, after checking that it is one message."""
    assert ran.status != 0, ran.said
    assert "Traceback" not in ran.said and ran.said.count("Error") == 1, ran.said
    return ran.said


def outside(project: Project) -> Path:
    """Return a questionnaire's texts that lie beside the project."""
    target = project.folder.parent / "beside.csv"
    target.write_bytes((project.folder / "resources/pvq/pvq40.csv").read_bytes())
    return target


@pytest.mark.parametrize("how", ["relative", "absolute", "link"])
def test_item_texts_outside_are_refused(project: Project, how: str) -> None:
    target = outside(project)
    (project.folder / "link.csv").symlink_to(target)
    items = {"relative": "../beside.csv", "absolute": str(target), "link": "link.csv"}[how]
    said = refused(plan(project, items=items))
    assert f"instruments: pvq40: items: '{items}' leads out of the folder" in said


def test_item_texts_inside_are_read(project: Project) -> None:
    (project.folder / "own").mkdir()
    outside(project).rename(project.folder / "own/items.csv")
    (project.folder / "link.csv").symlink_to("own/items.csv")
    assert plan(project, items="link.csv").status == 0


@pytest.mark.parametrize(
    "file",
    ["personas/fictional.csv", "topics/topics.csv", "pvq/pvq40.yaml", "pvq/pvq40.csv",
     "models/references.yaml"],
)  # fmt: skip
def test_resource_that_links_outside_is_refused(project: Project, file: str) -> None:
    path = project.folder / "resources" / file
    path.rename(project.folder.parent / "beside")
    path.symlink_to(project.folder.parent / "beside")
    said = refused(plan(project))
    assert path.name in said and "leads out of the folder" in said


@pytest.mark.parametrize("name", ["../fictional", "/etc/passwd", "a/b"])
def test_names_are_no_paths(project: Project, name: str) -> None:
    said = refused(plan(project, population=name))
    assert "studies/tiny.yaml" in said and "populations" in said


def test_pickled_weights_are_refused(project: Project) -> None:
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "vocab_size": 16}
    model = LlamaForCausalLM(LlamaConfig(num_attention_heads=1, **sizes))
    folder = project.folder.parent / "pickled"
    model.config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    project.write("resources/models/mine.yaml", ENTRY.format(path=folder, trust="false"))
    said = refused(plan(project, model="mine"))
    assert "mine.model.path" in said and "pytorch_model.bin" in said and "*.safetensors" in said


@pytest.mark.parametrize("trust", ["true", "false"])
def test_foreign_code_is_told_at_the_start(project: Project, trust: str) -> None:
    folder = project.folder / "resources/miniatures/llama-mini"
    folder.mkdir(parents=True, exist_ok=True)
    project.write("resources/models/mine.yaml", ENTRY.format(path=folder, trust=trust))
    ran = plan(project, model="mine")
    assert ran.status == 0, ran.said
    told = ran.said.count("the model 'mine' runs Python code of its own")
    assert told == (1 if trust == "true" else 0)


def test_a_persona_of_a_megabyte_is_planned(project: Project) -> None:
    path = project.folder / "resources/personas/fictional.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["description"] = "a long life " * 90_000
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert plan(project).status == 0
