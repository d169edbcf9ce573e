"""How a reply spreads its percentages over the options; what is unclear is not read."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from holdfast.inference.prompting.reply_percentages import TOLERANCE, percentages

CASES = Path(__file__).resolve().parents[3] / "cases/percentages.yaml"
LABELS = "ABC"
OPTIONS = ("very much like me", "like me", "not like me")
FORMS = (
    "{label}: {number}%", "({label}) {number} %", "{label} – {number}", "**{label}**: {number} percent",
    "({label}) {option}: {number}%", "{option}: {number}%", "| {label} | {number} |", '"{label}": {number}',
    "Option {label}: {number}%",
)  # fmt: skip


@pytest.mark.parametrize("case", yaml.safe_load(CASES.read_text("utf-8")), ids=lambda c: c["reply"])
def test_a_reply_is_read_or_is_not(case: dict[str, object]) -> None:
    found = percentages(str(case["reply"]), LABELS, OPTIONS)
    assert (None if found is None else list(found)) == case["right"]


def test_labels_may_be_digits_and_texts_may_have_numbers() -> None:
    assert percentages("1: 40%\n2: 60%", "12") == (40, 60)
    scale = ("7 of supreme importance", "3 important")
    for reply in ("7 of supreme importance: 60%\n3 important: 40%", "A: 60%\nB (3 important): 40%"):
        assert percentages(reply, "AB", scale) == (60, 40)
    assert percentages("Agree: 70%\nDisagree: 30%", ["Agree", "Disagree"]) == (70, 30)


@st.composite
def distributions(draw: st.DrawFn) -> list[int]:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=5, max_size=5)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]


SIX = (*OPTIONS, "somewhat like me", "a little like me", "not like me at all")


@given(distributions(), st.sampled_from(FORMS), st.permutations(range(6)), st.booleans())
def test_what_is_written_is_read_in_every_form_and_order(
    numbers: list[int], form: str, order: Sequence[int], inline: bool
) -> None:
    """With or without the options that have 0."""
    lines = [form.format(label="ABCDEF"[i], option=SIX[i], number=numbers[i]) for i in order]
    some = [line for line, i in zip(lines, order, strict=True) if numbers[i]]
    for said in (lines, some):
        assert percentages((", " if inline else "\n").join(said), "ABCDEF", SIX) == tuple(numbers)


@given(st.text() | st.text(alphabet="ABC:%(),.-0123456789 \n"))
def test_any_text_is_read_as_percentages_of_about_100_or_not_at_all(text: str) -> None:
    found = percentages(text, LABELS, OPTIONS)
    assert found is None or (
        len(found) == 3
        and abs(sum(found) - 100) <= TOLERANCE
        and min(found) >= 0
        and max(found) <= 100
    )
