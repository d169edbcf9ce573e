"""A `conda` for tests where none can be had: the commands that Snakemake calls, done by py-rattler.

Real: the grammar of environment files, the solve with strict channel priority, unpacking, linking and
activation. Not real: conda's own command line and solver, and the channel (see channel.py).
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import rattler
import yaml

VERSION = "24.7.1"  # the oldest that Snakemake takes
HOME = Path(sys.argv[0]).resolve().parent.parent
CHANNELS = Path(os.environ["HOLDFAST_TEST_CHANNELS"]).resolve().as_uri() + "/"
PACKAGES = HOME / "packages"


async def create(file: Path, prefix: Path) -> None:
    """Solve an environment file and link what it needs into a folder."""
    document = yaml.safe_load(file.read_text())
    if unknown := set(document) - {"name", "channels", "dependencies"}:
        sys.exit(f"conda: {file}: unknown keys {sorted(unknown)}")
    names = [c for c in document["channels"] if c != "nodefaults"]
    where = rattler.ChannelConfig(channel_alias=CHANNELS)
    records = await rattler.solve(
        [rattler.Channel(c, where) for c in names],
        [rattler.MatchSpec(d) for d in document["dependencies"]],
        platforms=["linux-64", "noarch"],
        gateway=rattler.Gateway(cache_dir=PACKAGES / "repodata"),
        virtual_packages=[v.into_generic() for v in rattler.VirtualPackage.detect()],
        channel_priority=rattler.ChannelPriority.Strict,
    )
    await rattler.install(records, prefix, cache_dir=PACKAGES, show_progress=False)
    (prefix / "conda-meta").mkdir(exist_ok=True)
    (prefix / "conda-meta/history").touch()


def main(arguments: list[str]) -> None:
    """Answer one call."""
    if arguments == ["--version"]:
        print("conda " + VERSION)
    elif arguments[:1] == ["info"]:
        about = {"conda_prefix": str(HOME), "root_prefix": str(HOME), "platform": "linux-64"}
        print(json.dumps(about | {"conda_version": VERSION}))
    elif arguments[:2] == ["config", "--get"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments[:2] == ["env", "create"]:
        parser = argparse.ArgumentParser()
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--prefix", type=Path, required=True)
        given, _ = parser.parse_known_args(arguments[2:])
        asyncio.run(create(given.file, given.prefix))
    elif arguments[:1] != ["clean"]:
        sys.exit(f"conda: not one of Snakemake's calls: {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # py-rattler's threads can abort Python at a normal exit
