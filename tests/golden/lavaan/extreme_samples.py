"""Append answers that are hard to fit to ratings.csv: nearly identical items, and few respondents.

    python tests/golden/lavaan/extreme_samples.py >> tests/golden/lavaan/ratings.csv

A respondent's values follow a cosine over the circle. An item adds noise, or differs from its value in few
respondents only, by one step.
"""

import numpy as np

KEY = {
    "Self-Direction": (0, [1, 11, 22, 34]), "Stimulation": (1, [6, 15, 30]), "Hedonism": (2, [10, 26, 37]),
    "Achievement": (3, [4, 13, 24, 32]), "Power": (4, [2, 17, 39]), "Security": (5, [5, 14, 21, 31, 35]),
    "Conformity": (6, [7, 16, 28, 36]), "Tradition": (6, [9, 20, 25, 38]),
    "Benevolence": (7, [12, 18, 27, 33]), "Universalism": (8, [3, 8, 19, 23, 29, 40]),
}  # fmt: skip
KINDS = {"identical": (60, 0.0, 0.04, 4), "similar": (60, 0.5, 0.0, 2), "few": (20, 0.6, 0.0, 4)}
"""Respondents, standard deviation of the noise, share of answers that differ by a step, samples."""


def answers(
    respondents: int, noise: float, differ: float, random: np.random.Generator
) -> np.ndarray:
    """Return ratings (N, 40), 1 to 6."""
    peak = random.uniform(0, 2 * np.pi, (respondents, 1))
    ratings = np.zeros((respondents, 40))
    for place, items in KEY.values():
        shape = (respondents, len(items))
        own = 1.6 * np.cos(np.radians(40 * place) - peak) + 0.6 * random.normal(size=peak.shape)
        steps = (random.random(shape) < differ) * random.choice([-1, 1], shape)
        whole = np.clip(np.round(3.5 + own + noise * random.normal(size=shape)), 1, 6)
        ratings[:, [i - 1 for i in items]] = np.clip(whole + steps, 1, 6)
    return ratings.astype(int)


if __name__ == "__main__":
    for kind, (respondents, noise, differ, samples) in KINDS.items():
        for number in range(samples):
            generator = np.random.default_rng([respondents, number])
            for row in answers(respondents, noise, differ, generator):
                print(f"{kind}_{respondents}_{number},{''.join(map(str, row))}")
