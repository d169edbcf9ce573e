"""Observers as methods beside a questionnaire: the same values of the same people (methods 10)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from holdfast.design.instruments import Instrument
from holdfast.design.scoring_keys import JOINT
from holdfast.stability.convergence.convergence_estimates import Measured
from holdfast.stability.estimation.score_arrays import Design, score_array
from holdfast.stability.observers.observer_tables import observed_design

OBSERVERS = f"{JOINT}observers"
"""What the name of a questionnaire has after it in rows in which observers are methods beside it."""


def observed(
    said: pd.DataFrame, seen: Mapping[str, pd.DataFrame], design: Design, contexts: pd.DataFrame,
    form: Instrument,
) -> Measured | None:  # fmt: skip
    """Return the scores of self-report and observers as methods, in the conversations that all of them read.

    Args:
        said: table `values` of the self-reports.
        seen: the same of observers, by their names.
        design: who answered what and where.
        contexts: design table of the contexts.
        form: the observers' form of the questionnaire.

    Returns:
        None where nobody filled in the form.
    """
    own = {name: table[table["instrument"].eq(form.name)] for name, table in seen.items()}
    own = {name: table for name, table in own.items() if len(table)}
    if not own:
        return None
    read = set.intersection(*(set(table["context"]) for table in own.values()))
    where, values = observed_design(design, contexts, read), list(form.values)
    main = where.layout.main
    sides = [said[said["instrument"].eq(form.observes)], *own.values()]
    scores = np.stack([score_array(side, where, values) for side in sides])[:, :, main]
    return Measured(
        scores, [form.observes, *own], [where.contexts[c] for c in main], values,
        list(where.replicates), form.framework, where.layout,
    )  # fmt: skip
