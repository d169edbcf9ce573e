"""The colour of each family, the same in all figures."""

from collections.abc import Iterable, Mapping

FAMILY_COLOURS: Mapping[str, str] = {
    "LLaMa": "#0072B2",
    "Mistral": "#E69F00",
    "Mixtral": "#D55E00",
    "Qwen": "#CC79A7",
    "Phi": "#009E73",
    "GPT": "#56B4E9",
    "Reference": "#6F6F6F",
    "People": "#1A1A1A",
}
"""Colours of Okabe and Ito; grey for what is no family."""

FURTHER_COLOURS = ("#332288", "#882255", "#999933", "#44AA99", "#661100", "#AA4499", "#117733")
"""For other families, in their order; from Tol's muted scheme."""


def family_colours(families: Iterable[str]) -> dict[str, str]:
    """Return a colour for each family; unknown ones get further colours in their order."""
    names = list(dict.fromkeys(families))
    unknown = [n for n in names if n not in FAMILY_COLOURS]
    further = {n: FURTHER_COLOURS[i % len(FURTHER_COLOURS)] for i, n in enumerate(unknown)}
    return {n: FAMILY_COLOURS.get(n) or further[n] for n in names}
