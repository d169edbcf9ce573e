"""Names of folders in which Snakemake can't run a script, told before it tries."""

from pathlib import Path

from holdfast.errors import StudyError


def check_folders(work: Path, program: Path, environments: Path | None) -> None:
    """Refuse folders with a character that breaks Snakemake's command lines.

    It fills in names between braces after it has put the paths of Python and of the script into the command of
    a job. It puts the path of a conda environment between single quotes.

    Args:
        work: the folder in which Snakemake runs.
        program: the Python that runs it.
        environments: the folder of conda environments; None: conda is not used.

    Raises:
        StudyError: naming the character and the folder.
    """
    for folder in (work, program.parent):
        for character in "{}":
            if character in str(folder):
                raise StudyError(
                    f"the folder '{folder}' has a '{character}' in its name, which Snakemake takes for a "
                    "placeholder. Rename it."
                )
    if environments is not None and "'" in str(environments):
        raise StudyError(
            f'the folder "{environments}" has a \' in its name, which Snakemake puts unquoted into the '
            "commands of conda environments. Rename it, or run without --use-conda."
        )
