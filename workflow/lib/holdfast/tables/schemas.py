"""Every table that goes from room to room: its columns, their types and what they mean."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        dtype: its type in pandas: `str`, `int64`, `Int64` (an int64, if any), `float64` or `object` (a list).
        description: what it means.
        nullable: whether cells may be empty.
        required: whether a table must have it; else it is left out where the study has nothing for it.
    """

    dtype: str
    description: str
    nullable: bool = False
    required: bool = True


def _text(description: str) -> Column:
    return Column("str", description)


def _whole(description: str) -> Column:
    return Column("int64", description)


def _number(description: str) -> Column:
    return Column("float64", description, nullable=True)


def _text_if_any(description: str) -> Column:
    return Column("str", description, required=False)


def _whole_if_any(description: str) -> Column:
    return Column("int64", description, required=False)


_THOUGHT_STATUS = (
    "ok; thought_not_ended: the thought did not end within its tokens and was ended there"
)

_WHO = {
    "model": _text("name of the model in the registry"),
    "population": _text("name of the population, a set of personas"),
    "respondent": _text("id of the persona"),
    "context": _text("name of the context; none: no conversation and no text"),
    "replicate": _whole("number of the replicate, from 1"),
}
_ITEM = {
    **_WHO,
    "instrument": _text("name of the questionnaire"),
    "item": _whole("number of the item"),
}

_TOPICS = (
    "contexts of the simulated studies, and of the test: these: those of the study; drawn: each study draws "
    "its own from them"
)

