"""Write pingouin.json: reliability of planted_answers.py by pingouin.

    pip install pingouin && python tests/golden/reliability/intraclass.py

The file names the versions that it was made with.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin

HERE = Path(__file__).parent
VALUES = {"much": [0, 1, 2, 3], "little": [4, 5, 6], "noise": [7, 8, 9]}
PACKAGES = ["pingouin", "numpy", "pandas"]


def icc_a1(ratings: np.ndarray) -> float:
    """Return ICC(A,1) of means of items, from ratings (contexts, respondents, items)."""
    means = pd.DataFrame(ratings.mean(axis=2))
    table = means.rename_axis("context").reset_index().melt("context", var_name="respondent")
    found = pingouin.intraclass_corr(table, targets="respondent", raters="context", ratings="value")
    return float(found.set_index("Type").loc["ICC(A,1)", "ICC"])


if __name__ == "__main__":
    rows = pd.read_csv(HERE / "answers.csv", dtype={"ratings": str})
    answers = np.array(
        [[list(map(int, row)) for row in own["ratings"]] for _, own in rows.groupby("context")]
    )
    figures = {
        "versions": {name: version(name) for name in PACKAGES},
        "alpha": {
            value: [float(pingouin.cronbach_alpha(pd.DataFrame(own))[0]) for own in answers[..., items]]
            for value, items in VALUES.items()
        },
        "icc_a1": {value: icc_a1(answers[..., items]) for value, items in VALUES.items()},
    }  # fmt: skip
    (HERE / "pingouin.json").write_text(json.dumps(figures, indent=2) + "\n")
