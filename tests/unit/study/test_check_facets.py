"""What a level of a facet needs is asked for before anything runs, in one sentence."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
STUDY = {
    "study": "s", "models": ["random"], "populations": ["fictional"], "instruments": ["pvq21"],
    "contexts": {"topics": ["grammar", "joke"]},
}  # fmt: skip
SHEETS = {"presentation": ["alone", "json"]}


@pytest.mark.parametrize(
    ("facets", "more", "said"),
    [
        ({"labels": "words"}, {}, ["labels: words:", "'logit'", "administration.readout: generate"]),
        ({"labels": ["letters", "digits"]}, {"instruments": ["svs"]}, ["digits: 'svs' has", "9 digits"]),
        ({"labels": "digits"}, {"administration": {"readout": ["logit", "distribution"]}},
         ["digits: the readout 'distribution'", "letters"]),
        (SHEETS, {"instruments": ["svs"]}, ["presentation: json: 'svs'", "list by list"]),
        (SHEETS, {"administration": {"readout": ["logit", "cot"]}}, ["'cot'", "logit, generate"]),
        (SHEETS, {"administration": {"readout": "choice"}}, ["'choice'", "logit, generate"]),
        (SHEETS, {"scoring": {"rating": "expected"}}, ["scoring.rating: choice"]),
        (SHEETS, {"models": ["gemma-3-270m"]}, ["json: 'gemma-3-270m' is a base model", "'lines'"]),
        ({"item_order": ["numbered", "shuffled"]}, {}, ["tem_order: numbered, shuffled", "'alone'"]),
        ({"thinking": ["off", "on"]}, {"models": ["llama-mini"]}, ["on: 'llama-mini' can't", "own, off"]),
        ({"thinking": [False, True]}, {"models": ["gemma-3-270m"]}, ["on: 'gemma-3-270m' can't"]),
        ({"thinking": ["low"]}, {"models": ["qwen3-0.6b"]}, ["low: 'qwen3-0.6b' can't", "own, off, on"]),
        ({"thinking": "off"}, {"models": ["gpt-3.5-turbo-0125"]}, ["behind a service", "deployment.thinking"]),
        ({"presentation": ["alone", "in-view"]}, {}, ["facets.presentation.1: 'in-view'", "in_view"]),
        ({"wording": ["plain", "json"], "presentation": ["alone", "json"]}, {}, ["'json' is a level of two"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_level_that_can_t_be_had(facets: Any, more: Any, said: list[str]) -> None:
    with pytest.raises(StudyError) as error:
        make_plan(STUDY | more | {"facets": facets}, "study.yaml", RESOURCES)
    message = str(error.value)
    assert message.startswith(("study.yaml: facets.", "study.yaml: facets:", "facets."))
    for part in said:
        assert part in message


@pytest.mark.parametrize(
    ("facets", "part"),
    [({"labels": "digits"}, "digits"), ({"presentation": "lines"}, "sheet")],
    ids=str,
)
def test_a_wording_of_one_s_own_that_lacks_a_text(
    tmp_path: Path, facets: dict[str, str], part: str
) -> None:
    resources = tmp_path / "resources"
    shutil.copytree(RESOURCES, resources, ignore=shutil.ignore_patterns("miniatures", "reference"))
    whole = (resources / "prompts/plain.yaml").read_text(encoding="utf-8")
    begin, end = whole.index("  digits:"), whole.index("\nreflection:")
    (resources / "prompts/mine.yaml").write_text(whole[:begin] + whole[end:], encoding="utf-8")
    study = STUDY | {"facets": {"wording": "mine"}}
    make_plan(study, "study.yaml", resources)  # is not asked for
    with pytest.raises(StudyError) as error:
        make_plan(study | {"facets": {"wording": "mine"} | facets}, "study.yaml", resources)
    assert f"mine.yaml has no questionnaire.{part}" in str(error.value)


def test_levels_that_can_be_had() -> None:
    facets = {
        "labels": ["letters", "digits"], "presentation": ["in_view", "lines", "json"],
        "item_order": ["numbered", "reversed", "shuffled"], "thinking": ["off", "on"],
        "option_order": ["high_first", "drawn"],
    }  # fmt: skip
    models = {"models": ["random", "qwen3-0.6b"]}
    plan = make_plan(STUDY | models | {"facets": facets}, "study.yaml", RESOURCES)
    assert len(plan.context_rows()) == 2 * 2 * 3 * 3 * 2 * 2
    asking = plan.asking("qwen3-0.6b")
    assert asking["own"] == {
        "presentation": "in_view",
        "option_order": "high_first",
        "thinking": "off",
    }
    assert asking["thinking_tokens"] == 1024 and asking["thinking"] == "off"