SCHEMAS: dict[str, dict[str, Column]] = {
    "personas": {
        "population": _text("name of the population, a set of personas"),
        "respondent": _text("id of the persona"),
        "name": _text("name of the persona; empty: no persona"),
        "gender": _text("female, male or neutral; determines the form of the questionnaire"),
        "description": _text("description of the persona that the model gets"),
        "group": _text("known group of the persona, such as hero or villain"),
        "source": _text("work in which the facts can be checked"),
    },
    "profiles": {
        "population": _text("name of the population, a set of personas"),
        "respondent": _text("id of the persona"),
        "value": _text("name of the value"),
        "latent": _number("latent importance of the value for the persona, on the rating scale"),
    },
    "contexts": {
        "context": _text("name of the context"),
        "topic": _text("topic of the conversation; empty: no conversation"),
        "domain": _text("domain of the topic or text, such as technical or self-reflection"),
        "opening": _text("the interlocutor's opening message"),
        "messages": _whole("messages after the opening one"),
        "conversation": _text(
            "name of the conversation; contexts with the same name share one conversation, cut at their lengths"
        ),
        "interlocutor": _text_if_any(
            "who speaks with the respondent; persona: another persona of its population; NAME: a persona "
            "of that population; empty: a human; only in studies in which some interlocutor is a persona"
        ),
        "text": _text_if_any("kind of preset text; empty: none; only in studies with preset texts"),
        "reasoning": _whole_if_any(
            "number of reasoning turns after the messages; only in studies with reasoning turns"
        ),
        "wording": _text_if_any(
            "name of the wording of the prompts; only in studies with several wordings"
        ),
        "thinking": _text_if_any(
            "how far the model thinks before it speaks: own, off, on, low, medium or high; only in studies "
            "with several"
        ),
        "option_order": _text_if_any(
            "how the options are put in order: drawn, high_first or low_first; only in studies with several"
        ),
        "labels": _text_if_any(
            "labels of the options: letters, digits or words; only in studies with several"
        ),
        "presentation": _text_if_any(
            "how items are shown: alone, in_view, lines or json; only in studies with several"
        ),
        "item_order": _text_if_any(
            "order of items that are seen together: numbered, reversed or shuffled; only in studies with "
            "several"
        ),
    },
    "encounters": {
        "population": _text("name of the population, a set of personas"),
        "respondent": _text("id of the persona"),
        "setting": _text("name of the context without its length"),
        "interlocutor": _text(
            "id of the persona that the respondent meets; empty: it reads a text"
        ),
        "name": _text("name of the persona that the respondent meets"),
        "description": _text("description of that persona that the model gets"),
        "title": _text("title of the text that the respondent reads; empty: it meets a persona"),
        "text": _text("the text as it is shown to the model"),
    },
    "conversations": dict(
        **_WHO,
        turn=_whole("position of the message in the conversation; 0: the opening message"),
        speaker=_text("who wrote the message: interlocutor or persona"),
        text=_text("the message"),
        tokens=_whole("number of tokens of the message; 0: not generated"),
        status=_text(
            "ok; opening: the opening message; given: not generated; cut: it reached max_new_tokens; "
            "empty: the model wrote nothing; thought_not_ended: it began a thought that did not end; refused: "
            "the model refuses; filtered: a service held it back; failed: there was no reply"
        ),
        prompt=_text("hash of the rendered prompt; empty: the message was not generated"),
        interlocutor=_text_if_any(
            "id of the interlocutor's persona; empty: a human; only in studies in which some interlocutor "
            "is a persona"
        ),
        thought=_text_if_any(
            "what the model thought before the message; only where it thinks, and for services"
        ),
        thought_status=_text_if_any(_THOUGHT_STATUS),
    ),
    "responses": dict(
        **_ITEM,
        order=Column(
            "object",
            "ratings of the options, in the order in which they were shown; -1001, -1002, …: options that are "
            "no rating, in the order in which the questionnaire lists them",
        ),
        answer=_text("letter of the chosen option; empty: none"),
        logprobs=Column(
            "object",
            "log-probabilities of the letters, in the same order; with the readout distribution, logarithms of "
            "the percentages as shares of one",
        ),
        mass=_number(
            "letter mass: total probability of the letters, 0 to 1; with the readout distribution, the sum of "
            "the percentages"
        ),
        status=_text(
            "ok; invalid: the reply names no option, or several, or its percentages can't be read; empty: "
            "there is no reply; thought_not_ended, refused, filtered, failed: as of messages; random: drawn by "
            "another tool that collected the answers, since it could not read the model's"
        ),
        readout=_text(
            "how the answer was read: logit, choice, generate, cot or distribution; for logit from a server, "
            "prefill, restricted, top_logprobs or text; table: people's, from a survey's file"
        ),
        prompt=_text("hash of the rendered prompt"),
        revision=_text("revision of the model"),
        said=_text_if_any(
            "text of the generated answer, or a service's reply that names no option; only with the readouts "
            "generate and distribution, and for services"
        ),
        reasoning=_text_if_any(
            "text of the reasoning before the answer; only with the readout cot"
        ),
        thought=_text_if_any(
            "what the model thought before the answer; only where it thinks, and for services"
        ),
        thought_status=_text_if_any(_THOUGHT_STATUS),
        step=_text_if_any(
            "step of a cumulative questionnaire. rating: the rating of an item. most, least: the choice "
            "of the most or least important value of a list; `item` is then the chosen value (0: none), "
            "and `order` has the numbers of the items. Empty: the item was asked on its own"
        ),
    ),
    "ratings": dict(
        **_ITEM,
        value=_text(
            "name of the value to which the item belongs, the first of several; empty: to none"
        ),
        rating=_number(
            "rating of the chosen option, for this value: reversed if the item is reversed; empty: none"
        ),
        expected=_number(
            "expected rating: mean rating under the probabilities of the options that have one, reversed as "
            "`rating` is; empty: none, or the chosen option is no rating"
        ),
        position=_whole("position of the chosen option, from 1; 0: none"),
        mass=_number("letter mass: total probability of the letters, 0 to 1"),
        entropy=_number("entropy of the options' probabilities; 0: one option, 1: all equal"),
        status=_text(
            "ok, random (drawn for an invalid answer), no_rating (the chosen option is no rating), or the "
            "reason why there is no answer"
        ),
    ),
    "values": dict(
        **_WHO,
        instrument=_text("name of the questionnaire"),
        value=_text("name of the value"),
        score=_number("mean rating of the value's items"),
        centred=_number(
            "centred score: the score minus the respondent's mean rating in this administration; the "
            "score itself if the instrument is not centred"
        ),
        items=_whole("number of items answered"),
    ),
    "estimates": {
        "quantity": _text("name of the quantity that is estimated"),
        "model": _text("name of the model; empty: an estimate for a family"),
        "family": _text("family of the model"),
        "population": _text("name of the population, a set of personas"),
        "instrument": _text(
            "name of the questionnaire; for convergence, of all that are compared, with × between them"
        ),
        "value": _text(
            "name of the value; empty: pooled over values. For value_behaviour_link: questionnaire × "
            "value × group of the task, without a group for all groups together"
        ),
        "context_a": _text(
            "first context of the pair, or a length, a domain, a readout, a questionnaire, the topic left out "
            "or the people compared with; for convergence pooled over questionnaires, whose values they are; "
            "empty: pooled"
        ),
        "context_b": _text(
            "the second one of the pair, or the observer, or those who are compared; empty: pooled, or no pair"
        ),
        "replicate": Column("Int64", "number of the replicate; empty: pooled", nullable=True),
        "estimate": _number("the estimate; empty: not estimable"),
        "lower": _number("lower end of the interval for these contexts"),
        "upper": _number("upper end of the interval for these contexts"),
        "se": _number("standard error over respondents"),
        "contexts_lower": _number("lower end of the interval for contexts like these"),
        "contexts_upper": _number("upper end of the interval for contexts like these"),
        "contexts_se": _number("standard error over respondents and contexts"),
        "contexts_status": _text(
            "ok; few_contexts: fewer than four topics; these_contexts: the row is about particular contexts, "
            "or has the interval for these contexts alone; no_interval: it has neither; not_estimable: "
            "without some topic or respondents there is no estimate"
        ),
        "n": Column("Int64", "number of respondents", nullable=True),
        "undefined": Column(
            "Int64",
            "number of undefined correlations, improper fits, or answers left out",
            nullable=True,
        ),
        "null_mean": _number("mean under random answers"),
        "null_sd": _number("standard deviation under random answers"),
        "method": _text("method of estimation and of the interval"),
        "status": _text(
            "ok, or the reason why there is no estimate; below_least_validity: there is one, too low to show "
            "what the observer says"
        ),
    },
    "null": {
        "instrument": _text("name of the questionnaire"),
        "quantity": _text("name of the quantity that is estimated"),
        "level": _text("level of the figure: the dimensions over which it is not averaged"),
        "unit": _whole(
            "position of the value, from 0; 0 also if the figure is averaged over values"
        ),
        "mean": _number("mean under random answers"),
        "sd": _number("standard deviation under random answers"),
    },
    "draws": {
        "instrument": _text("name of the questionnaire"),
        "quantity": _text("name of the pooled quantity that is estimated"),
        "draw": _whole(
            "number of the draw, from 0; a number stands for the same respondents in all tables. If "
            "`without` is not empty: number of the group of respondents that is left out; 0: nobody"
        ),
        "without": Column(
            "Int64",
            "number of the topic that is left out; 0: none; empty: a bootstrap draw",
            nullable=True,
        ),
        "facet": _text("facet over whose levels the figure is; empty: at the first levels"),
        "without_level": Column(
            "Int64",
            "number of the facet's level that is left out; 0: none; empty: not over levels",
            nullable=True,
        ),
        "estimate": _number("the estimate in this draw; empty: undefined"),
        "respondents": _whole("number of respondents from which it draws"),
        "seed": _text("seed of the draws"),
    },
    "power": {
        "population": _text("name of the population, a set of personas"),
        "instrument": _text("name of the questionnaire"),
        "quantity": _text("name of the quantity that is compared"),
        "model_a": _text("name of the first model"),
        "model_b": _text("name of the second model"),
        "personas": _whole("number of personas in the planned design"),
        "contexts": _whole("number of contexts in the planned design"),
        "replicates": _whole("number of replicates in the planned design"),
        "difference": _number("mean difference of the two models in the simulated studies"),
        "se": _number("standard error of the difference in this design"),
        "power": _number(
            "share of the simulated studies in which the study's own test is significant"
        ),
        "detectable": _number("the difference that is significant in 80 % of studies"),
        "topics": _text(_TOPICS),
        "simulations": _whole("number of simulated studies"),
    },
    "designs": {
        "population": _text("name of the population, a set of personas"),
        "instrument": _text("name of the questionnaire"),
        "model": _text("name of the model"),
        "quantity": _text(
            "rank_order or ipsative: simulated in the design; g_coefficient or phi_coefficient: projected "
            "from the finished study's components"
        ),
        "personas": Column(
            "Int64", "number of personas in the planned design; empty: any", nullable=True
        ),
        "contexts": _whole("number of contexts in the planned design"),
        "replicates": _whole("number of replicates in the planned design"),
        "topics": _text(f"{_TOPICS}; empty: any"),
        "estimate": _number("mean figure of the simulated studies, or the projected coefficient"),
        "lower": _number(
            "lower end of the projected coefficient's interval, over respondents and contexts; over "
            "respondents alone if the finished study has fewer than four contexts"
        ),
        "upper": _number("upper end of the projected coefficient's interval"),
        "half_width": _number(
            "median half-width of the figure's interval in the simulated studies"
        ),
        "half_width_lower": _number(
            "lower end of the half-width's interval, for the design that answers which is precise enough"
        ),
        "half_width_upper": _number("upper end of the half-width's interval"),
        "simulations": _whole("number of simulated studies; 0: projected"),
    },
    "checks": {
        "title": _text("what is expected, and of which model and population"),
        "state": _text("failed, warning, not checked or passed"),
        "detail": _text("what was observed"),
        "about": _text(
            "subject of the check: figures, references, contamination, presentation, thoughts, service, "
            "personas, known groups, readouts, response style or invalid answers"
        ),
    },
    "comparisons": {
        "level": _text("what is compared: model or family"),
        "model_a": _text("name of the first model or family"),
        "model_b": _text("name of the second model or family"),
        "population": _text("name of the population, a set of personas"),
        "instrument": _text("name of the questionnaire"),
        "quantity": _text("name of the quantity that is compared"),
        "facet": _text(
            "facet over whose levels the compared figure is, such as wording; empty: at the first levels"
        ),
        "difference": _number("estimate of the first minus that of the second"),
        "lower": _number("lower end of the interval of the difference"),
        "upper": _number("upper end of the interval of the difference"),
        "p": _number("two-sided p-value for no difference"),
        "p_adjusted": _number(
            "p adjusted by Benjamini-Hochberg over the pairs of the same quantity, facet, method, population "
            "and instrument"
        ),
        "method": _text(
            "paired_contexts: for contexts like these; paired_bootstrap: for these contexts; t_test: as in "
            "the original study. Over a facet's levels: paired_contexts_levels: for contexts and levels like "
            "these; paired_levels: for these contexts and levels like these; paired_contexts: for contexts "
            "like these and these levels; paired_respondents: for these contexts and levels"
        ),
        "status": _text("ok, or the reason why there is no comparison"),
    },
}
