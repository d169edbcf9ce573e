"""What a job ran on: enough to judge its times, and no name of a host or a person."""

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return system, processor, cores and memory (GB) of this machine."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
    }


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError):
        return None  # this system does not tell


def _line(file: str, name: str) -> str:
    """Return what stands after a name in a file of "name: value" lines; empty if it is not there."""
    try:
        lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, "")
