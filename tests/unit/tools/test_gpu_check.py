"""The check of a GPU against the processor: what counts as agreement, and what it says without a GPU."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gpu_check import NO_GPU, compared

TOOL = Path(__file__).resolve().parents[3] / "tools" / "gpu_check.py"


def answers() -> pd.DataFrame:
    who = [(r, c, 1, "pvq40", i) for r in "ab" for c in ("tea", "none") for i in range(1, 6)]
    table = pd.DataFrame(who, columns=["respondent", "context", "replicate", "instrument", "item"])
    return table.assign(answer="A", logprobs=[np.array([-0.1, -2.0, -3.0])] * len(table))


def talks() -> pd.DataFrame:
    who = [(r, "tea", 1, t, f"message {t}") for r in "ab" for t in range(3)]
    return pd.DataFrame(who, columns=["respondent", "context", "replicate", "turn", "text"])


def test_the_same_answers_agree() -> None:
    found = compared([answers(), answers()], [talks(), talks()])
    assert (found["answers"], found["compared"]) == (20, 20)
    assert found["agreement"] == found["same_messages"] == 1
    assert found["mean_difference"] == found["largest_difference"] == 0


def test_other_answers_are_counted_and_differences_measured() -> None:
    other = answers()
    other.loc[0, "answer"] = "B"
    other["logprobs"] = [np.array([-0.1, -2.0, -3.3])] * len(other)
    found = compared([answers(), other], [talks(), talks()])
    assert found["agreement"] == pytest.approx(19 / 20)
    assert found["largest_difference"] == pytest.approx(0.3)
    assert found["mean_difference"] == pytest.approx(0.1)


def test_answers_after_another_message_are_not_compared() -> None:
    said, other = talks(), answers()
    said.loc[(said["respondent"] == "a") & (said["turn"] == 2), "text"] = "another word"
    other.loc[(other["respondent"] == "a") & (other["context"] == "tea"), "answer"] = "B"
    found = compared([answers(), other], [talks(), said])
    assert (found["answers"], found["compared"], found["agreement"]) == (20, 15, 1)
    assert found["same_messages"] == pytest.approx(3 / 4)


def test_without_a_gpu_it_says_so_and_has_a_status_of_its_own() -> None:
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    ran = subprocess.run([sys.executable, TOOL], capture_output=True, text=True, env=hidden)
    assert ran.returncode == NO_GPU == 3 and "Nothing was checked" in ran.stderr
