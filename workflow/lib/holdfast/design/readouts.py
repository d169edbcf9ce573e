"""Readouts: the ways in which an answer is read (methods 3)."""

from collections.abc import Mapping
from typing import Literal, get_args

import pandas as pd

from holdfast.design.administration_modes import ENDS

Readout = Literal["logit", "choice", "generate", "cot", "distribution"]
READOUTS: tuple[Readout, ...] = get_args(Readout)

WRITTEN: tuple[Readout, ...] = ("generate", "distribution")
"""Readouts whose answers the model writes itself."""

STORED: Mapping[Readout, int] = {
    "logit": 1,
    "choice": 1,
    "generate": 1,
    "cot": 2,
    "distribution": 1,
}
"""How much the store keeps of a question: the answer, and the reasoning before it."""


def asked_as(read: str) -> str:
    """Return the readout that was asked for, from the table's word on how the answer was read.

    A server gives the readout `logit` as `prefill`, `restricted`, `top_logprobs` or `text` (docs/api.md).
    """
    return read if read in READOUTS else "logit"


def of_readout(responses: pd.DataFrame, readout: str) -> pd.DataFrame:
    """Return the rows of a table of responses that one readout gave."""
    return responses[responses["readout"].map(asked_as) == readout].reset_index(drop=True)


def of_first(responses: pd.DataFrame) -> pd.DataFrame:
    """Return the items' rows of the study's first readout; its answers come first in the table."""
    if responses.empty:
        return responses
    return of_items(of_readout(responses, asked_as(str(responses["readout"].iloc[0]))))


def of_items(responses: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of items. A choice from a list is none: it decides what is rated first."""
    if "step" not in responses:
        return responses
    return responses[~responses["step"].isin(ENDS)].reset_index(drop=True)
