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

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr

from activator.config.documents import Document, read_document, validate


def _lower(phrase: str) -> str:
    if phrase != phrase.lower():
        message = f"`{phrase}` must be in lower case"
        raise ValueError(message)
    return phrase


Phrase = Annotated[
    StrictStr, AfterValidator(_lower), Field(pattern=r"^[^\W_]+(?:'[^\W_]+)*\*?(?: (?:~ )?[^\W_]+(?:'[^\W_]+)*\*?)*$")
]


def _split(written: object) -> object:
    """A list of phrases, or one text with commas between them: a long list is read ten times as fast so."""
    return [phrase.strip() for phrase in written.split(",") if phrase.strip()] if isinstance(written, str) else written


Phrases = Annotated[tuple[Phrase, ...], BeforeValidator(_split)]
Motive = Literal[
    "status", "efficiency", "risk", "price", "convenience", "values", "belonging", "enjoyment", "novelty", "quality"
]  # fmt: skip
MOTIVES: tuple[Motive, ...] = get_args(Motive)
NONE: Literal["none"] = "none"  # cues of what is no motive, e.g. size: where they weigh most, the comment has none
WEIGHTS = {"strong": 3, "fair": 2, "weak": 1}
SHIPPED = ("en", "en_apparel", "de")
FUNCTION_WORDS_MIN = 20
LISTS = ("function_words", "common_words", "foreign_words", "negations", "contrasts", "indifference")


class CuesSection(BaseModel):
    """The cues of one motive, by weight: 3, 2 and 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strong: Phrases = ()
    fair: Phrases = ()
    weak: Phrases = ()


class LexiconFile(BaseModel):
    """One lexicon file as it is written.

    An overlay (`extends: true`) changes the shipped lexicon of its language: what it names moves to where it names it,
    what stands under `without` goes, and word lists are added to. A file with a `topic` replaces the cues of its
    language in texts that hold `topic_words_min` of its `topic_words`: said of clothes, "heavy" and "tight" are size.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    topic: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")] | None = None
    topic_words: tuple[Phrase, ...] = ()
    topic_words_min: Annotated[int, Field(ge=1, le=20)] = 3
    extends: bool = False
    without: tuple[Phrase, ...] = ()
    function_words: tuple[Phrase, ...] = ()
    common_words: tuple[Phrase, ...] = ()
    foreign_words: tuple[Phrase, ...] = ()
    negations: tuple[Phrase, ...] = ()
    contrasts: tuple[Phrase, ...] = ()
    negated: dict[Phrase, Motive | Literal["none"]] = Field(default_factory=dict)
    indifference: tuple[Phrase, ...] = ()
    motives: dict[Motive | Literal["none"], CuesSection] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Language, and topic if it is for one."""
        return f"{self.language}/{self.topic}" if self.topic else self.language


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
class Starts:
    """The cues one word begins: those that go on with a certain next word, by it, and all others."""

    others: tuple[Cue, ...]
    followed: dict[str, tuple[Cue, ...]]

    def __bool__(self) -> bool:
        return bool(self.others or self.followed)


@dataclass(frozen=True, slots=True)
class CueIndex:
    """Cues by their first words, so that a comment is read once whatever the size of the lexicon."""

    exact: dict[str, tuple[Cue, ...]]
    prefixes: dict[str, tuple[Cue, ...]]
    prefix_lengths: tuple[int, ...]
    seen: dict[str, Starts] = field(default_factory=dict)

    def starting_with(self, token: str) -> Starts:
        """The cues whose first word a token is; remembered, since few words make up most of all text."""
        found = self.seen.get(token)
        if found is None:
            by_prefix = (self.prefixes.get(token[:n], ()) for n in self.prefix_lengths if n <= len(token))
            found = _starts(self.exact.get(token, ()) + tuple(cue for cues in by_prefix for cue in cues))
            self.seen[token] = found
        return found


def _starts(cues: Sequence[Cue]) -> Starts:
    others: list[Cue] = []
    followed: dict[str, tuple[Cue, ...]] = {}
    for cue in cues:
        second = cue.parts[1] if len(cue.parts) > 1 else None
        if second is None or second.prefix or second.after_gap:
            others.append(cue)
        else:
            followed[second.word] = (*followed.get(second.word, ()), cue)
    return Starts(tuple(others), followed)


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
    topics: tuple["Topic", ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """What is read with other cues: texts that hold at least `words_min` different ones of its words."""

    words: frozenset[str]
    words_min: int
    pack: Pack


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The packs by language code, and by language and topic the files they were made from."""

    packs: dict[str, Pack]
    contents: dict[str, LexiconFile]


