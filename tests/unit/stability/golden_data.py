"""Where the golden numbers lie, and the key of the PVQ-40."""

from __future__ import annotations

from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden"

PVQ_KEY = {
    "Conformity": [7, 16, 28, 36],
    "Tradition": [9, 20, 25, 38],
    "Benevolence": [12, 18, 27, 33],
    "Universalism": [3, 8, 19, 23, 29, 40],
    "Self-Direction": [1, 11, 22, 34],
    "Stimulation": [6, 15, 30],
    "Hedonism": [10, 26, 37],
    "Achievement": [4, 13, 24, 32],
    "Power": [2, 17, 39],
    "Security": [5, 14, 21, 31, 35],
}
