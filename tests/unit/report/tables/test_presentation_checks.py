"""What models were shown beside the study's words, and thoughts without an end, are told on the page."""

import pytest

from holdfast.report.tables.presentation_checks import presentation, thoughts


def test_a_template_that_adds_words_is_a_warning_and_one_that_does_not_passes() -> None:
    adds = {
        "adds_to_system": "adds to the instruction: 'Be kind.'",
        "turn_end": "a turn ends with '<end>'",
    }
    jobs = [
        {"model": "a", "presentation": adds}, {"model": "a", "presentation": adds},
        {"model": "b", "presentation": {"turn_end": "a turn ends with '<end>'"}},
        {"model": "c", "presentation": {}}, {"model": "random"},
    ]  # fmt: skip
    found = presentation(jobs)
    assert [(c.title[-2], c.state) for c in found] == [
        ("a", "warning"), ("b", "passed"), ("c", "passed"),
    ]  # fmt: skip
    assert found[0].detail.count("Be kind.") == 1


def test_an_identity_that_is_kept_out_of_the_prompts_is_told_but_no_warning() -> None:
    out = "it would add: 'You are Brand.'; an empty system message is sent in its place"
    (left,) = presentation([{"model": "a", "presentation": {"identity_left_out": out}}])
    (added,) = presentation(
        [{"model": "a", "presentation": {"adds_an_identity": "it adds: 'Me.'"}}]
    )
    assert (left.state, left.detail) == ("passed", out)
    assert added.state == "warning"


@pytest.mark.parametrize(("unended", "state"), [(0, "passed"), (5, "passed"), (6, "warning")])
def test_thoughts_without_an_end_are_counted_over_a_model_s_jobs(unended: int, state: str) -> None:
    jobs = [
        {"model": "a", "thoughts": 60, "unended": unended, "computed": 60, "reused": 60},
        {"model": "a", "thoughts": 40, "unended": 0, "computed": 40, "reused": 40},
        {"model": "b", "thoughts": 0, "unended": 0, "computed": 9, "reused": 0},
    ]  # fmt: skip
    (check,) = thoughts(jobs)
    assert check.state == state
    assert check.detail.startswith(f"{unended} of 100 did not end")


def test_a_thought_that_was_not_asked_for_is_counted_among_all_that_was_said() -> None:
    (check,) = thoughts([{"model": "a", "thoughts": 0, "unended": 3, "computed": 20, "reused": 10}])
    assert (check.state, check.detail[:7]) == ("warning", "3 of 30")
