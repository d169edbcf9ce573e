"""The real training script, some steps of it: for every architecture, twice the same."""

import math
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.training import train_miniature as train
from holdfast.training.dialogue_tokens import Encoder, answer_row
from holdfast.training.dialogues import Material
from holdfast.training.muon import Muon, orthogonal
from holdfast.training.scaffold import CLASSES, LOOKING, READING

SMALL = {"batch": 2, "speeches": 1, "vocabulary": 700, "width": 32}


def few_steps(family: str) -> tuple[dict[str, torch.Tensor], list[dict[str, float]]]:
    settings = train.read_settings(f"{family}-mini").model_copy(update=SMALL)
    training = train.begin(settings)
    parts = [training.step(n, 3) for n in range(3)]
    log = [{k: float(v.detach()) for k, v in p.items()} for p in parts]
    return training.model.state_dict(), log


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_same_seed_same_weights_and_the_loss_falls(family: str) -> None:
    first, log = few_steps(family)
    second, _ = few_steps(family)
    assert all(torch.equal(first[k], second[k]) for k in first)
    assert all(math.isfinite(x) for row in log for x in row.values())
    assert log[-1]["letter"] < log[0]["letter"]
    assert log[-1]["spoken"] < log[0]["spoken"]


def test_script_writes_a_model_that_loads(tmp_path: Path) -> None:
    train.main(["phi-mini", "--steps", "1", "--seed", "9", "--output", str(tmp_path)])
    assert AutoTokenizer.from_pretrained(tmp_path).chat_template
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    assert model.config.model_type == "phi"
    written = yaml.safe_load((tmp_path / "training.yaml").read_text())
    assert (written["seed"], written["steps"]) == (9, 1)


def test_seed_changes_the_rows(material: Material) -> None:
    settings = train.read_settings("llama-mini").model_copy(update=SMALL)
    encoder = Encoder(material, train.make_tokenizer(material, settings), "llama")
    assert answer_row(encoder, 1, 0, 0, (1, 0, 0)) != answer_row(encoder, 2, 0, 0, (1, 0, 0))


def test_learning_rate_warms_up_and_falls() -> None:
    rates = [train.rate(s, 400) for s in range(400)]
    assert rates[0] < rates[10] < rates[100] == 1
    assert 0 < rates[-1] < 0.05


def test_every_read_out_has_its_classes(material: Material) -> None:
    assert CLASSES["topic"] == len(material.lines.topics)
    assert CLASSES["value"] == len(material.phrases.objects)
    assert {name for name, _ in READING.values()} == set(CLASSES)
    assert not set(READING) & set(LOOKING)


def test_orthogonal_has_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((2, 8, 16), (1, 16, 8)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert 0.5 < float(values.min()) <= float(values.max()) < 1.5


def test_muon_moves_every_parameter() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 2))
    before = [p.clone() for p in model.parameters()]
    optimiser = Muon(model.named_parameters(), 0.1, 0.1)
    model(torch.randn(3, 4)).square().sum().backward()
    optimiser.step(1.0)
    assert not [1 for a, b in zip(before, model.parameters(), strict=True) if torch.equal(a, b)]
