"""Reading one comment: which motive it speaks of, or none. Pure; called for distinct comments only."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from activator.motivation.lexicon import NONE, Cue, CueIndex, Lexicon, Pack, Part

BREAK = "."  # stands for any punctuation that ends a thought
WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.,!?;:()\n]")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
CHARACTERS_MAX = 5_000  # the rest of a longer comment is not read
WINDOW = 3  # words a negation or a phrase of indifference reaches
GAP = 4  # words a gap in a cue may hold
SCORE_MIN = 2  # one fair cue; a weak one alone says nothing

# A text is taken for a language when this share of its words are everyday words of it. Short answers hold few of
# those, so most of their words must at least be known. On 2,531 Danish reviews a lexicon without this gate labelled
# 14 %, all noise.
FUNCTION_SHARE_MIN = 0.15
KNOWN_SHARE_MIN = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """motive None: the comment has none, or is in a language without a lexicon. confidence is between 0 and 1.

    second: the motive that speaks next loudest, if any does; phrases: the cues of the motive, heaviest first.
    """

    motive: str | None
    confidence: float
    language: str | None
    second: str | None = None
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found; positions are those of its words, gaps left out."""

    cue: Cue
    positions: tuple[int, ...]


Tokens: TypeAlias = Sequence[str]
NOTHING = Reading(None, 0.0, None)


@dataclass(frozen=True, slots=True)
class Heard:
    """A reading with what every motive weighed in it, loudest first; `none` is among them where its cues were found."""

    reading: Reading
    scores: Mapping[str, int]

    @property
    def motive(self) -> str | None:
        """The motive read."""
        return self.reading.motive

    @property
    def language(self) -> str | None:
        """The language read in."""
        return self.reading.language

    @property
    def spoken(self) -> list[str]:
        """The motives that weigh enough to be said, loudest first."""
        return [motive for motive, score in self.scores.items() if score >= SCORE_MIN]


def read_comment(text: str, declared_language: str, lexicon: Lexicon) -> Reading:
    """The motive of one comment.

    declared_language: e.g. "en" or "de-AT", '' where the export does not say; then the text itself decides.
    """
    return hear(text, declared_language, lexicon).reading


def hear(text: str, declared_language: str, lexicon: Lexicon) -> Heard:
    """The motive of one comment, and what every other weighed."""
    tokens = tokenise(text)
    pack = language_pack(tokens, declared_language, lexicon)
    if pack is None:
        return Heard(NOTHING, {})
    hits = _hits(tokens, _about(tokens, pack))
    ranked = _ranked(hits)
    scores = dict(ranked)
    if not ranked or ranked[0][1] < SCORE_MIN or ranked[0][0] == NONE:
        return Heard(Reading(None, 0.0, pack.language), scores)
    (motive, best), (second, next_best) = ranked[0], ranked[1] if len(ranked) > 1 else (None, 0)
    second = None if second == NONE else second
    decided = sorted((hit.cue for hit in hits if hit.cue.motive == motive), key=lambda cue: -cue.weight)
    confidence = round(best / (best + next_best + 1), 3)
    return Heard(Reading(motive, confidence, pack.language, second, tuple(cue.phrase for cue in decided)), scores)


def _ranked(hits: list[Hit]) -> list[tuple[str, int]]:
    """Motives and their scores; of two that weigh the same, the one with the heavier cue, then the one named first."""
    scores: dict[str, int] = {}
    heaviest: dict[str, int] = {}
    for hit in hits:
        motive = str(hit.cue.motive)
        scores[motive] = scores.get(motive, 0) + hit.cue.weight
        heaviest[motive] = max(heaviest.get(motive, 0), hit.cue.weight)
    return sorted(scores.items(), key=lambda item: (-item[1], -heaviest[item[0]]))


def _about(tokens: Tokens, pack: Pack) -> Pack:
    """The pack of the topic a text is about, or the general one."""
    for topic in pack.topics:
        if len(topic.words.intersection(tokens)) >= topic.words_min:
            return topic.pack
    return pack


def tokenise(text: str) -> list[str]:
    """Words in lower case; punctuation that ends a thought becomes BREAK. Tags and entities of web forms are undone."""
    plain = text[:CHARACTERS_MAX]
    if "<" in plain or "&" in plain:
        plain = TAG.sub(" . ", html.unescape(html.unescape(plain)))  # exports of web forms are often escaped twice
    plain = plain.lower().replace("’", "'")
    return [token if token[0].isalnum() else BREAK for token in WORDS.findall(plain)]


def language_pack(tokens: Tokens, declared: str, lexicon: Lexicon) -> Pack | None:
    """The pack to read with; None when the text is in none of its languages, or too strange to tell."""
    if declared:
        return lexicon.packs.get(declared[:2].lower())
    words = [token for token in tokens if token != BREAK]
    likely = [pack for pack in lexicon.packs.values() if _is_likely(words, pack)]
    return max(likely, key=lambda pack: _function_share(words, pack) + _known_share(words, pack), default=None)


