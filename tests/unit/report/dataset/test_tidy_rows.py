"""Answers and messages with all that is known of them joined; numbers are those of the scoring room."""

import json

import pandas as pd
import pytest
from dataset_data import (
    CONTEXTS,
    MIXED,
    MODELS,
    SVS,
    known,
    messages,
    mixed,
    random_responses,
    row,
)
from pandas.testing import assert_frame_equal

from holdfast.report.dataset.tidy_rows import answer_rows, message_rows, respondent_rows
from holdfast.scoring.keyed_ratings import keyed_rows
from holdfast.scoring.ratings import rate
from holdfast.scoring.value_scores import value_scores

ADMINISTRATION = ["model", "population", "respondent", "context", "replicate", "instrument"]


def answers(*rows, about=None, **more):
    table = answer_rows(pd.DataFrame(rows), about or known(), **more)
    return table.to_pandas(types_mapper=None)


@pytest.mark.parametrize("on_invalid", ["missing", "random"])
@pytest.mark.parametrize(("rating", "column"), [("choice", "rating"), ("expected", "expected")])
def test_value_scores_follow_from_the_table_alone(on_invalid, rating, column):
    """An item of two values, reversed in one, reversed items and an option that is no rating."""
    given = random_responses()
    rated = rate(given, [MIXED], on_invalid, 1)
    scores = value_scores(keyed_rows(rated, [MIXED]), rating)
    table = answer_rows(given, known(on_invalid=on_invalid)).to_pandas()
    assert table[column].equals(rated[column]) and table["status"].tolist() == list(rated["status"])
    wide = table.explode(["values", "values_reversed"])
    raw = wide["rating_raw"] if column == "rating" else wide["expected"].where(
        ~wide["reversed"], wide["scale_min"] + wide["scale_max"] - wide["expected"]
    )  # fmt: skip
    turned = wide["values_reversed"].astype("boolean").fillna(False)
    wide["keyed"] = raw.mask(turned, wide["scale_min"] + wide["scale_max"] - raw)
    means = wide.groupby([*ADMINISTRATION, "values"])["keyed"].mean().rename("score").reset_index()
    own = scores[[*ADMINISTRATION, "value", "score"]].sort_values([*ADMINISTRATION, "value"])
    assert_frame_equal(
        means.rename(columns={"values": "value"}), own.reset_index(drop=True), check_dtype=False
    )
    assert table["rating"].isna().any() and table["item"].eq(5).any()


def test_an_answer_says_what_was_shown_and_chosen():
    table = answers(
        row(3, "B", (1, -1001, 4, 2, 3)), row(2, "A", (1, -1001, 4, 2, 3)), row(5, "C"), row(1, "")
    )
    assert table["options"].map(list).tolist()[0][0] == 1 and pd.isna(table["options"][0][1])
    assert table["option_text"].tolist()[:3] == ["I can't say", "step 1", "step 2"]
    assert table["status"].tolist() == ["no_rating", "ok", "ok", "no_letter"]
    assert table["rating_raw"].fillna(-1).tolist() == [-1, 1, 2, -1]
    assert table["reversed"].tolist() == [True, False, False, False]
    assert table["value"].tolist()[:2] == ["B", "A"] and pd.isna(table["value"][2])
    assert [list(v) for v in table["values"]] == [["B"], ["A", "B"], [], ["A"]]
    assert list(table["values_reversed"][1]) == [False, True]
    assert table["position"].tolist() == [2, 1, 3, 0]
    assert pd.isna(table["answer"][3]) and pd.isna(table["option_text"][3])
    assert table["probabilities"][0].tolist() == pytest.approx(
        [5 / 15, 4 / 15, 3 / 15, 2 / 15, 1 / 15]
    )
    assert table["mass"].eq(0.9).all() and table["prompt_hash"][0] == "hash 3"


def test_an_item_has_the_text_that_was_shown():
    rows = [row(1), row(1, respondent="bob")]
    assert answers(*rows)["item_text"].tolist() == ["She does 1.", "He does 1."]
    seen = answers(*rows, observer="judge", of="random")
    assert (
        seen["item_text"].tolist() == ["They do 1."] * 2
    )  # an observer does not know whom it reads
    assert set(seen["observer"]) == {"judge"} and set(seen["observer_kind"]) == {"reference"}
    assert set(seen["kind"]) == {"miniature"}


def test_every_row_says_what_kind_its_model_is():
    table = answers(*(row(1, model=m) for m in MODELS))
    assert table["kind"].tolist() == ["miniature", "reference", "model"]
    assert table["family"].tolist() == ["LLaMa", "Reference", "LLaMa"]
    assert table["name"].eq("Ada").all() and table["group"].isna().all()


