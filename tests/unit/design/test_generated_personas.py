"""The population `generated`: deterministic, true to its latent profile, new to the miniatures."""

from pathlib import Path

import numpy as np
import pytest

from holdfast.design.generated_personas import (
    HELD_OUT_OBJECTS,
    MIDDLE,
    GeneratedPersona,
    Phrases,
    generate,
    is_held_out,
    level,
    objects_for,
    read_phrases,
)
from holdfast.design.instruments import load_instrument

RESOURCES = Path(__file__).resolve().parents[3] / "resources"


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return read_phrases(RESOURCES / "miniatures" / "phrases.yaml")


@pytest.fixture(scope="module")
def unseen(phrases: Phrases) -> list[GeneratedPersona]:
    return generate(11, 100, phrases)


@pytest.fixture(scope="module")
def trained(phrases: Phrases) -> list[GeneratedPersona]:
    return generate(11, 400, phrases, held_out=False)


def test_same_seed_same_personas(phrases: Phrases, unseen: list[GeneratedPersona]) -> None:
    assert generate(11, 100, phrases) == unseen
    assert generate(12, 5, phrases) != unseen[:5]


def test_a_larger_population_begins_with_the_smaller(
    phrases: Phrases, unseen: list[GeneratedPersona]
) -> None:
    assert generate(11, 7, phrases) == unseen[:7]


def test_values_are_the_instruments(phrases: Phrases, unseen: list[GeneratedPersona]) -> None:
    assert set(phrases.objects) == set(load_instrument(RESOURCES, "pvq40").values)
    assert all(set(p.latent) == set(phrases.objects) for p in unseen)


def test_profile_is_centred_on_the_scale(unseen: list[GeneratedPersona]) -> None:
    profiles = np.array([list(p.latent.values()) for p in unseen])
    assert np.allclose(profiles.mean(1), 3.5, atol=0.001)
    assert profiles.std() > 0.8


@pytest.mark.parametrize(("latent", "step"), [(0.2, 1), (1.49, 1), (2.5, 3), (3.49, 3), (7.1, 6)])
def test_level_is_the_next_step_within_the_scale(latent: float, step: int) -> None:
    assert level(latent) == step


def test_text_says_what_the_profile_is(phrases: Phrases, unseen: list[GeneratedPersona]) -> None:
    for p in unseen:
        text = p.persona.description
        for s in p.statements:
            assert text[s.start : s.end] == s.object
            assert s.object in phrases.objects[s.value]
            assert s.level == level(p.latent[s.value])
            forms = {v.split("|")[0]: v.split("|") for v in phrases.verbs[s.level]}
            assert forms[s.verb][p.persona.gender == "neutral"] in text[: s.start]


def test_only_middle_values_are_left_out(unseen: list[GeneratedPersona]) -> None:
    for p in unseen:
        said = {s.value for s in p.statements}
        assert all(level(x) in MIDDLE for v, x in p.latent.items() if v not in said)


def test_description_is_whole(unseen: list[GeneratedPersona]) -> None:
    for p in unseen:
        assert not set("{}\0|") & set(p.persona.description)
        assert p.persona.description.endswith(".")
        assert p.occupation in p.persona.description


def test_names_differ(unseen: list[GeneratedPersona]) -> None:
    assert len({p.persona.name for p in unseen}) == len(unseen)
    assert len({p.persona.persona for p in unseen}) == len(unseen)


def test_held_out_words_are_never_trained(
    unseen: list[GeneratedPersona], trained: list[GeneratedPersona]
) -> None:
    for people, held_out in ((unseen, True), (trained, False)):
        for p in people:
            words = [*p.persona.name.split(" "), p.occupation, p.place]
            assert all(is_held_out(w) == held_out for w in words)


def test_held_out_combinations_are_never_trained(
    unseen: list[GeneratedPersona], trained: list[GeneratedPersona]
) -> None:
    seen = {(s.verb, s.object) for p in trained for s in p.statements}
    assert all((s.verb, s.object) not in seen for p in unseen for s in p.statements)


def test_each_verb_has_known_and_held_out_objects(phrases: Phrases) -> None:
    for verbs in phrases.verbs.values():
        for verb in verbs:
            for value, objects in phrases.objects.items():
                out = objects_for(phrases, verb, value, held_out=True)
                known = objects_for(phrases, verb, value, held_out=False)
                assert len(out) == HELD_OUT_OBJECTS
                assert sorted(out + known) == sorted(objects)


def test_every_word_of_an_unseen_persona_but_names_is_known(
    unseen: list[GeneratedPersona], trained: list[GeneratedPersona]
) -> None:
    known = {w for p in trained for w in p.persona.description.replace(".", "").split()}
    for p in unseen:
        text = p.persona.description
        for name in (p.occupation, p.place):
            text = text.replace(name, "")
        words = text.replace(".", "").replace(",", "").split()
        assert all(w in known or f"{w}," in known for w in words)
