"""The response store: what was paid for is never lost, and damage is never taken for an answer."""

import logging
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import StudyError
from holdfast.inference import store as module
from holdfast.inference.backend import Answer
from holdfast.inference.store import SEGMENT, Store, key

LIBRARY = Path(__file__).resolve().parents[3] / "workflow" / "lib"


def answer(n: int) -> Answer:
    return Answer(f"message {n}", n, "ok", (-0.1 * n, -1.5), 0.25)


def fill(folder: Path, numbers: range) -> Store:
    store = Store(folder)
    for n in numbers:
        store.add(f"key-{n}", answer(n))
    store.save()
    return store


def held(folder: Path, upto: int = 20) -> set[int]:
    """Return the numbers whose answers a fresh store has; each must be as it was added."""
    store = Store(folder)
    found = {n: a for n in range(upto) if (a := store.get(f"key-{n}"))}
    assert all(a == answer(n) for n, a in found.items())
    return set(found)


def names(folder: Path, ending: str = "") -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.endswith(ending))


def test_answers_come_back_after_reopening(tmp_path):
    fill(tmp_path / "a" / "model", range(5))
    assert held(tmp_path / "a" / "model") == set(range(5))
    assert Store(tmp_path / "a" / "model").get("other") is None


def test_store_makes_no_folder_before_there_is_something_to_save(tmp_path):
    store = Store(tmp_path / "model")
    store.save()
    assert store.get("key") is None
    assert not (tmp_path / "model").exists()


texts = st.text(st.characters(), max_size=8)
answers = st.builds(
    Answer, texts, st.integers(0, 2**40), st.sampled_from(["ok", "cut", "empty"]),
    st.lists(st.floats(allow_nan=False), max_size=6).map(tuple), st.floats(allow_nan=False),
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text("0123456789abcdef", min_size=1), answers, max_size=4))
def test_whatever_was_answered_comes_back_as_it_was_first_returned(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("store")
    store = Store(folder)
    returned = {k: store.add(k, a) for k, a in said.items()}
    before = {k: store.get(k) for k in said}
    store.save()
    after = {k: Store(folder).get(k) for k in said}
    assert returned == before == after
    for k, a in said.items():
        clean = all(not "\ud800" <= c <= "\udfff" for c in a.text)
        assert not clean or after[k] == a


def test_half_a_surrogate_pair_survives_as_a_replacement(tmp_path):
    store = Store(tmp_path)
    returned = store.add("k", Answer("a\ud83d b\udc00", 3))
    assert returned == store.get("k")  # what the conversation goes on with, now and after a restart
    store.save()
    assert Store(tmp_path).get("k").text == "a? b?"


def test_unknown_mass_stays_unknown(tmp_path):
    store = Store(tmp_path)
    store.add("k", Answer("hello"))
    store.save()
    assert math.isnan(Store(tmp_path).get("k").mass)


def test_each_save_is_a_segment_of_its_own_and_none_is_ever_changed(tmp_path):
    fill(tmp_path, range(3))
    first = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()}
    store = fill(tmp_path, range(3, 6))
    store.save()  # nothing new: no segment
    assert len(names(tmp_path)) == 2
    assert all((p.read_bytes(), p.stat().st_mtime_ns) == was for p, was in first.items())
    assert held(tmp_path) == set(range(6))


def test_two_stores_open_in_one_folder_are_both_kept(tmp_path):
    one, two = Store(tmp_path), Store(tmp_path)
    for n in range(8):
        (two if n % 2 else one).add(f"key-{n}", answer(n))
    two.save()
    one.save()
    assert held(tmp_path) == set(range(8))


WRITER = """
import sys
from pathlib import Path
from holdfast.inference.backend import Answer
from holdfast.inference.store import Store

store = Store(Path(sys.argv[1]), save_every=float(sys.argv[4]))
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    store.add(f"key-{n}", Answer(f"message {n}", n, "ok", (-0.1 * n, -1.5), 0.25))
    print(n, flush=True)
if len(sys.argv) == 5:
    store.save()
sys.stdin.read()
"""


