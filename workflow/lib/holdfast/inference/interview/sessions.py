"""What an inference job works through: its design, and one session for each conversation."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.design.contexts import setting
from holdfast.design.encounters import Encounter, Encounters, read_encounters
from holdfast.design.facets.facets import FACETS, USUAL
from holdfast.design.facets.option_orders import Unit
from holdfast.design.instruments import Instrument, read_design_instrument
from holdfast.design.personas import Persona
from holdfast.inference.prompting.prompts import DAY, Prompt, Speaker, Turn, reflection
from holdfast.inference.prompting.wordings import Wording, fill
from holdfast.tables.table_files import read_table

Place = tuple[str, str, int]
"""A respondent, a context and a replicate."""


@dataclass(frozen=True)
class Heard:
    """A conversation of somebody else, as an observer is given it, and what a reference reads in it."""

    text: str
    profile: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    """What a job works through: who, where, how often, and how it is asked.

    `wordings` are documents of wordings by name, the study's own first. `own` are the study's own levels of
    other facets, where they are not the usual ones; `thinking` is how far the model's entry lets it think.
    `heard` are the conversations that an observer reads; None: the model is a respondent itself.
    """

    seed: int
    replicates: int
    personas: Sequence[Persona]
    profiles: Mapping[str, Mapping[str, float]]
    contexts: Sequence[dict[str, Any]]
    instruments: Sequence[Instrument]
    option_order: Unit
    readouts: Sequence[str]
    max_new_tokens: int
    wordings: Mapping[str, Any]
    answer_tokens: int = 0
    reasoning_tokens: int = 0
    thinking_tokens: int = 0
    distribution_tokens: int = 0
    date: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    thinking: str = ""
    encounters: Encounters = field(default_factory=dict)
    heard: Mapping[Place, Heard] | None = None

    @property
    def day(self) -> datetime.date:
        """Return which day chat templates are told that it is."""
        return datetime.date.fromisoformat(self.date) if self.date else DAY

    def worded(self) -> dict[str, Wording]:
        """Return the wordings, the study's own first."""
        return {name: Wording.model_validate(text) for name, text in self.wordings.items()}


@dataclass(frozen=True)
class Session:
    """One respondent in one context and replicate: a conversation that all items share.

    Sessions of one `conversation` share its beginning: the seed and the prompt of a message are then the
    same, and so is its key in the store.

    Attributes:
        persona: who the respondent is.
        context: the context's name.
        conversation: which conversation it is.
        messages: the number of the last turn; the opening has 0.
        replicate: which one.
        wording: of its prompts.
        given: texts of the turns that nobody generates, by their number.
        other: who the interlocutor is; None: a human.
        turns: the conversation so far.
        rows: the same without the opening, as rows of the table.
        domain: of the topic; empty: none.
        levels: of the study's facets that have several, each with the facet's name.
        own: the study's own levels of the others, where they are not the usual ones.
        thinking: how far the model thinks; empty: as its entry says.
        heard: the conversation of somebody else that it is about; None: about the respondent's own.
    """

    persona: Persona
    context: str
    conversation: str
    messages: int
    replicate: int
    wording: Wording
    given: Mapping[int, str] = field(default_factory=dict)
    other: Persona | None = None
    turns: list[Turn] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    domain: str = ""
    levels: tuple[tuple[str, str], ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)
    thinking: str = ""
    heard: Heard | None = None

    def __post_init__(self) -> None:
        """Begin with what is given; what an observer is given, models said."""
        if 0 in self.given:
            self.turns.append(Turn("interlocutor", self.given[0], said=self.heard is not None))
            self._go_on()

    @property
    def generated(self) -> int:
        """Return how many messages the model writes."""
        return self.messages - sum(turn > 0 for turn in self.given)

    def level(self, facet: str) -> str:
        """Return the level at which a facet is here."""
        return dict(self.levels).get(facet) or self.own.get(facet, USUAL[facet])

    def shown(self, prompt: Prompt) -> Prompt:
        """Return a prompt as this session shows it: with the level at which the model thinks."""
        return replace(prompt, level=self.thinking) if self.thinking else prompt

    def add(self, row: dict[str, Any]) -> None:
        """Add a message, a row without its turn and speaker, and what is given after it."""
        self._say(row)
        self._go_on()

    def _say(self, row: dict[str, Any]) -> None:
        turn = len(self.rows) + 1
        speaker: Speaker = "persona" if turn % 2 else "interlocutor"
        silent = not row["text"].strip() and row["status"] != "ok"
        text = fill(self.wording.silence) if silent else row["text"]
        self.turns.append(Turn(speaker, text, said=row["status"] != "given" and not silent))
        self.rows.append({"turn": turn, "speaker": speaker} | row)

    def _go_on(self) -> None:
        while not self.lost and (turn := len(self.rows) + 1) in self.given:
            self._say({"text": self.given[turn], "tokens": 0, "status": "given", "prompt": ""})

    @property
    def lost(self) -> bool:
        """Tell whether a message of the conversation failed."""
        return bool(self.rows) and self.rows[-1]["status"] == "failed"

    def end(self) -> None:
        """Let go of what was said."""
        self.turns.clear()
        self.rows.clear()


