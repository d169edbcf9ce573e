"""Words of replies in six languages and in Chinese: what stands before a letter that names an option."""

from typing import NamedTuple


class Cue(NamedTuple):
    """Words of some languages after which a letter names an option.

    Attributes:
        cue: the words.
        fillers: what may stand between them and the letter.
        letters: capital letters that are words of these languages.
    """

    cue: str
    fillers: str
    letters: str


def _cue(words: str, fillers: str, letters: str, more: str = "", signs: str = "") -> Cue:
    """Return a cue: words and fillers of a language that has blanks between words, and signs of one without."""
    between = rf"(?:(?:\s+(?:{fillers})\b){signs}|\s*[:=])*\s*\(?\s*"
    return Cue(rf"(?:\b(?:{words})\b{more})", between, letters)


CUES = (
    _cue(
        "answer|choice|option|letter|response|choose|chose|pick|select|go with|go for|would say",
        "is|was|be|would be|will be|option|letter", "AI", "|答案|选择|选", "|是|为",
    ),
    _cue(  # German
        "antwort|antworte|möglichkeit|buchstaben?|wahl|auswahl|wähle|wählte|nehme|nähme|"
        "entscheide mich für|entscheidung|bin für|würde sagen|lösung",
        "ist|wäre|lautet|fällt auf|mit|die|der|den|das|option|antwort|möglichkeit|buchstaben?", "",
    ),
    _cue(  # Spanish
        "respuesta|opci[óo]n|letra|elecci[óo]n|elijo|elegir[íi]a|escojo|escoger[íi]a|selecciono|"
        "me quedo con|opto por|dir[íi]a",
        "es|ser[íi]a|la|opci[óo]n|letra|respuesta", "AEIOUY",
    ),
    _cue(  # French
        "r[ée]ponse|lettre|choix|choisis|choisirais|s[ée]lectionne|opte pour|opterais pour|prends|"
        "dirais",
        "est|serait|la|l'option|option|lettre|r[ée]ponse", "AY",
    ),
    _cue(  # Italian
        "risposta|opzione|lettera|scelta|scelgo|sceglierei|seleziono|opto per|direi",
        "è|sarebbe|la|l'opzione|opzione|lettera|risposta", "AEIO",
    ),
    _cue(  # Portuguese
        "resposta|op[çc][ãa]o|letra|escolha|escolho|escolheria|seleciono|alternativa|opto por|fico com|diria",
        "é|seria|a|op[çc][ãa]o|letra|resposta|alternativa", "AEO",
    ),
)  # fmt: skip

ANSWER = (
    r"(?:[Tt]he |[Mm]y |[Dd]ie |[Mm]eine |[Ll]a |[Mm]i |[Mm]a |[Mm]ia |[Aa] |[Mm]inha )?"
    r"(?:[Aa]nswer|ANSWER|[Aa]ntwort|ANTWORT|[Rr]espuesta|RESPUESTA|[Rr][ée]ponse|R[ÉE]PONSE|"
    r"[Rr]isposta|RISPOSTA|[Rr]esposta|RESPOSTA)"
)
"""The word with which a reply may begin, before its letter."""

OPTION = (
    r"(?i:option|letter|buchstabe|möglichkeit|opci[óo]n|letra|lettre|opzione|lettera|op[çc][ãa]o|"
    r"alternativa)"
)
"""The word that may stand before a letter in parentheses, or before the second of two."""

BECAUSE = "because|since|weil|denn|porque|ya que|car|parce que|puisque|perch[ée]|poich[ée]|pois"
"""Words with which a reason follows the letter."""

OR = "or|and|to|through|oder|und|bis|noch|et|ou|y|o|e|ni|né|nem"
"""Words that join two letters, so that none is named."""

NOT = (
    r"not|nor|never|neither|cannot|rather than|instead of|"
    r"nicht|nie|niemals|weder|kein|keine|keinen|keinesfalls|statt|anstatt|"
    r"no(?=\s+(?:es|era|ser[íi]a|elijo|elegir[íi]a|escojo|escoger[íi]a|la|opci[óo]n|letra)\b|\s+$)|nunca|"
    r"en vez de|en lugar de|"
    r"pas|jamais|au lieu de|plutôt que|"
    r"non|invece di|piuttosto che|"
    r"não|nem|em vez de|em lugar de"
)
"""Words after which an option is named as the one that is not meant."""
