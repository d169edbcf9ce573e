"""The plan of a study: its configuration joined with the resources, and the slice each rule needs.

A slice changes if, and only if, what a job's result depends on changes. Large resources are named by a
digest of what the study uses of them, so that a touched file or an unused row reruns nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.design.contexts import HUMAN, PERSONA, context_rows, settings
from holdfast.design.encounters import Encounter, find_encounters
from holdfast.design.facets.facets import USUAL, at_first
from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.instruments import Instrument
from holdfast.design.populations import (
    GENERATED,
    Population,
)
from holdfast.design.shared_values import shared_values
from holdfast.design.texts import Texts
from holdfast.design.topics import Topic
from holdfast.inference.interview.session_shards import MOST, shard_bounds
from holdfast.inference.models.registry import (
    LOCAL_BACKENDS,
    REFERENCE_BACKENDS,
    Entry,
)
from holdfast.inference.models.weight_files import WEIGHT_FILES
from holdfast.inference.prompting.wordings import Wording
from holdfast.study.config import PopulationChoice, Study
from holdfast.study.find_observers import Observer
from holdfast.study.find_people import People
from holdfast.yaml_and_csv import digest

_UNDECIDING = {
    "model": {"licence", "note", "parameters", "miniature", "family", "context_window"},
    "deployment": {
        "memory_gb",
        "walltime_minutes",
        "gpu_memory_gb",
        "gpu_model",
        "cores",
        "shards",
    },
}


@dataclass(frozen=True)
class Plan:
    """Everything that the rules ask for.

    `models` play the populations in the study's contexts. `people` answered elsewhere: each of them is a
    population of its own name, whose contexts are the waves in which it was asked. `observers` read the models'
    conversations and fill in `forms`, each by the name of its questionnaire.
    """

    study: Study
    resources: Path
    models: dict[str, Entry]
    topics: list[Topic]
    populations: dict[str, Population]
    instruments: dict[str, Instrument]
    wordings: dict[str, Wording]
    texts: dict[str, Texts] = field(default_factory=dict)
    people: dict[str, People] = field(default_factory=dict)
    observers: dict[str, Observer] = field(default_factory=dict)
    forms: dict[str, Instrument] = field(default_factory=dict)

    @property
    def results(self) -> str:
        """Return the folder of the study's results."""
        return f"results/{self.study.study}"

    def persona_source(self, name: str) -> dict[str, Any]:
        """Return what makes the tables of a population, with a digest of all that is in them."""
        chosen = next(p for p in self.study.populations if p.name == name)
        people = self.populations[name]
        content = [[p.model_dump() for p in people.personas], people.profiles]
        return {
            "name": name,
            "size": self.study.size_of(chosen),
            "seed": population_seed(self.study, chosen),
            "digest": digest(content),
        }

    def context_rows(self) -> list[dict[str, Any]]:
        """Return the study's contexts as plain rows."""
        asked = self.study.contexts
        topics = [
            t.model_dump() | ({} if c.interlocutor == HUMAN else {"interlocutor": c.interlocutor})
            for t, c in zip(self.topics, asked.topics, strict=True)
        ]
        texts = [
            {"text": name, "domain": t.domain, "opening": t.introduction}
            for name, t in self.texts.items()
        ]
        return context_rows(
            topics, asked.messages, asked.neutral, asked.also_after, asked.nested, texts,
            asked.reasoning_turns, self.study.facets.levels(), self.study.facets.crossing,
        )  # fmt: skip

    def encounter_source(self, population: str) -> dict[str, Any]:
        """Return what decides whom a population's respondents meet and what they read."""
        contexts = list(settings(self.context_rows()).values())
        met = [c["interlocutor"] for c in contexts if c.get("interlocutor")]
        chosen = {p.name: p for p in self.study.populations}
        others = {
            name: population if name == PERSONA else name for name in met
        }  # the whole of a population may be met, whatever part of it takes part
        return {
            "people": self.persona_source(population),
            "contexts": contexts,
            "others": {
                name: {
                    "name": of,
                    "seed": population_seed(self.study, chosen.get(of, PopulationChoice(name=of))),
                }
                for name, of in others.items()
            },
            "seed": self.study.seed,
        }

    def encounters(self, population: str) -> dict[tuple[str, str], Encounter]:
        """Return whom the respondents of a population meet, and what they read; empty: neither."""
        return find_encounters(self.resources, self.encounter_source(population))

    def encounter_digest(self, population: str) -> str:
        """Return a digest of all that is in a population's encounters."""
        found = self.encounters(population)
        return digest([[*place, repr(e)] for place, e in found.items()])

    def encounter_tables(self, population: str) -> list[str]:
        """Return the table of a population's encounters, where the study has any."""
        some = settings(self.context_rows())
        return [f"{self.results}/design/encounters/{population}.parquet"] if some else []

    def everyone(self) -> dict[str, Entry]:
        """Return the entries of models and of people, in the study's order."""
        own = self.models | {name: p.entry for name, p in self.people.items()}
        return {name: own[name] for name in self.study.models}

    def asked_models(self) -> dict[str, Entry]:
        """Return the entries of all models that are asked something, as respondents or as observers."""
        return {o.model: o.entry for o in self.observers.values()} | self.models

    def observed_pairs(self) -> list[tuple[str, str]]:
        """Return every observed model with every population that it plays."""
        if not self.observers:
            return []
        of = self.study.observers.of or list(self.models)
        return [(m, p) for m in of for p in self.populations if self.filled_in(p)]

    def shows_values(self, model: str) -> bool:
        """Tell whether what a model says shows its values, so that it is known what an observer should find."""
        simulation = self.models[model].deployment.simulation
        return simulation is not None and simulation.sentences is not None

    def filled_in(self, population: str) -> list[Instrument]:
        """Return the forms that observers fill in about a population."""
        return [self.forms[i.name] for i in self.asked(population) if i.name in self.forms]

    def observing(self, observer: str) -> dict[str, Any]:
        """Return what an observer's jobs need of the study's configuration."""
        own = next(iter(self.wordings))
        asking = self.asking(self.observers[observer].model)
        texts = self.wordings[own].model_dump(exclude={"name_question"})
        return asking | {"wordings": {own: texts}}

    def observer_slice(self, observer: str) -> dict[str, Any]:
        """Return which model an observer is, and what it sees."""
        who = self.observers[observer]
        return {"model": who.model, "sees": dict(who.sees)}

    def pairs(self) -> list[tuple[str, str]]:
        """Return every model with every population that it plays, then people with their own."""
        played = [(m, p) for m in self.models for p in self.populations]
        return played + [(name, name) for name in self.people]

    def asked(self, population: str) -> list[Instrument]:
        """Return the questionnaires that a population is asked, or that people answered."""
        if population in self.people:
            return [self.instruments[self.people[population].instrument]]
        return [
            self.instruments[i.name]
            for i in self.study.instruments
            if i.populations is None or population in i.populations
        ]

    def several_domains(self) -> bool:
        """Tell whether two domains or more have two topics or more (methods 5)."""
        rows = self.context_rows()
        own = [row for row, first in zip(rows, at_first(rows), strict=True) if first]
        main = {c["conversation"].partition("@")[0]: c["domain"] for c in own}
        domains = [d for d in main.values() if d]
        return sum(domains.count(d) > 1 for d in set(domains)) > 1

    def links(self) -> bool:
        """Tell whether any population has both a task and another questionnaire (methods 8)."""
        kinds = [{i.is_task() for i in self.asked(p)} for p in self.populations]
        return any(len(kind) == 2 for kind in kinds)

    def converging(self) -> list[tuple[str, str]]:
        """Return the models and populations with questionnaires that share values (methods 5)."""
        return [
            (m, p) for m in self.models for p in self.populations if shared_values(self.asked(p))
        ]

    def instrument_source(self, name: str) -> dict[str, Any]:
        """Return what makes an instrument's document, with a digest of its content."""
        form = next((f for f in self.forms.values() if f.name == name), None)
        of = form.observes if form else name
        chosen = next(i for i in self.study.instruments if i.name == of)
        whole = form or self.instruments[name]
        given = chosen.items if form is None or form.wording == "official" else None
        return {
            "name": name,
            "items": str(given) if given else None,
            "sha256": chosen.sha256 if given else None,
            "digest": digest(whole.model_dump(exclude_defaults=True)),
        }

    def entry(self, model: str) -> dict[str, Any]:
        """Return what decides a model's answers, as plain data: no note, licence, memory or time."""
        entry = self.asked_models()[model].model_dump(mode="json", exclude_defaults=True)
        for section, keys in _UNDECIDING.items():
            entry[section] = {k: v for k, v in entry[section].items() if k not in keys}
        return entry

    def weights(self, model: str) -> list[str]:
        """Return the files that a job must have before it loads the model."""
        about = self.asked_models()[model].model
        if about.path is not None:
            return [str(p) for p in sorted(about.path.glob("*")) if p.suffix in WEIGHT_FILES]
        return [self.lock(model)] if model in self.fetched_models() else []

    def templates(self, model: str) -> list[str]:
        """Return the further files that a model's entry names: a chat template, a reference's sentences."""
        entry = self.asked_models()[model]
        simulation = entry.deployment.simulation
        named = [entry.model.template, simulation.sentences if simulation else None]
        return [str(path) for path in named if path is not None]

    def published(self) -> str:
        """Return the file of the published leaderboard's rows."""
        return str(self.resources / "reference" / "leaderboard.csv")

    def environment(self, model: str) -> str:
        """Return the conda environment of a model's jobs, as seen from the rules."""
        own = self.asked_models()[model].deployment.backend == "vllm"
        return f"../../envs/inference{'-vllm' if own else ''}.yaml"

    def lock(self, model: str) -> str:
        """Return the file that holds a hub model's revision: the project's own, else the results'."""
        return (self.kept_lock(model) or [self.made_lock(model)])[0]

    def kept_lock(self, model: str) -> list[str]:
        """Return the lock file that is kept with the project, where there is one."""
        kept = self.resources / "models" / "locks" / f"{model}.json"
        return [str(kept)] if kept.exists() else []

    def made_lock(self, model: str) -> str:
        """Return the lock file that a prefetch writes; the project itself may be read-only."""
        return f"results/locks/{model}.json"

    def source(self, model: str) -> dict[str, Any]:
        """Return where the weights of a model are fetched from, and under which licence."""
        keys = {"repository", "revision", "package", "licence"}
        return self.asked_models()[model].model.model_dump(mode="json", include=keys)

    def entries(self) -> dict[str, dict[str, Any]]:
        """Return every model's whole registry entry as plain data, for the report."""
        return {name: e.model_dump(mode="json") for name, e in self.everyone().items()}

    def recorded(self) -> dict[str, dict[str, Any]]:
        """Return the entries of all that answer, those that observe alone last, for the provenance."""
        every = self.everyone() | self.asked_models()
        return {name: e.model_dump(mode="json") for name, e in every.items()}

    def shards(self, model: str, population: str) -> int:
        """Return among how many jobs the sessions of a model and population are split.

        They are fewer than asked for where there are not so many whole blocks of sessions.
        """
        people = self.populations[population].personas
        bounds = shard_bounds(
            self.context_rows(), len(people), self.study.replicates, self._asked_shards(model)
        )
        return len(bounds)

    def _asked_shards(self, model: str) -> int:
        """Return how many jobs were asked for; a service's limits hold for one job, so it has one."""
        deployment = self.models[model].deployment
        if deployment.backend == "openai":
            return 1
        return self.study.shards if deployment.shards is None else deployment.shards

    def sharded(self) -> list[str]:
        """Return the models whose sessions are split in some population."""
        return [
            m
            for m in self.models
            if self._asked_shards(m) > 1 and any(self.shards(m, p) > 1 for p in self.populations)
        ]

    def fewer_shards(self) -> list[str]:
        """Return a note for each model and population that has fewer jobs than were asked for."""
        return [
            f"Note: '{m}' × '{p}' runs as {self.shards(m, p)} of {self._asked_shards(m)} shards: a shard "
            f"is made of whole blocks of {MOST} sessions, and there are no more of them."
            for m in self.models
            if self._asked_shards(m) > 1
            for p in self.populations
            if self.shards(m, p) < self._asked_shards(m)
        ]

    def labels(self) -> dict[str, dict[str, Any]]:
        """Return what figures say of each model: its family, and whether it is a model at all."""
        return {
            name: {
                "model": {"family": e.model.family, "miniature": e.model.miniature},
                "deployment": {"backend": e.deployment.backend},
            }
            for name, e in self.everyone().items()
        }

    def configuration(self) -> dict[str, Any]:
        """Return the whole configuration as plain data, defaults included."""
        return self.study.model_dump(mode="json")

    def asking(self, model: str) -> dict[str, Any]:
        """Return what a model's jobs need of the study's configuration; lengths only where used."""
        how, facets = self.study.administration, self.study.facets
        own, levels = self.asked_models()[model].model.thinking, facets.levels()["thinking"]
        thinks = any((own if level == USUAL["thinking"] else level) != "off" for level in levels)
        sheets = not set(SHEETS).isdisjoint(facets.presentation)
        spread = "distribution" in how.readout
        unused: Any = {"observer": True} | ({} if spread else {"questionnaire": {"distribution"}})
        if self.asked_models()[model].deployment.backend != "openai":
            unused["name_question"] = True
        return {
            "seed": self.study.seed,
            "replicates": self.study.replicates,
            "option_order": how.option_order,
            "readouts": list(how.readout),
            "answer_tokens": how.answer_tokens if "generate" in how.readout or sheets else 0,
            "reasoning_tokens": how.reasoning_tokens if "cot" in how.readout else 0,
            "max_new_tokens": self.study.contexts.max_new_tokens,
            "wordings": {name: w.model_dump(exclude=unused) for name, w in self.wordings.items()},
            "thinking_tokens": how.thinking_tokens if thinks else 0,
            "date": self.study.date.isoformat(),
            **({"distribution_tokens": how.distribution_tokens} if spread else {}),
        } | self._at_levels(own)

    def _at_levels(self, thinking: str) -> dict[str, Any]:
        """Return what jobs need of the facets' own levels and of how far a model thinks, where a study says."""
        facets = self.study.facets
        own = {"own": levels} if (levels := facets.own()) else {}
        return own | ({"thinking": thinking} if facets.thinking != [USUAL["thinking"]] else {})

    def families(self) -> dict[str, list[str]]:
        """Return the models of each family; a reference is no family's member."""
        groups: dict[str, list[str]] = {}
        for name, entry in self.models.items():
            if entry.deployment.backend not in REFERENCE_BACKENDS:
                groups.setdefault(entry.model.family, []).append(name)
        return groups

    def fetched_models(self) -> list[str]:
        """Return the models whose weights are fetched before a run: from a hub, or from packages."""
        return [
            n
            for n, e in self.asked_models().items()
            if e.deployment.backend in LOCAL_BACKENDS and not e.model.path
        ]


def population_seed(study: Study, chosen: PopulationChoice) -> int:
    """Return the seed of a generated population; others do not depend on any."""
    if chosen.name != GENERATED:
        return 0
    return study.seed if chosen.seed is None else chosen.seed
