"""The library's texts on each channel: how long they are there, what they need, and what to have reviewed."""

import pytest

from activator.errors import ConfigurationError
from mappings.copy_library import starter_copy
from mappings.copy_limits import CHANNELS, length, sms_length, width
from mappings.copy_sheet import Sheet, sheets

LIBRARY = starter_copy()
EVERYTHING = [sheet for motivation in LIBRARY for sheet in sheets(LIBRARY, motivation, None, {"brand": "Ahrenshoop &"})]


def test_every_motivation_has_every_channel_and_a_reactivation_set() -> None:
    for motivation in LIBRARY:
        found = sheets(LIBRARY, motivation, None, {})
        assert {sheet.channel for sheet in found} == set(CHANNELS)
        assert {sheet.channel for sheet in found if sheet.lapsed} == {"meta", "google"}


@pytest.mark.parametrize("sheet", EVERYTHING, ids=lambda sheet: f"{sheet.channel}-{sheet.name}")
def test_every_shipped_text_fits_its_channel(sheet: Sheet) -> None:
    filled_in = {"saving": "20 %", "product": "printing"}
    assert [
        line
        for line in sheet.lines
        if length(sheet.channel, line.part, line.text.format(link="https://x.example/123", **filled_in)).used
        > line.limit
    ] == []


def test_what_claims_something_says_so() -> None:
    assert {sheet.name for sheet in EVERYTHING if sheet.claims} == {"price_saving", "efficiency_saving"}
    assert all(sheet.claims for sheet in EVERYTHING if "saving" in sheet.open_slots)


def test_open_slots_are_named_until_they_have_words() -> None:
    def needed(**words: str) -> set[tuple[str, ...]]:
        return {sheet.open_slots for sheet in sheets(LIBRARY, "price", "meta", words) if sheet.name == "price_saving"}

    assert needed() == {("brand", "product", "saving")}
    assert needed(brand="Sund", product="tea") == {("saving",)}
    assert needed(brand="Sund", product="tea", saving="5 %") == {()}


def test_texts_that_have_become_too_long_are_marked() -> None:
    (headline, *_) = [
        line for line in sheets(LIBRARY, "risk", "google", {"brand": "N" * 30})[0].lines if "N" * 30 in line.text
    ]
    assert (headline.fits, headline.limit) == (False, 30)


@pytest.mark.parametrize(
    ("text", "used", "limit"),
    [("a" * 160, 160, 160), ("a" * 159 + "€", 161, 160), ("Größe", 5, 160), ("„Größe“", 7, 70), ("Hi 👋", 5, 70)],
)
def test_an_sms_holds_fewer_of_some_letters(text: str, used: int, limit: int) -> None:
    found = sms_length(text)
    assert (found.used, found.limit) == (used, limit)


def test_google_counts_double_width_characters_twice() -> None:
    assert width("東京の店") == 8
    assert length("google", "headline", "東" * 16).fits is False
    assert length("meta", "headline", "東" * 16).fits is True


def test_there_is_no_other_channel_or_motivation() -> None:
    with pytest.raises(ConfigurationError, match="there is no channel `tv`"):
        sheets(LIBRARY, "risk", "tv", {})
    with pytest.raises(ConfigurationError, match="nothing for motivation `fame`"):
        sheets(LIBRARY, "fame", None, {})
