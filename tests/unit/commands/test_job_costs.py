"""`holdfast estimate`: what observers will cost, beside what they took."""

import json
import re
from pathlib import Path

import pytest

from holdfast.commands.estimate import show
from holdfast.commands.job_costs import KEPT, token_seconds
from holdfast.study.make_plan import make_plan

ROOT = Path(__file__).resolve().parents[3]
STUDY = {
    "study": "s", "models": ["planted"], "replicates": 1, "instruments": ["pvq21"],
    "populations": [{"name": "generated", "size": 3}],
    "contexts": {"topics": ["gift", "joke"], "messages": 3, "max_new_tokens": 10},
    "observers": {"models": ["llama-mini", "observer-good"]},
}  # fmt: skip
NAME = "llama-mini on planted × generated"


def test_observers_are_told_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """References, who cost nothing, have no row, be they respondents or observers."""
    plan = make_plan(STUDY, "s.yaml", ROOT / "resources")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    show(plan)
    said = capsys.readouterr().out
    (row,) = [line for line in said.splitlines() if re.match(r"[^:]* × [^:]*$", line)]
    messages, answers, held, read, *_, money, _ = row.removeprefix(NAME).split()
    assert (messages, answers, held, money) == ("0", "126", "0", "0")
    assert (
        f"{NAME}: 100% of the conversations are not held yet; their messages were taken to have"
        in said
    )
    estimated = json.loads(Path("results/s", KEPT).read_text())["llama-mini on planted generated"]
    assert (
        estimated >= float(read.replace(",", "")) > 0
        and token_seconds(Path("results"), "llama-mini") is None
    )
    manifest = Path("results/s/observations/llama-mini/planted/generated/manifest.json")
    manifest.parent.mkdir(parents=True)
    about = {
        "model": "llama-mini",
        "computed": 126,
        "tokens": 0,
        "seconds": 36,
        "tokens_read": estimated,
    }
    manifest.write_text(json.dumps(about))
    show(plan)
    last = capsys.readouterr().out.partition("last runs took")[2].splitlines()[1]
    assert (
        last.split()[:5] == NAME.split()[:5]
        and last.split()[5] == "126"
        and last.endswith("100.0%")
    )
    assert token_seconds(Path("results"), "llama-mini") == 36 / estimated
    assert token_seconds(Path("results"), "planted") is None
