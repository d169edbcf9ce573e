"""What a study's dataset says besides its answers and messages."""

from typing import Any

from holdfast.study.language_check import languages
from holdfast.study.plan import Plan


def about_dataset(plan: Plan) -> dict[str, Any]:
    """Return the slice of a study's configuration on which its dataset depends, as plain data.

    People are not in it, since their answers are not in the dataset.
    """
    return {
        "study": plan.study.study,
        "licence": plan.study.results_licence,
        "languages": languages(plan),
        "facets": plan.study.facets.levels(),
        "seed": plan.study.seed,
        "readout": plan.study.administration.readout[0],
        "on_invalid": plan.study.scoring.on_invalid,
        "rating": plan.study.scoring.rating,
        "observers": {name: observer.model for name, observer in plan.observers.items()},
        "models": {
            name: {
                "model": {"family": e.model.family, "miniature": e.model.miniature},
                "deployment": {"backend": e.deployment.backend},
            }
            for name, e in plan.asked_models().items()
        },
    }
