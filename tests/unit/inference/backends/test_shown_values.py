"""The reference shows its values in messages, and reads them off messages with a known validity."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from holdfast.design.populations import find_population
from holdfast.inference.backends.protocol import Asked, MessageRequest
from holdfast.inference.backends.reference_backends import ReferenceBackend
from holdfast.inference.backends.shown_values import read_shown, showing, shown_words
from holdfast.inference.models.simulation import Shown, Simulation
from holdfast.inference.prompting.prompts import Prompt, Turn

RESOURCES = Path(__file__).resolve().parents[4] / "resources"
PHRASES = RESOURCES / "miniatures/phrases.yaml"
WORDS = shown_words(PHRASES)
VALUES = sorted(WORDS[1])
SCALE = (6, 5, 4, 3, 2, 1)


@given(st.dictionaries(st.sampled_from(VALUES), st.floats(1, 6), min_size=1), st.integers(0, 99))
def test_what_is_shown_is_read(shown: dict[str, float], seed: int) -> None:
    """Over eight messages the mean level is within an eighth of what is shown."""
    text = "\n".join(f"SPEAKER: {showing(WORDS, shown, i, seed + i)}" for i in range(8))
    read = read_shown(WORDS, text)
    assert read == pytest.approx(shown, abs=1 / 8)


def test_what_shows_nothing_is_not_read() -> None:
    assert read_shown(WORDS, "OTHER: I love. I treasure everything. She loves adventure.") == {}


def shown_by(simulation: Simulation, profile: dict[str, float], who: str, context: str) -> str:
    backend = ReferenceBackend("simulated", simulation, seed=1)
    turns = [Turn("interlocutor", "Hello.")]
    for _ in range(4):
        request = MessageRequest(
            Prompt("", tuple(turns), "persona"), len(turns), 50, (1, who, context), profile=profile
        )
        said = next(backend.generate([request])).text
        turns += [Turn("persona", said, said=True), Turn("interlocutor", "Yes?")]
    return "\n".join(t.text for t in turns)


@pytest.mark.parametrize("validity", [0, 0.3, 0.6, 0.9])
def test_a_planted_validity_is_recovered(validity: float) -> None:
    """500 respondents: true profiles beside what an observer believes after it has read four messages."""
    people = find_population(RESOURCES, "generated", 500, seed=3)
    speaks = Simulation(sentences=PHRASES)
    observer = ReferenceBackend(
        "simulated", Simulation(profile_sd=1.3, validity=validity, sentences=PHRASES), seed=1
    )
    true, believed = [], []
    for persona in people.personas:
        profile = people.profiles[persona.persona]
        read = observer.read(shown_by(speaks, dict(profile), persona.persona, "tea"))
        asked = [Asked(persona.persona, "tea", 1, 1, v, SCALE, read.get(v)) for v in VALUES]
        true.append([profile[v] for v in VALUES])
        believed.append([observer.latent(a) for a in asked])
    found = [
        pearsonr(*pair).statistic
        for pair in zip(np.array(true).T, np.array(believed).T, strict=True)
    ]
    assert np.mean(found) == pytest.approx(validity, abs=0.03)


def test_what_is_shown_may_depart_from_the_profile() -> None:
    """By context, and more with every message; what is said in questionnaires does not."""
    profile = dict.fromkeys(VALUES, 3.5)
    drifts = Simulation(sentences=PHRASES, shown=Shown(length_sd=0.5))
    early, late = [], []
    for number in range(60):
        turns = shown_by(drifts, profile, f"p{number}", "tea").split("\nYes?\n")
        early += [level - 3.5 for level in read_shown(WORDS, turns[0]).values()]
        late += [level - 3.5 for level in read_shown(WORDS, turns[3]).values()]
    assert np.std(late) > 1.4 * np.std(early)
    moves = Simulation(sentences=PHRASES, shown=Shown(context_sd=1))
    one, other = (read_shown(WORDS, shown_by(moves, profile, "p", c)) for c in ("tea", "rain"))
    assert one != other
    asked = Asked("p", "tea", 1, 1, VALUES[0], SCALE, 3.5)
    assert ReferenceBackend("simulated", moves, 1).latent(asked) == 3.5
