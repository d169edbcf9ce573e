"""What models of each family are shown, in their published chat formats, beside texts written by hand."""

from pathlib import Path

import pytest
from chat_formats import FORMATS

from holdfast.design.instruments import Instrument, ItemTexts, Option
from holdfast.design.personas import Persona
from holdfast.errors import StudyError
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.registry import read_registry
from holdfast.inference.prompting.prompts import (
    Prompt,
    Turn,
    next_message,
    question_text,
    questionnaire,
    stop_labels,
)
from holdfast.yaml_and_csv import read_mapping
from small_models import backend_of

PROJECT = Path(__file__).resolve().parents[4]
GOLDEN = PROJECT / "tests/golden/prompts"
ADA = Persona(persona="ada", name="Ada", gender="female", description="She counts stars.")
NOBODY = Persona(persona="respondent-001")
SAID = [
    Turn("interlocutor", "Tea or coffee?"), Turn("persona", "Tea, always."),
    Turn("interlocutor", "Why not coffee?"),
]  # fmt: skip
OPTIONS = [
    "very much like me", "like me", "somewhat like me", "a little like me", "not like me",
    "not like me at all",
]  # fmt: skip


def question(instrument: Instrument) -> str:
    """Return an item of a questionnaire with six options in a permuted order."""
    item = ItemTexts(item=1, female="She likes to count.", male="He does.", neutral="They do.")
    small = instrument.model_copy(update={
        "introduction": "Here is a person. How much is she like you?",
        "question": "How much like you is this person?", "items": [item],
        "options": [Option(rating=6 - i, text=text) for i, text in enumerate(OPTIONS)],
    })  # fmt: skip
    return question_text(small, item, "female", [4, 1, 6, 3, 5, 2])


def prompts(instrument: Instrument) -> dict[str, Prompt]:
    asked = question(instrument)
    return {
        "persona speaks": next_message(ADA, SAID),
        "interlocutor speaks": next_message(ADA, SAID[:2]),
        "question": questionnaire(ADA, SAID[:2], asked),
        "question without a conversation": questionnaire(ADA, [], asked),
        "nobody speaks": next_message(NOBODY, SAID[:1]),
        "interlocutor of nobody speaks": next_message(NOBODY, SAID[:2]),
    }


def written(name: str) -> dict[str, str]:
    """Return the texts of a golden file by their headings."""
    parts = (GOLDEN / f"{name}.txt").read_text().split("==== ")[1:]
    pairs = (part.partition("\n") for part in parts)
    return {heading: text.removesuffix("\n") for heading, _, text in pairs}


@pytest.fixture(scope="session")
def shown(model_folders: dict[str, Path]) -> dict[str, TransformersBackend]:
    """Return a backend for each format: a small model's tokenizer with the published template."""
    backends = {}
    for name, form in FORMATS.items():
        about = {"kind": "chat" if form.template else "base", "system_role": form.system_role}
        backend = backend_of(form.family, model_folders[form.family], **about)
        backend.tokenizer.chat_template = form.template or None
        backends[name] = backend
    return backends


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_is_shown_what_was_written_by_hand(name, shown, instrument):
    made = {heading: shown[name].render(p) for heading, p in prompts(instrument).items()}
    assert made == written(name)


@pytest.mark.parametrize("name", FORMATS)
def test_tokens_are_those_of_the_text_and_no_others(name, shown, instrument):
    backend = shown[name]
    for prompt in prompts(instrument).values():
        (ids,) = backend.token_ids([prompt])
        assert backend.tokenizer.decode(ids) == backend.render(prompt)


def test_no_golden_file_is_left_over():
    assert {p.stem for p in GOLDEN.glob("*.txt")} == set(FORMATS)


def test_a_base_model_stops_at_the_labels_of_its_own_prompts(instrument):
    for heading, text in written("base").items():
        labels = {f"\n{line.partition(':')[0]}:" for line in text.split("\n") if is_label(line)}
        assert labels <= set(stop_labels(prompts(instrument)[heading])), heading


def is_label(line: str) -> bool:
    return line.partition(":")[0] in ("CONTEXT", "USER", "ADA", "CHATBOT")


@pytest.mark.parametrize(
    "name", ["mistral-7b-instruct-v0.1", "mixtral-8x7b-instruct", "phi-2-instruct"]
)
def test_a_format_without_a_system_role_refuses_one(name, model_folders, instrument):
    """So an entry of the registry that were wrong would not go unnoticed."""
    form = FORMATS[name]
    backend = backend_of(form.family, model_folders[form.family], system_role=True)
    backend.tokenizer.chat_template = form.template
    with pytest.raises(StudyError, match="set system_role: false"):
        backend.render(prompts(instrument)["persona speaks"])


FORM_OF = {model: form for form in FORMATS.values() for model in form.models}


def test_every_model_of_the_original_has_a_format():
    """Later ones have templates of their own on the hub; what these may do is tested with the chat template."""
    entries = read_registry(PROJECT / "resources/models")
    original = read_mapping(PROJECT / "studies/paper.yaml")["models"]
    repositories = {
        entries[n].model.repository for n in original if entries[n].deployment.backend != "openai"
    }
    assert {n for n, e in entries.items() if e.model.repository in repositories} == set(FORM_OF)


@pytest.mark.parametrize("model", FORM_OF)
def test_the_registry_says_what_its_format_is(model):
    about, form = read_registry(PROJECT / "resources/models")[model].model, FORM_OF[model]
    assert about.kind == ("chat" if form.template else "base")
    assert about.system_role == form.system_role
    assert about.family.lower() == form.family or model in ONE_FOR_ALL


ONE_FOR_ALL = [m for name in ("base", "mixtral-8x7b-instruct") for m in FORMATS[name].models]
