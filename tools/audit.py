"""Look for known vulnerabilities in the locked packages; where no service answers, check the lock alone.

`.venv-audit/bin/python tools/audit.py` ends with 1 if there is a finding, or the lock is not in order. A
service that can't be reached, or knows none of the packages, is no finding; it is said in capitals.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


def entries(lock: Path) -> dict[str, tuple[str, int]]:
    """Return version and number of hashes of every package of a lock.

    Raises:
        ValueError: a line pins no version.
    """
    found = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8").strip()):
        if not (pinned := PINNED.match(entry)):
            raise ValueError(f"{lock.name}: no version is pinned: {entry.splitlines()[0]}")
        hashes = len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
        found[canonicalize_name(pinned[1])] = pinned[2], hashes
    return found


def wanted(source: Path) -> list[Requirement]:
    """Return what a requirements.in asks for."""
    lines = (line.partition("#")[0].strip() for line in source.read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def out_of_order(lock: Path) -> list[str]:
    """Return what is wrong with a lock: packages without hashes, or not as the requirements ask."""
    found = entries(lock)
    faults = [f"{lock.name}: {name} has no hash" for name, (_, n) in found.items() if not n]
    for need in wanted(lock.with_suffix(".in")):
        version = found.get(canonicalize_name(need.name), ("", 0))[0]
        if not version:
            faults.append(f"{lock.name}: lacks {need.name}: run `make lock`")
        elif not need.specifier.contains(version, prereleases=True):
            faults.append(f"{lock.name}: {need.name} {version} is not {need.specifier}")
    return faults


def torch_version() -> str:
    """Return the version of torch, which the set-up installs and no lock holds."""
    found = re.search(r"^torch_version=(\S+)", (ROOT / "tools/set_up.sh").read_text(), flags=re.M)
    assert found, "tools/set_up.sh names no version of torch"
    return found[1]


def reported(lock: Path) -> list[dict[str, Any]] | None:
    """Return what pip-audit says of each package of a lock, and of torch; None where it got no answer."""
    pins = [f"{name}=={version}" for name, (version, _) in entries(lock).items()]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "pins.txt")
        listed.write_text("\n".join([*pins, f"torch=={torch_version()}"]) + "\n")
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format", "json",
                   "--progress-spinner", "off", "--timeout", "10", "-r", str(listed)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    return packages


def findings(packages: list[dict[str, Any]]) -> list[str]:
    """Return the vulnerabilities in what pip-audit says of packages, in words."""
    return [
        f"{p['name']} {p['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for p in packages
        for v in p["vulns"]
    ]


def main(locks: list[Path]) -> int:
    """Check the locks; return the exit status."""
    faults = []
    for lock in locks:
        faults += out_of_order(lock)
        packages = reported(lock) or []
        known = [p for p in packages if "skip_reason" not in p]
        faults += [f"{lock.name}: {finding}" for finding in findings(known)]
        if known:
            print(f"audit: {lock.name}: {len(known)} of {len(packages)} packages are looked up")
        else:
            print(f"audit: {lock.name}: NOT LOOKED UP: NO SERVICE THAT KNOWS VULNERABILITIES ANSWERS "
                  "HERE. Only the lock's hashes and versions are checked.")  # fmt: skip
    for fault in faults:
        print(f"audit: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main([Path(a) for a in sys.argv[1:]] or [ROOT / "requirements.lock"]))
