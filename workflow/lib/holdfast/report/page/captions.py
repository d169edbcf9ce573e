"""Captions of the figures on the page: what is shown, n, what is undefined, method, interval."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from holdfast.report.figure_parts.stability_table import QUANTITIES, is_of_theory
from holdfast.report.page.observer_caption import observer_caption
from holdfast.report.wording.estimate_selection import (
    interval_name,
    like_these,
    pooled,
    scene_label,
    scenes,
)
from holdfast.report.wording.model_labels import MINIATURE_NOTE, Models, kind, people
from holdfast.report.wording.text_format import listed

UNDEFINED_RULES = {
    "zero": "each counts as 0, no evidence of stability",
    "drop": "each is left out",
    "nan": "each makes the figure undefined",
}

SHADING = "'s circle; shading: openness to change, self-enhancement, conservation, self-transcendence in turn"
"""Said where some questionnaire has the theory's ten values."""


@dataclass(frozen=True)
class Caption:
    """A figure's title, what a reader who can't see it is told, and the text below it."""

    title: str
    alternative: str
    text: str


def captions(
    estimates: pd.DataFrame, models: Models, study: Mapping[str, Any]
) -> dict[str, Caption]:
    """Return the captions of the figures that this version knows, by name."""
    level, n = interval_name(estimates), _respondents(estimates)
    undefined, note = _undefined(estimates, study), _note(models)
    circle = any(is_of_theory(estimates, scene) for scene in scenes(pooled(estimates)))
    return {
        "stability": Caption(
            "Which models hold fast",
            "Dots with intervals: rank-order and ipsative stability of each family and its models, "
            "beside what random answers give. The table above has the figures.",
            "Stability of the expressed values from context to context, families in the order of their "
            f"rank-order stability. Bars: {level} {_scope(estimates)}; grey band: random answers in "
            f"the same design, mean ± 2 SD. n = {n}. {undefined}{_ceilings(estimates)}{_people(models)}"
            + _published(models) * circle
            + note,
        ),
        "contexts": Caption(
            "Where they slip",
            "Heat maps, one a model: rank-order stability between each two contexts.",
            "Rank-order stability between each two contexts: Spearman correlation across respondents, "
            f"mean over values and replicates. n = {n}. Both halves of a map are the same; grey is the "
            "same context, or not estimable. The table of the figure has each pair's interval and its "
            "undefined correlations." + note,
        ),
        "domains": Caption(
            "Does it matter what the talk is about",
            "Heat maps, one a model: rank-order stability between topics of two domains, and of one.",
            "Rank-order stability between topics by their domains: Spearman correlation across respondents, "
            f"mean over pairs of topics, values and replicates; on the diagonal topics of one domain. n = {n}. "
            "The table of the figure has each cell's interval, its null and its undefined correlations; the "
            "difference within less between, with its interval, is in the table of estimates."
            + note,
        ),
        "profiles": Caption(
            "What they value",
            "Dots with intervals: mean centred score of each of the values, one panel a family or "
            "reference.",
            "Mean score of each value less the respondent's mean rating, in rating steps, in the order "
            f"of the theory{SHADING * circle}. Each respondent's scores are averaged over contexts, replicates "
            f"and the family's models first; bars: t interval of the mean between respondents. n = {n}."
            + note,
        ),
        **_further(level, n, undefined, _scope(estimates), note),
        **_shapes(level, n, undefined, note),
        "facets": _facets(level, n, note),
        "observers": Caption(
            *observer_caption(level, _respondents(estimates, "self_observer"), note)
        ),
        "convergence": _convergence(level, _respondents(estimates, "convergent"), note),
        "links": _links(level, _respondents(estimates, "value_behaviour_link"), note),
    }


