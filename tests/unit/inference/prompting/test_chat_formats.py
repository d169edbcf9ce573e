"""What models of each family are shown, in their published chat formats, beside texts written by hand."""

from pathlib import Path

import pytest
from chat_formats import FORMATS
from golden_prompts import GOLDEN, PROJECT, prompts, written
from todays_formats import TODAY

from holdfast.errors import StudyError
from holdfast.inference.backends.transformers_backend import TransformersBackend
from holdfast.inference.models.registry import read_registry
from holdfast.inference.prompting.prompts import stop_labels
from small_models import backend_of


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
    assert {p.stem for p in GOLDEN.glob("*.txt")} == {*FORMATS, *TODAY}


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


def formats_of(name: str, repository: str) -> list[str]:
    """Return the names of the formats that a hub model of the registry is said to have."""
    own = [form for form, about in FORMATS.items() if name in about.models]
    return own or [form for form, about in TODAY.items() if about.has(repository)]


def test_every_model_of_the_hub_has_one_format():
    entries = read_registry(PROJECT / "resources/models").items()
    models = {n: e.model for n, e in entries if e.model.repository}
    local = [n for n in models if dict(entries)[n].deployment.backend != "openai"]
    formats = {n: formats_of(n, models[n].repository) for n in local}
    assert {n: found for n, found in formats.items() if len(found) != 1} == {}
    assert set(FORM_OF) <= set(local)
    for name in set(local) - set(FORM_OF):
        about, form = models[name], TODAY[formats[name][0]]
        assert (about.kind, about.thoughts) == ("chat", form.thoughts), name
        assert about.system_role == form.system_role, name


def test_a_model_without_a_format_is_found():
    assert formats_of("qwen9-1b", "Qwen/Qwen9-1B") == []
    assert formats_of("qwen3.5-2b", "Qwen/Qwen3.5-2B") == ["qwen3.5-small"]


@pytest.mark.parametrize("model", FORM_OF)
def test_the_registry_says_what_its_format_is(model):
    about, form = read_registry(PROJECT / "resources/models")[model].model, FORM_OF[model]
    assert about.kind == ("chat" if form.template else "base")
    assert about.system_role == form.system_role
    assert about.family.lower() == form.family or model in ONE_FOR_ALL


ONE_FOR_ALL = [m for name in ("base", "mixtral-8x7b-instruct") for m in FORMATS[name].models]
