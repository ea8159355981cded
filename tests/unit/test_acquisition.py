"""People who are no customers yet: a group of their own, bid below every customer tier, every customer kept out."""

from decimal import Decimal
from pathlib import Path

import pytest

from activator.config.project import Project, load_project
from activator.errors import ConfigurationError
from activator.model.ads import Bid, BidStrategy
from activator.plan.acquisition import acquisition_bid
from activator.plan.desired import desired_objects, markers
from tests.projects import PROJECT, write_project

CPC, ROAS = BidStrategy.MANUAL_CPC, BidStrategy.TARGET_ROAS
SHARE = Decimal("0.7")


@pytest.mark.parametrize(
    ("tiers", "bid"),
    [
        ([Bid(CPC, 120, modifier_bp=16_000), Bid(CPC, 90), Bid(CPC, 60)], Bid(CPC, 42)),
        ([Bid(CPC, 101)], Bid(CPC, 70)),
        ([Bid(CPC, 100, modifier_bp=8_000)], Bid(CPC, 56)),  # what its people are really bid
        ([Bid(ROAS, roas_bp=40_000), Bid(ROAS, roas_bp=25_000)], Bid(ROAS, roas_bp=57_143)),
    ],
)
def test_the_bid_is_below_every_tier_s(tiers: list[Bid], bid: Bid) -> None:
    assert acquisition_bid(tiers, SHARE, "EUR") == bid


def test_amounts_of_a_currency_without_cents_stay_whole() -> None:
    assert acquisition_bid([Bid(CPC, 5_000)], SHARE, "JPY") == Bid(CPC, 3_500)
    with pytest.raises(ConfigurationError, match="no bid is below"):
        acquisition_bid([Bid(CPC, 100)], SHARE, "JPY")


def test_a_strategy_without_bids_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no bid that could be lower"):
        acquisition_bid([Bid(BidStrategy.LOWEST_COST)], SHARE, "EUR")


GOOGLE = """\
  google:
    connector: google
    account_id: "1234567890"
    landing_url: https://shop.example.com/
    countries: [DE]
    strategy: manual_cpc
    daily_budget: "40.00"
    acquisition: {in_market: ["80432"], bid_share: "0.5"}
    tiers:
      high: {bid: {amount: "1.20", modifier: "1.6"}}
      mid: {bid: {amount: "0.90"}}
      low: {bid: {amount: "0.60"}}
"""


def project(folder: Path, text: str) -> Project:
    return load_project(write_project(folder, text))[0]


def with_google(text: str = PROJECT) -> str:
    return text.replace("guards:", f"{GOOGLE}guards:", 1)


def test_the_project_file_asks_for_a_group_that_keeps_every_customer_out(tmp_path: Path) -> None:
    google = project(tmp_path, with_google())
    found = desired_objects(google, "google", "campaign", {})
    group = found.groups[-1]

    assert (group.key, group.audience_key, group.in_market) == ("group/acquisition", "", ("80432",))
    assert set(group.excluded_audience_keys) == {audience.key for audience in found.audiences}
    assert group.bid == Bid(CPC, 30)
    ads = [ad for ad in found.ads if ad.group_key == group.key]
    assert [ad.variant.motivation for ad in ads] == ["generic"]
    assert {spec.key for spec in found.specs} <= set(markers(google, "google").values())


def test_its_texts_may_be_named_since_they_speak_to_strangers(tmp_path: Path) -> None:
    hello = """\
  - name: hello
    motivation: generic
    headlines: [Nice to meet you, Made to last, See what is new]
    descriptions: [Gear for every season., Free returns for 60 days.]
    message: Hello.
destinations:
"""
    text = with_google().replace("destinations:\n", hello, 1)
    named = text.replace('bid_share: "0.5"', "texts: [hello]")
    found = desired_objects(project(tmp_path, named), "google", "campaign", {})
    assert [ad.key for ad in found.ads if ad.group_key == "group/acquisition"] == ["ad/acquisition/hello"]
    with pytest.raises(ConfigurationError, match="no text `gone`"):
        desired_objects(project(tmp_path, named.replace("[hello]", "[gone]")), "google", "campaign", {})


def test_without_a_tier_to_be_below_there_is_no_such_group(tmp_path: Path) -> None:
    google = project(tmp_path, with_google())
    found = desired_objects(google, "google", "campaign", {}, small=("high", "mid", "low"))
    assert found.groups == ()


def test_no_tier_may_have_its_name(tmp_path: Path) -> None:
    text = with_google(PROJECT.replace("name: low,", "name: acquisition,").replace("      low:", "      acquisition:"))
    with pytest.raises(ConfigurationError, match="a tier has its name"):
        project(tmp_path, text.replace("      low:", "      acquisition:"))


def test_a_share_of_one_or_more_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="bid_share"):
        project(tmp_path, with_google().replace('bid_share: "0.5"', 'bid_share: "1"'))