def _further(level: str, n: str, undefined: str, scope: str, note: str) -> dict[str, Caption]:
    """Return the captions of the figures about the order, the measures and the variance."""
    return {
        "ranks": Caption(
            "How sure the order is",
            "Heat maps, one a population: in how many bootstrap draws each model has each place.",
            "Share of the bootstrap draws in which a model has a place in rank-order stability with these "
            f"topics; a draw has the same respondents for all models. n = {n}. The shares say how much the "
            "order depends on which respondents were drawn, and nothing of how it depends on the topics. A "
            "frame has the places that a model may have with topics like these "
            f"({level.replace(' interval', '')}), from its paired comparisons with all others; there is none "
            "for fewer than four topics. A share is no probability that a model is the best, and no test: the "
            "sentences at the top are. References, and models whose stability is not estimable in every draw, "
            "are left out. The cardinal and the ordinal score have no such figure: a resample repeats "
            "respondents, and scaling and factor analyses of repeated answers are of another kind." + note,
        ),
        "agreement": Caption(
            "Do the measures agree",
            "Scatter plots: rank-order stability against ipsative stability, and against fidelity.",
            "Each mark is a model; dashed: both measures the same. A model far below the line in fidelity "
            "is stable in values that the persona does not hold; fidelity is known only for generated "
            f"personas. Bars: {level} {scope}. n = {n}. {undefined} The table has what random answers "
            "give in each measure." + note,
        ),
        "variance": Caption(
            "Where the variance comes from",
            "Bars with intervals, one a variance component of each model, as shares of their sum.",
            "Components of the variance of centred value scores, mean over values, from an analysis of "
            "variance of respondent × context × replicate. Blue is what personas keep; persona × context "
            "is what they change with the conversation; residual is what neither explains, noise "
            f"included. Lines: {level}, over respondents in these contexts, with the sum taken as known. "
            "Hatched: the interval includes 0, so the component may not exist. An estimate below 0 is "
            "shown as it is: chance takes a component that is 0 below it as often as above. "
            f"n = {n}. What is not estimable is in the table." + note,
        ),
    }  # fmt: skip


def _shapes(level: str, n: str, undefined: str, note: str) -> dict[str, Caption]:
    """Return the captions of the figures about lengths, personas' places and the circle of values."""
    return {
        "lengths": Caption(
            "Does length hurt",
            "Lines, one a model: stability at each length. Beside them the slopes, with intervals.",
            "Stability between topics at each length of the conversation or the reasoning, and the "
            "least-squares slope over lengths: the change of the correlation with one more message or "
            "reasoning turn. The same respondents are drawn at "
            f"all lengths. Bars: {level}; grey: random answers, mean ± 2 SD. n = {n}. Undefined: correlations "
            "with a constant side, all lengths together; the table has each length's." + note,
        ),
        "readouts": Caption(
            "Do the readouts agree",
            "Dots with intervals: agreement of every two ways of reading an answer, one row a model.",
            "The same questions read in two ways: Cohen's κ of the two answers, 0: by chance; "
            "with quadratic weights a neighbouring option is nearly the same. Questions that one of the two "
            f"could not read are left out and counted (not read). Bars: {level}; grey: random answers, mean "
            f"± 2 SD. n = {n}." + note,
        ),
        "trajectories": Caption(
            "Do personas keep their places",
            "Line plots, one a model: the rank of each persona on one value in each context.",
            "A line is a persona; its height is its rank on one value, 1 for who holds the value highest, by "
            "the mean score over replicates; its colour is its rank in the first context. Level lines are "
            "stability, crossings are not. The value is the study's typical one: that with the median "
            "stability, mean over models. Beside its name: the model's rank-order stability on this value, "
            f"{level}. n = {n}. {undefined}" + note,
        ),
        "circle": Caption(
            "Is there a circle of values",
            "Maps of the ten values, one a model, beside the circle that the theory has and that of the "
            "personas' descriptions.",
            "Items as small dots, placed by multidimensional scaling of their Spearman correlations over "
            "respondents, ratings averaged over contexts and replicates, then shifted, turned, mirrored and "
            "stretched onto the theory's circle. A label is the centre of its value's items; the short line "
            "leads to where the theory has it. Distance: what the fit leaves (Procrustes), 0 to 1; shuffled: "
            f"the same of shuffled answers, mean ± SD; a distance like that is no circle. Correspondence: "
            "of all predictions that two values nearer on the circle correlate higher than two farther apart, "
            "the share that holds less the share that does not (Hubert & Arabie), with its randomisation test. "
            "The panel Descriptions, where there is one, shows the value profiles from which the personas were "
            "described: there the circle is in the descriptions, and a model that has it repeats what it read. "
            f"n = {n} at most; the table has each model's n and its constant items, which are left out."
            + note,
        ),
    }


