"""The commands of `holdfast`: each module is one, and has `arguments` and `run`."""
