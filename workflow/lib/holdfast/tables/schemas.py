"""Every table that goes from room to room: its columns, their types and what they mean."""

import pandera.pandas as pa


def _column(kind: str, nullable: bool = False, description: str = "") -> pa.Column:
    return pa.Column(kind, nullable=nullable, coerce=True, description=description)


def _schema(**columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _text(description: str) -> pa.Column:
    return _column("str", description=description)


def _whole(description: str) -> pa.Column:
    return _column("int64", description=description)


def _text_if_any(description: str) -> pa.Column:
    """Return a column that is left out where the study has nothing for it."""
    return pa.Column("str", coerce=True, required=False, description=description)


def _whole_if_any(description: str) -> pa.Column:
    return pa.Column("int64", coerce=True, required=False, description=description)


def _number(description: str) -> pa.Column:
    return _column("float64", nullable=True, description=description)


_WHO = {
    "model": _text("the model's name in the registry"),
    "population": _text("the set of personas"),
    "respondent": _text("the persona's id"),
    "context": _text("what precedes the questionnaire; none: nothing"),
    "replicate": _whole("which repetition, from 1"),
}
_ITEM = {
    **_WHO,
    "instrument": _text("the questionnaire"),
    "item": _whole("the item's number"),
}

SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "personas": _schema(
        population=_text("the set of personas"),
        respondent=_text("the persona's id"),
        name=_text("the persona's name; empty: no persona"),
        gender=_text("female, male or neutral: the questionnaire's form"),
        description=_text("what the model is told of the persona"),
        group=_text("a known group, as hero and villain"),
        source=_text("where the facts come from"),
    ),
    "profiles": _schema(
        population=_text("the set of personas"),
        respondent=_text("the persona's id"),
        value=_text("the value"),
        latent=_number("its true importance for the persona, on the rating scale"),
    ),
    "contexts": _schema(
        context=_text("the context's name"),
        topic=_text("the conversation's topic; empty: no conversation"),
        domain=_text("technical, creative, social or factual"),
        opening=_text("the interlocutor's opening message"),
        messages=_whole("messages after the opening one"),
        conversation=_text(
            "which conversation precedes it; contexts of one name share its beginning"
        ),
        interlocutor=_text_if_any(
            "persona: another one of the population; NAME: one of that population; empty: a human; only where "
            "some interlocutor is a persona"
        ),
        text=_text_if_any("the kind of preset text; empty: none; only where there are texts"),
        reasoning=_whole_if_any(
            "reasoning turns after the messages; only where there are reasoning turns"
        ),
    ),
    "encounters": _schema(
        population=_text("the set of personas"),
        respondent=_text("the persona's id"),
        setting=_text("the context's name, without its length"),
        interlocutor=_text("id of the persona that is met; empty: a text is read"),
        name=_text("its name"),
        description=_text("what the model is told of it"),
        title=_text("the text that is read; empty: a persona is met"),
        text=_text("the text as it is shown"),
    ),
    "conversations": _schema(
        **_WHO,
        turn=_whole("0: the opening message"),
        speaker=_text("interlocutor or persona"),
        text=_text("the message"),
        tokens=_whole("tokens of the message; 0: not generated"),
        status=_text(
            "opening; given: not generated; ok; cut: it reached max_new_tokens; empty: nothing was said; "
            "failed: no reply"
        ),
        prompt=_text("hash of the rendered prompt; empty: not generated"),
        interlocutor=_text_if_any(
            "id of the persona that the interlocutor is; empty: a human; only where some is a persona"
        ),
    ),
    "responses": _schema(
        **_ITEM,
        order=pa.Column(object, description="the ratings behind the letters, in the order shown"),
        answer=_text("the letter chosen; empty: none"),
        logprobs=pa.Column(
            object, description="log-probabilities of the letters, in the order shown"
        ),
        mass=_number("probability of all letters together, 0 to 1"),
        status=_text("ok, or why there is no answer"),
        readout=_text(
            "how the answer was read: generate, cot or logit; from a server, top_logprobs or text for logit"
        ),
        prompt=_text("hash of the rendered prompt"),
        revision=_text("the model's revision"),
        said=_text_if_any("the generated answer, as it was said; only with the readout generate"),
        reasoning=_text_if_any("what was said before the answer; only with the readout cot"),
        step=_text_if_any(
            "of a cumulative questionnaire. rating: an item's rating. most, least: the choice of a list's most "
            "or least important value; `item` is then the value chosen, 0 for none, and `order` has the "
            "items' numbers. Empty: the item was asked by itself"
        ),
    ),
    "ratings": _schema(
        **_ITEM,
        value=_text("the value that the item belongs to"),
        rating=_number("the rating chosen; empty: none"),
        expected=_number("mean rating under the option probabilities"),
        position=_whole("place of the chosen option, from 1; 0: none"),
        mass=_number("probability of all letters together, 0 to 1"),
        entropy=_number("of the options' probabilities; 0: one option, 1: all equal"),
        status=_text("ok, random (drawn for an invalid answer), or why there is no answer"),
    ),
    "values": _schema(
        **_WHO,
        instrument=_text("the questionnaire"),
        value=_text("the value"),
        score=_number("mean rating of the value's items"),
        centred=_number(
            "score less the respondent's mean rating in this administration; the score itself where the "
            "instrument is not centred"
        ),
        items=_whole("items answered"),
    ),
    "estimates": _schema(
        quantity=_text("what is estimated"),
        model=_text("the model; empty: a family's figure"),
        family=_text("the model's family"),
        population=_text("the set of personas"),
        instrument=_text("the questionnaire"),
        value=_text(
            "the value; empty: pooled; of value_behaviour_link: questionnaire × value × the task's group, "
            "without a group: all groups together"
        ),
        context_a=_text(
            "first context of the pair, a length, a domain, or a readout; empty: pooled"
        ),
        context_b=_text("second of the pair; empty: pooled"),
        replicate=_column("Int64", nullable=True, description="the repetition; empty: pooled"),
        estimate=_number("the estimate; empty: not estimable"),
        lower=_number("lower end of the interval"),
        upper=_number("upper end of the interval"),
        se=_number("standard error"),
        n=_column("Int64", nullable=True, description="respondents"),
        undefined=_column(
            "Int64",
            nullable=True,
            description="undefined correlations, improper fits, or answers left out",
        ),
        null_mean=_number("mean under random answers"),
        null_sd=_number("standard deviation under random answers"),
        method=_text("how it was estimated"),
        status=_text("ok, or why there is no estimate"),
    ),
    "null": _schema(
        instrument=_text("the questionnaire"),
        quantity=_text("what is estimated"),
        level=_text("what it is not averaged over"),
        unit=_whole("place of the value, from 0; 0 also where values are not apart"),
        mean=_number("mean under random answers"),
        sd=_number("standard deviation under random answers"),
    ),
    "draws": _schema(
        instrument=_text("the questionnaire"),
        quantity=_text("what is estimated, pooled"),
        draw=_whole("which draw of respondents, from 0; the same respondents in all tables"),
        estimate=_number("the figure in this draw; empty: undefined"),
        respondents=_whole("respondents drawn from"),
        seed=_text("of the draws"),
    ),
    "power": _schema(
        population=_text("the set of personas"),
        instrument=_text("the questionnaire"),
        quantity=_text("what is compared"),
        model_a=_text("the one"),
        model_b=_text("the other"),
        personas=_whole("of the design planned"),
        contexts=_whole("of the design planned"),
        replicates=_whole("of the design planned"),
        difference=_number("mean difference in the simulated studies"),
        se=_number("standard error of the difference in this design"),
        power=_number("share of the simulated studies with a significant difference"),
        detectable=_number("the difference that is significant in 80 % of studies"),
        simulations=_whole("studies simulated"),
    ),
    "checks": _schema(
        title=_text("what should be, and of which model and population"),
        state=_text("failed, warning, not checked or passed"),
        detail=_text("what was seen"),
        about=_text(
            "figures, references, contamination, personas, known groups, readouts, response style or "
            "invalid answers"
        ),
    ),
    "comparisons": _schema(
        level=_text("model or family"),
        model_a=_text("the one: a model, or a family"),
        model_b=_text("the other"),
        population=_text("the set of personas"),
        instrument=_text("the questionnaire"),
        quantity=_text("what is compared"),
        difference=_number("the figure of the one less that of the other"),
        lower=_number("lower end of the interval of the difference"),
        upper=_number("upper end of the interval of the difference"),
        p=_number("two-sided p of no difference"),
        p_adjusted=_number("the same, Benjamini-Hochberg over all pairs of the table's block"),
        method=_text("paired_bootstrap, or t_test as in the original study"),
        status=_text("ok, or why there is no comparison"),
    ),
}