def test_contexts_come_with_every_facet_at_its_level():
    """Also those of one level, which have no column in the design's table."""
    rows = [row(1, context=c) for c in CONTEXTS["context"]]
    table = answers(*rows).set_index("context")
    assert "option_order" not in CONTEXTS and table["option_order"].eq("high_first").all()
    assert table["wording"].to_dict() == dict(
        zip(CONTEXTS["context"], CONTEXTS["wording"], strict=True)
    )
    assert table.loc["joke@1~plain", ["topic", "domain", "messages", "wording"]].tolist() == [
        "joke", "humour", 1, "plain",
    ]  # fmt: skip
    assert table.loc[["joke", "chess+persona"], "interlocutor"].tolist() == ["human", "persona"]
    assert table.loc["none", ["topic", "domain", "interlocutor", "preset_text"]].isna().all()
    assert table["reasoning_turns"].eq(0).all() and table["messages"].to_dict()["none"] == 0


def test_a_choice_from_a_list_is_no_rating():
    listed = [1, 3, 4, 5]
    rows = [
        row(3, "B", listed, instrument="svs", step="most"),
        row(0, "", listed, instrument="svs", step="least", status="invalid"),
        row(3, "A", (7, 6, 5, 4, 3, 2, 1, 0, -1), instrument="svs", step="rating"),
        row(4, "B", (7, 6, 5, 4, 3, 2, 1, 0, -1), instrument="svs", step="rating"),
    ]
    table = answers(*rows, about=known(SVS))
    assert table["step"].tolist() == ["most", "least", "item", "item"]
    assert table["item"].fillna(0).tolist() == [3, 0, 3, 4]
    chosen = table[:2]
    for column in ("value", "values", "reversed", "rating", "rating_raw", "expected", "scale_min"):
        assert chosen[column].isna().all(), column
    assert chosen["options"].map(list).tolist() == [listed, listed]
    assert chosen["position"].tolist() == [2, 0] and chosen["probabilities"].map(len).eq(4).all()
    text = next(i.neutral for i in SVS.items if i.item == 3)
    assert table["option_text"].tolist()[:1] == table["item_text"].tolist()[:1] == [text]
    assert table["rating"].tolist()[2:] == [7, 6] and table["status"].tolist()[1] == "invalid"


def test_all_readouts_are_there_with_what_each_has():
    rows = [
        row(1),
        row(1, "B", readout="generate", logprobs=[], mass=float("nan"), said="B) step 3"),
        row(1, "C", readout="cot", reasoning="Because.", said=""),
    ]
    table = answers(*(({"said": "", "reasoning": ""} | r) for r in rows))
    assert table["readout"].tolist() == ["logit", "generate", "cot"]
    assert table["probabilities"].isna().tolist() == [False, True, False]
    assert table["expected"].isna().tolist() == [False, True, False] and pd.isna(table["mass"][1])
    assert table["llm_response"].fillna("").tolist() == ["", "B) step 3", ""]
    assert table["reasoning"].fillna("").tolist() == ["", "", "Because."]
    assert table["rating"].tolist() == [4, 3, 2] and table["thought"].isna().all()


def test_official_texts_are_not_given_away():
    official = mixed(wording="official", name="printed")
    lists = SVS.model_copy(update={"wording": "official"})
    said = {"said": "She does 1.", "reasoning": "She does 1.", "thought": "She does 1."}
    rows = [row(1, instrument="printed", **said), row(1, **said),
            row(3, "B", [1, 3], instrument="svs", step="most", **said)]  # fmt: skip
    table = answers(*rows, about=known(official, MIXED, lists))
    for column in ("item_text", "llm_response", "reasoning", "thought"):
        assert table[column].isna().tolist() == [True, False, True], column
    assert table["option_text"].fillna("").tolist() == ["step 4", "step 4", ""]
    assert table["item"].tolist() == [1, 1, 3] and table["rating"].tolist()[:2] == [4, 4]


def test_no_answers_are_a_table_without_rows():
    nothing = answer_rows(random_responses()[:0], known())
    assert len(nothing) == 0 and nothing.schema.equals(
        answer_rows(random_responses(), known()).schema
    )
    assert len(answer_rows(random_responses()[:0], known(), "judge", "random")) == 0


def test_messages_have_the_roles_of_a_chat():
    table = message_rows(messages(), known()).to_pandas()
    assert table["role"].tolist()[:3] == ["user", "assistant", "user"]
    assert table["content"].tolist()[:3] == [
        "A joke?",
        'So, "one"\nknight',
        "",
    ]  # empty, not missing
    met = table.query("context == 'chess+persona' and respondent == 'ada'")
    assert met["interlocutor_id"].eq("bob").all() and met["interlocutor"].eq("persona").all()
    alone = table.query("context == 'joke@1'")
    assert alone["interlocutor_id"].isna().all() and alone["messages"].eq(1).all()
    assert table["prompt_hash"].isna().sum() == table["turn"].eq(0).sum() == 16
    without = messages().drop(columns="interlocutor")
    assert message_rows(without, known())["interlocutor_id"].null_count == len(without)


def test_respondents_have_their_descriptions():
    table = respondent_rows(known()).to_pandas()
    assert json.loads(table.to_json(orient="records"))[0] == {
        "study": "made", "population": "few", "respondent": "ada", "name": "Ada", "gender": "female",
        "group": None, "description": "One.", "source": "made",
    }  # fmt: skip
