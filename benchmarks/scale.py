"""Measure the memory, time and bytes of every stage as a study grows: more personas, and more models.

Stages of one model run at 1, 4, 16 and 64 times the personas, stages over all models at 1, 4 and 16 times the
models. The tables are real: of the reference `simulated`, and of copies of it under other names.

Usage: python benchmarks/scale.py [--quick] --json FILE
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from holdfast.design.contexts import write_contexts
from holdfast.design.instruments import write_instrument
from holdfast.design.populations import write_population
from holdfast.study.make_plan import make_plan
from holdfast.study.plan import Plan
from holdfast.tables.large_tables import table_writer
from holdfast.tables.table_files import read_table, write_table

RESOURCES = Path(__file__).parents[1] / "resources"
PERSONAS, MODELS, CONTEXTS = 100, 2, ["grammar", "joke", "chess"]
OF_ONE = ("merge_shards", "scores", "model_stability", "structure", "answers")
OF_ALL = (
    "estimates",
    "comparisons",
    "power",
    "ranks",
    "profiles",
    "trajectories",
    "circle",
    "page",
)
FILES = {
    "conversations": "conversations", "responses": "responses", "values": "values",
    "ratings": "ratings", "estimates": "estimates", "draws": "draws",
}  # fmt: skip


def plan_of(personas: int) -> Plan:
    """Return a study of one reference with so many personas."""
    config = {
        "study": "scale", "replicates": 1, "models": ["simulated"],
        "populations": [{"name": "generated", "size": personas}], "contexts": {"topics": CONTEXTS},
        "stability": {"draws": 200, "null_simulations": 20},
        "power": {"personas": [20], "contexts": [3], "replicates": [1], "simulations": 20},
    }  # fmt: skip
    return make_plan(config, "scale", RESOURCES)


def settings(plan: Plan) -> dict[str, Any]:
    """Return what the rules of the stability room get."""
    how = plan.study
    answers = {
        "seed": how.seed, "replicates": how.replicates, "rating": how.scoring.rating,
        "option_order": how.administration.option_order,
    }  # fmt: skip
    return answers | how.stability.model_dump(exclude={"structure", "structure_permutations"})


class Stages:
    """The stages of a study in a folder: `one` model's files, and those of `models` copies."""

    def __init__(self, folder: Path, personas: int, models: int) -> None:
        """Take a folder, and how many personas and copies there are."""
        self.folder, self.plan = folder, plan_of(personas)
        self.names = [f"model-{i}" for i in range(models)]
        about = {"model": {"family": "one", "miniature": False}, "deployment": {"backend": "vllm"}}
        self.models: Mapping[str, Any] = {
            n: about | {"model": {"family": f"family-{i % 4}", "miniature": False}}
            for i, n in enumerate(self.names)
        }

    def path(self, name: str, model: str = "simulated") -> Path:
        """Return a model's file."""
        return self.folder / model / name

    def design_files(self) -> dict[str, Any]:
        """Return the tables and documents of the design."""
        names = ("personas", "profiles", "contexts")
        files: dict[str, Any] = {n: self.folder / f"{n}.parquet" for n in names}
        return files | {"instruments": [self.folder / "pvq40.json"]}

    def design(self) -> None:
        """Run the stage `design`."""
        files = self.design_files()
        people = self.plan.populations["generated"]
        write_population(people, "generated", files["personas"], files["profiles"])
        write_contexts(self.plan.context_rows(), files["contexts"])
        write_instrument(self.plan.instruments["pvq40"], files["instruments"][0])

    def infer(self) -> None:
        """Run the stage `infer`."""
        from holdfast.inference.inference_job import run_job

        run_job(
            model="simulated", population="generated", entry=self.plan.entry("simulated"), weights=[],
            design=self.plan.asking("simulated"), **self.design_files(), store=self.folder / "store",
            save_every=30, cores=1, conversations=self.path("conversations.parquet"),
            responses=self.path("responses.parquet"), manifest=self.path("manifest.json"),
        )  # fmt: skip

    def grow(self) -> None:
        """Repeat the answers of the first personas for the others, under their names."""
        people = [p.persona for p in self.plan.populations["generated"].personas]
        for file in ("conversations", "responses"):
            table = read_table(self.path(f"{file}.parquet"), file)
            own = list(dict.fromkeys(table["respondent"]))
            with table_writer(file, self.path(f"{file}.parquet")) as add:
                for start in range(0, len(people), len(own)):
                    names = dict(zip(own, people[start : start + len(own)], strict=True))
                    add(table.assign(respondent=table["respondent"].map(names)))

    def merge_shards(self) -> None:
        """Run the stage `merge_shards`."""
        from holdfast.inference.shard_merging import merge_shards

        tables = {t: [self.path(f"{t}.parquet")] * 2 for t in ("conversations", "responses")}
        merge_shards(
            readouts=["logit"], **tables, manifests=[self.path("manifest.json")] * 2,
            merged_conversations=self.path("merged/conversations.parquet"),
            merged_responses=self.path("merged/responses.parquet"),
            manifest=self.path("merged/manifest.json"),
        )  # fmt: skip

    def scores(self) -> None:
        """Run the stage `scores`."""
        from holdfast.scoring.scoring_job import write_scores

        write_scores(
            responses=self.path("responses.parquet"), instruments=list(self.plan.instruments.values()),
            rating="choice", on_invalid="missing", seed=1, ratings=self.path("ratings.parquet"),
            values=self.path("values.parquet"),
        )  # fmt: skip

    def _read_design(self) -> Any:
        from holdfast.stability.stability_job import read_design

        return read_design(**self.design_files(), replicates=1)

    def null(self) -> None:
        """Run the stage `null`."""
        from holdfast.stability.stability_job import write_null

        write_null(
            design=self._read_design(), settings=settings(self.plan), output=self.folder / "null"
        )

    def model_stability(self) -> None:
        """Run the stage `model_stability`."""
        from holdfast.stability.stability_job import write_model_estimates

        write_model_estimates(
            values=self.path("values.parquet"), ratings=self.path("ratings.parquet"),
            null=self.folder / "null", design=self._read_design(),
            about={"model": "simulated", "family": "one", "population": "generated"},
            settings=settings(self.plan), output=self.path("estimates.parquet"),
            draws=self.path("draws.parquet"),
        )  # fmt: skip

    def structure(self) -> None:
        """Run the stage `structure`."""
        from holdfast.stability.structure.structure_estimates import write_structure

        answers = {
            k: settings(self.plan)[k] for k in ("seed", "replicates", "rating", "option_order")
        }
        write_structure(
            ratings=self.path("ratings.parquet"), design=self._read_design(),
            about={"model": "simulated", "family": "one", "population": "generated"},
            settings=answers | {"structure_permutations": 2}, output=self.path("structure.parquet"),
        )  # fmt: skip

    def answers(self) -> None:
        """Run the stage `answers`."""
        from holdfast.report.page.answers import write_answers

        files = self.design_files()
        write_answers(
            responses=self.path("responses.parquet"), conversations=self.path("conversations.parquet"),
            personas=files["personas"], instruments=files["instruments"],
            index=self.path("generated.js"), pages=self.path("generated"),
        )  # fmt: skip

    def copies(self) -> None:
        """Write every model's tables."""
        for file, schema in FILES.items():
            table = read_table(self.path(f"{file}.parquet"), schema)
            for name in self.names:
                own = table.assign(model=name) if "model" in table else table
                write_table(own, schema, self.path(f"{file}.parquet", name))
        about = json.loads(self.path("manifest.json").read_text())
        for name in self.names:
            self.path("manifest.json", name).write_text(json.dumps(about | {"model": name}))
            index = self.folder / "answers" / name / "generated.js"
            index.parent.mkdir(parents=True)
            shutil.copy(self.path("generated.js"), index)

    def _all(self, file: str) -> list[Path]:
        return [self.path(file, name) for name in self.names]

    def _estimated(self) -> dict[str, Any]:
        pairs = zip(self._all("estimates.parquet"), self._all("draws.parquet"), strict=True)
        families: dict[str, list[str]] = {}
        for name, entry in self.models.items():
            families.setdefault(entry["model"]["family"], []).append(name)
        of_models = {"generated": dict(zip(self.names, pairs, strict=True))}
        return {"models": of_models, "families": families, "confidence": 0.95}

    def estimates(self) -> None:
        """Run the stage `estimates`."""
        from holdfast.stability.stability_job import write_all_estimates

        out = self.folder / "estimates.parquet"
        write_all_estimates(**self._estimated(), table=out, csv=out.with_suffix(".csv"))

    def comparisons(self) -> None:
        """Run the stage `comparisons`."""
        from holdfast.stability.estimation.model_comparison import write_comparisons

        out = self.folder / "comparisons.parquet"
        write_comparisons(**self._estimated(), table=out, csv=out.with_suffix(".csv"))

    def power(self) -> None:
        """Run the stage `power`."""
        from holdfast.stability.variance.power import write_power

        out = self.folder / "power.parquet"
        write_power(
            values={"generated": dict(zip(self.names, self._all("values.parquet"), strict=True))},
            designs={"generated": self._read_design()}, settings=settings(self.plan),
            plans=self.plan.study.power.model_dump(), output=out, csv=out.with_suffix(".csv"),
            planned_csv=self.folder / "designs.csv",
        )  # fmt: skip

    def _figure(self, name: str) -> dict[str, Any]:
        return {"models": self.models, "output": self.folder / f"figures/{name}.svg"}

    def ranks(self) -> None:
        """Run the stage `ranks`."""
        from holdfast.report.figures.rank_figure import draw_ranks

        keys = [(name, "generated") for name in self.names]
        draws = dict(zip(keys, self._all("draws.parquet"), strict=True))
        draw_ranks(draws=draws, **self._figure("ranks"))

    def profiles(self) -> None:
        """Run the stage `profiles`."""
        from holdfast.report.figures.profile_figure import draw_profiles

        draw_profiles(values=self._all("values.parquet"), **self._figure("profiles"))

    def trajectories(self) -> None:
        """Run the stage `trajectories`."""
        from holdfast.report.figures.trajectory_figure import draw_trajectories

        files = {
            "values": self._all("values.parquet"),
            "estimates": self.folder / "estimates.parquet",
        }
        draw_trajectories(**files, **self._figure("trajectories"))

    def circle(self) -> None:
        """Run the stage `circle`."""
        from holdfast.report.figures.circle_figure import draw_circle

        files = self._all("ratings.parquet")
        draw_circle(ratings=files, profiles=[], seed=1, permutations=1, **self._figure("circle"))

    def page(self) -> None:
        """Run the stage `page`."""
        from holdfast.report.page.page import write_page
        from holdfast.report.tables.provenance import write_provenance

        about = {"study": self.plan.configuration(), "models": self.models}
        about["manifests"], origin = self._all("manifest.json"), self.folder / "provenance.json"
        write_provenance(**about, tables=[], output=origin)
        write_page(
            **about, estimates=self.folder / "estimates.parquet",
            conversations=self._all("conversations.parquet"),
            figures={f: self.folder / f"figures/{f}.svg" for f in ("ranks", "profiles")},
            provenance=origin, output=self.folder / "index.html",
            comparisons=self.folder / "comparisons.parquet",
            answers=[self.folder / "answers" / n / "generated.js" for n in self.names],
        )  # fmt: skip


