"""What stands below the figure of observers."""


def observer_caption(level: str, n: str, note: str) -> tuple[str, str, str]:
    """Return title, words for who can't see the figure, and caption.

    Args:
        level: how intervals are called.
        n: how many respondents there are.
        note: what is said of miniatures.
    """
    return (
        "Said and seen",
        "Dots and diamonds with intervals, one panel a model and observer: how what the observer makes of the "
        "conversations agrees with what is said of oneself, and with the true profile, value by value.",
        "An observer is a model that read a conversation, without the persona's description, and answered the "
        "questionnaire about who spoke. Dots: Spearman correlation over respondents of what they say of "
        "themselves with what the observer says of them, in the same context and replicate, mean over these. "
        "Diamonds: the observer with the profile behind the persona's description, where it is known. Upright "
        "lines: the ceiling that the reliability of both sides sets (geometric mean, between replicates); "
        "agreement can go beyond it, since both stand on the same conversation, whose chance words count as "
        "error in the ceiling. Grey: observers of other respondents, mean ± 2 SD. Below a panel's name: the "
        "observer's validity, its agreement with the truth in conversations that are known to show it; an "
        "observer that was not found valid is not shown. Agreement says neither that observer and self-report "
        "are right, nor, where it is low, which of them is wrong: a persona may not show what it says, and the "
        f"observer may not see what is shown. Bars: {level}, for conversations like these where there are four "
        f"topics or more. n = {n}. Undefined correlations are counted in the table of the figure."
        + note,
    )
