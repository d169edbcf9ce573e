"""Where a job's packages come from: its rule's own conda environment, and no other."""

import logging
import os
import sys
from pathlib import Path
from types import ModuleType

from holdfast.errors import StudyError

logger = logging.getLogger(__name__)

# what the environments in envs/ are for; Snakemake itself comes from where it runs
PACKAGES = (
    "huggingface_hub", "jinja2", "matplotlib", "numpy", "pandas", "pandera", "pyarrow", "pydantic",
    "safetensors", "scipy", "seaborn", "sklearn", "statsmodels", "tokenizers", "torch", "transformers",
    "yaml",
)  # fmt: skip


def check_own_packages() -> None:
    """In an active conda environment, check that what was imported lies in it.

    Snakemake lets scripts see its own packages too, which would hide a gap in a rule's environment.

    Raises:
        StudyError: naming the packages that came from elsewhere.
    """
    if os.environ.get("CONDA_PREFIX") != sys.prefix:
        return
    loaded = {name: sys.modules[name] for name in PACKAGES if name in sys.modules}
    strange = [name for name, module in loaded.items() if not _lies_in(module, Path(sys.prefix))]
    if strange:
        raise StudyError(
            f"{sys.prefix}: the conda environment lacks {', '.join(strange)}, which came from "
            "where Snakemake runs. Add what is missing to the rule's file in envs/."
        )
    logger.info("packages from %s", sys.prefix)


def _lies_in(module: ModuleType, folder: Path) -> bool:
    return Path(module.__file__ or "").is_relative_to(folder)
