"""The committed miniatures: complete, small, and able to do what their cards say."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from holdfast.design.generated_personas import GeneratedPersona, generate
from holdfast.design.personas import read_personas
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.training import evaluate_miniature as evaluate
from holdfast.training import model_card as card
from holdfast.training.dialogue_tokens import Encoder, answer_row
from holdfast.training.dialogues import MINIATURES, Material, read_material

NAMES = ("llama-mini", "mistral-mini", "mixtral-mini", "phi-mini", "qwen-mini")


@cache
def backend(name: str) -> TransformersBackend:
    return evaluate.backend_for(MINIATURES / name, name.removesuffix("-mini"))


@cache
def plan(size: int, topics: tuple[str, ...] = ("joke",)) -> evaluate.Plan:
    material = read_material()
    people = generate(77, size, material.phrases)
    return evaluate.Plan(material, people, topics=topics, lengths=(0, 1))


def test_folders_are_small(folder: Path) -> None:
    sizes = {n: sum(f.stat().st_size for f in (folder / n).iterdir()) for n in NAMES}
    assert max(sizes.values()) < 3e6
    assert sum(sizes.values()) < 15e6


@pytest.mark.parametrize("name", NAMES)
def test_tokenizer_is_what_training_makes(name: str, material: Material) -> None:
    from holdfast.training import train_miniature as train

    made = train.make_tokenizer(material, train.read_settings(name))
    kept = backend(name).tokenizer
    assert made.get_vocab() == kept.get_vocab()
    assert made.chat_template == kept.chat_template
    encoder = Encoder(material, made, name.removesuffix("-mini"))
    for index in range(10):
        row = answer_row(encoder, 1, index, 7, (1, 0, 0))
        ids = row.prefix + row.asked[0].ids
        assert kept(made.decode(ids), add_special_tokens=False)["input_ids"] == ids


@pytest.mark.parametrize("name", NAMES)
def test_it_answers_with_letters(name: str) -> None:
    p = plan(2)
    chosen, letters = evaluate.administer(backend(name), p, 0, [], "none")
    assert set(letters) <= set("ABCDEF")
    assert set(chosen) <= {1, 2, 3, 4, 5, 6}
    assert max(letters.count(x) for x in set(letters)) < 35


@pytest.mark.parametrize("name", NAMES)
def test_it_converses(name: str) -> None:
    for turns in evaluate.converse(backend(name), plan(2)).values():
        assert len(turns[1].text.split()) >= 2


def test_the_best_one_reads_unseen_personas() -> None:
    p = plan(10)
    chosen = np.array(
        [[evaluate.administer(backend("llama-mini"), p, i, [], "none")[0]] for i in range(10)]
    ).swapaxes(0, 1)
    figures = evaluate.summary(chosen.repeat(2, axis=0), ["A"], p)
    assert figures["accuracy"] > 0.5
    assert figures["fidelity"][0] > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_card_is_what_was_measured(name: str, folder: Path) -> None:
    def read(what: str) -> Any:
        return yaml.safe_load((folder / name / f"{what}.yaml").read_text())

    text = card.card(name, read("training"), read("figures"))
    assert (folder / name / "README.md").read_text() == text
    assert read("figures")["size"] >= 60


@pytest.mark.parametrize("name", NAMES)
def test_card_names_the_settings_of_the_table(name: str, folder: Path) -> None:
    from holdfast.training import train_miniature as train

    wanted = train.read_settings(name).model_dump(mode="json")
    kept = yaml.safe_load((folder / name / "training.yaml").read_text())
    assert {k: kept[k] for k in wanted} == wanted


def test_stability_of_known_scores() -> None:
    generator = np.random.default_rng(1)
    profiles = generator.normal(size=(30, 10))
    same = np.stack([profiles, profiles])
    assert evaluate.rank_order(same) == pytest.approx(1)
    assert abs(evaluate.rank_order(generator.normal(size=(4, 200, 10)))) < 0.05
    draws = evaluate.bootstrap(same, 1)
    assert len(draws) == evaluate.DRAWS
    assert min(draws) == pytest.approx(1)


def test_townsfolk_are_what_their_groups_are() -> None:
    path = MINIATURES.parent / "personas" / "townsfolk.csv"
    people = [p for p in read_personas(path) if p.group in {"ruler", "carer"}]
    p = replace(plan(1), personas=[GeneratedPersona(x, {}, (), "", "") for x in people])
    owner = p.material.instrument.value_of()
    values = np.array([owner[i.item] for i in p.material.instrument.items])
    differences: dict[str, list[float]] = {"ruler": [], "carer": []}
    for i, person in enumerate(people):
        chosen, _ = evaluate.administer(backend("llama-mini"), p, i, [], "none")
        power, benevolence = (chosen[values == v].mean() for v in ("Power", "Benevolence"))
        differences[person.group].append(power - benevolence)
    assert min(differences["ruler"]) > max(differences["carer"])
