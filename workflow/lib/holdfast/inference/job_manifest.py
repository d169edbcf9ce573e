"""What an inference job says of itself: what it computed, how fast, with what, and on what."""

import platform
import resource
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from holdfast.inference.interview.interview import Interview
from holdfast.machine_description import machine


def job_manifest(interview: Interview, who: dict[str, str], began: float) -> dict[str, Any]:
    """Return a job's manifest.

    Args:
        interview: after it was held.
        who: model, population and revision.
        began: when, in seconds since 1970.

    Returns:
        Among others: `computed`, `reused` (answers found in the store), `hits` (their share), `invalid`,
        `tokens`, `tokens_per_second` (generated, over the time of the conversations, the model's
        loading included), `seconds`, `peak_memory_mb`, `audit` (prompts that tell of a persona that they are
        not about), and the backend's own facts.
    """
    counts, now = interview.counts, time.time()
    asked = counts.computed + counts.reused
    return who | vars(counts) | {
        "hits": round(counts.reused / asked, 4) if asked else 0.0,
        "tokens_per_second": round(counts.tokens / max(counts.message_seconds, 1e-3), 1),
        "message_seconds": round(counts.message_seconds, 2),
        "seconds": round(now - began, 2),
        "began": _moment(began),
        "ended": _moment(now),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "audit": interview.audit.facts(),
        "identity": interview.model,
        "hardware": machine(),
        "python": platform.python_version(),
        "versions": _versions(interview.model),
    } | interview.backend.facts()  # fmt: skip


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _versions(identity: dict[str, Any]) -> dict[str, str]:
    packages = ["torch", "transformers"]
    packages = ["pandas"] if "reference" in identity else packages
    packages = ["httpx2", "tenacity"] if "service" in identity else packages
    return {p: version(p) for p in packages}
