"""`holdfast cite`: BibTeX of what a study used."""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from holdfast import __version__
from holdfast.commands.study_argument import add_study, planned
from holdfast.errors import StudyError
from holdfast.stability.structure.value_circle import is_circle
from holdfast.study.plan import Plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_study(parser, "config.yaml")


def run(given: argparse.Namespace) -> None:
    """Print it; raise StudyError if the study is wrong or a reference is missing."""
    with planned(given) as plan:
        print(bibliography(plan), end="")


LITERATURE = Path("literature", "references.bib")
"""Below the folder of resources."""

ALWAYS: Mapping[str, str] = {
    "kovac2024": "the original study, whose protocol is followed",
    "spearman1904": "rank correlation",
    "efron1993": "bootstrap over respondents, jackknife",
    "hesterberg2015": "bootstrap errors of few respondents",
    "benjamini1995": "p adjusted over comparisons",
    "furr2008": "distinctive profiles",
    "mcgraw1996": "intraclass correlation",
    "brennan2001": "variance components and generalizability",
    "hancock2020": "reliability omega",
    "hoeffding1948": "rank correlation without its bias in small samples",
    "satterthwaite1946": "degrees of freedom of intervals over respondents and contexts",
    "holm1979": "places in contexts like these",
    "mogstad2024": "places in contexts like these",
}
STRUCTURE: Mapping[str, str] = {
    "schwartz1992": "the circle of values",
    "kruskal1964": "multidimensional scaling",
    "hu1999": "indices of confirmatory factor analysis",
    "gagne2006": "respondents that a factor analysis needs",
    "torgerson1952": "start of multidimensional scaling",
    "hubert1987": "correspondence with the circle",
    "tracey1997": "randomization test of the correspondence",
    "cheung2002": "invariance over contexts",
    "chen2007": "invariance over contexts",
}
READOUTS: Mapping[str, str] = {
    "cohen1960": "agreement of readouts",
    "cohen1968": "weighted agreement of readouts",
    "krippendorff2019": "agreement of readouts",
}
OBSERVERS: Mapping[str, str] = {
    "funder1995": "what a judgement of others needs to be accurate",
    "vazire2010": "what others know better, and what oneself",
    "connelly2010": "agreement and accuracy of observers",
    "shrout1979": "agreement of observers",
    "krippendorff2019": "agreement of observers",
}
"""Where a study has observers."""

DISTRIBUTION: Mapping[str, str] = {"meister2025": "distributions that a model writes"}
"""Where the readout `distribution` is asked."""

FACETS: Mapping[str, Mapping[str, str]] = {
    "wording": {
        "sclar2024": "answers depend on the prompt's format",
        "rottger2024": "answers depend on how an option is demanded",
        "shu2024": "answers depend on the prompt",
        "gupta2024": "answers depend on the prompt",
    },
    "option_order": {
        "pezeshkpour2024": "answers depend on the order of the options",
        "dominguezolmedo2024": "answers depend on the order of the options",
    },
    "labels": {"zheng2024": "answers depend on the labels of the options"},
    "presentation": {"salecha2024": "answers depend on how many items are seen together"},
    "item_order": {"tourangeau1988": "answers depend on the items before"},
}
"""Where a study has several levels of a facet."""

COMPONENTS: Mapping[str, str] = {
    "koch1967": "variance components with facets",
    "shavelson1991": "how many levels of a facet are enough",
    "berger1982": "differences that hold at the first level and over all",
}
"""Where a study has several levels of any facet."""

PEOPLE: Mapping[str, str] = {"vecchione2016": "people's stability over years, beside the models'"}
"""Where the questionnaire has the ten values of the theory."""

REVERSED: Mapping[str, str] = {"soto2008": "acquiescence from reversed items"}
"""Where a value of a questionnaire has items of both directions."""

CONVERGENCE: Mapping[str, str] = {"campbell1959": "convergence of questionnaires"}
"""Where questionnaires share values."""

