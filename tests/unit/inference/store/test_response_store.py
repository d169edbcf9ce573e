"""The response store: what was paid for is never lost, and damage is never taken for an answer."""

import math
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store import response_store as module
from holdfast.inference.store.response_store import MOST_PARTS, Store, key
from stored import answer, fill, held, names, writer


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


def test_two_processes_in_one_folder_are_both_kept(tmp_path):
    jobs = [writer(tmp_path, first, first + 10, 0) for first in (0, 10)]
    for job in jobs:
        job.communicate("")
        assert job.returncode == 0
    assert held(tmp_path) == set(range(20))
    assert names(tmp_path) == names(tmp_path, ".parquet")


def test_a_look_finds_what_another_job_saved_meanwhile(tmp_path):
    one = Store(tmp_path)
    fill(tmp_path, range(3))
    assert one.get("key-1") is None and "key-1" not in one
    one.look()
    assert one.get("key-1") == answer(1) and "key-1" in one


def test_many_saves_are_all_found(tmp_path):
    store = Store(tmp_path, save_every=-1)
    numbers = range(3 * MOST_PARTS + 5)
    for n in numbers:
        store.add(f"key-{n}", answer(n))
        store.save_if_due()
    assert all(store.get(f"key-{n}") == answer(n) for n in numbers)
    assert held(tmp_path, 100) == set(numbers)


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


def test_answers_are_saved_as_often_as_asked_for(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    store = Store(tmp_path, save_every=30)
    segments = []
    for n in range(10):
        clock.now += 10
        store.add(f"key-{n}", answer(n))
        store.save_if_due()
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


def test_what_is_kept_is_there_for_others_before_it_is_saved_and_once_after(tmp_path):
    store = Store(tmp_path)
    for n in range(3):
        store.keep(f"key-{n}", answer(n))
    assert held(tmp_path) == {0, 1, 2} and not names(tmp_path, ".parquet")
    store.save()
    assert held(tmp_path) == {0, 1, 2} and len(names(tmp_path)) == 1
    store.keep("key-3", answer(3))
    assert held(tmp_path) == {0, 1, 2, 3}


def test_a_receipt_that_is_cut_short_is_none_and_the_next_job_saves_the_others(tmp_path):
    killed, folder = Store(tmp_path / "killed"), tmp_path / "store"
    for n in range(3):
        killed.keep(f"key-{n}", answer(n))
    (written,) = (tmp_path / "killed").iterdir()
    folder.mkdir()
    (folder / written.name).write_bytes(written.read_bytes()[:-20])
    assert held(folder) == {0, 1}
    Store(folder).save()
    assert names(folder) == names(folder, ".parquet") and held(folder) == {0, 1}


def test_the_receipts_of_a_job_that_is_still_at_work_stay(tmp_path):
    store = Store(tmp_path)
    store.keep("key-0", answer(0))
    other = Store(tmp_path)
    other.save()
    store.keep("key-1", answer(1))
    assert held(tmp_path) == {0, 1} and len(names(tmp_path, ".receipts")) == 1


def test_receipts_that_a_job_wrote_after_they_were_read_stay_when_it_is_killed(tmp_path):
    killed, folder = Store(tmp_path / "killed"), tmp_path / "store"
    killed.keep("key-0", answer(0))
    (written,) = (tmp_path / "killed").iterdir()
    folder.mkdir()
    left = folder / written.name
    left.write_bytes(written.read_bytes())
    other = Store(folder)
    killed.keep("key-1", answer(1))
    left.write_bytes(written.read_bytes())  # its writer is at work no more: nobody holds the lock
    other.save()
    assert held(folder) == {0, 1}
