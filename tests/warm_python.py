"""Python for the jobs of tests' studies, in forks of one process that has imported the packages they use.

Most of the processor time of a small job is the import of packages. Here only packages are imported before the
fork; the project's library and the job's script are read by the fork, as by a Python that Snakemake starts.
What must show how a job starts or is interrupted has a plain Python: the README's commands, chaos.

`python warm_python.py FOLDER` makes `FOLDER/python`, a program that runs a job's script or `-m holdfast.cli`
in such a fork, and anything else in a plain Python. It serves until its standard input ends.
"""

import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from fork_ends import run_and_end

FAMILIES = ["llama", "mistral", "mixtral", "phi", "qwen2"]
PACKAGES = [
    "jinja2.sandbox",
    "matplotlib.backends.backend_agg",
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "snakemake.logging",
    "transformers.models.auto.tokenization_auto",
    *(f"transformers.models.{family}.modeling_{family}" for family in FAMILIES),
]
_kept: list[Any] = []  # a process's server and its folder, until the process ends
CLIENT = """#!{python} -IS
import json, os, socket, sys
script = len(sys.argv) == 2 and ".snakemake/scripts/" in sys.argv[1]
if not script and sys.argv[1:3] != ["-m", "holdfast.cli"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
asked = {{"given": sys.argv[1:], "folder": os.getcwd(), "group": os.getpgid(0)}}
asked["environment"] = dict(os.environ)
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    server.sendall(json.dumps(asked).encode() + b"\\n")
    status = server.recv(16)
sys.exit(int(status or 1))
"""


@cache
def warm_python() -> str:
    """Return the path of this process's program, which is made and served from the first call on."""
    place = TemporaryDirectory(prefix="python-")
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.Popen(
        [sys.executable, __file__, place.name], env=plain, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    _kept.append((process, place))
    return os.path.join(place.name, "python")


def import_packages() -> None:
    """Import what the project's jobs import of packages."""
    # as `holdfast.inference` sets them
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    for package in PACKAGES:
        import_module(package)
    gc.collect()
    gc.freeze()


def serve(folder: Path) -> None:
    """Run scripts for those who connect, until standard input ends and no script runs any more."""
    address = str(folder / "jobs")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    client = folder / "python"
    client.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
    client.chmod(0o755)
    ended, ends = os.pipe()
    for end in (ended, ends):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(ends)
    choice = selectors.DefaultSelector()
    for source in (listener, ended, sys.stdin):
        choice.register(source, selectors.EVENT_READ)
    print("ready", flush=True)
    running: dict[int, socket.socket] = {}
    while True:
        for key, _ in choice.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                pid = _start(connection, [listener, *running.values()])
                running[pid] = connection
            elif key.fileobj == ended:
                os.read(ended, 4096)
                _tell_ended(running)
            else:
                choice.unregister(sys.stdin)
        if not running and sys.stdin not in {key.fileobj for key in choice.get_map().values()}:
            return


def _start(connection: socket.socket, others: list[socket.socket]) -> int:
    """Fork a process that runs what a client asks for; return its id."""
    pid = os.fork()
    if not pid:
        for other in others:
            other.close()
        _be_job(connection)
    return pid


def _tell_ended(running: dict[int, socket.socket]) -> None:
    """Tell the clients of jobs that have ended their exit status."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        with running.pop(pid) as client, suppress(OSError):  # the client was killed
            client.sendall(str(code if code >= 0 else 128 - code).encode())


def _be_job(client: socket.socket) -> NoReturn:
    """Be `python SCRIPT` or `python -m MODULE` from now on, and end with it; be killed where the client is."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _, streams, *_ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as request:
        asked: dict[str, Any] = json.loads(request.readline())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.setpgid(0, asked["group"])
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    threading.Thread(target=_end_with, args=[client], daemon=True).start()
    first, *more = asked["given"]
    if first != "-m":
        sys.argv, sys.path[0] = [first], os.path.dirname(first)
        run_and_end(partial(runpy.run_path, first, run_name="__main__"))
    sys.argv = more
    sys.path[:1] = [
        asked["folder"],
        *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)),
    ]
    run_and_end(partial(runpy.run_module, more[0], run_name="__main__", alter_sys=True))


def _end_with(client: socket.socket) -> None:
    """End this process as soon as its client has ended."""
    client.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    import_packages()
    serve(Path(sys.argv[1]))
