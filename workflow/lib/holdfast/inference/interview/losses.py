"""What is missing in a job's tables, by respondent and context: it may be missing not at random."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from holdfast.inference.interview.sessions import Design, Session, sessions

PRESENT = ("ok", "cut", "given", "opening")
Place = tuple[str, str, int, str]  # respondent, context, replicate, status


class Losses:
    """Counts messages and answers that are not there, by place and status."""

    def __init__(self, design: Design) -> None:
        """Begin with nothing lost."""
        self.design, self.cells = design, Counter[Place]()

    def add(self, block: Sequence[Session], rows: Iterable[Mapping[str, Any]]) -> None:
        """Count what is missing in a block's conversations and answers."""
        for s in block:
            who = (s.persona.persona, s.context, s.replicate)
            self.cells.update((*who, m["status"]) for m in s.rows if m["status"] not in PRESENT)
        self.cells.update(
            (r["respondent"], r["context"], r["replicate"], r["status"])
            for r in rows
            if r["status"] not in PRESENT
        )

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it.

        Returns:
            `groups`: respondents of each; `asked`: messages and answers of a respondent in a context and
            replicate; `cells`: respondent, group, context, replicate, status and how many.
        """
        d = self.design
        group = {p.persona: p.group for p in d.personas}
        items = sum(i.questions() for i in d.instruments) * len(d.readouts)
        heard = d.heard and {(d.personas[0].persona, c, 1): h for (_, c, _), h in d.heard.items()}
        one = sessions(replace(d, personas=d.personas[:1], replicates=1, heard=heard))
        lost = {
            "groups": Counter(group.values()),
            "replicates": d.replicates,
            "asked": {s.context: s.generated + items for s in one},
            "cells": [[who, group[who], *at, n] for (who, *at), n in sorted(self.cells.items())],
        }
        return {"lost": lost}


def merged_losses(jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the losses of all shards of a job together."""
    lost = [job["lost"] for job in jobs if "lost" in job]
    if not lost:
        return {}
    return {"lost": lost[0] | {"cells": [cell for one in lost for cell in one["cells"]]}}
