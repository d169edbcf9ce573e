"""The registry of models: what a model is, apart from how to reach it."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from holdfast.design.generated_personas import read_phrases
from holdfast.errors import StudyError, unknown
from holdfast.inference.models.people_entries import of_people, with_family
from holdfast.inference.models.service_requests import (
    PRESETS,
    UNKNOWN,
    AnswerBy,
    Limits,
    Preset,
    Request,
    Variable,
    plain_address,
    preset_name,
)
from holdfast.inference.models.simulation import Simulation
from holdfast.inference.models.weight_files import check_weights
from holdfast.inference.prompting.thinking import Level, Thoughts, level_word, preset
from holdfast.yaml_and_csv import Strict, check, inside, read_mapping, read_text

LOCAL_BACKENDS = ("transformers", "vllm")  # with weights of their own, from a folder or a hub
REFERENCE_BACKENDS = ("random", "constant", "simulated")
FILE_NAME = r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$"  # names become names of files
SHA256 = "^[0-9a-f]{64}$"


class Sampling(Strict):
    """How the model's messages are sampled; a key left out keeps the library's neutral setting."""

    temperature: float = Field(1.0, ge=0, le=5)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)
    repetition_penalty: float = Field(1.0, gt=0, le=10)


class PackagePart(Strict):
    """One file of a Python package of a package registry; nothing of it is installed or run."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.!+]*$")]
    sha256: Annotated[str, Field(pattern=SHA256)]
    file: str


class PackageWeights(Strict):
    """Weights in a GGUF file that packages ship: the parts, joined in this order, and the hash of the whole."""

    sha256: Annotated[str, Field(pattern=SHA256)]
    parts: Annotated[list[PackagePart], Field(min_length=1)]

    @property
    def revision(self) -> str:
        """Return what stands for the revision of these weights: the beginning of their hash."""
        return self.sha256[:40]


class Model(Strict):
    """What a model is."""

    family: Annotated[str, Field(pattern=FILE_NAME, max_length=80)] = "none"
    parameters: float | None = Field(None, gt=0)
    repository: str = ""
    path: Path | None = None
    package: PackageWeights | None = None
    revision: Annotated[str, Field(pattern="^[0-9a-f]{40}$")] | None = None
    kind: Literal["chat", "base"] = "chat"
    system_role: bool = True
    licence: str = ""
    sampling: Sampling = Sampling()
    context_window: int | None = Field(None, ge=1)
    thinking: Annotated[Level, BeforeValidator(level_word)] = "off"
    thoughts: Annotated[Thoughts | None, BeforeValidator(preset)] = None
    template: Path | None = None
    template_arguments: dict[str, str | bool | int | float] = Field(default_factory=dict)
    trust_remote_code: bool = False
    miniature: bool = False
    note: str = ""

    @property
    def source(self) -> str:
        """Return where the weights come from, in a word: a repository, a package, or local."""
        return self.repository or (self.package.parts[0].name if self.package else "local")

    @model_validator(mode="after")
    def _can_think(self) -> "Model":
        known = list(self.thoughts.levels) if self.thoughts else []
        if self.thinking != "off" and self.thinking not in known:
            allowed = f"allowed here: {', '.join(known)}" if known else (
                "name with thoughts: how the model's thoughts are switched and marked"
            )  # fmt: skip
            raise ValueError(f"thinking: {self.thinking}: {allowed}")
        if self.kind == "base" and (self.thinking != "off" or self.template):
            raise ValueError(
                "kind: base: has no chat template, and so neither template nor thinking"
            )
        return self


