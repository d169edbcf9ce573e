"""Inference jobs of a small model in a folder, here or as a process of their own."""

import base64
import json
import pickle
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plain_wording import WORDINGS

from holdfast.design.contexts import context_rows, write_contexts
from holdfast.design.instruments import Instrument, write_instrument
from holdfast.design.personas import Persona
from holdfast.design.populations import Population, write_population
from holdfast.inference.inference_job import run_job
from warm_python import warm_python

LIBRARY = Path(__file__).resolve().parents[3] / "workflow" / "lib"
PROCESS = """
import base64, pickle, sys, time
sys.path.insert(0, {library!r})
from holdfast.inference.inference_job import run_job
from holdfast.inference.models.light_import import leave_out_losses
from holdfast.job_log import logged
leave_out_losses(accelerate=False)
if {pause}:
    from torch.nn import Embedding
    def slow(self, *given, forward=Embedding.forward):
        time.sleep({pause})
        return forward(self, *given)
    Embedding.forward = slow
with logged({log!r}):
    run_job(**pickle.loads(base64.b64decode({arguments!r})))
"""
TOPICS = [
    {"topic": t, "domain": "social", "opening": f"Let us talk about {t}."}
    for t in ("tea", "rain", "maps")
]
ASKING = {
    "seed": 1, "replicates": 1, "option_order": "item", "readouts": ["logit"], "max_new_tokens": 6,
    "wordings": WORDINGS,
}  # fmt: skip


class Job:
    """A job in a folder; `run` returns its manifest."""

    def __init__(
        self, folder: Path, model: Path, instrument: Instrument, personas: list[Persona]
    ) -> None:
        self.folder, self.instrument, self.personas = folder, instrument, personas
        self.entry = {"model": {"path": str(model)}, "deployment": {"backend": "transformers"}}

    def prepare(
        self, *, topics: int = 2, people: int = 2, out: str = "", save_every: float = 30,
        sessions_at_once: int = 32, also_after: Sequence[int] = (), nested: bool = True,
        instruments: Sequence[str] = ("pvq40",), **asking: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Write the design tables; return the arguments of `run_job`."""
        folder = self.folder / out
        people_and_profiles = folder / "personas.parquet", folder / "profiles.parquet"
        write_population(Population(self.personas[:people]), "some", *people_and_profiles)
        write_contexts(
            context_rows(TOPICS[:topics], 3, True, also_after, nested), folder / "contexts.parquet"
        )
        for name in instruments:
            text = self.instrument if name == "pvq40" else _another(self.instrument, name)
            write_instrument(text, folder / f"{name}.json")
        return {
            "model": "small", "population": "some", "entry": self.entry, "weights": [],
            "design": ASKING | asking, "personas": folder / "personas.parquet",
            "profiles": folder / "profiles.parquet", "contexts": folder / "contexts.parquet",
            "instruments": [folder / f"{name}.json" for name in instruments],
            "store": self.folder / "store", "save_every": save_every, "cores": 1,
            "sessions_at_once": sessions_at_once,
            "conversations": folder / "conversations.parquet",
            "responses": folder / "responses.parquet", "manifest": folder / "manifest.json",
        }  # fmt: skip

    def run(self, **wanted: Any) -> dict[str, Any]:
        """Run the job here; return its manifest."""
        return self.finished(self.prepared_and_run(**wanted))

    def prepared_and_run(self, **wanted: Any) -> dict[str, Any]:
        arguments = self.prepare(**wanted)
        run_job(**arguments)
        return arguments

    def start(
        self, log: Path, *, pause: float = 0, python: str = "", **wanted: Any
    ) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        """Run the job as a process of its own, as a rule's script does.

        Args:
            log: the job's log.
            pause: seconds before each pass of the model, so that a small job lasts as long as a large one.
            python: which is to run it; by default a warm one, where every signal kills the job at once.
            wanted: as `prepare` has it.
        """
        arguments = self.prepare(**wanted)
        script = log.parent / ".snakemake/scripts" / f"{log.stem}.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        given = base64.b64encode(pickle.dumps(arguments)).decode()
        script.write_text(
            PROCESS.format(library=str(LIBRARY), pause=pause, log=str(log), arguments=given)
        )
        job = subprocess.Popen(
            [python or warm_python(), script],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return job, arguments

    @staticmethod
    def finished(arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the manifest."""
        manifest: dict[str, Any] = json.loads(arguments["manifest"].read_text())
        return manifest


def _another(instrument: Instrument, name: str) -> Instrument:
    """Return a questionnaire of four items in other words."""
    items = [
        i.model_copy(update={f: f"Also: {getattr(i, f)}" for f in ("female", "male", "neutral")})
        for i in instrument.items[:4]
    ]
    key = {v: [n for n in numbers if n <= 4] for v, numbers in instrument.values.items()}
    values = {v: numbers for v, numbers in key.items() if numbers}
    return instrument.model_copy(update={"name": name, "items": items, "values": values})
