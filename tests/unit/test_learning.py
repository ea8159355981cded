"""When a model learned from corrections takes over a motive, and when it does not."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from activator.motivation.corrections import Correction
from activator.motivation.learning import CORRECTIONS_MIN, Learned, learn
from activator.motivation.lexicon import shipped_lexicon
from activator.motivation.reader import LEARNED, reader_for

LEXICON = shipped_lexicon()
# A trade whose customers speak of risk in words no lexicon has.
PLACES = ("berth", "quay", "jetty", "pier", "harbour", "marina", "slip", "dock", "buoy", "anchorage")
TIMES = ("in May", "in June", "this week", "last night", "at dawn", "on Monday")


def house_words(count: int, motive: str = "risk") -> list[Correction]:
    """Comments with a word of the house, `mooring lines`, that speak of a motive."""
    said = [f"The mooring lines held at the {place} {time}" for place in PLACES for time in TIMES]
    return [Correction(text, "en", motive) for text in said[:count]]


def plain(count: int) -> list[Correction]:
    """Comments of the same trade that speak of nothing."""
    said = [f"We came to the {place} {time}" for place in PLACES for time in TIMES]
    return [Correction(text, "en", "none") for text in said[:count]]


def test_words_of_the_house_are_learned_where_the_lexicon_knows_none() -> None:
    learned = learn([*house_words(40), *plain(40)], LEXICON)
    (trial,) = learned.trials
    assert (trial.motive, trial.corrections, trial.taken_over) == ("risk", 40, True)
    assert (learned.lexicon_right, learned.right) == (40, 80)
    assert trial.model_right > trial.lexicon_right
    assert trial.p < 0.001


def test_the_reader_then_reads_comments_it_was_not_taught() -> None:
    reader = reader_for(LEXICON, [*house_words(40), *plain(40)])
    reading = reader.read("The mooring lines held all winter", "en")
    assert (reading.motive, reading.phrases) == ("risk", (LEARNED,))
    assert 0.5 <= reading.confidence < 1
    assert reader.read("We came to the lighthouse at noon", "en").motive is None
    assert reader.read("Much too expensive", "en").motive == "price"


def test_a_language_it_was_not_taught_is_left_alone() -> None:
    reader = reader_for(LEXICON, [*house_words(40), *plain(40)])
    assert reader.read("The mooring lines held all winter", "da").motive is None


def test_too_few_corrections_teach_nothing() -> None:
    learned = learn([*house_words(CORRECTIONS_MIN - 1), *plain(40)], LEXICON)
    assert (learned.trials, learned.motives) == ((), ())


def test_what_the_lexicon_reads_as_well_stays_with_it() -> None:
    known = [
        Correction(f"It is reliable, we trust the {place} {time}", "en", "risk") for place in PLACES for time in TIMES
    ]
    learned = learn([*known[:40], *plain(40)], LEXICON)
    assert learned.lexicon_right == learned.right == 80
    assert [trial.taken_over for trial in learned.trials] == [False]


def test_labels_without_a_pattern_never_take_over() -> None:
    """The same sort of words under two labels at random: no model may win by chance."""
    generator = np.random.default_rng(7)
    words = np.array([*PLACES, "boat", "sail", "wind", "tide", "rope", "chart", "knot", "deck", "mast", "keel"])
    said = [Correction(" ".join(generator.choice(words, 6)), "en", ("risk", "none")[n % 2]) for n in range(160)]
    assert learn(said, LEXICON).motives == ()


def test_the_same_corrections_give_the_same_model_in_any_order() -> None:
    corrections = [*house_words(40), *plain(40)]
    first, second = learn(corrections, LEXICON), learn(corrections[::-1], LEXICON)
    assert first.trials == second.trials
    assert first.weights is not None
    assert second.weights is not None
    assert np.allclose(first.weights, second.weights, atol=1e-12)


@pytest.mark.parametrize("motive", ["risk", "none"])
def test_one_label_alone_teaches_nothing(motive: str) -> None:
    assert learn(house_words(40, motive), LEXICON).motives == ()


def test_comments_without_words_are_no_error() -> None:
    nothing = [Correction(text, "en", "none") for text in ("...", "👍", "?")]
    assert learn([*house_words(40), *plain(40), *nothing], LEXICON).motives == ("risk",)
    assert reader_for(LEXICON, [*house_words(40), *plain(40)]).read("…", "en").motive is None


class _Meaning:
    """An embedding that knows what words cannot say: whether a comment ends in an even letter."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        even = [ord(text[-1]) % 2 == 0 for text in texts]
        return np.array([[1.0, 0.0] if each else [0.0, 1.0] for each in even], dtype=np.float32) * 4


class _Noise:
    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.ones((len(texts), 2), dtype=np.float32)


class TestEmbeddings:
    """They are one more thing the model may read, under the same gate."""

    words = np.array([*PLACES, "boat", "sail", "wind", "tide", "rope", "chart", "knot", "deck", "mast", "keel"])

    def learned(self, embedder: _Meaning | _Noise) -> Learned:
        return learn([*house_words(40), *plain(40)], LEXICON, embedder)

    def test_they_are_left_out_where_words_do_as_well(self) -> None:
        assert self.learned(_Noise()).kind == "words"

    def test_they_are_read_where_they_help(self) -> None:
        generator = np.random.default_rng(5)
        endings = "bdfhjlnp", "acegikmo"  # even letters, odd letters
        said = [
            Correction(
                f"{' '.join(generator.choice(self.words, 5))} {generator.choice(list(endings[n % 2]))}",
                "en",
                ("risk", "none")[n % 2],
            )
            for n in range(100)
        ]
        learned = learn(said, LEXICON, _Meaning())
        assert learned.kind == "words and embeddings"
        assert learned.motives == ("risk",)
        assert learned.right > learn(said, LEXICON).right
