"""What moves the answers most is said only where the intervals leave no doubt."""

import pandas as pd

from holdfast.report.wording.facet_sentences import facet_sentence, planned_sentence

SCENE = ("generated", "pvq40")
MODEL = {"model": {}, "family": "LLaMa", "deployment": {"backend": "transformers"}}


def share(model: str, source: str, estimate: float, half: float) -> dict[str, object]:
    return {
        "population": SCENE[0], "instrument": SCENE[1], "model": model, "quantity": "source_share",
        "context_a": source, "estimate": estimate, "lower": estimate - half, "upper": estimate + half,
        "contexts_lower": estimate - half, "contexts_upper": estimate + half,
    }  # fmt: skip


def said(*rows: dict[str, object]) -> str:
    models = dict.fromkeys([str(row["model"]) for row in rows], MODEL)
    return facet_sentence(pd.DataFrame(rows), SCENE, models, list(models), "95 % interval").replace(
        "\u00a0", " "
    )


def test_the_one_whose_interval_is_above_the_others_moves_them_most() -> None:
    words = said(
        share("a", "topic", 0.1, 0.05), share("a", "wording", 0.4, 0.1),
        share("b", "topic", 0.3, 0.05), share("b", "wording", 0.1, 0.05),
    )  # fmt: skip
    assert (
        "The wording moves the answers of a (topic .10 [.05, .15], wording .40 [.30, .50]) most"
        in words
    )
    assert "the topic moves the answers of b" in words


def test_with_overlapping_intervals_nothing_is_claimed() -> None:
    words = said(share("a", "topic", 0.2, 0.1), share("a", "wording", 0.3, 0.1))
    assert (
        "What moves those of a (topic .20 [.10, .30], wording .30 [.20, .40]) most can't be told"
        in words
    )


def test_without_facets_or_with_one_topic_nothing_is_said() -> None:
    assert said(share("a", "topic", float("nan"), 0)) == ""
    assert said(share("a", "wording", 0.3, 0.1)) == ""


def planned(
    model: str, estimates: dict[int, tuple[float, float, float]]
) -> list[dict[str, object]]:
    return [
        share(model, "wording", g, 0.0)
        | {
            "quantity": "planned_g",
            "context_b": str(n),
            "contexts_lower": low,
            "contexts_upper": high,
        }
        for n, (g, low, high) in estimates.items()
    ]


def test_how_many_wordings_are_enough_is_said_or_that_it_cant_be_told() -> None:
    rows = [
        *planned("a", {1: (0.7, 0.6, 0.8), 2: (0.86, 0.82, 0.9), 10: (0.9, 0.88, 0.92)}),
        *planned("b", {1: (0.3, 0.2, 0.4), 2: (0.4, 0.3, 0.5), 10: (0.6, 0.5, 0.68)}),
        *planned("c", {1: (0.5, 0.3, 0.7), 2: (0.81, 0.72, 0.88), 10: (0.85, 0.75, 0.95)}),
    ]
    rows += [row | {"context_a": "topic"} for row in rows]
    models = dict.fromkeys("abc", MODEL)
    words = planned_sentence(pd.DataFrame(rows), SCENE, models, "abc", "95 % interval")
    words = words.replace("\u00a0", " ")
    assert words.endswith(
        ": 2 for a (.86 [.82, .90]); not even 10 for b (.60 [.50, .68]); it can't be told for c (with 2: "
        ".81 [.72, .88])."
    )
    assert words.startswith("Number of wordings with which") and "topics with which" not in words
    assert (
        planned_sentence(
            pd.DataFrame(rows[:0] or [share("a", "topic", 0.1, 0)]), SCENE, models, "abc", "i"
        )
        == ""
    )
