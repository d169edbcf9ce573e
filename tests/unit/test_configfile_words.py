"""What follows --configfile: files, or one sentence."""

from pathlib import Path

import pytest

from holdfast.configfile_words import configfiles, look_at


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("--cores all --configfile a.yaml power", ["a.yaml", "power"]),
        ("power --configfile a.yaml b.yaml --cores 2 more", ["a.yaml", "b.yaml"]),
        ("--configfiles a.yaml -n -- power", ["a.yaml"]),
        ("--configfile=a.yaml power", ["a.yaml"]),
        ("power --config limit=4", []),
    ],
)
def test_every_word_up_to_the_next_option_is_taken_for_a_file(line: str, taken: list[str]) -> None:
    assert configfiles(line.split()) == taken


def test_what_is_no_configuration_gives_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("study: a\n")
    Path("power.csv").write_text("a,b\n1,2\n")
    look_at(["power", "--configfile", "a.yaml", "-n"])
    for target in ("power", "power.csv"):
        with pytest.raises(SystemExit) as caught:
            look_at(["--cores", "all", "--configfile", "a.yaml", target])
        assert caught.value.code == (
            f"Error: --configfile takes every word that follows it for a file, and '{target}' is no "
            f"configuration. A target comes first: snakemake {target} --cores all --configfile a.yaml"
        )
    with pytest.raises(
        SystemExit, match=r"b\.yaml: there is no such file\. Did you mean 'a\.yaml'"
    ):
        look_at(["--configfile", "b.yaml"])
