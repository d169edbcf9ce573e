"""The model sections: every model once, with its figures as the estimates have them."""

import pandas as pd
from report_data import Files, default_models, default_truth, estimate_row, estimates_table

from holdfast.report.page.model_sections import Source, sections
from holdfast.tables.table_files import read_table


def test_every_model_has_a_section_with_its_own_figures(default_study: Files) -> None:
    table = read_table(default_study.estimates, "estimates")
    made = sections(table, default_study.models)
    assert [s.name for s in made] == list(default_study.models)
    llama = made[0]
    assert (llama.kind, llama.family, llama.scenes) == ("miniature", "LLaMa", ("fictional",))
    assert dict(llama.rows)["Rank-order stability"] == ((".62", "[.57,\u00a0.66]"),)
    assert "Noise ceiling" not in dict(llama.rows)


def test_the_ceiling_is_shown_where_there_is_one() -> None:
    models = {"llama-mini": default_models()["llama-mini"]}
    table = estimates_table(models, default_truth(), ["one", "two"])
    ceiling = estimate_row("llama-mini", "LLaMa", "rank_order", 0.8, population="one")
    ceiling |= {"quantity": "reliability"}
    (made,) = sections(pd.concat([table, pd.DataFrame([ceiling])]), models)
    assert dict(made.rows)["Noise ceiling"] == ((".80", "[.76,\u00a0.84]"), ("–", ""))


def test_where_it_slips_is_the_least_stable_pair(default_study: Files) -> None:
    table = read_table(default_study.estimates, "estimates")
    own = table["model"].eq("llama-mini") & table["context_a"].eq("joke")
    own &= table["context_b"].eq("chess")
    table.loc[own, ["estimate", "lower", "upper"]] = [-0.9, -0.95, -0.85]
    (said,) = sections(table, default_study.models)[0].sentences
    assert said.startswith("Lowest between joke and chess: −.90 [−.95,\u00a0−.85], highest ")
    assert "chance may have chosen them" not in said
    table.loc[own, "upper"] = 0.99
    (said,) = sections(table, default_study.models)[0].sentences
    assert said.endswith(
        "their intervals overlap or are not known, so chance may have chosen them."
    )


def test_figures_without_each_topic_and_for_contexts_like_these() -> None:
    models = {"llama-mini": default_models()["llama-mini"]}
    table = estimates_table(models, default_truth(), ["one"])
    whole = table["value"].eq("") & table["context_a"].eq("") & table["replicate"].isna()
    table.loc[whole, ["contexts_lower", "contexts_upper"]] = [0.5, 0.7]
    without = [
        estimate_row("llama-mini", "LLaMa", "rank_order", figure, population="one", context_a=topic)
        | {"quantity": "rank_order_without"}
        for topic, figure in (("joke", 0.6), ("chess", 0.7), ("poem", 0.55))
    ]
    (made,) = sections(pd.concat([table, pd.DataFrame(without)]), models)
    assert dict(made.rows)["Rank-order stability"] == ((".62", "[.50,\u00a0.70]"),)
    assert made.sentences[1] == (
        "Rank-order stability with each topic left out in turn: .55 without poem, .60 without joke and .70 "
        "without chess."
    )


def test_what_is_not_estimable_is_said_and_slips_nowhere(default_study: Files) -> None:
    made = sections(read_table(default_study.estimates, "estimates"), default_study.models)
    constant = next(s for s in made if s.name == "constant")
    assert dict(constant.rows)["Rank-order stability"] == (("not estimable", ""),)
    assert constant.sentences == ()


def test_a_section_leads_to_its_own_answers(default_study: Files) -> None:
    sources = [Source("random/x", "random", "x", "random, x"), Source("a/x", "a", "x", "a, x")]
    table = read_table(default_study.estimates, "estimates")
    made = {s.name: s.sources for s in sections(table, default_study.models, sources)}
    assert made["random"] == (("random/x", "x"),) and made["llama-mini"] == ()