def _facets(level: str, n: str, note: str) -> Caption:
    """Return the caption of the figure about wordings and other facets."""
    return Caption(
        "What else moves the answers",
        "Dots with intervals, one row a model: rank-order stability within a wording, or another facet's "
        "level, and across levels; beside them the shares of the variance that topic and facet move, and the "
        "reliability of means over one level and over more.",
        "Left: rank-order stability between topics at each level of the facet (open circles), and between "
        "levels on the same topic (diamonds; mean over pairs of levels). Where the diamond is left of the "
        "circles, putting the question otherwise moves the personas' order more than another topic does. "
        "Middle: share of the variance of single scores that goes with the topic or the facet, alone and in "
        "all that it does together with others but the residual. Right: G, how well means over so many levels, "
        "and over as many topics, other levels and replicates as here, keep the personas in order when all of "
        "these are drawn anew; predicted from the components of the variance (planned_g in the table; Φ, which "
        f"also counts shifts of everybody as error, is planned_phi). Bars: {level} over respondents; with four "
        "topics or more also over other topics like these, and then with four levels or more also over other "
        "levels like these. With fewer levels nothing is said of others. Grey: random answers, mean ± 2 SD. "
        f"n = {n}. The table has each row's undefined correlations; all components are in the table of "
        "estimates (facet_variance)." + note,
    )


def _convergence(level: str, n: str, note: str) -> Caption:
    """Return the caption of the figure about several questionnaires of the same values."""
    return Caption(
        "Do questionnaires agree",
        "Dots with intervals, one panel a model and a row a value: correlation of the same value between "
        "questionnaires, between conversations and between wordings, and of different values.",
        "Spearman correlation over respondents of centred value scores. Filled circles: the same value in "
        "another questionnaire after the same conversation; small dots: each two questionnaires. Open circles: "
        "another questionnaire after another conversation. Squares: the same questionnaire after another "
        "conversation, the stability, mean over the questionnaires. Diamonds, where there are several "
        "wordings: the same questionnaire and conversation in another wording, one a questionnaire. Crosses: "
        "different values in two questionnaires after the same conversation; for a value, the mean over all "
        "others. Where crosses are near the circles, the questionnaires do not tell values apart. Centring "
        "alone takes correlations of different values below 0. High agreement is no proof that values are "
        "measured rightly: questionnaires can share items (the table's method says which), a format or a bias. "
        f"Bars: {level}, with four topics or more for other respondents in conversations like these, otherwise "
        "in these conversations; never for other questionnaires. Grey: respondents exchanged between "
        f"questionnaires, mean ± 2 SD. n = {n}. Undefined correlations of the same value between "
        "questionnaires, if any, stand below a model's name; the table has those of each row."
        + note,
    )


def _links(level: str, n: str, note: str) -> Caption:
    """Return the caption of the figure about values and behaviour."""
    return Caption(
        "Do they act on their values",
        "Dots with intervals, one panel a model and task: correlation of each value with the behaviour.",
        "Spearman correlation over respondents of a value's centred score with a task's score, both in the "
        "same context and replicate; mean over these. Large dots: the task's groups together, bars: "
        f"{level}; small dots: each group, whose intervals are in the table. Grey: random answers, mean ± "
        f"2 SD. n = {n}. Not corrected for the number of links: of twenty without any, one interval leaves 0 "
        "out by chance. Undefined correlations, if any, stand below a model's name; the table has those of "
        "each link." + note,
    )


