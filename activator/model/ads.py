"""What we own on an advertising platform: audiences, campaigns, delivery groups, ads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class BidStrategy(StrEnum):
    """How a platform is told what a tier is worth. Which ones a connector takes, it says itself."""

    LOWEST_COST = "lowest_cost"
    BID_CAP = "bid_cap"
    COST_CAP = "cost_cap"
    MIN_ROAS = "min_roas"
    MANUAL_CPC = "manual_cpc"
    TARGET_ROAS = "target_roas"


@dataclass(frozen=True, slots=True)
class Bid:
    """One tier's bid.

    amount_minor: cap or click price in minor units; roas_bp: return on ad spend x 10,000;
    modifier_bp: audience bid adjustment x 10,000 (16,000 bids 1.6 times as much); value_bp: what a sale to this tier
    counts for the platform's bidding x 10,000, None for what it is.
    """

    strategy: BidStrategy
    amount_minor: int | None = None
    roas_bp: int | None = None
    modifier_bp: int | None = None
    value_bp: int | None = None


@dataclass(frozen=True, slots=True)
class CopyVariant:
    """One text for one motivation; lines in the order the platform shows them.

    headlines and descriptions: Google takes several, Meta the first of each; message is Meta's primary text.
    """

    name: str
    motivation: str
    headlines: tuple[str, ...]
    descriptions: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class AudienceSpec:
    """A list of one tier's members. suppress: the list exists to be excluded everywhere.

    value_based: members come with what each is worth, so that a platform can look for more like the best of them.
    """

    key: str
    name: str
    description: str
    tier: str
    suppress: bool
    value_based: bool = False


@dataclass(frozen=True, slots=True)
class CampaignSpec:
    """One campaign per destination. daily_budget_minor is None where budgets sit on the groups (Meta).

    new_customer_value_minor: what the first sale to a new customer counts on top of its value, for bidding by value.
    """

    key: str
    name: str
    daily_budget_minor: int | None
    strategy: BidStrategy
    new_customer_value_minor: int | None = None


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A delivery group: one ad set (Meta) or ad group (Google) for one tier.

    in_market: segments of the platform's own, for a group without a list of ours (audience_key '').
    """

    key: str
    name: str
    campaign_key: str
    tier: str
    audience_key: str
    excluded_audience_keys: tuple[str, ...]
    daily_budget_minor: int | None
    bid: Bid
    countries: tuple[str, ...]
    in_market: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdSpec:
    """One ad showing one copy variant inside one delivery group."""

    key: str
    name: str
    group_key: str
    variant: CopyVariant
    landing_url: str
    url_tags: str


ObjectSpec: TypeAlias = AudienceSpec | CampaignSpec | GroupSpec | AdSpec
GroupField: TypeAlias = int | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object of ours as the platform shows it now.

    kind: audience | campaign | group | ad; key: the spec key found through the marker in its name;
    fields: the settings the planner compares (see ports.DestinationReader.observe), by the names of `comparable`.
    """

    kind: str
    key: str
    platform_id: str
    name: str
    status: str
    fields: Mapping[str, GroupField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything of ours on one destination at one moment. Only a complete one may lead to a change."""

    objects: tuple[RemoteObject, ...]
    complete: bool

    def by_key(self) -> dict[str, RemoteObject]:
        """The objects by spec key; the caller has already refused duplicates (see plan.planner)."""
        return {remote.key: remote for remote in self.objects}


def kind_of(spec: ObjectSpec) -> str:
    """Audience | campaign | group | ad."""
    match spec:
        case AudienceSpec():
            return "audience"
        case CampaignSpec():
            return "campaign"
        case GroupSpec():
            return "group"
        case AdSpec():
            return "ad"
