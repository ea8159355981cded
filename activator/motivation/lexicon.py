"""The lexicon: which words speak of which motive, in editable files, one per language.

A lexicon was chosen over models because it can be read and corrected by the people who know the customers, says which
words decided, and abstains; a sentence model reached similar accuracy for 88 MB and minutes instead of seconds
(docs/explanation/motivation.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr

from activator.config.documents import Document, read_document, validate


def _lower(phrase: str) -> str:
    if phrase != phrase.lower():
        message = f"`{phrase}` must be in lower case"
        raise ValueError(message)
    return phrase


Phrase = Annotated[
    StrictStr, AfterValidator(_lower), Field(pattern=r"^[^\W_]+(?:'[^\W_]+)*\*?(?: (?:~ )?[^\W_]+(?:'[^\W_]+)*\*?)*$")
]
Motive = Literal[
    "status", "efficiency", "risk", "price", "convenience", "values", "belonging", "enjoyment", "novelty", "quality"
]  # fmt: skip
MOTIVES: tuple[Motive, ...] = get_args(Motive)
WEIGHTS = {"strong": 3, "fair": 2, "weak": 1}
SHIPPED = ("en", "de")
FUNCTION_WORDS_MIN = 20


class CuesSection(BaseModel):
    """The cues of one motive, by weight: 3, 2 and 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strong: tuple[Phrase, ...] = ()
    fair: tuple[Phrase, ...] = ()
    weak: tuple[Phrase, ...] = ()


class LexiconFile(BaseModel):
    """One lexicon file as it is written.

    An overlay (`extends: true`) changes the shipped lexicon of its language: what it names moves to where it names it,
    what stands under `without` goes, and word lists are added to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    extends: bool = False
    without: tuple[Phrase, ...] = ()
    function_words: tuple[Phrase, ...] = ()
    common_words: tuple[Phrase, ...] = ()
    foreign_words: tuple[Phrase, ...] = ()
    negations: tuple[Phrase, ...] = ()
    contrasts: tuple[Phrase, ...] = ()
    negated: dict[Phrase, Motive | Literal["none"]] = Field(default_factory=dict)
    indifference: tuple[Phrase, ...] = ()
    motives: dict[Motive, CuesSection] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a cue. prefix: stands for every word beginning so; after_gap: up to four words may come before."""

    word: str
    prefix: bool
    after_gap: bool

    def fits(self, token: str) -> bool:
        """Whether a token of a comment is this word."""
        return token.startswith(self.word) if self.prefix else token == self.word


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase and what it says. motive is None for a phrase of indifference; weight is 0 there."""

    phrase: str
    parts: tuple[Part, ...]
    motive: str | None
    weight: int


@dataclass(frozen=True, slots=True)
class CueIndex:
    """Cues by their first word, so that a comment is read once whatever the size of the lexicon."""

    exact: dict[str, tuple[Cue, ...]]
    prefixes: dict[str, tuple[Cue, ...]]
    prefix_lengths: tuple[int, ...]
    seen: dict[str, tuple[Cue, ...]] = field(default_factory=dict)

    def starting_with(self, token: str) -> tuple[Cue, ...]:
        """The cues whose first word a token is; remembered, since few words make up most of all text."""
        found = self.seen.get(token)
        if found is None:
            by_prefix = (self.prefixes.get(token[:n], ()) for n in self.prefix_lengths if n <= len(token))
            found = self.exact.get(token, ()) + tuple(cue for cues in by_prefix for cue in cues)
            self.seen[token] = found
        return found


@dataclass(frozen=True, slots=True)
class Pack:
    """One language, ready for reading comments."""

    language: str
    cues: CueIndex
    overrides: CueIndex
    negations: frozenset[tuple[str, ...]]
    negation_starts: frozenset[str]
    contrasts: frozenset[str]
    function_words: frozenset[str]
    known_words: frozenset[str]
    foreign_words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The packs by language code, and the files they were made from."""

    packs: dict[str, Pack]
    contents: dict[str, LexiconFile]


def shipped_lexicon() -> Lexicon:
    """English and German as shipped in mappings/lexicon."""
    folder = Path(str(files("mappings").joinpath("lexicon")))
    return load_lexicon([folder / f"{language}.yaml" for language in SHIPPED])


