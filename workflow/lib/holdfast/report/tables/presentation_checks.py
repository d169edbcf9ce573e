"""What models were shown beside the study's own words, and whether their thoughts ended (methods 9)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.report.tables.model_checks import Check
from holdfast.report.wording.text_format import percent

FOREIGN = {"adds_to_system", "adds_an_identity", "moves_system", "dated", "letters"}
"""What a template may do that changes what the study wrote; the names of findings in the manifests."""

MOST_UNENDED = 0.05
"""Share of thoughts without an end, above which the reader is warned."""


def presentation(manifests: Sequence[dict[str, Any]]) -> list[Check]:
    """Return a check for each model with a chat template: is it shown the study's words alone?"""
    made = []
    for model, jobs in by_model(manifests):
        if not any("presentation" in job for job in jobs):
            continue
        found = {k: v for job in jobs for k, v in job.get("presentation", {}).items()}
        title = f"The chat template adds nothing of its own ({model})"
        detail = "; ".join(found.values()) or "the study's own words and the template's marks"
        made.append(Check(title, "warning" if FOREIGN & set(found) else "passed", detail))
    return made


def thoughts(manifests: Sequence[dict[str, Any]]) -> list[Check]:
    """Return a check for each model that thinks: do its thoughts end within their budget?"""
    made = []
    for model, jobs in by_model(manifests):
        every = sum(job.get("thoughts", 0) for job in jobs)
        unended = sum(job.get("unended", 0) for job in jobs)
        if every or unended:
            of = max(
                every, sum(job["computed"] + job["reused"] for job in jobs) if not every else 0
            )
            detail = f"{unended} of {of} did not end and were ended there ({percent(unended / of)})"
            few = unended / of <= MOST_UNENDED
            title = f"Thoughts end within their budget ({model})"
            made.append(Check(title, "passed" if few else "warning", detail))
    return made


def by_model(
    manifests: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield each model with its jobs."""
    for model in dict.fromkeys(m["model"] for m in manifests):
        yield model, [m for m in manifests if m["model"] == model]
