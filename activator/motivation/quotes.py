"""Evidence in customers' own words, with everything that could name a person taken out first."""

import re
from collections.abc import Iterable

LENGTH_MAX = 120
WORDS_MIN = 4
HIDDEN = "[…]"

NAME = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’\-]+"
PATTERNS = (
    re.compile(r"[^\s@<>]+@[^\s@<>]+"),  # e-mail addresses, and handles after a word
    re.compile(r"(?<!\w)@\w[\w.]*"),
    re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE),
    re.compile(r"\b[\w\-]+\.(?:com|net|org|de|at|ch|co|uk|fr|nl|eu|io|shop|info)\b\S*", re.IGNORECASE),
    re.compile(r"\+?\(?\d(?:[\s().\-/]{0,2}\d){4,}"),  # five digits or more, however they are grouped
    re.compile(r"#\s?\w*\d\w*"),
    re.compile(r"\b(?=\w*\d\w*\d\w*\d)(?=\w*[A-Za-z])\w{5,}\b"),  # order numbers such as AB123
    re.compile(r"\b[A-Z]{2}\d{2}(?:\s?\w{4}){3,}\b"),
)
# What stands before a name; the name itself is hidden, with a second word if there is one.
INTRODUCTIONS = "|".join(
    (
        r"I['’]?m|I am|[Mm]y name['’]s|[Tt]his is|[Nn]amed|[Cc]alled|[Aa]sk for|[Ss]igned,?|[Tt]hanks(?: to|,)?",
        r"[Tt]hank you,?|[Rr]egards,?|[Cc]heers,?|[Ss]incerely,?|[Yy]ours,?|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?|Sir",
        r"[Ii]ch bin|[Ii]ch hei(?:ß|ss)e|Herrn?|Frau|[Gg]r(?:ü|ue)(?:ß|ss)e,?|[Mm]eine? (?:Mann|Frau|Sohn|Tochter),?",
        r"[Mm]y (?:son|daughter|husband|wife|sister|brother|mother|father|mom|mum|dad|friend|colleague|boss),?",
    )
)
INTRODUCED = re.compile(rf"\b({INTRODUCTIONS})(\s+){NAME}(?:\s+{NAME})*")
STATED = re.compile(r"\b(my name is|call me|mein name ist)(\s+)[\w'’\-]+", re.IGNORECASE)  # in any spelling
SIGNATURE = re.compile(rf"([-–—~,/]\s*){NAME}(?:\s+{NAME})*(?:\s+[A-Z])?\s*\.?$")
FULL_NAME = re.compile(rf"(?<=[a-z,] ){NAME}\s+{NAME}")  # two capitalised words within a sentence


def mask(text: str) -> str:
    """The text on one line, without addresses, numbers of five digits or more, links, and names we can recognise."""
    printable = "".join(character if character.isprintable() else " " for character in text)  # no bidi marks either
    masked = " ".join(printable.split())
    for pattern in PATTERNS:
        masked = pattern.sub(HIDDEN, masked)
    for pattern in (STATED, INTRODUCED):
        masked = pattern.sub(lambda match: f"{match[1]}{match[2]}{HIDDEN}", masked)
    masked = SIGNATURE.sub(lambda match: f"{match[1]}{HIDDEN}", masked)
    return FULL_NAME.sub(HIDDEN, masked)


def shorten(text: str, length_max: int = LENGTH_MAX) -> str:
    """At most length_max characters, cut between words."""
    if len(text) <= length_max:
        return text
    cut = text[: length_max - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:.-") + "…"


def choose_quotes(comments: Iterable[str], wanted: int = 3) -> tuple[str, ...]:
    """The first `wanted` different comments that say something, masked and shortened; order is the caller's."""
    quotes: dict[str, None] = {}
    for comment in comments:
        quote = shorten(mask(comment))
        if len(quote.replace(HIDDEN, "").split()) >= WORDS_MIN:
            quotes.setdefault(quote)
        if len(quotes) == wanted:
            break
    return tuple(quotes)
