"""Write inspect.eval and inspect.json with Inspect itself and its mock model.

    pip install inspect_ai==0.3.285 && python tests/cases/answers/make_inspect.py

The answers are letters of options in the order shown, but for two that name none. The logs' events, which
repeat every prompt and which nothing here reads, are taken out by Inspect's own functions.
"""

import tempfile
from pathlib import Path
from typing import Any

import asked
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import multiple_choice

PLACES = [(r, c, i) for r in asked.RESPONDENTS for c in asked.CONTEXTS for i in asked.ITEMS]


def answer(messages: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
    """Return the planned letter for the question that is asked."""
    text = messages[-1].text
    respondent, context, item = next(
        (r, c, i) for r, c, i in PLACES
        if f"\nAs {r}. {asked.question(c, i)}" in text
    )  # fmt: skip
    said = f"ANSWER: {asked.letter(respondent, context, item)}"
    if asked.unread(respondent, context, item):
        said = "That depends on the neighbour."
    output = ModelOutput.from_content("mockllm/model", said)
    output.usage = ModelUsage()  # else its tokens are counted, by files that would be downloaded
    return output


def main() -> None:
    """Ask, and write the two logs."""
    samples = [
        Sample(
            id=f"{r}-{c}-{i}", input=f"As {r}. {asked.question(c, i)}", choices=asked.shown(r, i),
            target="A", metadata={"respondent": r, "context": c, "item": i},
        )
        for r, c, i in PLACES
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        task = Task(dataset=samples, solver=multiple_choice(), name="neighbours")
        model = get_model("mockllm/model", custom_outputs=answer)
        (log,) = eval(task, model=model, log_dir=folder, display="none")
        log = read_eval_log(log.location)
    for sample in log.samples or []:
        sample.events, sample.attachments, sample.events_data = [], {}, None
    log.location, log.eval.revision = "", None
    for name in ("inspect.eval", "inspect.json"):
        write_eval_log(log, str(Path(asked.HERE / name)))


if __name__ == "__main__":
    main()
