"""Segments: damage is never taken for an answer, and compaction loses nothing, whenever it is killed."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import StudyError
from holdfast.inference.backends.protocol import Answer
from holdfast.inference.store.response_store import Store
from holdfast.inference.store.store_segments import (
    SEGMENT,
    compact,
    read_segments,
    segment_paths,
    write_segment,
)
from stored import LIBRARY, fill, held, names, writer


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


def test_every_flipped_byte_is_detected(tmp_path, caplog):
    """200 random places of a segment; each bit pattern differs from the byte that was there."""
    caplog.set_level(logging.ERROR)
    fill(tmp_path, range(40))
    (segment,) = tmp_path.iterdir()
    whole, numbers = segment.read_bytes(), random.Random(1)
    for place in numbers.sample(range(len(whole)), 200):
        content = bytearray(whole)
        content[place] ^= numbers.randrange(1, 256)
        segment.write_bytes(content)
        assert list(read_segments(tmp_path)) == [], place
        segment.with_suffix(".damaged").unlink()


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
    segment.unlink()
    write_segment(tmp_path, changed)
    assert held(tmp_path) == set()
    assert names(tmp_path, ".damaged")


def test_a_store_from_before_there_were_thoughts_is_read(tmp_path):
    fill(tmp_path, range(3))
    (segment,) = tmp_path.iterdir()
    table = pq.read_table(segment).drop_columns("thought")
    statuses = pa.array(["ok", "unended", "ok"])
    segment.unlink()
    write_segment(tmp_path, table.set_column(3, "status", statuses))
    store = Store(tmp_path)
    found = [store.get(f"key-{n}") for n in range(3)]
    assert [a.status for a in found] == ["ok", "thought_not_ended", "ok"]
    assert found[0] == Answer("message 0", 0, "ok", (-0.0, -1.5), 0.25) and not names(
        tmp_path, ".damaged"
    )


class Vanishing(type(Path())):
    """A path whose file another process takes away just before it is read."""

    def read_bytes(self) -> bytes:
        compact(Path(self.parent))
        return super().read_bytes()


def test_a_reader_loses_nothing_to_a_compaction(tmp_path):
    for n in range(5):
        fill(tmp_path, range(n, n + 1))
    found = list(read_segments(Vanishing(tmp_path)))
    assert sorted(k for _, table in found for k in table["key"].to_pylist()) == [
        f"key-{n}" for n in range(5)
    ]


def test_a_segment_that_another_job_sets_aside_meanwhile_is_no_trouble(tmp_path):
    fill(tmp_path, range(3))

    class SetAside(type(Path())):
        def read_bytes(self) -> bytes:
            Path(self).rename(self.with_suffix(".damaged"))
            return super().read_bytes()

    assert list(read_segments(SetAside(tmp_path))) == []


def test_a_segment_that_may_not_be_read_is_not_taken_for_damaged(tmp_path):
    (tmp_path / "a-b-c.parquet").mkdir()  # reading a folder fails for whoever reads
    with pytest.raises(StudyError, match="can't be read: Is a directory"):
        Store(tmp_path)
    assert names(tmp_path) == ["a-b-c.parquet"]


def test_compaction_leaves_one_segment_with_every_answer_once(tmp_path):
    for n in range(6):
        fill(tmp_path, range(n, n + 3))
    assert compact(tmp_path) == 6
    (segment,) = tmp_path.iterdir()
    ((_, table),) = read_segments(tmp_path)
    assert sorted(table["key"].to_pylist()) == sorted(f"key-{n}" for n in range(8))
    assert held(tmp_path) == set(range(8))
    assert compact(tmp_path) == 1 and list(tmp_path.iterdir()) == [segment]


def test_compaction_changes_no_answer(tmp_path):
    """Two jobs answered the same: what readers get before is what they get after."""
    for said in ("first", "second", "third"):
        store = Store(tmp_path / said)
        store.add("k", Answer(said, mass=1.0))
        store.save()
        (segment,) = (tmp_path / said).iterdir()
        number = len(list((tmp_path).glob("*.parquet")))
        segment.rename(tmp_path / f"2026010{number}T000000-x-{segment.stem[-32:]}.parquet")
    before = Store(tmp_path).get("k")
    compact(tmp_path)
    assert before == Store(tmp_path).get("k") == Answer("first", mass=1.0)


def test_temporary_files_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    old, new = tmp_path / ".a.parquet.1.part", tmp_path / ".b.parquet.2.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    compact(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [new.name]


def killed_at(step: int, folder: Path) -> bool:
    """Compact in a process that kills itself before its n-th change of a file; tell whether it did."""
    child = os.fork()
    if not child:
        left = [step]

        def counted(change):
            def changed(*arguments, **more):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return change(*arguments, **more)

            return changed

        for name in ("write_bytes", "replace", "unlink"):
            setattr(Path, name, counted(getattr(Path, name)))
        compact(folder)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_compaction_killed_at_any_step_loses_nothing(tmp_path):
    for step in range(100):
        for n in range(4):
            fill(tmp_path, range(n, n + 2))
        killed = killed_at(step, tmp_path)
        assert held(tmp_path) == set(range(5)), step
        if not killed:
            break
    assert 6 < step < 100, "it was killed at every step"
    assert len(segment_paths(tmp_path)) == 1


def test_jobs_write_and_read_while_the_store_is_compacted(tmp_path):
    jobs = [writer(tmp_path, first, first + 60, 0) for first in (0, 60)]
    for job in jobs:
        job.stdin.close()
    while any(job.poll() is None for job in jobs):
        compact(tmp_path)
        time.sleep(0.01)
    assert [job.returncode for job in jobs] == [0, 0]
    assert held(tmp_path, 120) == set(range(120))
    compact(tmp_path)
    assert len(segment_paths(tmp_path)) == 1 and held(tmp_path, 120) == set(range(120))


def test_two_compactions_at_once_lose_nothing(tmp_path):
    program = "import sys; from pathlib import Path\n"
    program += "from holdfast.inference.store.store_segments import compact\n"
    program += "sys.stdin.read(); [compact(Path(sys.argv[1])) for _ in range(30)]"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(LIBRARY)},
        )
        for _ in range(2)
    ]  # fmt: skip
    for n in range(60):
        fill(tmp_path, range(n, n + 1))
    for job in both:
        job.stdin.close()
    assert [job.wait() for job in both] == [0, 0]
    assert held(tmp_path, 60) == set(range(60))
