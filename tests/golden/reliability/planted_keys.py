"""Write reversed.csv: ratings of 1 to 5, as chosen, of two values with items of both directions.

    python tests/golden/reliability/planted_keys.py

30 respondents in two contexts, ten items as digits. The key is that of tests/cases/reversed.yaml: of the first
value, items 2 and 4 are reversed; of the second, 6, 8 and 10.

Respondents agree more or less with whatever is asked.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SIGNS = np.array([1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
VALUE = np.array([0] * 5 + [1] * 5)


def answers(random: np.random.Generator) -> np.ndarray:
    """Return ratings (contexts, respondents, items), as chosen."""
    latent = 0.8 * random.normal(size=(1, 30, 2)) + 0.4 * random.normal(size=(2, 30, 2))
    agreeing = 0.5 * random.normal(size=(1, 30, 1)) + 0.3
    ratings = 3 + agreeing + SIGNS * latent[..., VALUE] + 0.8 * random.normal(size=(2, 30, 10))
    return np.asarray(np.clip(np.round(ratings), 1, 5), dtype=np.int64)


if __name__ == "__main__":
    rows = [
        (context, "".join(map(str, row)))
        for context, cells in enumerate(answers(np.random.default_rng(7))) for row in cells
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["context", "ratings"])
    table.to_csv(HERE / "reversed.csv", index=False, lineterminator="\n")
