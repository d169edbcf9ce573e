"""The tidy tables of a dataset: their columns, in their order, with types and meanings."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class TidyColumn:
    """What a column holds; any cell may be empty.

    Attributes:
        type: its Arrow type.
        description: what it means.
    """

    type: pa.DataType
    description: str


def _text(description: str) -> TidyColumn:
    return TidyColumn(pa.string(), description)


def _whole(description: str) -> TidyColumn:
    return TidyColumn(pa.int64(), description)


def _number(description: str) -> TidyColumn:
    return TidyColumn(pa.float64(), description)


def _truth(description: str) -> TidyColumn:
    return TidyColumn(pa.bool_(), description)


def _list(of: pa.DataType, description: str) -> TidyColumn:
    return TidyColumn(pa.list_(of), description)


_WHO = {
    "study": _text("name of the study"),
    "model": _text("name of the model"),
    "kind": _text(
        "model; miniature: a test fixture, which says nothing about its family; reference: no model, but "
        "answers made by a known rule"
    ),
    "family": _text("family of the model"),
    "population": _text("name of the population, a set of personas"),
    "respondent": _text("id of the persona that the model plays; unique in its population"),
}
_PERSONA = {
    "name": _text("name of the persona; empty: no persona"),
    "gender": _text("female, male or neutral; determines the form of the items"),
    "group": _text("known group of the persona, such as hero or villain"),
}
_CONTEXT = {
    "context": _text(
        "name of the context, which is what precedes the questionnaire; none: nothing does"
    ),
    "topic": _text("topic of the conversation; empty: no conversation"),
    "domain": _text("domain of the topic or text, such as technical or self-reflection"),
    "messages": _whole("messages of the conversation after the opening one"),
    "interlocutor": _text(
        "who speaks with the respondent: human, persona (another one of its population), or the name of the "
        "population that the other persona is from; empty: nobody"
    ),
    "preset_text": _text("kind of preset text that the respondent reads; empty: none"),
    "reasoning_turns": _whole("reasoning turns after the messages"),
    "wording": _text("level of the facet wording: the wording of the prompts"),
    "thinking": _text("level of the facet thinking: how far the model thinks before it speaks"),
    "option_order": _text("level of the facet option_order: how the options are put in order"),
    "labels": _text("level of the facet labels: letters, digits or words"),
    "presentation": _text("level of the facet presentation: how items are shown"),
    "item_order": _text("level of the facet item_order: order of items that are seen together"),
    "replicate": _whole("number of the replicate, from 1"),
}
_ITEM = {
    "instrument": _text("name of the questionnaire"),
    "step": _text(
        "item: an item was answered. most, least: an item was chosen as the most or least important of a list; "
        "such a row has no rating and belongs to no value"
    ),
    "item": _whole("number of the item; of a choice that of the item chosen"),
    "item_text": _text(
        "text of the item in the form that was shown; empty: an official text, which may not be passed on"
    ),
    "value": _text("value to which the item belongs, the first of several; empty: none"),
    "reversed": _truth("whether a high rating speaks against `value`"),
    "values": _list(pa.string(), "all values to which the item belongs"),
    "values_reversed": _list(
        pa.bool_(), "for each of `values` whether a high rating speaks against it"
    ),
    "scale_min": _whole("lowest rating of the questionnaire's scale"),
    "scale_max": _whole("highest rating of the questionnaire's scale"),
}
_ANSWER = {
    "readout": _text(
        "how the answer was read: logit, choice, generate, cot or distribution; for logit from a server, "
        "prefill, restricted, top_logprobs or text. The study's own figures are of the first one alone"
    ),
    "answer": _text("letter of the option that was chosen; empty: none"),
    "option_text": _text("text of that option; of a choice that of the item"),
    "rating": _number(
        "rating of that option, counted for `value`: scale_min + scale_max - rating_raw if `reversed`"
    ),
    "rating_raw": _number("the option's own rating; empty: none, or the option is no rating"),
    "expected": _number(
        "mean rating under the probabilities, counted for `value` as `rating` is; empty: they are not known"
    ),
    "position": _whole("place of the option among those shown, from 1; 0: none was chosen"),
    "options": _list(
        pa.int64(),
        "what was shown, in its order: ratings of the options, empty for one that is no rating; of a choice "
        "the numbers of the items",
    ),
    "probabilities": _list(
        pa.float64(), "probabilities of the options in the same order; their sum is 1"
    ),
    "mass": _number(
        "total probability of the options' letters among all that the model could have written; with the "
        "readout distribution, the sum of the percentages that it wrote"
    ),
    "status": _text(
        "ok; random: drawn, since the answer could not be read; no_rating: the option is no rating; otherwise "
        "why there is no answer: invalid, no_letter, empty, thought_not_ended, refused, filtered or failed"
    ),
    "llm_response": _text(
        "text from which the answer was read, where the readout has one; empty for questionnaires with "
        "official texts, which it may repeat, as are the next two"
    ),
    "reasoning": _text("text of the reasoning before the answer, with the readout cot"),
    "thought": _text("what the model thought before the answer, where it thinks"),
    "prompt_hash": _text("hash of the rendered prompt"),
    "revision": _text("revision of the model that answered"),
}
_MESSAGE = {
    "turn": _whole("place of the message in the conversation; 0: the opening message"),
    "role": _text("assistant: the respondent, played by the model; user: who speaks with it"),
    "content": _text("text of the message"),
    "interlocutor_id": _text(
        "id of the interlocutor's persona, where the interlocutor is a persona"
    ),
    "tokens": _whole("number of tokens of the message; 0: it was not generated"),
    "status": _text(
        "ok; opening: the opening message; given: not generated; cut: it reached the study's limit; empty, "
        "thought_not_ended, refused, filtered or failed: there is no message"
    ),
    "thought": _text("what the model thought before the message, where it thinks"),
    "prompt_hash": _text("hash of the rendered prompt; empty: the message was not generated"),
}

TABLES: dict[str, dict[str, TidyColumn]] = {
    "answers": _WHO | _PERSONA | _CONTEXT | _ITEM | _ANSWER,
    "messages": _WHO | _PERSONA | _CONTEXT | _MESSAGE,
    "respondents": {name: _WHO[name] for name in ("study", "population", "respondent")}
    | _PERSONA
    | {
        "description": _text("description of the persona that the model gets"),
        "source": _text("work in which the facts can be checked"),
    },
    "observations": {
        "observer": _text("name of the observer"),
        "observer_kind": _text("kind of the observing model, as `kind`"),
    }
    | _WHO
    | _PERSONA
    | _CONTEXT
    | _ITEM
    | _ANSWER,
}
ROWS_ARE = {
    "answers": "an answer: of a model that plays a persona in a context, to an item of a questionnaire",
    "messages": "a message of the conversation before a questionnaire",
    "respondents": "a persona",
    "observations": "an answer of an observer, a model that read the conversation, about who speaks in it; "
    "only in studies with observers",
}


def arrow_schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a tidy table."""
    return pa.schema([(name, about.type) for name, about in TABLES[table].items()])
