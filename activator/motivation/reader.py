"""How a project reads comments: corrected ones as corrected, then the model where it took over, then the lexicon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from activator.motivation.corrections import Correction, motive_of, text_key
from activator.motivation.lexicon import NONE, Lexicon
from activator.motivation.reading import Heard, Reading, hear

if TYPE_CHECKING:
    from activator.motivation.features import Embedder
    from activator.motivation.learning import Learned

CORRECTED = "your correction"
LEARNED = "learned from your corrections"


@dataclass(frozen=True)
class Reader:
    """The lexicon of a project with what was learned from its corrections. Comments go in, readings come out."""

    lexicon: Lexicon
    corrected: Mapping[str, str] = field(default_factory=dict)
    learned: "Learned | None" = None

    def read_all(self, comments: Sequence[tuple[str, str]]) -> list[Reading]:
        """One reading per (text, declared language)."""
        heard = [hear(text, language, self.lexicon) for text, language in comments]
        readings = [each.reading for each in heard]
        if self.learned is not None and self.learned.motives:
            self._with_model(comments, heard, readings, self.learned)
        if self.corrected:
            for place, (text, _) in enumerate(comments):
                motive = self.corrected.get(text_key(text))
                if motive is not None:
                    readings[place] = _as_corrected(readings[place], motive)
        return readings

    def read(self, text: str, language: str = "") -> Reading:
        """The reading of one comment."""
        return self.read_all([(text, language)])[0]

    def _with_model(
        self, comments: Sequence[tuple[str, str]], heard: Sequence[Heard], readings: list[Reading], learned: "Learned"
    ) -> None:
        places = [
            place
            for place, (_, language) in enumerate(comments)
            if (language[:2].lower() or heard[place].language or "?") in learned.languages
        ]
        if not places:
            return
        from activator.motivation.learning import choose

        table = learned.probabilities([comments[place][0] for place in places], [heard[place] for place in places])
        for row, place in enumerate(places):
            motive = choose(heard[place], learned.motives, table[row])
            readings[place] = _as_learned(readings[place], motive, learned, float(table[row].max()))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that can be read."""
        return tuple(sorted(self.lexicon.packs))


def reader_for(lexicon: Lexicon, corrections: Sequence[Correction], embedder: "Embedder | None" = None) -> Reader:
    """The reader of a project: learns from its corrections, if there are any."""
    if not corrections:
        return Reader(lexicon)
    from activator.motivation.learning import learn

    return Reader(lexicon, motive_of(corrections), learn(corrections, lexicon, embedder))


def _as_corrected(reading: Reading, motive: str) -> Reading:
    if motive == NONE:
        return replace(reading, motive=None, confidence=0.0, second=None, phrases=(CORRECTED,))
    second = reading.motive if reading.motive != motive else reading.second
    return replace(reading, motive=motive, confidence=0.999, second=second, phrases=(CORRECTED,))


def _as_learned(reading: Reading, motive: str | None, learned: "Learned", probability: float) -> Reading:
    if motive == reading.motive:
        return reading
    if motive is None:
        return replace(reading, motive=None, confidence=0.0, second=None, phrases=())
    if motive in learned.motives:
        return replace(
            reading, motive=motive, confidence=round(probability, 3), second=reading.motive, phrases=(LEARNED,)
        )
    return replace(reading, motive=motive, confidence=0.5, second=None)
