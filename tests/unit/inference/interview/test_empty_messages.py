"""A local model that says nothing: what is kept of it, what the conversation shows, and what is told."""

import json
import shutil
from pathlib import Path

import pytest

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.backends.protocol import MessageRequest, ScoreRequest
from holdfast.inference.interview.store_first import Asking
from holdfast.inference.prompting.prompts import Prompt
from holdfast.report.tables.loss_checks import losses
from holdfast.tables.table_files import read_table
from small_jobs import Job


def test_an_empty_message_of_a_local_model_is_marked_shown_in_words_and_told(
    tmp_path: Path, model_folders: dict[str, Path], instrument: Instrument, personas: list[Persona],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every token ends this model's messages, so each is empty; its answers are given all the same."""
    folder = shutil.copytree(model_folders["llama"], tmp_path / "silent")
    ends = {"eos_token_id": list(range(700))}
    (folder / "generation_config.json").write_text(json.dumps(ends))
    shown: list[Prompt] = []
    real = Asking.key

    def seen(self: Asking, request: MessageRequest | ScoreRequest) -> str:
        shown.append(request.prompt)
        return real(self, request)

    monkeypatch.setattr(Asking, "key", seen)
    about = Job(tmp_path, folder, instrument, personas).run(people=2, topics=2)
    said = read_table(tmp_path / "conversations.parquet", "conversations")
    own = said[~said["status"].isin(["opening", "given"])]
    assert (
        set(own["status"]) == {"empty"} and own["text"].eq("").all() and own["tokens"].eq(0).all()
    )
    texts = [turn.text for prompt in shown for turn in prompt.turns]
    assert all(texts) and "(says nothing)" in texts
    answers = read_table(tmp_path / "responses.parquet", "responses")
    assert answers["status"].eq("ok").all()
    assert about["invalid"] == len(own) == sum(cell[-1] for cell in about["lost"]["cells"]) > 0
    assert {cell[4] for cell in about["lost"]["cells"]} == {"empty"}
    (check,) = losses([about])
    assert f"{len(own)} empty" in check.detail
