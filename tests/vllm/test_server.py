"""The backend `openai` asks a real server: vLLM's own, which serves a small model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import serving
from test_vllm_backend import PERSONAS, backend, messages, model_folder, questions

from holdfast.inference.backends.make_backend import make_backend
from holdfast.inference.models.registry import Entry

GREEDY = {"temperature": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_folder("llama", tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Return the address of a server of the model."""
    with serving(folder, folder / "server.log", "--max-model-len", "2048") as address:
        yield address


def served(address: str, kind: str = "base") -> Entry:
    return Entry.model_validate({
        "model": {"family": "LLaMA", "repository": "small", "kind": kind, "sampling": GREEDY},
        "deployment": {"backend": "openai", "base_url": address, "limits": {"concurrency": 8}},
    })  # fmt: skip


def test_greedy_messages_are_those_of_the_default_backend(folder: Path, address: str) -> None:
    wanted = backend("transformers", "llama", folder, sampling=GREEDY, kind="base")
    asked = messages(PERSONAS, 12)
    found = list(make_backend("small", served(address), 1, None, 1).generate(asked))
    placed = sorted(found, key=lambda a: a.place or 0)
    # the server keeps the bytes of a character that is not complete to itself
    own = [a.text.rstrip("\ufffd") for a in wanted.generate(asked)]
    assert [a.text for a in placed] == own and all(own)


@pytest.mark.parametrize("kind", ["base", "chat"])
def test_every_question_is_answered_or_marked(address: str, kind: str) -> None:
    """A model with random weights names few letters, and must not be said to."""
    asked = questions(PERSONAS[:1])
    found = list(make_backend("small", served(address, kind), 1, None, 1).score(asked))
    assert sorted(a.place for a in found) == list(range(40))
    assert {a.status for a in found} <= {"ok", "invalid"}
    for a in found:
        assert (a.status == "ok") == (a.text in set("ABCDEF"))
