"""The audit of the packages: what it finds fault with in a lock, and what it says."""

import shutil
from pathlib import Path

import pytest
from audit import entries, findings, out_of_order, torch_version

ROOT = Path(__file__).resolve().parents[3]


def test_the_locks_are_in_order() -> None:
    for lock in ("requirements.lock", "requirements-vllm.lock", "tools/audit.lock"):
        assert out_of_order(ROOT / lock) == []
    assert len(entries(ROOT / "requirements.lock")) > 100 and torch_version()[0].isdigit()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("tenacity==", "tenacity-other==", "lacks tenacity: run `make lock`"),
        ("--hash=sha256:", "--hush=sha256:", "has no hash"),
        ("numpy==2", "numpy==3", "numpy 3"),
    ],
)
def test_a_lock_out_of_order_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    shutil.copy2(ROOT / "requirements.in", tmp_path)
    text = (ROOT / "requirements.lock").read_text()
    assert old in text
    (tmp_path / "requirements.lock").write_text(text.replace(old, new))
    found = out_of_order(tmp_path / "requirements.lock")
    assert found and fault in found[0]


def test_a_package_without_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.lock").write_text("numpy>=1\n")
    with pytest.raises(ValueError, match="no version is pinned: numpy>=1"):
        entries(tmp_path / "r.lock")


def test_findings_are_told_with_what_mends_them() -> None:
    said = [
        {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1", "2"]}]},
        {"name": "b", "version": "1", "vulns": [{"id": "CVE-2", "fix_versions": []}]},
        {"name": "c", "version": "1", "vulns": []},
    ]
    first, second = findings(said)
    assert first == "a 1: CVE-1, mended in 1.1, 2" and second.endswith("mended in no version yet")
