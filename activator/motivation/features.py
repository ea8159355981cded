"""Comments as numbers for a linear model: hashed words, word pairs and letter groups, and what the lexicon heard.

Hashed (Weinberger et al. 2009), so that no vocabulary has to be kept: a feature is a place among FEATURES places. Each
kind has length 1 in every comment, so that long comments weigh no more than short ones.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from activator.motivation.lexicon import MOTIVES
from activator.motivation.reading import BREAK, Heard, tokenise

FEATURES = 2**15
LETTERS = (3, 4, 5)
LEXICON_SCALE = 3.0  # one strong cue counts as much as a whole comment's words


class Embedder(Protocol):
    """Turns comments into vectors of one length, each of length 1 (motivation.embeddings)."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row per text."""
        ...


def features(texts: Sequence[str], heard: Sequence[Heard], embedder: Embedder | None = None) -> sp.csr_matrix:
    """One row per comment: hashed words and letters, the lexicon's scores, and the embedding where there is one."""
    blocks = [_hashed(texts), _scores(heard)]
    if embedder is not None:
        blocks.append(sp.csr_matrix(embedder.embed(texts).astype(np.float64)))
    return sp.csr_matrix(sp.hstack(blocks, format="csr"))


def _scores(heard: Sequence[Heard]) -> sp.csr_matrix:
    rows = [[each.scores.get(motive, 0) / LEXICON_SCALE for motive in MOTIVES] for each in heard]
    return sp.csr_matrix(np.array(rows, dtype=np.float64).reshape(len(rows), len(MOTIVES)))


def _hashed(texts: Sequence[str]) -> sp.csr_matrix:
    indices: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        words = [token for token in tokenise(text) if token != BREAK]
        pairs = (_place(f"{first} {second}") for first, second in pairwise(words))
        for places in (
            {*map(_word, words), *pairs},
            {place for word in words for place in _letters(word)},
        ):
            indices.extend(sorted(places))
            values.extend([1 / sqrt(max(1, len(places)))] * len(places))
        ends.append(len(indices))
    shape = (len(texts), FEATURES)
    matrix = sp.csr_matrix((np.array(values), np.array(indices, dtype=np.int32), np.array(ends)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _place(feature: str) -> int:
    return zlib.crc32(feature.encode()) % FEATURES


@lru_cache(maxsize=100_000)
def _word(word: str) -> int:
    return _place(word)


@lru_cache(maxsize=100_000)
def _letters(word: str) -> tuple[int, ...]:
    """The places of a word's groups of three to five letters, its ends marked."""
    marked = f"<{word[:40]}>"
    return tuple({_place(f"~{marked[at : at + n]}") for n in LETTERS for at in range(len(marked) - n + 1)})
