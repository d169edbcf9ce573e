"""The registry of models: what a model is, apart from how to reach it."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from holdfast.documents import Strict, check, read_mapping
from holdfast.errors import StudyError, unknown

REFERENCE_BACKENDS = ("random", "constant", "simulated")
WEIGHT_FILES = (".json", ".safetensors", ".jinja")


class Sampling(Strict):
    """How the model's messages are sampled; a key left out keeps the library's neutral setting."""

    temperature: float = Field(1.0, ge=0, le=5)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)
    repetition_penalty: float = Field(1.0, gt=0, le=10)


class Model(Strict):
    """What a model is."""

    family: Annotated[str, Field(min_length=1)] = "none"
    parameters: float | None = Field(None, gt=0)
    repository: str = ""
    path: Path | None = None
    revision: Annotated[str, Field(pattern="^[0-9a-f]{40}$")] | None = None
    kind: Literal["chat", "base"] = "chat"
    system_role: bool = True
    licence: str = ""
    sampling: Sampling = Sampling()
    trust_remote_code: bool = False
    miniature: bool = False
    note: str = ""


class Simulation(Strict):
    """Variances of the simulated reference, in rating steps (standard deviations)."""

    profile_sd: float = Field(1.0, ge=0)
    context_sd: float = Field(0.0, ge=0)
    order_sd: float = Field(0.0, ge=0)
    noise_sd: float = Field(0.0, ge=0)


class Deployment(Strict):
    """How a model is reached."""

    backend: Literal["transformers", "openai", "random", "constant", "simulated"]
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    quantization: Literal["none", "8bit", "4bit"] = "none"
    gpus: int = Field(0, ge=0)
    gpu_model: Annotated[str, Field(pattern="^[A-Za-z0-9_.]*$")] = ""
    gpu_memory_gb: int = Field(0, ge=0)
    cores: int = Field(1, ge=1)
    memory_gb: float = Field(2, gt=0)
    walltime_minutes: int = Field(60, ge=1)
    base_url: str | None = None
    api_key_variable: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$")] | None = None
    simulation: Simulation | None = None


class Entry(Strict):
    """One model of the registry."""

    model: Model
    deployment: Deployment

    @model_validator(mode="after")
    def _found_somewhere(self) -> "Entry":
        reference = self.deployment.backend in REFERENCE_BACKENDS
        if not reference and bool(self.model.repository) == bool(self.model.path):
            raise ValueError(
                "model: needs either a repository (on a hub) or a path (a folder here)"
            )
        return self


def read_registry(folder: Path) -> dict[str, Entry]:
    """Return every entry of a folder's YAML files by its name.

    Raises:
        StudyError: a file does not fit the schema, or two entries have the same name.
    """
    entries: dict[str, Entry] = {}
    source: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, data in read_mapping(path).items():
            if name in entries:
                raise StudyError(f"{path}: the model '{name}' stands also in {source[name]}.")
            entries[name] = check(Entry, data, f"{path}: {name}")
            source[name] = path
    if not entries:
        raise StudyError(f"{folder}: has no files with models (*.yaml).")
    return entries


def choose_models(folder: Path, names: list[str]) -> dict[str, Entry]:
    """Return the named models' entries, in the study's order."""
    entries = read_registry(folder)
    for name in names:
        if name not in entries:
            raise unknown(str(folder), "models", name, entries)
        path = entries[name].model.path
        if path is not None and not path.is_dir():
            raise StudyError(f"{folder}: {name}.model.path: there is no folder '{path}'.")
    return {name: entries[name] for name in names}


def weights_revision(folder: Path) -> str:
    """Return a hash of a local model's files, which serves as its revision."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in WEIGHT_FILES):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:40]
