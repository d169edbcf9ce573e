"""What of a study with observers goes into its crate, and which licence that states."""

import pytest
from rocrate.rocrate import ROCrate

from holdfast.report.crate.crate_files import kept_tables
from holdfast.report.crate.study_crate import licence


def test_what_observers_answered_stays_out_like_what_models_did() -> None:
    tables = [
        "responses/a/people.parquet", "scores/a/people/values.parquet",
        *(f"observations/keen/a/people/{t}.parquet" for t in ("responses", "ratings", "values")),
        "design/instruments/pvq21_observer.json", "stability/observers/a/people.parquet",
    ]  # fmt: skip
    kept = kept_tables({"models": {}, "study": {}, "tables": dict.fromkeys(tables, "0")})
    assert set(tables) - set(kept) == {tables[0], tables[2]}


@pytest.mark.parametrize(
    ("stated", "address", "name"),
    [("", "#licence", "No licence stated"),
     ("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0", "CC-BY-4.0"),
     ("https://example.org/terms", "https://example.org/terms", "https://example.org/terms"),
     ("for members alone", "#licence", "for members alone")],
)  # fmt: skip
def test_the_licence_is_the_studys(stated: str, address: str, name: str) -> None:
    found = licence(ROCrate(version="1.1"), stated)
    assert (found.id, found["name"]) == (address, name)
    assert ("no licence" in found["description"]) == (not stated)
