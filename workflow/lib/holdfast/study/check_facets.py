"""What a study's facets need of its wordings, questionnaires, readouts and models."""

from collections.abc import Iterator

from holdfast.design.facets.facets import USUAL
from holdfast.design.facets.item_sheets import SHEETS
from holdfast.design.facets.option_labels import DIGITS
from holdfast.errors import StudyError
from holdfast.inference.models.registry import LOCAL_BACKENDS, REFERENCE_BACKENDS
from holdfast.study.plan import Plan


def check_facets(plan: Plan) -> None:
    """Raise StudyError if a level of a facet can't be had in this study."""
    for mistakes in (_labels, _presentation, _thinking):
        for mistake in mistakes(plan):
            raise StudyError(f"facets.{mistake}")


def _labels(plan: Plan) -> Iterator[str]:
    levels, readouts = plan.study.facets.labels, plan.study.administration.readout
    for level in levels:
        for name, wording in plan.wordings.items():
            asks = wording.questionnaire
            if {"digits": asks.digits, "words": asks.words}.get(level, asks) is None:
                yield _without_text(plan, f"labels: {level}", name, level, "closing and choose")
    if "words" in levels and (wrong := [r for r in readouts if r != "generate"]):
        yield (
            f"labels: words: an option without a label has no letter whose probability the readout "
            f"'{wrong[0]}' could read. Allowed: administration.readout: generate"
        )
    if "distribution" in readouts and (other := [level for level in levels if level != "letters"]):
        yield (
            f"labels: {other[0]}: the readout 'distribution' asks for a percentage for each letter. Allowed "
            "with it: letters"
        )
    for instrument in plan.instruments.values():
        most = max(len(instrument.options), *map(len, instrument.listed()), 0)
        if "digits" in levels and most > len(DIGITS):
            yield (
                f"labels: digits: '{instrument.name}' has {most} options in a question, and there are "
                f"{len(DIGITS)} digits. Leave the level or the questionnaire out"
            )


def _presentation(plan: Plan) -> Iterator[str]:
    asked = [level for level in plan.study.facets.presentation if level in SHEETS]
    if not asked:
        return
    where = f"presentation: {asked[0]}"
    for name, wording in plan.wordings.items():
        if wording.questionnaire.sheet is None:
            yield _without_text(plan, where, name, "sheet", "page, line, as_lines and as_json")
    for instrument in plan.instruments.values():
        if instrument.protocol == "cumulative":
            yield (
                f"{where}: '{instrument.name}' is gone through list by list, with choices that later questions "
                "depend on, and can't be answered at once. Leave the level or the questionnaire out"
            )
    if wrong := [r for r in plan.study.administration.readout if r not in ("logit", "generate")]:
        yield (
            f"{where}: a sheet is answered in one text, which the readout '{wrong[0]}' does not read. Allowed "
            "in administration.readout: logit, generate"
        )
    if plan.study.scoring.rating == "expected":
        yield (
            f"{where}: a text has no probabilities, and scoring.rating: expected is their mean. Allowed: "
            "scoring.rating: choice"
        )
    for name, entry in plan.models.items():
        if "json" in asked and entry.model.kind == "base":
            yield (
                f"presentation: json: '{name}' is a base model, which is not told to write JSON. Leave the "
                "level or the model out; 'lines' it can try"
            )


def _thinking(plan: Plan) -> Iterator[str]:
    levels = [level for level in plan.study.facets.thinking if level != USUAL["thinking"]]
    for name, entry in plan.models.items() if levels else ():
        backend, thoughts = entry.deployment.backend, entry.model.thoughts
        if backend in REFERENCE_BACKENDS:
            continue
        if backend not in LOCAL_BACKENDS:
            yield (
                f"thinking: {levels[0]}: '{name}' is behind a service, which is told how far to think by its "
                "entry: deployment.thinking. Add an entry for each level in place of the facet"
            )
        able = list(thoughts.levels) if thoughts else ["off"]
        if wrong := [level for level in levels if level not in able]:
            yield (
                f"thinking: {wrong[0]}: '{name}' can't do it. Allowed with this model: own, {', '.join(able)}"
            )


def _without_text(plan: Plan, where: str, wording: str, part: str, keys: str) -> str:
    path = plan.resources / "prompts" / f"{wording}.yaml"
    return f"{where}: {path} has no questionnaire.{part}, which this needs: {keys}"