class Deployment(Strict):
    """How a model is reached."""

    backend: Literal["transformers", "vllm", "openai", "random", "constant", "simulated", "table"]
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    quantization: Literal["none", "8bit", "4bit"] = "none"
    gpus: int = Field(0, ge=0)
    gpu_model: Annotated[str, Field(pattern="^[A-Za-z0-9_.]*$")] = ""
    gpu_memory_gb: int = Field(0, ge=0)
    cores: int = Field(1, ge=1)
    memory_gb: float = Field(2, gt=0)
    walltime_minutes: int = Field(60, ge=1)
    shards: int | None = Field(None, ge=1, le=10_000)
    base_url: Annotated[str, AfterValidator(plain_address)] | None = None
    api_key_variable: Variable | None = None
    logprobs: bool = True
    preset: Annotated[str, AfterValidator(preset_name)] | None = None
    answer_by: AnswerBy | None = None
    request: Request = Request()
    thinking: Annotated[Level | None, BeforeValidator(level_word)] = None
    thought_tokens: int = Field(0, ge=0, le=1_000_000)
    same_as: str | None = None
    batch: bool | Literal["file"] = False
    limits: Limits = Limits()
    simulation: Simulation | None = None
    answers: Path | None = None
    mapping: Path | None = None

    @property
    def service(self) -> Preset:
        """Return what is known of the service, with what the entry says of its requests."""
        known = PRESETS[self.preset] if self.preset else UNKNOWN
        request = known.request
        if self.thinking is not None:
            request = known.thinks(self.thinking, self.thought_tokens).over(request)
        own = {
            "request": self.request.over(request),
            "base_url": self.base_url or known.base_url,
        }
        return known.model_copy(update=own)


class Entry(Strict):
    """One model of the registry."""

    model: Model
    deployment: Deployment

    @model_validator(mode="before")
    @classmethod
    def _people_by_default(cls, given: Any) -> Any:
        return with_family(given)

    @model_validator(mode="after")
    def _found_somewhere(self) -> "Entry":
        reference = self.deployment.backend in REFERENCE_BACKENDS
        model, files = self.model, self.deployment.model_dump(include={"answers", "mapping"})
        weights = any((model.repository, model.path, model.package))
        if of_people(self.deployment.backend, files, weights):
            return self
        if not reference and sum(map(bool, (model.repository, model.path, model.package))) != 1:
            raise ValueError(
                "model: needs one of repository (on a hub), path (a folder here) or package (of a registry)"
            )
        if self.deployment.backend == "openai" and not self.model.repository:
            raise ValueError("model: needs a repository: the model's name on the server")
        if self.deployment.backend not in LOCAL_BACKENDS and model.thinking != "off":
            raise ValueError(
                f"model: thinking: {model.thinking}: needs one of the backends {', '.join(LOCAL_BACKENDS)}; "
                "for a service set thinking in deployment"
            )
        if self.deployment.thinking is not None:
            self._check_told()
        if self.deployment.backend == "openai":
            if self.deployment.batch == "file" and model.kind == "base":
                raise ValueError(
                    "deployment: batch: file: is for chat models: run-batch takes no others"
                )
            if self.deployment.preset and not (
                self.deployment.service.base_url or self.deployment.batch == "file"
            ):
                raise ValueError(f"deployment: preset: {self.deployment.preset}: needs a base_url")
            for name, value in model.sampling.model_dump().items():
                if value != Sampling.model_fields[name].default:
                    self.deployment.service.request.check_sent(name, value)
        if self.deployment.backend == "openai" and (self.deployment.shards or 1) > 1:
            raise ValueError(
                "deployment: shards: a server is asked by one job, for which its limits hold: 1"
            )
        return self

    def _check_told(self) -> None:
        """Refuse to tell a model how far to think where it can't be told, or is told twice."""
        level, deployment = self.deployment.thinking, self.deployment
        if deployment.backend != "openai" or self.model.kind == "base" or level is None:
            raise ValueError(
                f"deployment: thinking: {level}: is for chat models behind a service; for a local one set "
                "thinking in model"
            )
        known = PRESETS[deployment.preset] if deployment.preset else UNKNOWN
        twice = set(known.thinks(level, deployment.thought_tokens).add) & set(
            deployment.request.add
        )
        if twice:
            raise ValueError(
                f"deployment: thinking: {level}: request.add has {min(twice)} as well. Leave one of the two out"
            )


