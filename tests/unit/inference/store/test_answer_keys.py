"""Keys of the store: an existing study's answers are found again, whatever else studies may ask for."""

import hashlib
from pathlib import Path

import pytest

from echo import Echo, Recorder
from holdfast.inference.interview.interview import Interview
from holdfast.inference.interview.sessions import Design, sessions
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[4]
# made by this test before contexts could be anything but a conversation with a human; a change of
# prompts, seeds or keys changes it, and then every answer of every study is paid for again
KEYS = {
    "smoke": "e56b7fe07da1dc926f30e750610b215d3692695bcb11a91526650caf6ebc870c",
    "mini/lengths": "35a4395ae4dd4fa3358a1558438f1f88eea7c1951a8d91e3ba6b2526e2c87433",
    "mini/readouts": "eb63e149c7add557aab10b8a6a853899b009a76875ed843c84915913907f5c7a",
}


def keys(study: str, folder: Path) -> str:
    """Return one hash of all keys of a study's messages and answers."""
    plan = make_plan(read_mapping(ROOT / f"studies/{study}.yaml"), study, ROOT / "resources")
    found = []
    for people in plan.populations.values():
        design = Design(
            personas=people.personas, profiles=people.profiles, contexts=plan.context_rows(),
            instruments=list(plan.instruments.values()),
            **plan.asking(next(iter(plan.models))),
        )  # fmt: skip
        talks = sessions(design)
        interview = Interview(Echo(), Recorder(folder), design, {"temperature": 1})
        rows = [row for _, answers in interview.run(talks) for row in answers]
        found += [m["prompt"] for s in talks for m in s.rows] + [r["prompt"] for r in rows]
    return hashlib.sha256("".join(sorted(found)).encode()).hexdigest()


@pytest.mark.parametrize("study", KEYS)
def test_a_study_s_keys_stay_as_they_are(study: str, tmp_path: Path) -> None:
    assert keys(study, tmp_path) == KEYS[study]
