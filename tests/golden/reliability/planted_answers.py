"""Write answers.csv and readouts.csv: ratings of 1 to 6 with more and less in common.

    python tests/golden/reliability/planted_answers.py

answers.csv has 25 respondents in three contexts, ten items as digits: of the first value, four items with
much in common; of the second, three with little; of the third, three of noise. Contexts differ in level.
readouts.csv has 80 questions, read in three ways; empty where an answer could not be read.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
LOADINGS = np.array([1.1] * 4 + [0.6] * 3 + [0.0] * 3)
VALUE = np.array([0] * 4 + [1] * 3 + [2] * 3)
LEVELS = np.array([0.0, 0.7, -0.4])


def answers(random: np.random.Generator) -> np.ndarray:
    """Return ratings (contexts, respondents, items)."""
    kept, moved = random.normal(size=(1, 25, 3)), random.normal(size=(3, 25, 3))
    latent = 0.8 * kept + 0.6 * moved
    ratings = 3.5 + LEVELS[:, None, None] + LOADINGS * latent[..., VALUE]
    whole = np.clip(np.round(ratings + random.normal(size=ratings.shape)), 1, 6)
    return np.asarray(whole, dtype=np.int64)


def readouts(random: np.random.Generator) -> np.ndarray:
    """Return what each readout read (questions, readouts), 0 where it read nothing."""
    first = random.integers(1, 7, 80)
    near = np.clip(first + random.integers(-1, 2, 80), 1, 6)
    far = np.where(random.random(80) < 0.4, first, random.integers(1, 7, 80))
    result = np.stack([first, near, far], axis=1)
    result[random.random(result.shape) < 0.05] = 0
    return result


if __name__ == "__main__":
    generator = np.random.default_rng(5)
    rows = [
        (context, "".join(map(str, row)))
        for context, cells in enumerate(answers(generator)) for row in cells
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["context", "ratings"])
    table.to_csv(HERE / "answers.csv", index=False, lineterminator="\n")
    read = pd.DataFrame(readouts(generator), columns=["logit", "generate", "cot"])
    kept = read.astype("Int64").replace(0, pd.NA)
    kept.to_csv(HERE / "readouts.csv", index=False, lineterminator="\n")
