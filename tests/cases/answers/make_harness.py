"""Write harness/planned/: samples of lm-evaluation-harness, written by the harness itself.

    pip install lm_eval==0.4.13 torch && python tests/cases/answers/make_harness.py

The model is one of this file's that answers as planned. One task asks for the likelihood of each option,
the other for a text; two texts name no option.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import asked
from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

DATE = "2026-01-01T00-00-00.000000"
COMMON = {
    "dataset_path": "json", "test_split": "test", "metric_list": [],
    "doc_to_text": "As {{respondent}}. {{question}}\nA. {{options[0]}}\nB. {{options[1]}}\n"
    "C. {{options[2]}}\nD. {{options[3]}}\nAnswer:",
}  # fmt: skip
TASKS: dict[str, dict[str, Any]] = {
    "neighbours_likelihood": {
        "output_type": "multiple_choice", "doc_to_choice": "{{options}}", "doc_to_target": 0,
        "metric_list": [{"metric": "acc"}],
    },
    "neighbours_text": {
        "output_type": "generate_until", "doc_to_target": "A",
        "generation_kwargs": {"until": ["\n\n"]}, "metric_list": [{"metric": "exact_match"}],
    },
}  # fmt: skip


class Planned(LM):
    """Answers as planned."""

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Return a log-likelihood that is highest for the planned option."""
        found = []
        for r in requests:
            gap = abs(asked.OPTIONS.index(r.args[1].strip()) - asked.OPTIONS.index(_words(r.doc)))
            found.append((-0.5 - 1.5 * gap, gap == 0))
        return found

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Return the planned letter in a sentence."""
        return [
            "I would rather not say." if asked.unread(*_place(r.doc))
            else f" {asked.letter(*_place(r.doc))}."
            for r in requests
        ]  # fmt: skip

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """No task here asks for this."""
        raise NotImplementedError


def _place(doc: Any) -> tuple[str, str, int]:
    return doc["respondent"], doc["context"], doc["item"]


def _words(doc: Any) -> str:
    return asked.words(*_place(doc))


def main() -> None:
    """Ask, and write the samples and results."""
    docs = [
        {
            "respondent": r, "context": c, "item": i, "question": asked.question(c, i),
            "options": asked.shown(r, i),
        }
        for r in asked.RESPONDENTS for c in asked.CONTEXTS for i in asked.ITEMS
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "docs.jsonl")
        data.write_text("".join(json.dumps(d) + "\n" for d in docs), encoding="utf-8")
        tasks = [
            COMMON | about | {"task": name, "dataset_kwargs": {"data_files": {"test": str(data)}}}
            for name, about in TASKS.items()
        ]
        tracker = EvaluationTracker(output_path=str(Path(folder, "out")))
        results = simple_evaluate(
            model=Planned(), tasks=tasks, task_manager=TaskManager(), evaluation_tracker=tracker,
            log_samples=True, bootstrap_iters=0,
        )  # fmt: skip
        assert results is not None
        samples = results.pop("samples")
        for name in ("pretty_env_info", "git_hash", "configs"):  # what tells of a machine
            results.pop(name, None)
        tracker.general_config_tracker.log_experiment_args(
            "custom", "pretrained=planned", "", "", False
        )
        tracker.save_results_aggregated(results=results, samples=samples)
        for name, rows in samples.items():
            tracker.save_results_samples(task_name=name, samples=rows)
        target = asked.HERE / "harness"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(Path(folder, "out"), target)
    for path in target.rglob("*_*"):  # the time of writing is part of the names
        path.rename(path.with_stem(path.stem.replace(tracker.date_id, DATE)))


if __name__ == "__main__":
    main()