def _respondents(estimates: pd.DataFrame, quantity: str | None = None) -> str:
    """Return the numbers of respondents: '60 respondents (fictional) and 50 (real_world)'.

    Of one quantity's rows, or of all that are pooled.
    """
    rows = pooled(estimates) if quantity is None else estimates[estimates["quantity"].eq(quantity)]
    among = scenes(rows)
    parts = []
    for population, instrument in among:
        own = rows[rows["population"].eq(population) & rows["instrument"].eq(instrument)][
            "n"
        ].dropna()
        low, high = (own.min(), own.max()) if len(own) else ("?", "?")
        count = f"{low}" if low == high else f"{low} to {high}"
        parts.append(f"{count} respondents ({scene_label((population, instrument), among)})")
    return listed(parts) or "0 respondents"


def _undefined(estimates: pd.DataFrame, study: Mapping[str, Any]) -> str:
    """Say how many correlations are undefined, of which models, and what is done with them."""
    rows = pooled(estimates)
    found = []
    for quantity, name in (("rank_order", "rank-order"), ("ipsative", "ipsative")):
        own = rows[rows["model"].ne("") & rows["quantity"].eq(quantity)]
        counts = own.groupby("model", sort=False)["undefined"].sum()
        some = [f"{model} {int(count)}" for model, count in counts.items() if count > 0]
        found += [f"{name} {listed(some)}"] if some else []
    if not found:
        return "No correlation was undefined."
    rule = UNDEFINED_RULES.get(study.get("stability", {}).get("undefined", "zero"), "it is counted")
    return (
        f"Undefined correlations (one side constant): {'; '.join(found)}. In a mean {rule}; a figure "
        "that rests on nothing else is not estimable."
    )


def _ceilings(estimates: pd.DataFrame) -> str:
    """Say what the noise ceiling is, where one is known."""
    rows = pooled(estimates)
    if not (rows["quantity"].eq("reliability") & rows["estimate"].notna()).any():
        return ""
    return (
        " Short upright lines: the noise ceiling, the agreement of two replicates of the same context; "
        "stability can't be expected beyond it."
    )


def _scope(estimates: pd.DataFrame) -> str:
    """Say what the models' intervals of stability are for, and how they were made."""
    rows = pooled(estimates)
    rows = rows[rows["quantity"].isin(QUANTITIES) & rows["model"].ne("") & rows["status"].eq("ok")]
    like = [like_these(row) for row in rows.to_dict("records")]
    crossed = (
        "for other respondents in conversations like these (jackknife over respondents and contexts; the "
        "table of estimates also has the interval for these conversations)"
    )
    these = f"for other respondents in these conversations ({_method(estimates)})"
    if any(like) and not all(like):
        return f"{crossed}, or, where there are too few topics, {these}"
    return crossed if any(like) else these


def _method(estimates: pd.DataFrame) -> str:
    """Return how the models' intervals were made, as their rows say."""
    rows = pooled(estimates)
    rows = rows[rows["quantity"].isin(QUANTITIES) & rows["model"].ne("") & rows["status"].eq("ok")]
    texts = rows["method"].unique()
    parts = {p for t in texts for p in re.findall(r"cluster bootstrap[^;]*", str(t))}
    return " or ".join(sorted(parts)) or "as the table of estimates says"


def _published(models: Models) -> str:
    """Return what is said of published figures of people."""
    return (
        f" {'White diamonds' if people(models) else 'Diamonds'} are published figures of people asked again "
        "after years (Vecchione et al. 2016 and others, as in the original study): years apart, not contexts, "
        "so no benchmark."
    )


def _people(models: Models) -> str:
    """Return what is said of people of the study, where it has any."""
    if not people(models):
        return ""
    return (
        " Filled diamonds are people who were asked again in a survey: between its waves, in which nothing was "
        "said before the questionnaire; their bars are intervals for people like these in these waves."
    )


def _note(models: Models) -> str:
    small = any(kind(entry) == "miniature" for entry in models.values())
    return f" {MINIATURE_NOTE[0].upper()}{MINIATURE_NOTE[1:]}." if small else ""