def shipped_lexicon() -> Lexicon:
    """English (with one for clothes) and German as shipped in mappings/lexicon."""
    folder = Path(str(files("mappings").joinpath("lexicon")))
    return load_lexicon([folder / f"{name}.yaml" for name in SHIPPED])


def load_lexicon(paths: Sequence[Path], base: Lexicon | None = None) -> Lexicon:
    """Read lexicon files; of two with the same language the later one counts, an overlay on top of the earlier.

    Raises:
        ConfigurationError: names file, line and field: a file is unreadable, a phrase malformed or under two motives,
            an overlay or topic has nothing to lie on, or a lexicon too few function words to tell its language.
    """
    contents = dict(base.contents) if base else {}
    for path in paths:
        document = read_document(path)
        content = validate(document, LexiconFile)
        _refuse_doubles(document, content)
        contents = _laid(document, contents, content)
    packs = {}
    for content in contents.values():
        if content.topic is None:
            about = [each for each in contents.values() if each.topic and each.language == content.language]
            packs[content.language] = _pack(content, tuple(_topic(content, each) for each in about))
    return Lexicon(packs, contents)


def _laid(document: Document, below: dict[str, LexiconFile], content: LexiconFile) -> dict[str, LexiconFile]:
    """The lexicons below with a file laid on them: in place of one, or changing those it extends."""
    if content.extends:
        changed = [key for key in below if key == content.key or key.startswith(f"{content.key}/")]
        if not changed:
            message = f"there is no lexicon of `{content.key}` to extend"
            raise document.error(("extends",), message, f"There are: {', '.join(below) or 'none'}.")
        return below | {key: _extended(below[key], content) for key in changed}
    if content.topic is None:
        if len(content.function_words) < FUNCTION_WORDS_MIN:
            message = f"at least {FUNCTION_WORDS_MIN} everyday words are needed to tell the language"
            raise document.error(("function_words",), message, "Or say `extends: true` to change a shipped lexicon.")
        below = {key: each for key, each in below.items() if each.language != content.language}
    elif content.language not in below or len(content.topic_words) < content.topic_words_min:
        message = f"needs a lexicon of `{content.language}` below it, and topic_words to tell its texts by"
        raise document.error(("topic",), message, "Or leave `topic` out.")
    if not content.motives:
        raise document.error(("motives",), "has no cues", "Or say `extends: true` to change a shipped lexicon.")
    return below | {content.key: content}


def _extended(below: LexiconFile, content: LexiconFile) -> LexiconFile:
    """One lexicon changed by an overlay."""
    moved = {phrase for _, _, phrase in _phrases(content)} | set(content.without)
    motives: dict[Motive | Literal["none"], CuesSection] = {}
    for motive in (*MOTIVES, NONE):
        old, new = below.motives.get(motive, CuesSection()), content.motives.get(motive, CuesSection())
        weights = {
            weight: (*(phrase for phrase in getattr(old, weight) if phrase not in moved), *getattr(new, weight))
            for weight in WEIGHTS
        }
        motives[motive] = CuesSection(**weights)
    topic_words = (*below.topic_words, *content.topic_words) if below.topic else ()
    return below.model_copy(
        update={
            **{name: (*getattr(below, name), *getattr(content, name)) for name in LISTS},
            "topic_words": topic_words,
            "motives": motives,
            "negated": {**below.negated, **content.negated},
        }
    )


def _topic(base: LexiconFile, content: LexiconFile) -> Topic:
    """The lexicon of a topic, which reads negations and languages as its language does."""
    lists = {name: (*getattr(base, name), *getattr(content, name)) for name in LISTS}
    whole = content.model_copy(update={**lists, "negated": {**base.negated, **content.negated}})
    return Topic(frozenset(content.topic_words), content.topic_words_min, _pack(whole, ()))


def parse_phrase(phrase: str) -> tuple[Part, ...]:
    """The words of a phrase as it is written in a lexicon file."""
    parts: list[Part] = []
    gap = False
    for word in phrase.split(" "):
        if word != "~":
            parts.append(Part(word.rstrip("*"), word.endswith("*"), gap))
        gap = word == "~"
    return tuple(parts)


def _pack(content: LexiconFile, topics: tuple[Topic, ...]) -> Pack:
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
        topics=topics,
    )


def _phrases(content: LexiconFile) -> Iterator[tuple[Motive | Literal["none"], str, str]]:
    for motive in (*MOTIVES, NONE):
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
