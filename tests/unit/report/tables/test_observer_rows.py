"""The page's table of observers: its cells, those that are not shown, and who agrees with whom."""

from observer_data import observer_table_rows
from report_data import default_models

from holdfast.report.tables.observer_rows import COLUMNS, observer_rows, observers_agreement

MODELS = default_models()


def test_a_row_an_observer_and_model_and_none_of_the_invalid_one() -> None:
    rows = observer_rows(observer_table_rows(), MODELS)
    assert [(r["observer"], r["model"]) for r in rows] == [
        (o, m) for o in ("keen", "dull") for m in ("llama-mini", "phi-mini", "simulated")
    ]
    keen, dull = rows[0], rows[3]
    assert len(keen["cells"]) == len(COLUMNS) and keen["cells"][0] == (".31", "[.27,\u00a0.35]")
    assert dull["cells"] is None and dull["validity"].startswith("validity .12")


def test_what_is_not_there_is_a_dash() -> None:
    table = observer_table_rows(("keen",))
    table = table[table["quantity"].ne("observer_length_bias")]
    table.loc[table["quantity"].eq("self_truth"), ["estimate", "lower", "upper"]] = float("nan")
    cells = dict(zip(COLUMNS, observer_rows(table, MODELS)[0]["cells"], strict=True))
    assert cells["observer_length_bias"] == cells["self_truth"] == ("–", "")


def test_agreement_of_observers() -> None:
    rows = observers_agreement(observer_table_rows(), MODELS)
    assert [r["model"] for r in rows] == ["llama-mini", "phi-mini", "simulated"]
    assert rows[0]["icc"].startswith(".55 [") and rows[0]["n"] == 60
    assert observers_agreement(observer_table_rows().iloc[:3], MODELS) == []
