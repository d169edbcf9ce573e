"""Write edsl.csv and edsl.json with EDSL itself, its model `test`, and agents that answer by a function.

    pip install edsl==1.0.9 && python tests/cases/answers/make_edsl.py

Nothing is sent anywhere. Two questions are left without an answer by a function that returns None.
"""

import json
from typing import Any

import asked
from edsl import Agent, AgentList, Model, QuestionMultipleChoice, Scenario, ScenarioList, Survey


def answer(self: Any, question: Any, scenario: Any) -> str | None:
    """Return the planned option's words."""
    item = int(question.question_name.removeprefix("q"))
    if asked.unread(self.name, scenario["context"], item):
        return None
    return asked.words(self.name, scenario["context"], item)


def agent(name: str) -> Agent:
    """Return an agent that answers as planned."""
    made = Agent(name=name)
    made.add_direct_question_answering_method(answer)
    return made


def main() -> None:
    """Ask, and write the two tables."""
    survey = Survey([
        QuestionMultipleChoice(
            question_name=f"q{item}", question_options=asked.OPTIONS,
            question_text=f"We talked about {{{{ scenario.context }}}}. {text}",
        )
        for item, text in asked.ITEMS.items()
    ])  # fmt: skip
    scenarios = ScenarioList([Scenario({"context": c}) for c in asked.CONTEXTS])
    agents = AgentList([agent(name) for name in asked.RESPONDENTS])
    results = survey.by(scenarios).by(agents).by(Model("test")).run(
        disable_remote_inference=True, disable_remote_cache=True, cache=False, progress_bar=False,
    )  # fmt: skip
    results.to_csv(str(asked.HERE / "edsl.csv"))
    text = json.dumps(results.to_dict(), default=str)
    (asked.HERE / "edsl.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
