"""The tables and manifests of a job's shards, merged into those that one job alone would write."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.design.readouts import of_readout
from holdfast.errors import StudyError
from holdfast.inference.interview.contamination import SHOWN
from holdfast.inference.interview.losses import merged_losses
from holdfast.tables.large_tables import Add, read_parts, table_writer

SUMS = (
    "computed", "reused", "tokens", "invalid", "refused", "filtered", "failed", "thoughts", "unended",
    "tokens_read",
)  # fmt: skip
OF_EACH = (
    "computed",
    "reused",
    "failed",
    "seconds",
    "began",
    "ended",
    "peak_memory_mb",
    "hardware",
    "gpus",
)


def merge_shards(
    *, readouts: Sequence[str], conversations: Sequence[Path], responses: Sequence[Path],
    manifests: Sequence[Path], merged_conversations: Path, merged_responses: Path, manifest: Path,
) -> None:  # fmt: skip
    """Merge the shards of one model and population; never more of a table is in memory than a part.

    Args:
        readouts: the study's readouts, in its order.
        conversations: the shards' tables, in the order of the shards.
        responses: the same.
        manifests: the shards' documents.
        merged_conversations: output table.
        merged_responses: output table: readout by readout, as one job writes it.
        manifest: output document.

    Raises:
        StudyError: a table can't be read, or the shards are not of the same model.
    """
    about = merged_manifest([json.loads(p.read_text(encoding="utf-8")) for p in manifests])
    with table_writer("conversations", merged_conversations) as add:
        for path in conversations:
            append(path, "conversations", add)
    with table_writer("responses", merged_responses) as add:
        for readout in readouts:
            for path in responses:
                append(path, "responses", add, readout)
    write_whole(manifest, lambda t: t.write_text(json.dumps(about, indent=1) + "\n"))


def append(path: Path, schema: str, add: Add, readout: str = "") -> None:
    """Add a table's rows to another, part by part; of answers those of one readout."""
    for part in read_parts(path, schema):
        add(of_readout(part, readout) if readout else part)


@contextmanager
def responses_writer(output: Path, readouts: Sequence[str]) -> Iterator[Add]:
    """Give a function that adds answers of any readout to a table that has them readout by readout.

    Answers of all readouts but the first wait in files of their own; errors as `table_writer`.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        first = stack.enter_context(table_writer("responses", output))
        if len(readouts) == 1:
            yield first
            return
        folder = Path(stack.enter_context(TemporaryDirectory(prefix=".", dir=output.parent)))
        with ExitStack() as waiting:
            files = {r: folder / r for r in readouts[1:]}
            to = {r: waiting.enter_context(table_writer("responses", f)) for r, f in files.items()}
            yield _sorted({readouts[0]: first, **to})
        for path in files.values():
            append(path, "responses", first)


def _sorted(to: dict[str, Add]) -> Add:
    """Return a function that gives each answer to its readout's."""

    def add(part: Any) -> None:
        for readout, own in to.items():
            own(of_readout(part, readout))

    return add


def merged_manifest(shards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the manifest of all shards together: counts are sums, times from the first to the last.

    `seconds` and `message_seconds` are sums as well: of the jobs' time, not of the clock's. What only one
    machine has, as `hardware`, is the first shard's; the key `shards` has each one's own.

    Raises:
        StudyError: the shards are of different models, revisions or numeric formats.
    """
    first = shards[0]
    for other in shards[1:]:
        if (other["identity"], other["revision"]) != (first["identity"], first["revision"]):
            raise StudyError(
                f"{first['model']} × {first['population']}: its shards are of different models: "
                f"{first['identity']} and {other['identity']}. Run with `--forcerun infer_shard`."
            )
    sums = {k: sum(s[k] for s in shards) for k in SUMS if all(k in s for s in shards)}
    spoke = sum(s["message_seconds"] for s in shards)
    asked = sums["computed"] + sums["reused"]
    return first | sums | {
        "hits": round(sums["reused"] / asked, 4) if asked else 0.0,
        "tokens_per_second": round(sums["tokens"] / max(spoke, 1e-3), 1),
        "message_seconds": round(spoke, 2),
        "seconds": round(sum(s["seconds"] for s in shards), 2),
        "began": min(s["began"] for s in shards),
        "ended": max(s["ended"] for s in shards),
        "peak_memory_mb": max(s["peak_memory_mb"] for s in shards),
        **_facts(shards),
        **merged_losses(shards),
        "audit": merged_audit([s["audit"] for s in shards]),
        "shards": [{k: s[k] for k in OF_EACH if k in s} for s in shards],
    }  # fmt: skip


def _facts(shards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what a shard knows only if it loaded the model: from the first that did; batches, the least."""
    once = ("template", "presentation", "scoring", "files", "gpus")
    facts = {k: next(s[k] for s in shards if k in s) for k in once if any(k in s for s in shards)}
    batches = [s["at_once"] for s in shards if "at_once" in s]
    units = {unit for batch in batches for unit in batch}
    least = {u: min(b[u] for b in batches if u in b) for u in sorted(units)}
    return facts | ({"at_once": least} if least else {})


def merged_audit(audits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the audit of all shards of a job together; a prompt that several have counts in each."""
    sums = {k: sum(a[k] for a in audits) for k in audits[0] if k not in ("found", "ambiguous")}
    names = sorted({name for a in audits for name in a.get("ambiguous", ())})
    found = [f for a in audits for f in a["found"]][:SHOWN]
    return sums | {"found": found} | ({"ambiguous": names} if names else {})
