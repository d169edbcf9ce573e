"""The study's own wording, for tests that make prompts."""

from pathlib import Path

from holdfast.inference.prompting.wordings import load_wording

PLAIN = load_wording(Path(__file__).resolve().parents[1] / "resources", "plain")
WORDINGS = {"plain": PLAIN.model_dump()}
