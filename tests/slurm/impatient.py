"""Snakemake, asking Slurm every two seconds: its plugin waits longer after each look at unchanged jobs."""

import sys

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(  # type: ignore[assignment, misc]
    lambda _: 2, lambda _, waited: None
)

if __name__ == "__main__":
    main(sys.argv[1:])
