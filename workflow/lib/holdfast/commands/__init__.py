"""The subcommands of `holdfast`: each module has HELP, `arguments` and `run`."""
