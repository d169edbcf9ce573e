"""The registry of models: what is committed, and mistakes in one's own entries."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.errors import StudyError
from holdfast.inference.models.registry import Entry, choose_models, read_registry
from holdfast.inference.models.weight_files import weights_revision
from holdfast.inference.prompting.thinking import PRESETS

ROOT = Path(__file__).resolve().parents[4]
MODELS = ROOT / "resources" / "models"
ORIGINAL = {
    "LLaMa": "llama-2-7b llama-2-13b llama-2-70b llama-2-7b-chat llama-2-13b-chat llama-2-70b-chat",
    "Mistral": "mistral-7b-v0.1 mistral-7b-instruct-v0.1 mistral-7b-instruct-v0.2 zephyr-7b-beta",
    "Mixtral": "mixtral-8x7b-v0.1 mixtral-8x7b-v0.1-4bit mixtral-8x7b-instruct-v0.1 "
    "mixtral-8x7b-instruct-v0.1-4bit",
    "Phi": "phi-1 phi-2",
    "Qwen": "qwen-7b qwen-14b qwen-72b",
    "GPT": "gpt-3.5-turbo-1106 gpt-3.5-turbo-0125",
}
PACKAGED = {"smollm2-135m-instruct", "gemma-3-270m"}  # real models whose weights packages ship
LATER = {  # families of open models since the original, and how many there are of each
    "DeepSeek": 3, "GLM": 3, "Gemma": 10, "Granite": 4, "LLaMa": 5, "Mistral": 7, "OLMo": 3, "Phi": 4,
    "Qwen": 12, "SmolLM": 3, "gpt-oss": 2,
}  # fmt: skip
MINIATURES = {"llama-mini", "mistral-mini", "mixtral-mini", "qwen-mini", "phi-mini"}


VARIANTS: dict[str, Any] = yaml.safe_load((MODELS / "variants.yaml").read_text())


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return read_registry(MODELS)


def names(entries, **about):
    """Return the names of whole entries that say so; variants say what the entry says that they are like."""
    return {
        n
        for n, e in entries.items()
        if n not in VARIANTS and all(getattr(e.model, k) == v for k, v in about.items())
    }


def test_registry_holds_the_original_s_models_the_miniatures_and_the_references(entries):
    original = {name for family in ORIGINAL.values() for name in family.split()}
    references = {
        n for n, e in entries.items() if e.deployment.backend in ("random", "constant", "simulated")
    }
    assert len(original) == 21
    assert {"random", "constant", "simulated", "simulated-exact"} <= references
    assert set(entries) >= original | MINIATURES | PACKAGED | references | set(VARIANTS)
    assert names(entries, miniature=True) == MINIATURES


@pytest.mark.parametrize("family", ORIGINAL)
def test_families_of_the_original_have_its_models_and_one_miniature_each(entries, family):
    mini = {n for n in MINIATURES if n.startswith(family.lower())}
    found = names(entries, family=family) - set(later(entries))
    assert found == set(ORIGINAL[family].split()) | mini
    assert len(mini) == (family != "GPT")


def later(entries):
    """Return the open models since the original, which are no variants, by name."""
    original = {name for family in ORIGINAL.values() for name in family.split()}
    return {
        name: e.model
        for name, e in entries.items()
        if e.model.repository and name not in original | set(VARIANTS)
    }


def test_later_models_are_of_the_families_that_the_readme_lists(entries):
    found = [model.family for model in later(entries).values()]
    assert {family: found.count(family) for family in found} == LATER


def test_later_models_say_where_their_sampling_is_from_and_how_long_their_window_is(entries):
    for name, model in later(entries).items():
        assert model.note.startswith("sampling: "), name
        assert model.kind == "chat", name
        assert model.context_window or "context window is not known" in model.note, name


def test_models_that_can_think_do_so_only_where_they_cannot_but_think(entries):
    """So that a study compares like with like; a variant says that a model is to think."""
    always = {"deepseek-r1", "phi4-reasoning", "olmo3-think", "ministral3-reasoning"}
    for name, model in later(entries).items():
        thoughts = {preset for preset, known in PRESETS.items() if known == model.thoughts}
        assert (model.thinking == "on") == bool(thoughts & always), name


def test_every_known_way_to_think_has_a_model(entries):
    used = [e.model.thoughts for e in entries.values()]
    assert [name for name, known in PRESETS.items() if known not in used] == []


@pytest.mark.parametrize("name", sorted(p.name for p in (MODELS / "templates").iterdir()))
def test_a_template_of_ours_is_used(entries, name):
    assert Path("resources/models/templates") / name in {e.model.template for e in entries.values()}


def test_references_are_of_no_model_family(entries):
    assert not names(entries, family="Reference") - {
        "planted",
        "observer-good",
        "observer-fair",
        "observer-blind",
        "random",
        "constant",
        "simulated",
        "simulated-exact",
        "simulated-presentation",
    }


def test_no_revision_is_invented(entries):
    """A commit hash that nobody fetched would be worse than none: `prefetch` resolves it."""
    for name, e in entries.items():
        if e.model.repository:
            assert e.model.revision is None, name


def test_hub_models_have_what_a_run_of_them_needs(entries):
    for name, e in entries.items():
        if e.model.repository and e.deployment.backend == "transformers":
            assert e.model.repository.count("/") == 1, name
            assert e.model.parameters, name
            assert e.model.licence, name
            if e.model.parameters < 1e9:  # for a processor
                assert (e.deployment.gpus, e.deployment.dtype) == (0, "float32"), name
                assert e.model.parameters * 4 / 2**30 < e.deployment.memory_gb, name
                continue
            assert e.deployment.gpus >= 1, name
            assert e.deployment.gpu_memory_gb, name
            bytes_each = {
                "none": 4 if e.deployment.dtype == "float32" else 2,
                "8bit": 1,
                "4bit": 0.5,
            }
            needed = e.model.parameters * bytes_each[e.deployment.quantization] / 2**30
            assert needed < e.deployment.gpus * e.deployment.gpu_memory_gb, name


def test_parameters_fit_the_names(entries):
    for name, billions in {"llama-2-7b": 7, "llama-2-70b-chat": 70, "qwen-72b": 72, "phi-2": 2.7,
                           "mixtral-8x7b-v0.1": 46.7, "mistral-7b-v0.1": 7}.items():  # fmt: skip
        assert entries[name].model.parameters / 1e9 == pytest.approx(billions, rel=0.08), name


def test_base_and_chat_models_are_told_apart(entries):
    chat = {n for n in entries if any(part in n for part in ("chat", "instruct", "zephyr", "gpt"))}
    for family in ORIGINAL.values():
        for name in family.split():
            assert entries[name].model.kind == ("chat" if name in chat else "base"), name


def test_four_bit_entries_differ_in_quantization_alone(entries):
    for name in ("mixtral-8x7b-v0.1", "mixtral-8x7b-instruct-v0.1"):
        full, four = entries[name], entries[f"{name}-4bit"]
        assert (full.deployment.quantization, four.deployment.quantization) == ("none", "4bit")
        assert full.model.model_copy(update={"note": ""}) == four.model.model_copy(
            update={"note": ""}
        )


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_differs_in_what_it_says_alone(entries, name):
    given = VARIANTS[name]
    other, found = entries[given["like"]].model_dump(), entries[name].model_dump()
    for part in ("model", "deployment"):
        differs = {key for key, value in found[part].items() if value != other[part][key]}
        assert differs == set(given.get(part, {}))


def test_only_models_of_the_hub_may_run_its_code(entries):
    trusted = names(entries, trust_remote_code=True)
    assert trusted == set(ORIGINAL["Qwen"].split())


def test_no_secret_is_in_the_registry(entries):
    assert entries["gpt-3.5-turbo-0125"].deployment.api_key_variable == "OPENAI_API_KEY"
    text = "".join(p.read_text() for p in MODELS.glob("*.yaml"))
    assert "sk-" not in text
    assert "hf_" not in text


GOOD = "mine: {model: {path: here}, deployment: {backend: transformers}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("path", "pth"), "mine: unknown key 'model.pth'. Did you mean 'path'?"),
        (GOOD.replace("backend", "bckend"),
         "mine: unknown key 'deployment.bckend'. Did you mean 'backend'?"),
        (GOOD.replace("{model", "{modl: 1, model"), "mine: unknown key 'modl'. Did you mean 'model'?"),
        (GOOD.replace("transformers", "transformer"),
         "deployment.backend: 'transformer' is not valid. Not one of the allowed values. "
         "Did you mean 'transformers'? Allowed: transformers, vllm, openai, random, constant, simulated, "
         "table."),
        ("mine: {model: {path: here}}", "mine: the key 'deployment' is missing"),
        ("mine:", "mine: None is not valid. Must be a mapping with some of the keys deployment, model"),
        (GOOD.replace("path: here", "family: x"), "needs one of repository (on a hub), path"),
        (GOOD.replace("path: here", "path: here, repository: a/b"), "needs one of repository"),
        (GOOD.replace("path: here", "path: x, sampling: {temperature: -1}"),
         "model.sampling.temperature: -1 is not valid"),
        (GOOD.replace("path: here", "path: x, sampling: {top_p: 0}"), "model.sampling.top_p: 0"),
        (GOOD.replace("path: here", "path: x, sampling: {temprature: 1}"),
         "unknown key 'model.sampling.temprature'. Did you mean 'temperature'?"),
        (GOOD.replace("path: here", "path: x, parameters: .inf"), "parameters: inf is not valid"),
        (GOOD.replace("path: here", "path: x, parameters: yes"), "parameters: True is not valid"),
        (GOOD.replace("path: here", "repository: a/b, revision: main"), "model.revision: 'main'"),
        (GOOD.replace("transformers", "openai, api_key_variable: sk-123"),
         "deployment.api_key_variable: must be the name of an environment variable"),
        (GOOD + "his: {like: mien}", "his.like: 'mien' is unknown. Did you mean 'mine'?"),
        (GOOD + "his: {like: [mine]}", "his.like: '['mine']' is unknown."),
        (GOOD + "his: {like: mine, model: {pth: x}}", "his: unknown key 'model.pth'. Did you mean 'path'?"),
        (GOOD + "his: {like: mine, model: 3}", "his: model: 3 is not valid."),
        (GOOD + "his: {like: mine}\nits: {like: his}", "its.like: 'his' is not a whole entry of its own."),
        (GOOD + "his: {like: his}", "his.like: 'his' is not a whole entry of its own."),
        (GOOD + GOOD, "line 2: not valid YAML: the key 'mine' is given twice"),
    ],
)  # fmt: skip
def test_wrong_entry_is_told(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(StudyError) as caught:
        read_registry(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_same_name_in_two_files_is_told(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(StudyError, match=r"b\.yaml: the model 'mine' stands also in .*a\.yaml"):
        read_registry(tmp_path)


def test_folder_without_models_is_told(tmp_path):
    with pytest.raises(StudyError, match="has no files with models"):
        read_registry(tmp_path)


def test_chosen_models_keep_the_study_s_order():
    assert list(choose_models(MODELS, ["simulated", "llama-2-7b", "random"])) == [
        "simulated", "llama-2-7b", "random",
    ]  # fmt: skip


def test_unknown_model_is_told():
    with pytest.raises(StudyError, match=r"models: 'phi-3' is unknown. Did you mean 'phi-\d'\?"):
        choose_models(MODELS, ["random", "phi-3"])


def test_revision_of_a_local_model_follows_its_files(tmp_path):
    for name in ("config.json", "model.safetensors", "chat_template.jinja", "notes.txt"):
        (tmp_path / name).write_text(name)
    first = weights_revision(tmp_path)
    assert len(first) == 40
    assert int(first, 16) >= 0
    (tmp_path / "notes.txt").write_text("no matter")
    assert weights_revision(tmp_path) == first
    seen = {first}
    for name in ("config.json", "model.safetensors", "chat_template.jinja"):
        (tmp_path / name).write_text("changed")
        seen.add(weights_revision(tmp_path))
    (tmp_path / "config.json").rename(tmp_path / "other.json")
    seen.add(weights_revision(tmp_path))
    assert len(seen) == 5


def test_revision_of_a_local_model_is_the_documented_hash(tmp_path):
    (tmp_path / "config.json").write_bytes(b"{}")
    inner = hashlib.sha256(b"{}").digest()
    expected = hashlib.sha256(b"config.json\0" + inner).hexdigest()[:40]
    assert weights_revision(tmp_path) == expected


@pytest.mark.parametrize("name", ["../x", "a/b", ".x", "a\\b"])
def test_names_that_would_leave_the_results_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.yaml").write_text(
        yaml.safe_dump({name: {"model": {}, "deployment": {"backend": "random"}}})
    )
    with pytest.raises(StudyError, match="can't be a file's"):
        read_registry(tmp_path)
    (tmp_path / "a.yaml").write_text(
        yaml.safe_dump({"x": {"model": {"family": name}, "deployment": {"backend": "random"}}})
    )
    with pytest.raises(StudyError, match=r"model\.family"):
        read_registry(tmp_path)
