"""Which questionnaires measure the same values, so that their scores can be compared (methods 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.design.instruments import Instrument

MINIMUM_VALUES = 2
"""Values that questionnaires must share: with one there is no other value to compare it with."""


@dataclass(frozen=True)
class SharedValues:
    """Questionnaires that measure the same values.

    Attributes:
        framework: whose values they are.
        values: those that all of the questionnaires have, in the first one's order.
        parts: for each questionnaire, which of its own values make each of these.
    """

    framework: str
    values: tuple[str, ...]
    parts: Mapping[str, Mapping[str, Sequence[str]]]


def shared_values(instruments: Sequence[Instrument]) -> list[SharedValues]:
    """Return the groups of questionnaires that share values, each of two or more; tasks are left out.

    Questionnaires are of one group if their values, or the values that they join to, are of one framework.
    One that has too few values of a group, as another half of a list does, is in a group of its own.
    """
    groups: list[SharedValues] = []
    for instrument in (i for i in instruments if not i.is_task()):
        for framework, parts in _forms(instrument).items():
            fits = (
                k
                for k, group in enumerate(groups)
                if group.framework == framework and len(_common(group, parts)) >= MINIMUM_VALUES
            )
            if (at := next(fits, None)) is None:
                groups.append(SharedValues(framework, tuple(parts), {instrument.name: parts}))
            else:
                group = groups[at]
                groups[at] = SharedValues(
                    framework, _common(group, parts), {**group.parts, instrument.name: parts}
                )
    return [group for group in groups if len(group.parts) > 1]


def shared_items(first: Instrument, second: Instrument) -> int:
    """Return how many items of one questionnaire are word for word in the other, in all forms."""
    texts = [{(i.female, i.male, i.neutral) for i in asked.items} for asked in (first, second)]
    return len(texts[0] & texts[1])


def _forms(instrument: Instrument) -> dict[str, dict[str, list[str]]]:
    """Return the values that a questionnaire's own make, by framework: its own, and those they join to."""
    found = {instrument.framework: {value: [value] for value in instrument.values}}
    if instrument.joined is not None:
        found[instrument.joined.framework] = dict(instrument.joined.values)
    return found


def _common(group: SharedValues, parts: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(value for value in group.values if value in parts)
