"""The values of the theories that are known here, so that no questionnaire leaves one out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from holdfast.errors import StudyError, unknown
from holdfast.yaml_and_csv import Strict

FRAMEWORKS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "schwartz": ((
        "Self-Direction", "Stimulation", "Hedonism", "Achievement", "Power", "Security", "Conformity",
        "Tradition", "Benevolence", "Universalism",
    ),),
    "schwartz19": ((
        "Self-Direction Thought", "Self-Direction Action", "Stimulation", "Hedonism", "Achievement",
        "Power Dominance", "Power Resources", "Face", "Security Personal", "Security Societal",
        "Tradition", "Conformity Rules", "Conformity Interpersonal", "Humility", "Universalism Nature",
        "Universalism Concern", "Universalism Tolerance", "Benevolence Care",
        "Benevolence Dependability",
    ),),
    "bigfive": (
        ("Extraversion", "Agreeableness", "Conscientiousness", "Emotional Stability", "Intellect"),
        ("Extraversion", "Agreeableness", "Conscientiousness", "Neuroticism", "Openness"),
    ),
    "foundations": (("Care", "Fairness", "Loyalty", "Authority", "Purity"),),
    "hofstede": ((
        "Power Distance", "Uncertainty Avoidance", "Collectivism", "Long-Term Orientation",
        "Masculinity",
    ),),
    "rokeach": (
        (
            "Comfortable Life", "Exciting Life", "Accomplishment", "World at Peace", "World of Beauty",
            "Equality", "Family Security", "Freedom", "Happiness", "Inner Harmony", "Mature Love",
            "National Security", "Pleasure", "Salvation", "Self-Respect", "Social Recognition",
            "True Friendship", "Wisdom",
        ),
        (
            "Ambitious", "Broadminded", "Capable", "Cheerful", "Clean", "Courageous", "Forgiving",
            "Helpful", "Honest", "Imaginative", "Independent", "Intellectual", "Logical", "Loving",
            "Obedient", "Polite", "Responsible", "Self-Controlled",
        ),
    ),
}  # fmt: skip
"""The values of each theory, those of Schwartz around the circle.

A questionnaire has all values of one of its sets. Other names are free.
"""


class Joined(Strict):
    """How a questionnaire's values make those of a framework with fewer of them."""

    framework: str
    source: str
    values: dict[str, list[str]] = Field(
        min_length=1,
        description="each value of the framework, and which of the questionnaire's make it",
    )


def check_values(path: Path, framework: str, values: Iterable[str]) -> None:
    """Check that a questionnaire has the values of its framework, where that is known here.

    Raises:
        StudyError: a value is unknown, or one of the framework has no items.
    """
    own = set(values)
    sets = FRAMEWORKS.get(framework, (tuple(own),))
    meant = max(sets, key=lambda names: len(own & set(names)))
    if strange := sorted(own - set(meant)):
        raise unknown(str(path), f"values (framework '{framework}')", strange[0], meant)
    if missing := [name for name in meant if name not in own]:
        raise StudyError(
            f"{path}: values: {missing[0]} of the framework '{framework}' has no items. "
            "A framework of your own may have any other name."
        )


def check_joined(path: Path, own: Sequence[str], joined: Joined) -> None:
    """Check that joined values are those of their framework, and made of a questionnaire's own values.

    Raises:
        StudyError: as `check_values`; or a part is no value of the questionnaire, or is in two joined values.
    """
    check_values(path, joined.framework, joined.values)
    seen: dict[str, str] = {}
    for value, parts in joined.values.items():
        if not parts:
            raise StudyError(
                f"{path}: joined: values: {value} has no parts. Allowed: {', '.join(own)}."
            )
        for part in parts:
            if part not in own:
                raise unknown(str(path), f"joined: values: {value}", part, own)
            if part in seen:
                raise StudyError(
                    f"{path}: joined: values: '{part}' is in {seen[part]} and in {value}. Name it once."
                )
            seen[part] = value


def in_theory_order(values: Iterable[str]) -> list[str]:
    """Return values in the order of the theories that have most of them; then others by name."""
    seen = set(values)
    every = [names for sets in FRAMEWORKS.values() for names in sets]
    nearest = sorted(every, key=lambda names: -len(seen & set(names)))
    known = dict.fromkeys(v for names in nearest for v in names if v in seen)
    return [*known, *sorted(seen - set(known))]
