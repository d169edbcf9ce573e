"""Damaged configurations and resources: each makes a plan, or one message that names the file."""

import copy
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.errors import StudyError
from holdfast.study.make_plan import make_plan
from holdfast.yaml_and_csv import read_mapping

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    "config.yaml",
    "resources/models/miniatures.yaml",
    "resources/models/references.yaml",
    "resources/personas/townsfolk.csv",
    "resources/prompts/plain.yaml",
    "resources/pvq/pvq40.csv",
    "resources/pvq/pvq40.yaml",
    "resources/tasks/donation.yaml",
    "resources/tasks/people.csv",
    "resources/texts/posts.yaml",
    "resources/topics/topics.csv",
]
USED = {  # what the default study leaves out
    "populations: [generated]": "populations: [generated, {name: townsfolk, size: 20}]",
    "instruments: [pvq40]": "instruments: [pvq40, {name: donation, populations: [townsfolk]}]",
    "topics: [grammar, ": "topics: [{topic: chess, interlocutor: townsfolk}, grammar, ",
    "texts: []": "texts: [posts]",
    "reasoning_turns: [0]": "reasoning_turns: [0, 2]",
}
MUTATIONS = 40  # of each file
SCRAPS = [
    "", " ", "\t", "\n", '"', "'", "{", "}", "[", "]", ":", "- ", ",", "#", "&a", "*a",
    "null",
    "!!python/name:os.system",
    "true", "-1", "0", "1e999", ".nan", "2026-01-01", "../../etc/passwd", "~", "\0", "\ufeff", "\u202e",
    "é", "\ud7ff", "😀", "x" * 5000, "<script>", "$(id)", "%s", "{{ 1 }}", "\x85", "\r", "?", "|", ">",
    "<<: *a",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, -1, 0, 3.5, 10**30, float("nan"), "", "x", "../x", [], [None], [[]], {}, {"x": 1}, {1: 2},
    ["a", "a"],
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a configuration and the resources, as the current one."""
    config = (ROOT / "config.yaml").read_text(encoding="utf-8")
    for plain, more in USED.items():
        assert plain in config
        config = config.replace(plain, more)
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    for name in ("personas", "prompts", "pvq", "tasks", "texts", "topics"):
        shutil.copytree(ROOT / "resources" / name, tmp_path / "resources" / name)
    (tmp_path / "resources/models").mkdir()
    for file in (f for f in FILES if f.startswith("resources/models/")):  # each plan reads them all
        shutil.copy2(ROOT / file, tmp_path / file)
    (tmp_path / "resources/miniatures").symlink_to(ROOT / "resources/miniatures")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(yaml, "load", each_text_once(yaml.load))
    return tmp_path


def each_text_once(load: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Return a function that reads a text of YAML only once: most files are the same in every plan."""
    known: dict[tuple[str, Any], Any] = {}

    def loaded(text: str, Loader: Any) -> Any:
        if (text, Loader) not in known:
            known[text, Loader] = load(text, Loader)
        return copy.deepcopy(known[text, Loader])

    return loaded


def as_text(source: str, chance: random.Random) -> str:
    """Return a text with something inserted, removed, doubled or cut."""
    a, b = sorted(chance.randrange(len(source) + 1) for _ in range(2))
    b = min(b, a + 200)
    return chance.choice(
        [
            source[:a] + chance.choice(SCRAPS) + source[a:],
            source[:a] + chance.choice(SCRAPS) + source[b:],
            source[:a] + source[b:],
            source[:b] + source[a:],
            source[:a],
        ]
    )


def as_document(source: str, chance: random.Random) -> str:
    """Return a YAML document in which one place has another value, another key, or is gone."""
    document = copy.deepcopy(yaml.safe_load(source))
    at: Any = document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = chance.choice(keys)
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.3:
            break
        at = inner
    if chance.random() < 0.25:
        del at[key]
    elif isinstance(at, dict) and chance.random() < 0.25:
        at[f"{key}s"] = at.pop(key)
    else:
        at[key] = chance.choice(VALUES)
    return yaml.safe_dump(document, allow_unicode=True)


def mutated(file: str, source: str) -> Iterator[str]:
    """Yield damaged forms of a file's text, always the same ones."""
    chance = random.Random(file)
    for number in range(MUTATIONS):
        by_key = file.endswith(".yaml") and number % 2
        yield as_document(source, chance) if by_key else as_text(source, chance)


@pytest.mark.parametrize("file", FILES)
def test_every_damage_makes_a_plan_or_one_message(place: Path, file: str) -> None:
    source = (place / file).read_text(encoding="utf-8")
    refused = 0
    for text in mutated(file, source):
        (place / file).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            make_plan(read_mapping(Path("config.yaml")), "config.yaml", Path("resources"))
        except StudyError as e:
            refused += 1
            assert os.path.basename(file) in str(e) or "config.yaml" in str(e), (text[:300], str(e))
            assert len(str(e)) < 3000, str(e)[:300]
    assert refused > MUTATIONS / 10, "the damage does none"
