"""Logs of Inspect (.eval and .json), by their documented format of version 2.

A .eval file is a zip: header.json, which is there when the run has ended, and samples/ID_epoch_N.json. Inspect
packs its parts with Zstandard, which Python's zipfile reads from 3.14 on; pyarrow, which the tables need
anyway, reads it too.
"""

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ArrowException

from holdfast.answer_files.tool_records import Record, ToolFile
from holdfast.errors import StudyError, shown

VERSION = 2
ZSTANDARD = 93  # method of a part, in the zip format
ATTACHED = "attachment://"


def read_inspect(path: Path) -> ToolFile:
    """Return the samples of a finished log.

    Raises:
        StudyError: the file is damaged, of another version, or the run is not finished or failed.
    """
    header, samples = _eval(path) if path.suffix == ".eval" else _json(path)
    if header.get("version") != VERSION:
        raise StudyError(
            f"{path}: version: {shown(header.get('version'))} is a log format that is not known here. Allowed: "
            f"{VERSION}. `inspect log convert` writes it."
        )
    if header.get("status") != "success":
        raise StudyError(
            f"{path}: status: {shown(header.get('status'))}: the run is not finished, or failed. Allowed: "
            "'success'. `inspect eval-retry` goes on with it."
        )
    about = header.get("eval") or {}
    version = (about.get("packages") or {}).get("inspect_ai", "")
    records = [_record(path, sample, about) for sample in samples]
    if not records:
        raise StudyError(
            f"{path}: has no samples. They are left out where a log was read or made without them."
        )
    return ToolFile(path, f"Inspect {version}".strip(), records)


def _record(path: Path, sample: Mapping[str, Any], about: Mapping[str, Any]) -> Record:
    output = sample.get("output") or {}
    said = _resolved(_completion(output), sample.get("attachments") or {})
    stopped = [c.get("stop_reason") for c in output.get("choices") or []]
    status = (
        "failed" if sample.get("error") else "filtered" if "content_filter" in stopped else "ok"
    )
    fields = {**sample, "output": {**output, "completion": said}, "eval": about, "file": path.stem}
    where = f"{path}: sample {sample.get('id')}, epoch {sample.get('epoch')}"
    return Record(where, fields, status=status)


def _completion(output: Mapping[str, Any]) -> str:
    """Return the text of the model's message: its parts that are text, without reasoning."""
    if "completion" in output:
        return str(output["completion"] or "")
    content = next((c["message"]["content"] for c in output.get("choices") or []), "")
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in content if part.get("type") == "text")


def _resolved(text: str, attachments: Mapping[str, str]) -> str:
    return attachments.get(text.removeprefix(ATTACHED), text) if text.startswith(ATTACHED) else text


def _json(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        log = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise StudyError(f"{path}: can't be read as a log: {str(e).splitlines()[0]}.") from None
    return log, log.get("samples") or []


def _eval(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part for part in archive.infolist()}
    except (OSError, zipfile.BadZipFile) as e:
        raise StudyError(
            f"{path}: is no Inspect log, or a damaged one: {str(e).splitlines()[0]}."
        ) from None
    if "header.json" not in parts:
        if "_journal/start.json" in parts:
            raise StudyError(
                f"{path}: has no header.json: the run has not ended. `inspect eval-retry` goes on with it."
            )
        raise StudyError(f"{path}: is no Inspect log: the zip has no header.json.")
    samples = sorted(n for n in parts if n.startswith("samples/") and n.endswith(".json"))
    return _part(path, parts["header.json"]), [_part(path, parts[name]) for name in samples]


def _part(path: Path, part: zipfile.ZipInfo) -> dict[str, Any]:
    """Return one part of a log, as a document."""
    try:
        with path.open("rb") as file:
            data = _unpacked(path, part) if part.compress_type != ZSTANDARD else _frames(file, part)
        found: dict[str, Any] = json.loads(data)
        return found
    except (
        OSError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
        NotImplementedError,
        ArrowException,
    ) as e:
        reason = (str(e).splitlines() or ["?"])[0]
        raise StudyError(f"{path}: {part.filename}: is damaged: {reason}.") from None


def _unpacked(path: Path, part: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(part)


def _frames(file: Any, part: zipfile.ZipInfo) -> bytes:
    """Return a part that is packed with Zstandard: after the local header, whose length it says itself."""
    file.seek(part.header_offset)
    name, extra = struct.unpack("<26xHH", file.read(30))
    file.seek(name + extra, 1)
    packed = pa.BufferReader(file.read(part.compress_size))
    with pa.CompressedInputStream(packed, "zstd") as stream:
        data: bytes = stream.read()
    if len(data) != part.file_size:
        raise ValueError(f"{len(data)} bytes, and {part.file_size} were written")
    return data