INSTRUMENTS: Mapping[str, Sequence[str]] = {
    "pvq40": ("schwartz2001", "schwartz2003", "schwartz1992"),
    **dict.fromkeys(("pvq21", "pvq21_de"), ("schwartz2003", "schwartz1992")),
    "svs": ("schwartz1992",),
    "rokeach_terminal": ("rokeach1973",),
    "rokeach_instrumental": ("rokeach1973",),
    "hofstede": ("hofstede2001", "yoo2011"),
    "pvqrr": ("schwartz2021", "schwartz2012"),
    "ipip50": ("goldberg1992", "goldberg1999"),
    "foundations": ("graham2011",),
    **dict.fromkeys(("donation", "stealing", "religion"), ("kovac2024",)),
}


def bibliography(plan: Plan) -> str:
    """Return BibTeX of what a study should cite; comments say what each work is cited for.

    What has no entry stands in a comment: questionnaires of one's own with their source, models with their
    repository and surveys with their file, since their authors or owners say how they want to be cited.

    Raises:
        StudyError: the file of references can't be read, or lacks one.
    """
    path = plan.resources / LITERATURE
    known, reasons = read_bibtex(path), _reasons(plan)
    if missing := [key for key in reasons if key not in known]:
        raise StudyError(f"{path}: has no entry '{missing[0]}'.")
    parts = [_own(), *(f"% {'; '.join(why)}\n{known[key]}" for key, why in reasons.items())]
    return "\n\n".join([*parts, *_comments(plan)]) + "\n"


def read_bibtex(path: Path) -> dict[str, str]:
    """Return the entries of a BibTeX file by their keys; an entry ends with a brace in the first column.

    Raises:
        StudyError: it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise StudyError(f"{path}: can't be read: {str(e).splitlines()[0]}.") from None
    found = re.findall(r"^(@\w+\{([^,\s]+),.*?^\})", text, flags=re.M | re.S)
    return {key: entry for entry, key in found}


def _reasons(plan: Plan) -> dict[str, list[str]]:
    """Return the keys of all works, each with what it is cited for."""
    reasons: dict[str, list[str]] = {key: [why] for key, why in ALWAYS.items()}
    for name in plan.instruments:
        for key in INSTRUMENTS.get(name, ()):
            reasons.setdefault(key, []).append(f"questionnaire {name}")
    circle = any(is_circle(list(i.values)) for i in plan.instruments.values())
    further = PEOPLE if circle else {}
    if plan.study.stability.structure and circle:
        further = {**further, **STRUCTURE}
    if any(i.has_both_directions() for i in plan.instruments.values()):
        further = {**further, **REVERSED}
    if len(plan.study.administration.readout) > 1:
        further = {**further, **READOUTS}
    if plan.converging():
        further = {**further, **CONVERGENCE}
    if "distribution" in plan.study.administration.readout:
        further = {**further, **DISTRIBUTION}
    if plan.observers:
        further = {**further, **OBSERVERS}
    several = [name for name, levels in plan.study.facets.levels().items() if len(levels) > 1]
    for name in several:
        further = {**further, **FACETS.get(name, {})}
    if several:
        further = {**further, **COMPONENTS}
    for key, why in further.items():
        reasons.setdefault(key, []).append(why)
    return reasons


def _own() -> str:
    """Return the entry of Holdfast itself."""
    return (
        "% the software\n@software{holdfast,\n  author = {{the Holdfast authors}},\n"
        "  title = {Holdfast: how stable are the values that language models express?},\n"
        f"  version = {{{__version__}}}\n}}"
    )


def _comments(plan: Plan) -> list[str]:
    asked = plan.instruments | {form.name: form for form in plan.forms.values()}
    lines = [
        f"% questionnaire {name}, no entry here: {' '.join(i.source.split())}"
        for name, i in asked.items()
        if (i.observes or name) not in INSTRUMENTS
    ]
    entries = plan.asked_models()
    lines += [
        f"% model {m}: cite as its authors ask: {entries[m].model.source}"
        for m in plan.fetched_models()
    ]
    lines += [
        f"% survey {name}: cite as its owners ask: {p.answers.name}"
        for name, p in plan.people.items()  # a whole path may tell whose computer it is
    ]
    return ["\n".join(lines)] if lines else []
