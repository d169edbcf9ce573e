"""A process that looks at prompts alone loads a tokenizer and no torch, and statistics go on working in it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
LOOKS_AT_PROMPTS = """
import sys
from holdfast.inference.models.light_import import leave_out_torch
leave_out_torch()
from transformers import AutoConfig, AutoTokenizer
folder = sys.argv[1]
print(len(AutoTokenizer.from_pretrained(folder, local_files_only=True)("tea")["input_ids"]) > 0)
print(AutoConfig.from_pretrained(folder, local_files_only=True).vocab_size > 0)
from scipy.stats import norm, spearmanr  # asks every array whether it is one of torch's
print(spearmanr([1, 2, 3], [1, 3, 2]).statistic, norm.ppf([0.5])[0])
print("torch" in sys.modules)
"""


def test_a_tokenizer_and_statistics_work_without_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS_AT_PROMPTS, ROOT / "resources/miniatures/llama-mini"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow/lib")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "True", "0.5", "0.0", "False"]
    assert "PyTorch was not found" not in done.stderr
