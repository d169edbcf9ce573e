"""Which option the words of a reply name: one reader for services and for models that run here (methods 3)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from holdfast.inference.prompting import reply_words as words
from holdfast.inference.prompting.thinking import without_thoughts

_BEFORE = rf"\s*(?:{words.ANSWER}\s*:?)?\s*\(?\s*"
_AFTER = rf"[ \t]*(?:$|\n|\.(?!\w)|[):;,(!]|[-–—]|(?:{words.BECAUSE})\b)"
_AFTER_SMALL = r"[ \t]*(?:$|\n|\.(?:\s|$)|[):])"  # a lower-case letter may be a word's
_DENIED = rf"(?i)(?:\b(?:{words.NOT})|n't)\s+(?:\w+\s+){{0,2}}(?:{words.OPTION}\s+)?\(?$"
_JOINED = rf"\)?\s*(?:\b(?:{words.OR})\b|[/&,])\s*(?:{words.OPTION}\s+)?\(?"
_BREAKS = r"[.:!?()\n]"
_COMMAND = re.compile(r"\\[A-Za-z]+\s*\{([^{}]*)\}")  # \boxed{B}, \text{B}
_OPENED = re.compile(r"\\[A-Za-z]+\s*\(")  # the same, where the reply goes on
_LISTED = re.compile(r"(?m)^[ \t]*(?:[>+-]+[ \t]+)+")  # quoted, or one of a list
_TAGS = re.compile(r"</?(?:b|i|em|strong|p|br|span|code|answer|final)\b[^>]*>")
_MARKS = re.compile(r"""[*_`$~#"“”„«»]|\\[()\[\]]|(?<!\w)['‘’]|['‘’](?!\w)""")
_BRACKETS = str.maketrans("[]{}<>【】「」『』〔〕〈〉。、", "()()()()()()()().,")


def named_option(text: str, letters: str, options: Sequence[str] = (), prefill: str = "") -> str:
    """Return the letter of the one option that a reply names; empty: none, or several.

    Thoughts are left out, and so are marks of emphasis, of formulas and of quotation. An option is named by
    its letter in parentheses, anywhere; by its letter at the beginning, or after a word such as "answer" or
    "option", where no further word is joined to it; or by its own text, as a whole line or sentence, or
    after a colon or a letter. All that is found must name the same option.
    "This is not like me" does not name "like me"; "(A) or (B)", "A or B" and "A horse" name nothing. Without
    a letter, nor does a reply in which another option's text stands too: "Like me. Or not like me."

    Args:
        text: the reply.
        letters: of the options, in the order shown.
        options: their texts, in the same order; none: letters alone are looked for.
        prefill: the wording's; a reply may begin with it, as with "Answer: (".
    """
    plain = _without_prefill(plain_text(text), prefill)
    lone = rf"[{letters}](?=\s*(?:$|[^\w\s'’]))"
    if re.search(rf"(?<![\w'’])[{letters}]{_JOINED}{lone}", plain):
        return ""
    found = set(_lettered(plain, letters))
    if not found and len(_mentioned(plain, options)) > 1:
        return ""
    clauses = {_words(c) for c in (plain, *plain.splitlines(), *re.split(_BREAKS, plain))}
    found |= {x for x, o in zip(letters, options, strict=False) if _words(plain_text(o)) in clauses}
    return found.pop() if len(found) == 1 else ""


def named_place(text: str, labels: str, options: Sequence[str], prefill: str = "") -> int:
    """Return the place of the one option that a reply names, from 0; -1: none, or several.

    Args:
        text: the reply.
        labels: of the options, a character each; empty: they are named by their texts alone.
        options: their texts, in the order shown.
        prefill: as `named_option` has it.
    """
    none = "".join(chr(0xE000 + i) for i in range(len(options)))  # characters that no reply has
    named = named_option(text, labels or none, options, prefill)
    return (labels or none).index(named) if named else -1


def plain_text(text: str) -> str:
    """Return a reply without thoughts and marks, with full-width characters as usual ones.

    A reply whose thought has no end says nothing.
    """
    said, unended = without_thoughts(text)
    if unended:
        return ""
    plain = unicodedata.normalize("NFKC", said)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    while _COMMAND.search(plain):
        plain = _COMMAND.sub(r"(\1)", plain)
    plain = _LISTED.sub("", _MARKS.sub("", _TAGS.sub("", plain))).translate(_BRACKETS)
    while "((" in plain and "))" in plain:
        plain = plain.replace("((", "(").replace("))", ")")
    return plain.strip()


def before_letter(text: str, prefill: str = "") -> bool:
    """Tell whether nothing but a prefill or the likes of it stands in a text: the letter may come next."""
    plain = _without_prefill(_OPENED.sub("", plain_text(text)), prefill)
    return not without_thoughts(text)[1] and re.fullmatch(_BEFORE, plain) is not None


def _without_prefill(plain: str, prefill: str) -> str:
    """Return a plain reply without the wording's prefill, if that is none that every reader knows."""
    stem = re.sub(r"[(\s]+$", "", plain_text(prefill))
    if not stem or re.fullmatch(_BEFORE, stem):
        return plain
    return re.sub(rf"(?i)^{re.escape(stem)}(?!\w)\s*", "", plain)


def _lettered(plain: str, letters: str) -> Iterator[str]:
    """Yield the letters by which a text names options, each as often as it does."""
    small = letters.lower()
    if first := re.match(
        rf"{_BEFORE}(?:([{letters}])(?={_AFTER})|([{small}])(?={_AFTER_SMALL}))", plain
    ):
        letter = (first[1] or first[2]).upper()
        if not (letter == "I" and plain[first.end() :].lstrip().startswith(",")):  # "I, for one, …"
            yield letter
    inside = rf"(?<![a-zà-öø-ÿ])\(\s*(?:{words.OPTION}\s+)?([A-Za-z1-9])\s*\)"  # no "tired(a)"
    cued = [rf"(?i:{of.cue}{of.fillers})(?:{_named(letters, of.letters)})" for of in words.CUES]
    ends = rf":\s*\(?([{letters}])\)?[.!]?\s*(?:$|\n)"
    for pattern in (inside, *cued, ends):
        for match in re.finditer(pattern, plain):
            letter = next(x for x in match.groups() if x).upper()
            if letter in letters and not re.search(_DENIED, plain[: match.start()]):
                yield letter


def _named(letters: str, also_words: str) -> str:
    """Return what finds a letter after a cue; one that is a word, or small, must end its sentence or clause."""
    strict = "".join(x for x in letters if x in also_words) + letters.lower()
    others = "".join(x for x in letters if x not in also_words) or "\0"
    return rf"([{others}])(?![\w'’])|([{strict}])(?=\s*(?:$|[^\w\s'’]))"


def _mentioned(text: str, options: Sequence[str]) -> set[str]:
    """Return the options whose texts stand in an answer, not counting those within a longer one."""
    if not options:
        return set()
    longest_first = sorted((_words(o) for o in options), key=len, reverse=True)
    any_option = "|".join(re.escape(o) for o in longest_first)
    return set(re.findall(rf"(?<!\w)(?:{any_option})(?!\w)", _words(text)))


def _words(text: str) -> str:
    """Return a text's words in lower case, without what stands around them."""
    return " ".join(text.casefold().split()).strip(" .,:;!?()[]\"'*“”‘’–—")