def _is_likely(words: Tokens, pack: Pack) -> bool:
    enough = _function_share(words, pack) >= FUNCTION_SHARE_MIN or _known_share(words, pack) >= KNOWN_SHARE_MIN
    return enough and not _foreign(words, pack)


def _function_share(words: Tokens, pack: Pack) -> float:
    return _count(words, pack.function_words) / max(1, len(words))


def _known_share(words: Tokens, pack: Pack) -> float:
    known = sum(word in pack.known_words or bool(pack.cues.starting_with(word)) for word in words)
    return known / max(1, len(words))


def _foreign(words: Tokens, pack: Pack) -> bool:
    return _count(words, pack.foreign_words) > _count(words, pack.function_words)


def _count(words: Tokens, of: frozenset[str]) -> int:
    return sum(map(of.__contains__, words))


def _hits(tokens: Tokens, pack: Pack) -> list[Hit]:
    """What was said, in order: every cue once, the longer before the shorter, less those nobody cares about."""
    hits = _longest(_find(tokens, pack.cues))
    indifferent = [hit for hit in hits if hit.cue.motive is None]
    spoken = [hit for hit in hits if hit.cue.motive and not any(_near(tokens, hit, other) for other in indifferent)]
    overrides = _find(tokens, pack.overrides) if not pack.negation_starts.isdisjoint(tokens) else []
    negated = [hit for hit in overrides if _is_negated(tokens, hit.positions[0], pack)]
    said = [hit for hit in _turned_round(spoken, negated) if hit.cue.motive is not None]
    once = {hit.cue.phrase: hit for hit in sorted(said, key=lambda hit: hit.positions, reverse=True)}
    return sorted(once.values(), key=lambda hit: hit.positions)


def _turned_round(spoken: list[Hit], negated: list[Hit]) -> list[Hit]:
    """Replace what was found by what it means after a negation; a longer cue around the word stays as it is."""
    result = list(spoken)
    for override in negated:
        around = [hit for hit in result if set(hit.positions) & set(override.positions)]
        if all(len(hit.positions) <= len(override.positions) for hit in around):
            result = [hit for hit in result if hit not in around]
            result.append(override)
    return result


def _find(tokens: Tokens, index: CueIndex) -> list[Hit]:
    hits: list[Hit] = []
    for start, token in enumerate(tokens):
        starts = index.starting_with(token)
        cues = starts.others
        if starts.followed and start + 1 < len(tokens):
            cues += starts.followed.get(tokens[start + 1], ())
        for cue in cues:
            positions = _match(tokens, start, cue) if len(cue.parts) > 1 else (start,)
            if positions:
                hits.append(Hit(cue, positions))
    return hits


def _match(tokens: Tokens, start: int, cue: Cue) -> tuple[int, ...]:
    """Positions of a cue's words from start on; () when it is not there. A gap takes the nearest fitting word."""
    positions = [start]
    for part in cue.parts[1:]:
        at = _next(tokens, positions[-1] + 1, part)
        if at is None:
            return ()
        positions.append(at)
    return tuple(positions)


def _next(tokens: Tokens, at: int, part: Part) -> int | None:
    if not part.after_gap:
        return at if at < len(tokens) and part.fits(tokens[at]) else None
    for position in range(at, min(at + 1 + GAP, len(tokens))):
        if tokens[position] == BREAK:
            return None
        if part.fits(tokens[position]):
            return position
    return None


def _longest(hits: list[Hit]) -> list[Hit]:
    """Of overlapping hits the one with more words, then the heavier, then the earlier."""
    taken: set[int] = set()
    chosen: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (-len(hit.positions), -hit.cue.weight, hit.positions, hit.cue.phrase)):
        if taken.isdisjoint(hit.positions):
            taken.update(hit.positions)
            chosen.append(hit)
    return chosen


def _near(tokens: Tokens, hit: Hit, other: Hit) -> bool:
    """Whether at most three words, and no end of a thought, lie between two hits."""
    first, second = sorted((hit, other), key=lambda each: each.positions[0])
    between = tokens[first.positions[-1] + 1 : second.positions[0]]
    return len(between) <= WINDOW and BREAK not in between


def _is_negated(tokens: Tokens, at: int, pack: Pack) -> bool:
    before = list(tokens[max(0, at - WINDOW) : at])
    for position in range(len(before) - 1, -1, -1):
        if before[position] == BREAK or before[position] in pack.contrasts:
            return False
        if (before[position],) in pack.negations or tuple(before[position : position + 2]) in pack.negations:
            return True
    return False