def read_design(
    asking: Mapping[str, Any], personas: Path, profiles: Path, contexts: Path, instruments: Sequence[Path],
    encounters: Sequence[Path] = (),
) -> Design:  # fmt: skip
    """Return a job's design from the tables and documents of the design room.

    Args:
        asking: seed, replicates, option_order, readouts, date, wordings, max_new_tokens, answer_tokens,
            reasoning_tokens, thinking_tokens, distribution_tokens, own and thinking.
        personas: design table.
        profiles: design table; no rows where no profile is known.
        contexts: design table.
        instruments: design documents.
        encounters: the design table, where the study has one.
    """
    return Design(
        personas=read_personas(personas),
        profiles=_profiles(profiles),
        contexts=_rows(contexts, "contexts"),
        instruments=[read_design_instrument(p) for p in instruments],
        encounters={place: e for path in encounters for place, e in read_encounters(path).items()},
        **asking,
    )


def levels_met(design: Design, facet: str) -> set[str]:
    """Return the levels of a facet at which a job's questionnaires are asked."""
    own = design.own.get(facet, USUAL[facet])
    return {str(context.get(facet, own)) for context in design.contexts}


def interlocutors(design: Design) -> dict[tuple[str, str], Persona]:
    """Return whom respondents meet, where that is a persona, by respondent and conversation."""
    return {
        (persona.persona, context["conversation"]): met.other
        for context in design.contexts
        for persona in design.personas
        if (met := design.encounters.get((persona.persona, setting(context)))) and met.other
    }


def sessions(design: Design) -> list[Session]:
    """Return every respondent × context × replicate, each with its opening message.

    What shares a conversation stands side by side. An observer's are those of which there is a conversation.
    """
    worded = design.worded()
    own = next(iter(worded))
    return [
        _session(design, persona, c, replicate, worded[c.get("wording", own)])
        for replicate in range(1, design.replicates + 1)
        for _, talk in groupby(design.contexts, key=itemgetter("conversation"))
        for alike in [list(talk)]
        for persona in design.personas
        for c in alike
        if design.heard is None or (persona.persona, c["context"], replicate) in design.heard
    ]


def _session(
    design: Design, persona: Persona, context: dict[str, Any], replicate: int, wording: Wording
) -> Session:
    met = design.encounters.get((persona.persona, setting(context)), Encounter())
    said, thoughts = int(context["messages"]), int(context.get("reasoning", 0))
    given = {said + 1 + 2 * i: reflection(wording, i) for i in range(thoughts)}
    heard = (design.heard or {}).get((persona.persona, context["context"], replicate))
    if heard is not None:
        said, thoughts, given = 1, 0, {0: heard.text, 1: fill(wording.read)}
    elif context.get("text"):
        given |= {0: met.text, 1: fill(wording.read)}
    elif said:
        given |= {0: context["opening"]}
    levels = tuple((f.name, context[f.name]) for f in FACETS if f.name in context)
    thinking = context.get("thinking") or design.own.get("thinking", USUAL["thinking"])
    return Session(persona, context["context"], context["conversation"], said + 2 * thoughts, replicate,
                   wording, given, met.other, domain=context["domain"], levels=levels, own=design.own,
                   thinking="" if thinking in (USUAL["thinking"], design.thinking) else thinking,
                   heard=heard)  # fmt: skip


def conversation_table(
    all_sessions: Sequence[Session], who: dict[str, str], met: bool = False, thinks: bool = False
) -> pd.DataFrame:
    """Return the table of all messages, the opening ones included.

    Args:
        all_sessions: a block of them, or all.
        who: model and population.
        met: are there personas as interlocutors in the job, though not in this block?
        thinks: does the model think before it speaks?
    """
    opening = {"turn": 0, "speaker": "interlocutor", "tokens": 0, "status": "opening", "prompt": ""}
    rows = []
    for s in all_sessions:
        about = {"respondent": s.persona.persona, "context": s.context, "replicate": s.replicate,
                 "interlocutor": s.other.persona if s.other else ""}  # fmt: skip
        first = [{**opening, "text": s.turns[0].text}] if s.turns else []
        rows += [about | row for row in [*first, *s.rows]]
    columns = ["respondent", "context", "replicate", *opening, "text"]
    if met or any(s.other for s in all_sessions):
        columns.append("interlocutor")
    if thinks:
        columns += ["thought", "thought_status"]
    table = pd.DataFrame(rows, columns=columns)
    if thinks:  # what is given was not thought about
        table = table.fillna({"thought": "", "thought_status": ""})
    return table.assign(model=who["model"], population=who["population"])


def read_personas(path: Path) -> list[Persona]:
    """Return the personas of a design table."""
    renamed = (
        {"persona" if k == "respondent" else k: v for k, v in r.items()}
        for r in _rows(path, "personas")
    )
    return [Persona(**{k: v for k, v in r.items() if k != "population"}) for r in renamed]


def _profiles(path: Path) -> dict[str, dict[str, float]]:
    known: dict[str, dict[str, float]] = {}
    for row in _rows(path, "profiles"):
        known.setdefault(row["respondent"], {})[row["value"]] = row["latent"]
    return known


def _rows(path: Path, schema: str) -> list[dict[str, Any]]:
    records = read_table(path, schema).to_dict("records")
    return [{str(k): v for k, v in r.items()} for r in records]
