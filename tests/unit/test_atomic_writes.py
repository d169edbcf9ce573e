"""Files are whole or not there."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError

LIBRARY = Path(__file__).resolve().parents[2] / "workflow" / "lib"


def in_another_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(LIBRARY)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_file_and_its_folder_are_made(tmp_path):
    output = tmp_path / "a" / "b" / "file.txt"
    write_whole(output, lambda t: t.write_text("all of it"))
    assert output.read_text() == "all of it"
    assert list(output.parent.iterdir()) == [output]


def test_old_content_stays_until_the_new_is_whole(tmp_path):
    output = tmp_path / "file.txt"
    output.write_text("old")
    seen = []

    def write(temporary: Path) -> None:
        temporary.write_text("new")
        seen.append((output.read_text(), temporary.parent == output.parent))

    write_whole(output, write)
    assert seen == [("old", True)]
    assert output.read_text() == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_interrupted_write_leaves_nothing(tmp_path, error, before):
    output = tmp_path / "file.txt"
    if before:
        output.write_text(before)

    def write(temporary: Path) -> None:
        temporary.write_text("half")
        raise error

    with pytest.raises(error):
        write_whole(output, write)
    assert [p.read_text() for p in tmp_path.iterdir()] == ([before] if before else [])


KILLED = """
import sys, time
from pathlib import Path
from holdfast.atomic_writes import write_whole

def write(temporary):
    temporary.write_text("half")
    print("writing", flush=True)
    time.sleep(60)

write_whole(Path(sys.argv[1]), write)
"""


def test_killed_process_leaves_the_old_file(tmp_path):
    output = tmp_path / "file.txt"
    output.write_text("old")
    process = in_another_process(KILLED, output)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert output.read_text() == "old"


def test_full_device_is_a_study_error(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with pytest.raises(StudyError, match=r"file\.txt: can't be written: No space left on device"):
        write_whole(tmp_path / "file.txt", lambda _: Path("/dev/full").write_text("x"))
    assert not list(tmp_path.iterdir())


TOO_LARGE = """
import resource, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from holdfast.errors import StudyError
from holdfast.atomic_writes import write_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for write in (
    lambda t: t.write_text("x" * 5000),
    lambda t: pq.write_table(pa.table({"x": range(50000)}), t),
):
    try:
        write_whole(Path(sys.argv[1]), write)
    except StudyError as e:
        print(e)
"""


def test_write_that_stops_midway_leaves_nothing_and_is_a_study_error(tmp_path):
    """A limit on file sizes stops a real write after 4096 bytes, as a full disk would."""
    output = tmp_path / "table.parquet"
    said = in_another_process(TOO_LARGE, output).communicate()[0].splitlines()
    assert len(said) == 2
    assert all(f"{output}: can't be written: " in line for line in said)
    assert all(os.strerror(errno.EFBIG) in line for line in said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["file/below", "file/below/two", "n" * 250])
def test_impossible_place_is_a_study_error(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="can't be written"):
        write_whole(tmp_path / name, lambda t: t.write_text("x"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_folder_in_the_place_of_the_file_is_a_study_error(tmp_path):
    (tmp_path / "out" / "inside").mkdir(parents=True)
    with pytest.raises(StudyError, match="can't be written"):
        write_whole(tmp_path / "out", lambda t: t.write_text("x"))
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


RACE = """
import sys
from pathlib import Path
from holdfast.atomic_writes import write_whole

for i in range(60):
    write_whole(Path(sys.argv[1]), lambda t: t.write_text(sys.argv[2] * 20000))
"""


def test_reader_never_sees_a_part_while_two_write(tmp_path):
    output = tmp_path / "file.txt"
    output.write_text("c" * 20000)
    writers = [in_another_process(RACE, output, letter) for letter in "ab"]
    seen = set()
    while any(w.poll() is None for w in writers):
        seen.add(output.read_text())
        time.sleep(0.001)
    assert all(w.wait() == 0 and not w.communicate()[0] for w in writers)
    assert seen <= {"a" * 20000, "b" * 20000, "c" * 20000}
    assert list(tmp_path.iterdir()) == [output]
