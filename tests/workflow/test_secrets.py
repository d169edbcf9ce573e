"""A token or key of the environment is written nowhere, whatever a server says about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fault_proxy import Faults
from hostile import KEY, MINI, SECRETS, SERVED, TOKEN
from local_server import QuietHandler, serving_here
from model_server import running

from projects import Finished, Project

TINY = """
study: tiny
replicates: 1
models: [{models}]
populations: [{{name: fictional, size: 4}}]
contexts: {{topics: [grammar, joke], max_new_tokens: 8}}
stability: {{draws: 20, null_simulations: 20, structure: false}}
"""


def holding(project: Project, secret: str) -> list[Path]:
    """Return every file of the project, hidden ones included, with a third of the secret in it."""
    part, found = secret[: len(secret) // 3], []
    files = [p for p in project.folder.rglob("*") if p.is_file() and not p.is_symlink()]
    assert len(files) > 20
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":  # its columns are compressed
            content += str(pq.read_table(path).to_pydict()).encode()
        found += [path] if part.encode() in content else []
    return found


@pytest.mark.xdist_group("injection")
def test_no_file_holds_a_key_that_a_server_repeats(hostile: Finished, faults: Faults) -> None:
    """A third of the requests fail; the errors hold the key, and the study goes on to its page."""
    assert min(faults.seen[k] for k in faults.kinds) > 5, faults.seen
    log = (hostile.results / "logs/infer/served/hostile.log").read_text()
    assert "the server says 400" in log and "Bearer ***" in log
    page = (hostile.results / "report/index.html").read_text(encoding="utf-8")
    warned = page[page.index("To be read with care") : page.index('class="headline"')]
    assert re.search(r"served × hostile: \d+ of \d+ failed", warned)
    assert (hostile.results / "report/answers/served/hostile.js").is_file()
    for secret in SECRETS.values():
        assert holding(hostile.project, secret) == [] and secret[:11] not in hostile.ran.said


def test_a_refused_key_is_in_no_message(project: Project) -> None:
    """The server's refusal repeats the key, which is not the one that it wants."""
    project.write("studies/tiny.yaml", TINY.format(models="served"))
    with running(MINI, key="another") as server:
        project.write("resources/models/served.yaml", SERVED.format(address=server))
        ran = project.snakemake("--configfile", "studies/tiny.yaml", env=SECRETS)
    assert ran.status != 0 and "the server says 401: the key is not accepted" in ran.said
    assert "Traceback" not in ran.said and KEY[:11] not in ran.said
    assert holding(project, KEY) == []


@contextmanager
def refusing_hub(asked: list[str]) -> Iterator[str]:
    """Start a hub that refuses everybody and says with which token; yield its address."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            asked.append(given)
            why = f"No access with {given}"
            self.reply(403, {"error": why}, X_Error_Message=why)

        do_HEAD = do_GET

    with serving_here(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield address


def test_a_token_that_the_hub_repeats_is_in_no_message(project: Project) -> None:
    project.write("studies/tiny.yaml", TINY.format(models="phi-2"))
    asked: list[str] = []
    with refusing_hub(asked) as address:
        hub = {
            "HF_ENDPOINT": address,
            "HF_HOME": str(project.folder / "hub"),
            "HF_HUB_OFFLINE": "0",
        }
        ran = project.snakemake("prefetch", "--configfile", "studies/tiny.yaml", env=SECRETS | hub)
    assert f"Bearer {TOKEN}" in asked
    assert ran.status != 0 and "can't be fetched" in ran.said and "Traceback" not in ran.said
    assert TOKEN[:11] not in ran.said and holding(project, TOKEN) == []
