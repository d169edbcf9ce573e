"""`holdfast analyse` on results in the original study's format, made from the golden answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from original_documents import PVQ, RESOURCES, SVS, answers, document, write

from holdfast.answer_files.original_results import read_context
from holdfast.answer_files.read_answers import find_files
from holdfast.cli import main
from holdfast.commands.analyse import analyse
from holdfast.commands.collected_results import Options
from holdfast.design.instruments import load_instrument
from holdfast.errors import StudyError
from holdfast.tables.schemas import SCHEMAS
from holdfast.tables.table_files import read_table

pytestmark = pytest.mark.xdist_group("analyse")  # one analysis serves most of them

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden"
QUICK = Options(draws=10, null_simulations=8, structure_permutations=2)


def golden_study(folder: Path, name: str) -> dict[str, Any]:
    """Write a golden run as results of the original, and return the figures that it had there."""
    run: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    for topic in run["contexts"]:
        rows = [[int(x) for x in row] for row in run["ratings"][topic]]
        write(folder / f"theme_{topic}_2024_01_01_00_00_00", document(name, topic, rows))
    return run


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]], str]:
    """Return the output of a reanalysis, the original's figures, and what was printed."""
    folder = tmp_path_factory.mktemp("original")
    runs = {name: golden_study(folder / name, name) for name in ("sig00", "sig10")}
    said = analyse([folder / "sig00", folder / "sig10"], None, folder / "out", QUICK)
    return folder / "out", runs, said


def rows(table: pd.DataFrame, model: str, quantity: str) -> pd.DataFrame:
    return table[table["model"].eq(model) & table["quantity"].eq(quantity)]


def figure(table: pd.DataFrame, model: str, quantity: str, **where: str) -> float:
    """Return one estimate; what is not named is pooled."""
    own = rows(table, model, quantity)
    for column in ("value", "context_a", "context_b"):
        wanted = where.get(column)
        own = own[own[column].eq(wanted) if wanted else own[column].isna()]
    own = own[own["replicate"].isna()]
    assert len(own) == 1
    return float(own["estimate"].iloc[0])


def test_every_figure_equals_the_original(golden: Any) -> None:
    out, runs, _ = golden
    table = pd.read_csv(out / "estimates.csv")
    assert list(table.columns) == list(SCHEMAS["estimates"])
    for model, run in runs.items():
        close = {"abs": 1e-9, "rel": 0}
        assert figure(table, model, "rank_order") == pytest.approx(run["rank_order"], **close)
        assert figure(table, model, "ipsative") == pytest.approx(run["ipsative"], **close)
        for at, (a, b) in enumerate(run["pairs"]):
            pair = {"context_a": a, "context_b": b}
            expected = run["rank_order_by_pair"][at]
            assert figure(table, model, "rank_order", **pair) == pytest.approx(expected, **close)
            for value, each in run["rank_order_by_value_and_pair"].items():
                found = figure(table, model, "rank_order", value=value, **pair)
                assert found == pytest.approx(each[at], **close)
        for context, alphas in run["cronbach_alpha_centred"].items():
            for value, alpha in zip(PVQ.values, alphas, strict=True):
                where = {"value": value, "context_a": context}
                found = figure(table, model, "cronbach_alpha_centred", **where)
                assert found == pytest.approx(alpha, **close)
        for context, stress in run["stress_compat"].items():
            found = figure(table, model, "stress_compat", context_a=context)
            assert found == pytest.approx(stress, abs=0.005)


def test_output_is_complete(golden: Any) -> None:
    out, _, said = golden
    assert said.splitlines()[-1].endswith("2 models, 10 files read, 0 skipped.")
    board = pd.read_csv(out / "leaderboard.csv")
    assert board["model"].tolist() == ["sig10", "sig00"]
    assert board["cardinal_compat"].is_monotonic_decreasing
    assert board["ordinal_compat"].tolist() == [1, 0]
    assert board["scores_status"].tolist() == ["improper_fits"] * 2
    assert board[["cardinal", "ordinal"]].isna().all(axis=None)
    assert board["fits"].tolist() == [20, 20]
    assert board["improper_fits"].tolist()[0] < board["improper_fits"].tolist()[1] <= 20
    page = (out / "report" / "index.html").read_text()
    assert "sig10" in page
    assert sorted(p.name for p in (out / "figures").glob("*.svg")) == [
        "contexts.svg", "profiles.svg", "stability.svg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: "{not json", "can't be read as JSON"),
        (lambda d: [], "not a result"),
        (lambda d: d | {"answers": d["answers"][:-1]}, "equal numbers"),
        (lambda d: {k: v for k, v in d.items() if k != "args"}, "'args' is missing"),
        (lambda d: d | {"args": {"engine": 7}}, "not a name"),
        (lambda d: d | {"metrics": {"ipip": {}}}, "neither a PVQ nor an SVS"),
        (lambda d: d | {"answers": [{"pvq_auto": [["A", 1]] * 39}] * 8}, "40 ratings"),
        (lambda d: d | {"answers": [{"pvq_auto": [["A", 1]] * 40}] * 8}, "not the means"),
        (lambda d: d | {"simulated_population": [{"name": "same"}] * 8}, "same name"),
    ],
)
def test_a_malformed_file_is_named_and_refused(tmp_path: Path, change: Any, reason: str) -> None:
    path = write(tmp_path / "a", change(document("m", "joke", answers(PVQ, 1))))
    with pytest.raises(StudyError) as caught:
        read_context(path, RESOURCES)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)


