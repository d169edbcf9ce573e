"""Holdfast: do language models hold fast to their values when the conversation moves on?

The library of the workflow. It knows nothing of Snakemake; its sub-packages are the workflow's rooms:
design, inference, scoring, stability and report, and a room imports only from rooms before it.
"""

__version__ = "0.1.0"

from holdfast.conda_check import own_packages_only

own_packages_only()
