"""What a chat template does of its own accord: what readers should know, and what makes it unusable."""

import datetime
from dataclasses import dataclass

from jinja2 import TemplateError

from holdfast.inference.prompting.chat_template import ASKED, MORE, TOLD, ChatTemplate, user
from holdfast.inference.prompting.prompts import Message
from holdfast.inference.prompting.thinking import unclosed


@dataclass(frozen=True)
class Finding:
    """What a template does; `refused`: no prompt of the study can be right with it."""

    name: str
    text: str
    refused: bool = False


def findings(template: ChatTemplate) -> list[Finding]:
    """Return what the template does that a reader should know, and what makes it unusable as it is set."""
    return [*_about_system(template), *_about_itself(template)]


def _about_system(template: ChatTemplate) -> list[Finding]:
    head, role = template.head(TOLD), template.shown.system_role
    found = []
    if not head and not template.head(None):
        return [Finding("refuses_user", "its chat template refuses a user's message", refused=True)]
    if role and not head:
        said = "its chat template takes no system message. Set system_role: false in its entry"
        found.append(Finding("refuses_system", said, refused=True))
    elif role and TOLD not in head:
        said = (
            "its chat template drops the system message, so that the persona would not be in the prompt. "
            "Set system_role: false in its entry"
        )
        found.append(Finding("drops_system", said, refused=True))
    elif role and not template.marks.search(head.partition(TOLD)[2]):
        found.append(
            Finding("moves_system", "the system message is put into the first user's turn")
        )
    if role and TOLD in head and (words := template.own_words(head, [TOLD])):
        found.append(Finding("adds_to_system", f"adds to the instruction: {_short(words)}"))
    found += _about_identity(template)
    return found


def _about_identity(template: ChatTemplate) -> list[Finding]:
    if not template.identity:
        return []
    words = _short(template.identity)
    where = "where no instruction is given" if template.shown.system_role else "in every prompt"
    if not template.sends_nothing:
        return [Finding("adds_an_identity", f"{where} it adds: {words}")]
    put = f"{where} it would add: {words}; an empty system message is sent in its place"
    if beside := template.identity_beside_nothing:
        return [Finding("adds_an_identity", f"{put}, beside which it adds: {_short(beside)}")]
    return [Finding("identity_left_out", f"{put}, so that no prompt has these words")]


def _about_itself(template: ChatTemplate) -> list[Finding]:
    found = []
    days = [datetime.date(2024, 2, 3), datetime.date(2025, 11, 29)]
    nothing = [Message(role="system", content="")] if template.sends_nothing else []
    told = [[*nothing, user(ASKED)], [Message(role="system", content=TOLD), user(ASKED)]]
    dated = False
    for messages in told:
        try:
            dated |= len({template.rendered(messages, day) for day in days}) > 1
        except TemplateError:
            continue
    if dated:
        day = f"{template.shown.day.day} {template.shown.day:%B %Y}"
        found.append(Finding("dated", f"writes the date: {day}, the study's `date`"))
    try:
        template.rendered([user(ASKED), user(MORE)])
    except TemplateError:
        found.append(Finding("alternates", "user and assistant must alternate, as they do here"))
    found += _about_thoughts(template)
    if template.turn_end:
        found.append(
            Finding(
                "turn_end", f"a turn ends with {template.turn_end!r}, which ends a message here too"
            )
        )
    return found


def _about_thoughts(template: ChatTemplate) -> list[Finding]:
    shown = template.shown
    if shown.thinking != "off":
        return [Finding("thinks", f"thinks before it speaks (thinking: {shown.thinking})")]
    switch = shown.thoughts.levels.get("off") if shown.thoughts else None
    try:
        text = template.rendered([user(ASKED)], switch=switch)
    except TemplateError:
        return []
    if not unclosed(text, shown.thoughts):
        return []
    return [Finding("opens_a_thought", "opens a thought, which is closed before the model speaks")]


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "…")