def run(stage: str, folder: Path, personas: int, models: int) -> dict[str, float]:
    """Run a stage in a process of its own; return its seconds, and its peak memory in MB."""
    command = [sys.executable, __file__, "--stage", stage, str(folder), str(personas), str(models)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{stage}: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_here(stage: str, folder: Path, personas: int, models: int) -> dict[str, float]:
    """Run a stage in this process."""
    before, start = _peak(), time.perf_counter()
    work: Callable[[], None] = getattr(Stages(folder, personas, models), stage)
    work()
    return {"seconds": time.perf_counter() - start, "peak_mb": _peak(), "before_mb": before}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sizes(folder: Path) -> dict[str, float]:
    """Return the bytes of one model's files, in MB, by what they are."""
    found: dict[str, float] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = "store" if "store" in path.parts else "pages" if path.suffix == ".js" else path.stem
        found[name] = found.get(name, 0) + path.stat().st_size / 1e6
    return found


def measure(personas: int, factors: list[int], models: int) -> dict[str, Any]:
    """Return peak memory and seconds of each stage at each size; the largest is of one model only."""
    found: dict[str, Any] = {"of_one": {}, "of_all": {}, "files_mb": {}}
    with tempfile.TemporaryDirectory() as name:
        base = Path(name, "base")
        run("design", base, personas, 1)
        _note(found["of_one"], "infer", 1, run("infer", base, personas, 1))
        for factor in factors:
            folder, people = Path(name, str(factor)), personas * factor
            shutil.copytree(base, folder)
            for stage in ("design", "grow", "null"):
                run(stage, folder, people, 1)
            for stage in OF_ONE:
                _note(found["of_one"], stage, factor, run(stage, folder, people, 1))
            found["files_mb"][factor] = sizes(folder)
        folder = Path(name, "1")
        for factor in factors[:-1]:
            shutil.rmtree(folder / "answers", ignore_errors=True)
            run("copies", folder, personas, models * factor)
            for stage in OF_ALL:
                _note(found["of_all"], stage, factor, run(stage, folder, personas, models * factor))
    return found


def _note(found: dict[str, Any], stage: str, factor: int, measured: dict[str, float]) -> None:
    found.setdefault(stage, {})[factor] = {k: round(v, 1) for k, v in measured.items()}
    words = f"{measured['peak_mb']:8.0f} MB {measured['seconds']:8.1f} s"
    print(f"{stage:16} {factor:3} × {words}", flush=True)


def main() -> None:
    """Measure, print and write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--quick", action="store_true", help="fewer personas, the two smallest sizes"
    )
    asked.add_argument("--json", type=Path)
    asked.add_argument("--stage", nargs=4, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.stage:
        stage, folder, personas, models = given.stage
        print(json.dumps(run_here(stage, Path(folder), int(personas), int(models))))
        return
    personas = 20 if given.quick else PERSONAS
    factors = [1, 4, 16] if given.quick else [1, 4, 16, 64]
    found = {"personas": personas, "models": MODELS, "contexts": len(CONTEXTS)}
    found |= measure(personas, factors, MODELS)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