def test_malformed_files_are_skipped_and_counted(tmp_path: Path) -> None:
    for seed, topic in enumerate(("joke", "poem", "chess")):
        write(tmp_path / "in" / topic, document("org/model-a", topic, answers(PVQ, seed)))
    bad = write(tmp_path / "in" / "broken", '{"args": ')
    double = write(tmp_path / "in" / "second", document("org/model-a", "poem", answers(PVQ, 9)))
    said = analyse([tmp_path / "in"], None, tmp_path / "out", QUICK)
    assert said.splitlines()[-1].endswith("1 models, 3 files read, 2 skipped.")
    assert str(bad) in said
    assert f"{double}: the context 'poem' is also in" in said
    table = pd.read_csv(tmp_path / "out" / "estimates.csv")
    assert set(table["model"].dropna()) == {"model-a"}
    assert set(table["context_a"].dropna()) == {"joke", "poem", "chess"}


def test_folders_beside_each_other_are_replicates_and_svs_is_read(tmp_path: Path) -> None:
    for replicate in (1, 2):
        for topic in ("joke", "poem"):
            ratings = answers(SVS, 10 * replicate + len(topic) * (topic == "joke"), -1, 7)
            write(tmp_path / "in" / f"seed{replicate}" / topic, document("m", topic, ratings, SVS))
    analyse([tmp_path / "in"], None, tmp_path / "out", QUICK)
    table = pd.read_csv(tmp_path / "out" / "estimates.csv")
    assert set(table["instrument"]) == {"svs"}
    assert set(rows(table, "m", "rank_order")["replicate"].dropna()) == {1, 2}
    assert figure(table, "m", "stress_compat") > 0


def test_nothing_to_analyse_is_one_message(tmp_path: Path, capsys: Any) -> None:
    write(tmp_path / "in" / "only", document("m", "joke", answers(PVQ, 1)))
    with pytest.raises(SystemExit) as caught:
        main(["analyse", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert "two contexts at least" in str(caught.value)
    with pytest.raises(StudyError, match="no such file or folder"):
        find_files([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match="no results"):
        find_files([tmp_path / "empty"])


def test_keys_are_those_of_the_questionnaires() -> None:
    known = load_instrument(ROOT / "resources", "pvq40")
    assert {v: list(items) for v, items in PVQ.values.items()} == known.values
    assert sum(map(len, SVS.values.values())) == 46
    assert len({i for items in SVS.values.values() for i in items}) == 46
    assert list(SVS.values) == list(PVQ.values)


def with_replies(made: dict[str, Any], lost: set[tuple[int, int]]) -> dict[str, Any]:
    """Return a result as the newer protocol writes it; some replies name no option."""
    said = (
        "I keep in mind what was asked, and what someone like me would do about it, and so on. " * 2
    )
    made = made | {
        "generations": [
            {"pvq_auto": [said + ("" if (n, i) in lost else "Answer: (A)") for i in range(40)]}
            for n in range(len(made["answers"]))
        ],
        "lprobs": [{"pvq_auto": [[-0.01] + [-100] * 5] * 40} for _ in made["answers"]],
    }
    for person in made[
        "simulated_population"
    ]:  # as the newer code names respondents without a persona
        person |= {"name": "CHATBOT", "description": None}
    return made


def test_random_answers_of_the_newer_protocol_are_counted_or_left_out(
    tmp_path: Path, capsys: Any
) -> None:
    lost = {(0, i) for i in range(40)} | {(1, 3)}
    for seed, topic in enumerate(("joke", "poem")):
        made = with_replies(document("m", topic, answers(PVQ, seed)), lost if seed else set())
        write(tmp_path / "in" / topic, made)
    told, scores = [], []
    for way in ("keep", "missing"):
        out = tmp_path / way
        main(["analyse", str(tmp_path / "in"), "--out", str(out), "--draws", "5", "--random", way])
        told.append(capsys.readouterr().out.splitlines()[0])
        scores.append(read_table(out / "scores/m/pvq40/none/values.parquet", "values"))
        page = (out / "report" / "index.html").read_text()
        assert "Answers that other tools collected" in page
        assert ('<td class="right">41 (6.4 %)</td>' in page) and "the original study" in page
    assert told[0].startswith(
        "m, none, pvq40: 640 answers by the original study's code; 0 unread (0.0%), 41 random"
    )
    assert told[1].endswith("41 unread (6.4%), 0 random (0.0%), 0 missing (0.0%).")
    kept, left_out = (
        s[s["respondent"].eq("respondent-001") & s["context"].eq("poem")] for s in scores
    )
    assert kept["score"].notna().all() and left_out["score"].isna().all()
    assert scores[1]["items"].sum() == 640 - 41


def test_files_that_do_not_tell_their_random_answers(tmp_path: Path) -> None:
    for topic in ("joke", "poem"):
        write(tmp_path / "in" / topic, document("m", topic, answers(PVQ, 1)))
    with pytest.raises(StudyError, match="does not tell which answers were drawn"):
        analyse([tmp_path / "in"], None, tmp_path / "out", QUICK, drop_random=True)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_others_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path / "in" / "joke", document("m", "joke", answers(PVQ, 1)))
    write(tmp_path / "in" / "poem", document("m", "poem", answers(PVQ, 2)))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(StudyError, match="is there already"):
        analyse([tmp_path / "in"], None, tmp_path / "out", QUICK)
    assert [p.name for p in tmp_path.iterdir() if p.name != "in"] == ["out"]
