"""Fetching from a hub: against a real HTTP server that answers as a hub does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from holdfast.errors import StudyError
from holdfast.inference.models.hub import missing_files

COMMITS = ["1" * 40, "2" * 40]
AGAIN = ["original/model.safetensors", "consolidated.safetensors"]  # the weights in other formats
FETCH = """
import sys
from pathlib import Path
from holdfast.inference.models.hub import prefetch
prefetch(repository="some/model", pinned=None, lock=Path(sys.argv[1]))
"""
LOAD = """
import sys
from holdfast.inference.backends.protocol import MessageRequest
from holdfast.inference.prompting.prompts import Prompt, Turn
from holdfast.inference.models.registry import Entry
from holdfast.inference.backends.transformers_backend import TransformersBackend
entry = Entry.model_validate(
    {"model": {"repository": "some/model"}, "deployment": {"backend": "transformers"}})
backend = TransformersBackend("it", entry, sys.argv[1], 1)
prompt = Prompt("", (Turn("interlocutor", "Hello"),), "persona")
print(next(iter(backend.generate([MessageRequest(prompt, 1, 4)]))).tokens)
"""


class Hub(BaseHTTPRequestHandler):
    """One repository, whose newest commit the test can move on."""

    folder: Path
    newest = COMMITS[0]
    asked: list[str]
    refusal: tuple[int, str] | None = None

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        self.asked.append(self.path)
        if self.refusal:
            self.send_response(self.refusal[0])
            self.send_header("X-Error-Code", self.refusal[1])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/api/models/some/model/tree/"):
            tree = [
                {
                    "type": "file",
                    "path": p.name,
                    "size": p.stat().st_size,
                    "oid": sha256(p.read_bytes()).hexdigest(),
                }
                for p in sorted(self.folder.iterdir())
            ]
            tree += [{"type": "file", "path": p, "size": 9, "oid": "0" * 40} for p in AGAIN]
            self._send(json.dumps(tree).encode(), body, "application/json")
        elif self.path.startswith("/api/models/some/model"):
            commit = (
                self.path.split("/revision/")[1].split("?")[0] if "/revision/" in self.path else ""
            )
            names = [*(p.name for p in sorted(self.folder.iterdir())), *AGAIN]
            files = [{"rfilename": name} for name in names]
            about = {"id": "some/model", "sha": commit or self.newest, "siblings": files}
            self._send(json.dumps(about).encode(), body, "application/json")
        elif "/resolve/" in self.path and (path := self.folder / self.path.split("/")[-1]).exists():
            self._send(path.read_bytes(), body, "application/octet-stream")
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, content: bytes, body: bool, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{sha256(content).hexdigest()}"')
        commit = self.path.split("/")[4] if "/resolve/" in self.path else self.newest
        self.send_header("X-Repo-Commit", commit)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(model_folders: dict[str, Path]) -> Iterator[str]:
    Hub.folder, Hub.newest, Hub.asked, Hub.refusal = model_folders["llama"], COMMITS[0], [], None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def run(
    code: str, argument: str, hub: str, cache: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    library = Path(__file__).resolve().parents[4] / "workflow/lib"
    env = (
        os.environ | {"HF_ENDPOINT": hub, "HF_HOME": str(cache), "PYTHONPATH": str(library)} | more
    )
    command = [sys.executable, "-c", code, argument]
    return subprocess.run(command, env=env, capture_output=True, text=True)


def test_the_first_fetch_resolves_the_commit_and_later_ones_hold_to_it(
    hub: str, tmp_path: Path
) -> None:
    lock = tmp_path / "model.json"
    done = run(FETCH, str(lock), hub, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert json.loads(lock.read_text()) == {"repository": "some/model", "revision": COMMITS[0]}
    assert not [p for p in Hub.asked if "/resolve/" in p and p.endswith(tuple(AGAIN))]
    Hub.newest = COMMITS[1]
    done = run(FETCH, str(lock), hub, tmp_path / "another-cache")
    assert done.returncode == 0, done.stderr
    assert json.loads(lock.read_text())["revision"] == COMMITS[0]
    assert not any(COMMITS[1] in path for path in Hub.asked)


def test_a_lock_that_is_kept_with_the_project_goes_first(hub: str, tmp_path: Path) -> None:
    lock, kept = tmp_path / "results/model.json", tmp_path / "kept.json"
    kept.write_text(json.dumps({"repository": "some/model", "revision": COMMITS[1]}))
    code = FETCH.replace("pinned=None", f"pinned=None, kept=[Path({str(kept)!r})]")
    done = run(code, str(lock), hub, tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert json.loads(lock.read_text())["revision"] == COMMITS[1]


def test_a_cache_with_the_tokenizer_alone_is_not_the_model(hub: str, tmp_path: Path) -> None:
    cache, lock = tmp_path / "cache", tmp_path / "model.json"
    assert run(FETCH, str(lock), hub, cache).returncode == 0
    snapshot = next(cache.rglob(f"snapshots/{COMMITS[0]}"))
    (snapshot / "model.safetensors").unlink()
    lock.unlink()
    offline = run(
        FETCH.replace("pinned=None", f"pinned='{COMMITS[0]}'"),
        str(lock),
        hub,
        cache,
        HF_HUB_OFFLINE="1",
    )
    assert offline.returncode == 1 and "not wholly, in the hub's cache" in offline.stderr
    assert not lock.exists()
    assert run(FETCH, str(lock), hub, cache).returncode == 0
    assert (snapshot / "model.safetensors").exists() and lock.exists()


def test_every_shard_of_the_index_is_needed(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert missing_files(tmp_path) == ["*.safetensors"]
    shards = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = {"weight_map": dict(zip("ab", shards, strict=True))}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / shards[0]).write_text("")
    (tmp_path / shards[1]).symlink_to(tmp_path / "gone")
    assert missing_files(tmp_path) == [shards[1]]
    (tmp_path / "gone").write_text("")
    assert missing_files(tmp_path) == []
    (tmp_path / "model.safetensors.index.json").write_text("[]")
    with pytest.raises(StudyError, match="is no index of shards"):
        missing_files(tmp_path)


def test_a_pinned_commit_is_fetched_and_locked(hub: str, tmp_path: Path) -> None:
    lock = tmp_path / "model.json"
    code = FETCH.replace("pinned=None", f"pinned='{COMMITS[1]}'")
    assert run(code, str(lock), hub, tmp_path / "cache").returncode == 0
    assert json.loads(lock.read_text())["revision"] == COMMITS[1]


def test_the_model_loads_from_what_was_fetched(hub: str, tmp_path: Path) -> None:
    assert run(FETCH, str(tmp_path / "model.json"), hub, tmp_path / "cache").returncode == 0
    done = run(LOAD, COMMITS[0], "http://127.0.0.1:9", tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert 0 <= int(done.stdout) <= 4


def test_a_hub_out_of_reach_is_one_message(tmp_path: Path) -> None:
    code = FETCH.replace(
        "prefetch(",
        "from holdfast.job_log import logged\nwith logged(sys.argv[1] + '.log'): prefetch(",
    )
    done = run(code, str(tmp_path / "model.json"), "http://127.0.0.1:9", tmp_path / "cache")
    assert done.returncode == 1
    assert "some/model: can't be fetched" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "model.json").exists()


SAID = FETCH.replace(
    "prefetch(",
    "from holdfast.job_log import logged\nwith logged(sys.argv[1] + '.log'): prefetch(",
)
PINNED = SAID.replace("pinned=None", f"pinned='{COMMITS[1]}'")


@pytest.mark.parametrize(
    ("refusal", "code", "words"),
    [
        ((403, "GatedRepo"), SAID, "is gated: accept its licence on the hub, and set HF_TOKEN"),
        ((404, "RepoNotFound"), SAID, "is not on the hub, or is private"),
        ((404, "RevisionNotFound"), PINNED, f"has no commit {COMMITS[1]} on the hub"),
    ],
)
def test_a_refusal_says_what_to_do(
    hub: str, tmp_path: Path, refusal: tuple[int, str], code: str, words: str
) -> None:
    Hub.refusal = refusal
    done = run(code, str(tmp_path / "model.json"), hub, tmp_path / "cache", HF_TOKEN="hf_secret")
    assert done.returncode == 1 and f"some/model: {words}" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and "hf_secret" not in done.stderr
    assert not (tmp_path / "model.json").exists()


def test_offline_jobs_use_what_was_fetched_and_name_what_was_not(hub: str, tmp_path: Path) -> None:
    lock, cache = str(tmp_path / "model.json"), tmp_path / "cache"
    missing = run(SAID, lock, hub, cache, HF_HUB_OFFLINE="1")
    assert (
        missing.returncode == 1 and "HF_HUB_OFFLINE keeps jobs from the network" in missing.stderr
    )
    assert run(FETCH, lock, hub, cache).returncode == 0
    Hub.asked.clear()
    done = run(LOAD, COMMITS[0], hub, cache, HF_HUB_OFFLINE="1")
    assert done.returncode == 0 and 0 <= int(done.stdout) <= 4, done.stderr
    other = run(LOAD, COMMITS[1], hub, cache, HF_HUB_OFFLINE="1")
    assert other.returncode == 1 and "is not, or not wholly, in the hub's cache" in other.stderr
    assert Hub.asked == []