def writer(folder: Path, first: int, last: int, save_every: float, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, (folder, first, last, save_every)), *more],
        env=os.environ | {"PYTHONPATH": str(LIBRARY)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def test_two_processes_in_one_folder_are_both_kept(tmp_path):
    jobs = [writer(tmp_path, first, first + 10, 0) for first in (0, 10)]
    for job in jobs:
        job.communicate("")
        assert job.returncode == 0
    assert held(tmp_path) == set(range(20))
    assert names(tmp_path) == names(tmp_path, ".parquet")


def test_killed_job_keeps_what_it_saved(tmp_path):
    """save_every is 0: every answer is saved at once; this job never calls save() itself."""
    job = writer(tmp_path, 0, 6, 0, "without a last save")
    assert [int(job.stdout.readline()) for _ in range(6)] == list(range(6))
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert held(tmp_path) == set(range(6))


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def strftime(self, _: str) -> str:
        return "now"


def test_answers_are_saved_as_often_as_asked_for(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    store = Store(tmp_path, save_every=30)
    segments = []
    for n in range(10):
        clock.now += 10
        store.add(f"key-{n}", answer(n))
        segments.append(len(names(tmp_path)))
    assert segments == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert held(tmp_path) == set(range(8))  # of the rest, less than 30 seconds' work is lost
    store.save()
    assert held(tmp_path) == set(range(10))


def test_no_temporary_file_is_left_and_none_is_read(tmp_path):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    segment.rename(tmp_path / f".{segment.name}.123.part")
    assert held(tmp_path) == set()
    fill(tmp_path, range(3, 5))
    assert held(tmp_path) == {3, 4}
    assert len(names(tmp_path, ".part")) == 1


def test_failed_save_is_tried_again(tmp_path, monkeypatch):
    store = Store(tmp_path / "model")
    store.add("key-1", answer(1))
    (tmp_path / "model").write_text("a file in the folder's place")
    with pytest.raises(StudyError, match="can't be written"):
        store.save()
    (tmp_path / "model").unlink()
    store.save()
    assert held(tmp_path / "model") == {1}


def damage(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def test_damaged_segment_is_set_aside_and_its_answers_are_missing(tmp_path, caplog):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    fill(tmp_path, range(3, 6))
    damage(segment, 40)
    assert held(tmp_path) == {3, 4, 5}
    assert "is damaged" in caplog.text
    assert "its answers are computed again" in caplog.text
    aside = segment.with_suffix(".damaged")
    assert names(tmp_path, ".damaged") == [aside.name]
    caplog.clear()
    assert held(tmp_path) == {3, 4, 5}  # the next job is not troubled by it again
    assert not caplog.records
    fill(tmp_path, range(3))
    assert held(tmp_path) == set(range(6))


@pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.95, 0.999])
def test_cut_segment_is_set_aside(tmp_path, share):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[: int(segment.stat().st_size * share)])
    assert held(tmp_path) == set()
    assert names(tmp_path) == [segment.with_suffix(".damaged").name]


def test_damage_anywhere_is_never_taken_for_an_answer(tmp_path):
    """Flip bytes all over a segment: it is set aside, or its answers are unharmed (`held` checks)."""
    logging.disable(logging.WARNING)
    try:
        fill(tmp_path, range(3))
        (segment,) = tmp_path.iterdir()
        whole = segment.read_bytes()
        outcomes = []
        for place in range(0, len(whole), 5):
            segment.write_bytes(whole)
            damage(segment, place)
            outcomes.append(held(tmp_path))
            segment.with_suffix(".damaged").unlink(missing_ok=True)
    finally:
        logging.disable(logging.NOTSET)
    assert {frozenset(o) for o in outcomes} == {frozenset(), frozenset({0, 1, 2})}
    assert outcomes.count(set()) > len(outcomes) / 2


@pytest.mark.parametrize("wrong", ["column missing", "column more", "null", "type"])
def test_whole_file_that_is_no_segment_is_set_aside(tmp_path, wrong):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    table = pq.read_table(segment)
    nothing = pa.nulls(3, pa.string())
    changed = {
        "column missing": lambda: table.drop_columns("text"),
        "column more": lambda: table.append_column("more", nothing),
        "null": lambda: table.set_column(1, SEGMENT.field("text"), nothing),
        "type": lambda: table.set_column(2, "tokens", pa.array([1.0, 2.0, 3.0])),
    }[wrong]()
    pq.write_table(changed, segment)
    assert held(tmp_path) == set()
    assert names(tmp_path, ".damaged")


def test_segment_that_another_job_has_set_aside_meanwhile_is_no_trouble(tmp_path, monkeypatch):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    listed = sorted(tmp_path.glob("*.parquet"))
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(listed))
    segment.rename(segment.with_suffix(".damaged"))
    assert Store(tmp_path).get("key-1") is None


def test_later_answer_to_the_same_key_wins(tmp_path):
    store = Store(tmp_path)
    store.add("k", answer(1))
    store.add("k", answer(2))
    store.save()
    assert store.get("k") == Store(tmp_path).get("k") == answer(2)


def test_key_does_not_depend_on_the_order_of_what_it_is_made_of():
    a = {"model": {"revision": "x", "dtype": "float32"}, "prompt": "p", "seed": 1}
    assert key(a) == key({"seed": 1, "prompt": "p", "model": {"dtype": "float32", "revision": "x"}})


@pytest.mark.parametrize(
    "other",
    [{"prompt": "p "}, {"seed": 2}, {"seed": "1"}, {"model": {"revision": "y"}}, {"replicate": 1},
     {"prompt": "\ud800"}, {"prompt": "P"}],
)  # fmt: skip
def test_key_tells_apart_whatever_decides_the_answer(other):
    a = {"model": {"revision": "x"}, "prompt": "p", "seed": 1}
    assert key(a) != key(a | other)
