"""Writing files so that they are whole or not there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdfast.errors import StudyError


@contextmanager
def whole(output: Path) -> Iterator[Path]:
    """Give a temporary name to write a file under; it is synced and renamed when all went well.

    Raises:
        StudyError: the disk is full, the folder read-only, or the like.
    """
    temporary = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(output)
    except OSError as e:
        raise StudyError(f"{output}: can't be written: {e.strerror or e}.") from None
    finally:
        with suppress(OSError):  # where nothing could be written, nothing can be removed
            temporary.unlink()


def write_whole(output: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that it is whole or not there; errors as `whole`."""
    with whole(output) as temporary:
        write(temporary)


def sync_folder(folder: Path) -> None:
    """Bring to disk which files a folder has; not all file systems can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
