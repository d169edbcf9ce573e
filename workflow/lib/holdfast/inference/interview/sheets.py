"""A whole questionnaire on one sheet, answered in one text (methods 3)."""

from collections.abc import Sequence
from dataclasses import replace

from holdfast.design.facets.item_sheets import in_order
from holdfast.design.facets.option_labels import option_labels
from holdfast.design.facets.option_orders import DRAWN
from holdfast.design.instruments import Instrument
from holdfast.inference.backends.protocol import MessageRequest, WholeSheet
from holdfast.inference.interview.questions import Question, Sheet, asked_items, shuffled
from holdfast.inference.interview.sessions import Design, Session
from holdfast.inference.prompting.prompts import option_lines, option_texts, portrait, questionnaire
from holdfast.inference.prompting.wordings import fill
from holdfast.seeds import derive


def sheet_questions(design: Design, session: Session, instrument: Instrument) -> list[Question]:
    """Return the items of a questionnaire that is answered at once, in the order in which they are shown.

    The options stand on the sheet once, so that all items have them in one order.
    """
    items = asked_items(design, session, instrument)
    numbers = in_order(
        session.level("item_order"), list(items), administration_seed(design, session, instrument)
    )
    order = items[numbers[0]].order
    if session.level("option_order") == DRAWN:
        (order,) = shuffled(design, session, instrument, instrument.codes(), ["sheet"])
    asked = tuple(replace(items[number], order=order) for number in numbers)
    who = (session.persona.persona, session.context, session.replicate)
    options = option_texts(instrument, order)
    texts = {i.item: portrait(i, session.persona.gender) for i in instrument.items}
    form = session.level("presentation")
    text = _sheet_text(session, instrument, [texts[n] for n in numbers], options, form)
    sheet = Sheet(WholeSheet(*who, form, asked), text)
    return [
        Question(session, instrument, one, texts[one.item], options, sheet=sheet) for one in asked
    ]


def administration_seed(design: Design, session: Session, instrument: Instrument) -> int:
    """Return the seed of one questionnaire's administration in a session."""
    who = (session.replicate, session.persona.persona, session.context)
    return derive(design.seed, "item order", instrument.name, *who)


def sheet_request(design: Design, question: Question) -> MessageRequest:
    """Return the request for the sheet that a question stands on; all questions of a sheet have the same."""
    session, sheet = question.session, question.sheet
    assert sheet is not None
    prompt = questionnaire(
        session.wording, session.persona, question.turns, sheet.text, session.other, begun=False
    )
    about = sheet.asked
    who = (about.replicate, about.respondent, about.context)
    return MessageRequest(
        session.shown(prompt), derive(design.seed, "sheet", question.instrument.name, *who),
        design.answer_tokens * len(about.among), question.conversation, "generate", about,
        question.labels, options=question.options,
    )  # fmt: skip


def _sheet_text(
    session: Session, instrument: Instrument, portraits: Sequence[str], options: Sequence[str], form: str
) -> str:  # fmt: skip
    """Return a sheet as it is shown: its page, and what the model is to do."""
    texts = session.wording.questionnaire.sheet
    assert texts is not None
    labels = option_labels(session.level("labels"), len(options))
    lines = (
        fill(texts.line, number=str(number), portrait=text)
        for number, text in enumerate(portraits, start=1)
    )
    page = fill(
        texts.page, introduction=instrument.introduction, question=instrument.question,
        options="\n".join(option_lines(session.wording, options, labels)), items="\n".join(lines),
    )  # fmt: skip
    return f"{page}\n{fill(texts.as_json if form == 'json' else texts.as_lines)}"
