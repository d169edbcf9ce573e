"""Tokens and marks: what is trained is what the study's backend will show."""

import unicodedata
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_wording import PLAIN

from holdfast.inference.models.miniature_models import ARCHITECTURES
from holdfast.training import train_miniature as train
from holdfast.training.dialogue_tokens import Encoder, answer_row, speech_row
from holdfast.training.training_batches import MASKED, SPOKEN, pack

COUNTS = (3, 1, 1)


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def encoder(request: pytest.FixtureRequest, material: Any) -> Encoder:
    chosen = train.read_settings(f"{request.param}-mini")
    return Encoder(material, train.make_tokenizer(material, chosen), request.param)


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_any_text_goes_through_unharmed(encoder: Encoder, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    special = [*encoder.tokenizer.all_special_tokens, "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"]
    if any(s in text for s in special):
        return
    ids = encoder.tokenizer(text, add_special_tokens=False)["input_ids"]
    if encoder.tokenizer.backend_tokenizer.normalizer is not None:  # Qwen's composes accents
        text = unicodedata.normalize("NFC", text)
    assert encoder.tokenizer.decode(ids, skip_special_tokens=True) == text


def test_letters_are_single_tokens_after_the_prefill(encoder: Encoder) -> None:
    def ids(text: str) -> list[int]:
        found: list[int] = encoder.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    for letter, token in zip("ABCDEF", encoder.letter_ids, strict=True):
        prefill = PLAIN.questionnaire.prefill
        assert ids(prefill + letter) == [*ids(prefill), token]


def test_rows_hold_the_studys_prompts(encoder: Encoder) -> None:
    row = answer_row(encoder, 1, 5, 3, COUNTS)
    for asked in row.asked:
        text = encoder.tokenizer.decode(row.prefix + asked.ids)
        again = encoder.tokenizer(text, add_special_tokens=False)["input_ids"]
        assert again == row.prefix + asked.ids
        answer = encoder.tokenizer.decode([asked.answer])
        if asked.kind == "words":
            assert answer in {o.text for o in encoder.material.instrument.options}
        else:
            assert answer in "ABCDEF"


def test_marks_point_at_what_they_mean(encoder: Encoder) -> None:
    for index in range(10):
        row = answer_row(encoder, 1, index, 0, COUNTS)
        phrases = encoder.material.phrases
        for mark in row.marks:
            if mark.head == "said value":
                before = encoder.tokenizer.decode(row.prefix[: mark.place + 1])
                value = encoder.values[mark.target]
                assert any(before.endswith(o) for o in phrases.objects[value])
        for asked in row.asked:
            for mark in asked.marks:
                if mark.head == "look at option":
                    assert asked.ids[mark.target] in encoder.option_ids.values()


@pytest.mark.parametrize("speaker", ["persona", "interlocutor"])
def test_speech_is_what_the_speaker_says(encoder: Encoder, speaker: Any) -> None:
    row = speech_row(encoder, 1, 3, speaker)
    said = encoder.tokenizer.decode([row.prefix[i] for i in row.spoken], skip_special_tokens=True)
    whole = encoder.tokenizer.decode(row.prefix, skip_special_tokens=True)
    assert 0 < len(said) < len(whole)
    ends = [row.prefix[i] for i in row.spoken if row.prefix[i] == encoder.tokenizer.eos_token_id]
    assert len(ends) >= 1
    openings = [t.opening for t in encoder.material.topics.values()]
    assert not [o for o in openings if o in said]


def test_questions_see_their_prefix_and_themselves_only(encoder: Encoder) -> None:
    row = answer_row(encoder, 1, 5, 1, COUNTS)
    mask = pack([row]).mask[0, 0] == 0
    n = len(row.prefix)
    for asked in row.asked:
        m = len(asked.ids)
        assert mask[n : n + m, : len(row.prefix)].all()
        assert not mask[n : n + m, len(row.prefix) : n].any()
        assert torch.equal(mask[n : n + m, n : n + m], torch.ones(m, m, dtype=torch.bool).tril())
        n += m
    assert set(pack([row]).mask.unique().tolist()) == {MASKED, 0.0}


def test_targets_follow_their_places(encoder: Encoder) -> None:
    rows = [answer_row(encoder, 1, 5, 1, COUNTS), speech_row(encoder, 1, 6, "persona")]
    batch = pack(rows)
    spoken = batch.targets[torch.from_numpy(batch.kinds == SPOKEN)]
    row, place, token = spoken.T
    assert torch.equal(batch.ids[row, place + 1], token)
