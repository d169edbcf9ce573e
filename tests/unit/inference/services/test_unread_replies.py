"""The reply of an answer that can't be read is kept, in the store and in the table."""

from pathlib import Path

import pytest
from api_jobs import ADMINISTRATIONS, entry_of, run
from stub_service import Asked, Reply, said, service

from holdfast.design.instruments import Instrument
from holdfast.design.personas import Persona
from holdfast.inference.store.response_store import Store
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.usefixtures("key")


def test_an_unread_reply_is_kept(
    tmp_path: Path, instrument: Instrument, personas: list[Persona]
) -> None:
    def rule(asked: Asked) -> Reply:
        text = asked.last["content"]
        if not text.endswith("Answer with one letter."):
            return said("Tea.")
        return said("None of the above" if "(A) like me" in text else "**B**")

    with service(rule) as (address, _):
        manifest = run(tmp_path, entry_of(address), instrument, personas)
    rows = read_table(tmp_path / "responses", "responses")
    unread = rows[rows["status"] == "invalid"]
    assert 0 < len(unread) == manifest["invalid"] < ADMINISTRATIONS == len(rows)
    assert unread["answer"].eq("").all() and unread["said"].eq("None of the above").all()
    read = rows[rows["status"] == "ok"]
    assert read["answer"].eq("B").all() and read["said"].eq("").all()
    kept = Store(tmp_path / "store/mini").get(unread["prompt"].iloc[0])
    assert kept is not None and (kept.text, kept.status) == ("None of the above", "invalid")
