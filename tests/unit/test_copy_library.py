"""Every shipped text fits the platforms and promises nothing it cannot know."""

import re

import pytest

from activator.config.copy import CopySection
from activator.errors import ConfigurationError
from activator.model.ads import CopyVariant
from activator.motivation.lexicon import MOTIVES
from activator.plan.copy import refuse_unfilled
from mappings.copy_library import CopyTexts, copy_for, fill, starter_copy
from mappings.copy_limits import width

TWELVE = "Ahrenshoop &"  # twelve characters, with one that must survive escaping
EVERYTHING = [*MOTIVES, "generic"]
SHIPPED = [variant for motivation in EVERYTHING for variant in copy_for(motivation, TWELVE, "printing", "20 %")]


def lines(variant: CopyTexts) -> list[str]:
    return [*variant["headlines"], *variant["descriptions"], variant["message"]]


def test_there_is_copy_for_every_motivation_and_none_else() -> None:
    assert sorted(starter_copy()) == sorted(EVERYTHING)


@pytest.mark.parametrize("motivation", EVERYTHING)
def test_the_brand_alone_is_enough_for_two_variants(motivation: str) -> None:
    filled = copy_for(motivation, TWELVE)
    assert len(filled) == 2
    assert {variant["motivation"] for variant in filled} == {motivation}


def test_names_are_unique_over_all_motivations() -> None:
    names = [variant["name"] for variant in SHIPPED]
    assert len(names) == len(set(names)) == 24


@pytest.mark.parametrize("variant", SHIPPED, ids=lambda variant: variant["name"])
class TestEveryVariant:
    def test_fits_a_responsive_search_ad(self, variant: CopyTexts) -> None:
        template = next(each for each in starter_copy()[variant["motivation"]].variants if each.name == variant["name"])
        assert len(variant["headlines"]) == len(template.headlines) <= 15
        assert len(variant["descriptions"]) == len(template.descriptions) <= 4
        assert [line for line in variant["headlines"] if len(line) > 30] == []
        assert [line for line in variant["descriptions"] if len(line) > 90] == []
        assert len(set(variant["headlines"])) == len(variant["headlines"])

    def test_fits_what_meta_shows_before_see_more(self, variant: CopyTexts) -> None:
        assert len(variant["message"]) <= 125

    def test_is_valid_in_a_project_file_and_complete(self, variant: CopyTexts) -> None:
        section = CopySection.model_validate(variant)
        refuse_unfilled(CopyVariant(**variant))
        assert section.speaks_to == variant["motivation"]

    def test_does_not_shout(self, variant: CopyTexts) -> None:
        assert [line for line in lines(variant) if "!" in line or re.search(r"\b[A-Z]{4,}\b", line)] == []

    def test_claims_nothing_that_would_need_proof(self, variant: CopyTexts) -> None:
        claims = (
            r"\b(guarantee\w*|cheapest|lowest|fastest|number one|no\.? ?1|award|free|proven|always lowest|risk.free)\b"
        )
        assert [line for line in lines(variant) if re.search(claims, line, re.IGNORECASE)] == []

    def test_speaks_of_no_personal_attribute(self, variant: CopyTexts) -> None:
        attributes = (
            r"\b(age|aged|young|old|senior|mum|mom|dad|parent|single|married|men|women|gender|religio\w+|health|weight"
            r"|diet|debt|income|rich|poor|student|disab\w+|ethnic\w*|black|white|gay|pregnan\w+|vip|loyal|valuable)\b"
        )
        assert [line for line in lines(variant) if re.search(attributes, line, re.IGNORECASE)] == []

    def test_names_the_brand(self, variant: CopyTexts) -> None:
        assert TWELVE in variant["message"]


def test_a_saving_appears_only_when_it_is_given() -> None:
    with_saving = copy_for("price", "Sund", "coffee", "15 %")
    assert "Save 15 % on coffee" in with_saving[2]["headlines"]
    assert all("saving" not in variant["name"] for variant in copy_for("price", "Sund", "coffee"))


def test_an_unfilled_slot_is_named() -> None:
    offer = next(variant for variant in starter_copy()["price"].variants if variant.name == "price_saving")
    with pytest.raises(ConfigurationError, match=r"`price_saving` has an unfilled slot \{saving\}"):
        fill(offer, "price", {"brand": "Sund", "product": "coffee"})


@pytest.mark.parametrize("motivation", EVERYTHING)
@pytest.mark.parametrize(
    "brand", ["X", "A brand with a name of sixty characters, as long as it may be", "東京の素晴らしい店舗", "Yum!"]
)
def test_whatever_the_brand_is_called_enough_lines_fit(motivation: str, brand: str) -> None:
    for variant in copy_for(motivation, brand):
        assert len(variant["headlines"]) >= 3
        assert len(variant["descriptions"]) >= 2
        assert max(width(line) for line in variant["headlines"]) <= 30
        assert not any("!" in line for line in variant["headlines"])


def test_words_that_cannot_fit_are_an_error() -> None:
    with pytest.raises(ConfigurationError, match="`price_saving`: with these words fewer than 3 headlines fit"):
        copy_for("price", "Sund", "a very long product name indeed", "a long story about savings")


def test_an_unknown_motivation_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no starter copy for motivation `fame`"):
        copy_for("fame", "Sund")