def load_lexicon(paths: Sequence[Path], base: Lexicon | None = None) -> Lexicon:
    """Read lexicon files; of two with the same language the later one counts, an overlay on top of the earlier.

    Raises:
        ConfigurationError: names file, line and field: a file is unreadable, a phrase malformed or under two motives,
            an overlay has nothing to lie on, or a lexicon too few function words to tell its language.
    """
    contents = dict(base.contents) if base else {}
    for path in paths:
        document = read_document(path)
        content = validate(document, LexiconFile)
        _refuse_doubles(document, content)
        contents[content.language] = _laid(document, contents.get(content.language), content)
    return Lexicon({language: _pack(content) for language, content in contents.items()}, contents)


def _laid(document: Document, below: LexiconFile | None, content: LexiconFile) -> LexiconFile:
    """The file itself, or the one below it changed by it."""
    if not content.extends:
        if len(content.function_words) < FUNCTION_WORDS_MIN:
            message = f"at least {FUNCTION_WORDS_MIN} everyday words are needed to tell the language"
            raise document.error(("function_words",), message, "Or say `extends: true` to change a shipped lexicon.")
        return content
    if below is None:
        message = f"there is no lexicon of `{content.language}` to extend"
        raise document.error(("extends",), message, f"Shipped: {', '.join(SHIPPED)}.")
    moved = {phrase for _, _, phrase in _phrases(content)} | set(content.without)
    motives = {}
    for motive in MOTIVES:
        old, new = below.motives.get(motive, CuesSection()), content.motives.get(motive, CuesSection())
        weights = {
            weight: (*(phrase for phrase in getattr(old, weight) if phrase not in moved), *getattr(new, weight))
            for weight in WEIGHTS
        }
        motives[motive] = CuesSection(**weights)
    lists = ("function_words", "common_words", "foreign_words", "negations", "contrasts", "indifference")
    added = {name: (*getattr(below, name), *getattr(content, name)) for name in lists}
    return below.model_copy(update={**added, "motives": motives, "negated": {**below.negated, **content.negated}})


def parse_phrase(phrase: str) -> tuple[Part, ...]:
    """The words of a phrase as it is written in a lexicon file."""
    parts: list[Part] = []
    gap = False
    for word in phrase.split(" "):
        if word != "~":
            parts.append(Part(word.rstrip("*"), word.endswith("*"), gap))
        gap = word == "~"
    return tuple(parts)


def _pack(content: LexiconFile) -> Pack:
    cues = [Cue(phrase, parse_phrase(phrase), motive, WEIGHTS[weight]) for motive, weight, phrase in _phrases(content)]
    indifferent = [Cue(phrase, parse_phrase(phrase), None, 0) for phrase in content.indifference]
    overrides = [
        Cue(phrase, parse_phrase(phrase), None if motive == "none" else motive, WEIGHTS["fair"])
        for phrase, motive in content.negated.items()
    ]
    function_words = frozenset(content.function_words)
    whole_words = {part.word for cue in cues for part in cue.parts if not part.prefix}
    return Pack(
        language=content.language,
        cues=_index([*cues, *indifferent]),
        overrides=_index(overrides),
        negations=frozenset(tuple(phrase.split(" ")) for phrase in content.negations),
        negation_starts=frozenset(phrase.split(" ")[0] for phrase in content.negations),
        contrasts=frozenset(content.contrasts),
        function_words=function_words,
        known_words=function_words | frozenset(content.common_words) | whole_words,
        foreign_words=frozenset(content.foreign_words) - function_words,
    )


def _phrases(content: LexiconFile) -> Iterator[tuple[Motive, str, str]]:
    for motive in MOTIVES:
        section = content.motives.get(motive)
        if section is not None:
            yield from ((motive, weight, phrase) for weight in WEIGHTS for phrase in getattr(section, weight))


def _refuse_doubles(document: Document, content: LexiconFile) -> None:
    first: dict[str, str] = {}
    for motive, weight, phrase in _phrases(content):
        if phrase in first:
            message = f"`{phrase}` already stands under {first[phrase]}"
            raise document.error(("motives", motive, weight), message, "Keep it under one motive.")
        first[phrase] = motive


def _index(cues: Sequence[Cue]) -> CueIndex:
    exact: dict[str, list[Cue]] = {}
    prefixes: dict[str, list[Cue]] = {}
    for cue in cues:
        first = cue.parts[0]
        (prefixes if first.prefix else exact).setdefault(first.word, []).append(cue)
    return CueIndex(
        {word: tuple(found) for word, found in exact.items()},
        {word: tuple(found) for word, found in prefixes.items()},
        tuple(sorted({len(word) for word in prefixes})),
    )
