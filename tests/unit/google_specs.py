"""A small project's specs for Google, and answers that show them."""

from typing import Any

import pyarrow as pa

from activator.model.ads import AdSpec, AudienceSpec, Bid, BidStrategy, CampaignSpec, CopyVariant, GroupSpec
from activator.model.naming import marked_name, marker

PROJECT, DESTINATION = "roastery", "google"


def name(label: str, key: str) -> str:
    return marked_name(label, PROJECT, DESTINATION, key)


KEYS = ("audience/gold", "audience/lost", "campaign", "group/gold", "ad/gold/warm")
MARKERS = {marker(PROJECT, DESTINATION, key): key for key in KEYS}
IDS = {"audience/gold": "501", "audience/lost": "502", "campaign": "601", "group/gold": "701"}

GOLD = AudienceSpec("audience/gold", name("Roastery gold", "audience/gold"), "Best customers", "gold", suppress=False)
CAMPAIGN = CampaignSpec("campaign", name("Roastery", "campaign"), 5_000, BidStrategy.MANUAL_CPC)
GROUP = GroupSpec(
    key="group/gold",
    name=name("Roastery gold", "group/gold"),
    campaign_key="campaign",
    tier="gold",
    audience_key="audience/gold",
    excluded_audience_keys=("audience/lost",),
    daily_budget_minor=None,
    bid=Bid(BidStrategy.MANUAL_CPC, amount_minor=120, modifier_bp=16_000),
    countries=("DE", "AT"),
)
VARIANT = CopyVariant(
    name="warm",
    motivation="generic",
    headlines=("Fresh coffee", "Roasted today", "Free delivery"),
    descriptions=("Beans roasted the day they ship.", "Try the house blend."),
    message="Coffee",
)
AD = AdSpec("ad/gold/warm", name("warm", "ad/gold/warm"), "group/gold", VARIANT, "https://shop.example/", "utm_a=b")


def members(rows: int, digest: str) -> pa.Table:
    """Members of the google form; each has one e-mail digest."""
    digests = [[f"{index:04x}{digest[4:]}"] for index in range(rows)]
    empty = pa.array([[]] * rows, pa.list_(pa.string()))
    blank = pa.array([""] * rows, pa.string())
    return pa.table(
        {
            "emails": pa.array(digests, pa.list_(pa.string())),
            "phones": empty,
            **dict.fromkeys(("given_name", "family_name", "region_code", "postal_code"), blank),
        }
    )


def rows(*shown: dict[str, Any]) -> list[Any]:
    """A SearchStream answer."""
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    return [SearchGoogleAdsStreamResponse.pb()(results=list(shown))]


def made(*names: str) -> Any:
    """A Mutate answer; kinds do not matter to us, only the resource names."""
    from google.ads.googleads.v26.services.types.google_ads_service import MutateGoogleAdsResponse

    return MutateGoogleAdsResponse.pb()(
        mutate_operation_responses=[{"campaign_result": {"resource_name": resource}} for resource in names]
    )