def read_registry(folder: Path) -> dict[str, Entry]:
    """Return every entry of a folder's YAML files by its name.

    Raises:
        StudyError: a file does not fit the schema, or two entries have the same name.
    """
    given: dict[str, Any] = {}
    source: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        inside(path, folder.parent.parent, str(folder))
        for name, data in read_mapping(path).items():
            if not re.search(FILE_NAME, name):
                raise StudyError(
                    f"{path}: the name {name!r} can't be a file's: it begins with a point or has a "
                    "slash or a control character."
                )
            if name in given:
                raise StudyError(f"{path}: the model '{name}' stands also in {source[name]}.")
            given[name], source[name] = data, path
    if not given:
        raise StudyError(f"{folder}: has no files with models (*.yaml).")
    return {
        name: check(Entry, _completed(name, given, source), f"{source[name]}: {name}")
        for name in given
    }


def _completed(name: str, given: dict[str, Any], source: dict[str, Path]) -> Any:
    """Return what an entry says, with what the entry that it is `like` says where it says nothing."""
    own = given[name]
    if not isinstance(own, dict) or "like" not in own:
        return own
    like = own["like"]
    if not isinstance(like, str) or like not in given:
        raise unknown(str(source[name]), f"{name}.like", str(like), given)
    other = given[like]
    if not isinstance(other, dict) or "like" in other:
        raise StudyError(
            f"{source[name]}: {name}.like: '{like}' is not a whole entry of its own. Name one that is."
        )
    completed = {**other, **{k: v for k, v in own.items() if k != "like"}}
    for part in ("model", "deployment"):
        if isinstance(own.get(part), dict) and isinstance(other.get(part), dict):
            completed[part] = {**other[part], **own[part]}
    return completed


def choose_models(folder: Path, names: list[str]) -> dict[str, Entry]:
    """Return the named models' entries, in the study's order."""
    entries = read_registry(folder)
    for name in names:
        if name not in entries:
            raise unknown(str(folder), "models", name, entries)
    chosen = {name: _placed(entries[name], folder.parent.parent) for name in names}
    for name, entry in chosen.items():
        if entry.model.path is not None:
            check_weights(entry.model.path, f"{folder}: {name}.model.path")
        if entry.model.template is not None:
            inside(entry.model.template, folder.parent.parent, f"{folder}: {name}.model.template")
            read_text(entry.model.template)
        simulation = entry.deployment.simulation
        if simulation is not None and simulation.sentences is not None:
            inside(simulation.sentences, folder.parent.parent, f"{folder}: {name}: sentences")
            read_phrases(simulation.sentences)
    return chosen


def _placed(entry: Entry, project: Path) -> Entry:
    """Return an entry whose `path` is found from here, also where the registry is another folder's project.

    A path, of a model, a template, people's answers or a reference's sentences, is first looked for from the
    folder in which the study runs.
    """
    given = {"path": entry.model.path, "template": entry.model.template}
    files = {"answers": entry.deployment.answers, "mapping": entry.deployment.mapping}
    simulation = entry.deployment.simulation

    def found(paths: dict[str, Path | None]) -> dict[str, Path]:
        return {
            key: project / path
            for key, path in paths.items()
            if path is not None and not path.exists() and (project / path).exists()
        }

    reached: dict[str, Any] = {**found(files)}
    if simulation is not None and simulation.sentences is not None:
        words = found({"sentences": simulation.sentences})
        reached["simulation"] = simulation.model_copy(update=words)
    return entry.model_copy(
        update={
            "model": entry.model.model_copy(update=found(given)),
            "deployment": entry.deployment.model_copy(update=reached),
        }
    )


def foreign_code(models: dict[str, Entry]) -> list[str]:
    """Return one warning for each model whose own Python code will be run."""
    return [
        f"Warning: the model '{name}' runs Python code of its own, from "
        f"'{entry.model.path or entry.model.repository}': its entry has trust_remote_code: true."
        for name, entry in models.items()
        if entry.model.trust_remote_code
    ]
