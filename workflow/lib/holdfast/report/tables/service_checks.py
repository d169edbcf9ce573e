"""Whether a service showed its model the whole prompt, and answered with one model throughout (methods 9)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.report.tables.model_checks import Check
from holdfast.report.tables.presentation_checks import by_model
from holdfast.report.wording.text_format import one_line

MOST_SHOWN = 80  # characters of a reply


def arrived(manifests: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return a check for each model behind a service: did the whole prompt, and the persona, arrive?"""
    made = []
    for model, jobs in by_model(manifests):
        known = [job for job in jobs if "prompts_cut" in job]
        if not known:
            continue
        cut = sum(job["prompts_cut"] for job in known)
        canaries = [job["canary"] for job in known if job.get("canary")]
        lost = [c for c in canaries if not c["named"]]
        shown = (lost or canaries)[:1]
        said = [
            f"asked for its name as {c['persona']}, it says: {_short(c['reply'])}" for c in shown
        ]
        detail = (
            [f"at least {cut} prompts were cut by the server"]
            if cut
            else ["no prompt was seen to be cut"]
        )
        title = f"The service shows its model the whole prompt ({model})"
        state = "failed" if cut else "warning" if lost else "passed"
        made.append(Check(title, state, "; ".join(detail + said)))  # type: ignore[arg-type]
    return made


def one_answerer(manifests: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return a check for each model behind a service that says who answers: is it the same throughout?"""
    made = []
    for model, jobs in by_model(manifests):
        answered: Counter[str] = Counter()
        for job in jobs:
            for who in job.get("served_by", ()):
                named = ", ".join(f"{k} {v}" for k, v in who.items() if k != "replies")
                answered[named] += int(who["replies"])
        if answered:
            one = len(answered) == 1
            detail = "; ".join(f"{who} ({n} replies)" for who, n in answered.most_common())
            title = f"The service answers with one model throughout ({model})"
            made.append(Check(title, "passed" if one else "warning", detail))
    return made


def _short(reply: str) -> str:
    line = one_line(reply)
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]} …"
