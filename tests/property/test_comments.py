"""Any text at all can be read, and nothing that reaches a customer survives in a quote."""

from hypothesis import example, given
from hypothesis import strategies as st

from activator.motivation.lexicon import MOTIVES, shipped_lexicon
from activator.motivation.quotes import LENGTH_MAX, choose_quotes, mask, shorten
from activator.motivation.reading import read_comment, tokenise

LEXICON = shipped_lexicon()
CUES = sorted(
    {
        " ".join(part.word for part in cue.parts)
        for pack in LEXICON.packs.values()
        for found in (*pack.cues.exact.values(), *pack.cues.prefixes.values())
        for cue in found
    }
)
SPOKEN = st.lists(st.sampled_from([*CUES, "the", "and", "not", "nicht", "don't care", ".", ",", "x"]), max_size=25)


@given(st.text(max_size=400), st.sampled_from(["", "en", "de", "xx", "e", "EN-us"]))
@example("ı İ ß ﬃ \x00 \u202e", "en")
def test_any_text_is_read(text: str, language: str) -> None:
    reading = read_comment(text, language, LEXICON)
    assert reading.motive is None or reading.motive in MOTIVES
    assert 0 <= reading.confidence < 1
    assert (reading.confidence > 0) is (reading.motive is not None)


@given(SPOKEN)
def test_reading_depends_on_words_not_on_their_case_or_spacing(words: list[str]) -> None:
    plain = read_comment(" ".join(words), "en", LEXICON)
    assert read_comment("  ".join(words).upper(), "en", LEXICON) == plain
    assert read_comment(" ".join(words).replace("'", "’"), "en", LEXICON) == plain


@given(SPOKEN)
def test_words_from_the_lexicon_never_break_it(words: list[str]) -> None:
    assert len(tokenise(" ".join(words))) >= len([word for word in words if word != "~"])
    read_comment(" ".join(words), "de", LEXICON)


@given(st.text(max_size=60), st.emails(), st.text(max_size=60))
def test_no_address_survives(before: str, address: str, after: str) -> None:
    assert address not in mask(f"{before} {address} {after}")


@given(
    st.text(max_size=40), st.from_regex(r"\A\+?[0-9]{2,4}[ \-/.]?[0-9]{3,4}[ \-/.]?[0-9]{2,5}\Z"), st.text(max_size=40)
)
def test_no_number_of_five_digits_survives(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before} {number} {after}")


@given(st.lists(st.text(max_size=300), max_size=8))
def test_quotes_are_few_short_and_on_one_line(comments: list[str]) -> None:
    quotes = choose_quotes(comments)
    assert len(quotes) <= 3
    assert all(len(quote) <= LENGTH_MAX and quote.isprintable() for quote in quotes)
    assert all(len(shorten(mask(comment))) <= LENGTH_MAX for comment in comments)
