"""Replies of simulated respondents whose stability is known, read from texts and analysed."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
from survey_data import ITEMS, panel

from holdfast.commands.analyse import analyse
from holdfast.commands.collected_results import Options
from holdfast.design.instruments import load_instrument
from projects import ROOT

SAME, PEOPLE = 0.6, 240


def test_the_stability_of_replies_is_that_of_who_gave_them(tmp_path: Path) -> None:
    """A share of them answers as before and the others anew: the correlation of ranks is that share."""
    data = panel(PEOPLE, SAME, seed=4, missing=0.02)
    words = {o.rating: o.text for o in load_instrument(ROOT / "resources", "pvq21").options}
    frames = ["{}", "I would say: {}.", "**{}**", "{}\n\nThat is how I see it."]
    with (tmp_path / "qstn.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["questionnaire_name", "questionnaire_item_id", "question", "llm_response"])
        for context, answers in zip(("joke", "chess"), data.ratings, strict=True):
            for who, own in zip(data.ids, answers, strict=True):
                for item, rating in zip(ITEMS, own, strict=True):
                    said = (
                        "No idea." if math.isnan(rating) else frames[item % 4].format(words[rating])
                    )
                    writer.writerow([f"{who}/{context}", f"q{item}", "?", said])
    (tmp_path / "m.yaml").write_text(
        'instrument: pvq21\nitems: "q{item}"\nadd: {model: planned}\n'
        'split: {questionnaire_name: "{respondent}/{context}"}\n'
    )
    options = Options(draws=60, null_simulations=8, structure_permutations=0)
    said = analyse([tmp_path / "qstn.csv"], tmp_path / "m.yaml", tmp_path / "out", options)
    unread = int(np.isnan(data.ratings).sum())
    assert f"{PEOPLE * 42} answers by QSTN; {unread} unread" in said
    table = pd.read_csv(tmp_path / "out" / "estimates.csv")
    own = table[
        table["quantity"].eq("rank_order") & table["value"].isna() & table["replicate"].isna()
    ]
    pooled = own[own["context_a"].isna()].iloc[0]
    assert abs(pooled["estimate"] - SAME) < 3 * pooled["se"] < 0.15
    assert pooled["n"] == PEOPLE and pooled["undefined"] == 0
