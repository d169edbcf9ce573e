"""Folders in which Snakemake can't work: one sentence with the character and the folder."""

from pathlib import Path

import pytest

from holdfast.errors import StudyError
from holdfast.folder_names import check_folders


@pytest.mark.parametrize(
    ("work", "program", "environments", "said"),
    [
        ("/a{b}", "/bin/python", None, "the folder '/a{b}' has a '{' in its name"),
        ("/a", "/b}/bin/python", None, "the folder '/b}/bin' has a '}' in its name"),
        (
            "/it's",
            "/bin/python",
            "/it's/.snakemake/conda",
            "\"/it's/.snakemake/conda\" has a ' in its",
        ),
    ],
)
def test_the_character_and_the_folder_are_named(
    work: str, program: str, environments: str | None, said: str
) -> None:
    with pytest.raises(StudyError) as caught:
        check_folders(Path(work), Path(program), environments and Path(environments))
    assert said in str(caught.value)


def test_all_else_is_a_folder() -> None:
    check_folders(Path('/Jörg\'s "own" study #1 $x'), Path("/usr/bin/python"), None)
    check_folders(Path("/it's"), Path("/usr/bin/python"), Path("/conda environments"))
