"""Campaign, ad sets and ads: made paused, read back in comparable form, brought back to their spec.

DOC/marketing-api/reference/ad-account/{campaigns,adsets,adcreatives,ads}, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activator.errors import ConfigurationError, PermanentRefusalError
from activator.model.ads import AdSpec, CampaignSpec, GroupField, GroupSpec, RemoteObject
from connectors.meta.bids import bid_params, bid_text, bid_text_of, goal_of
from connectors.meta.creatives import Creatives, ad_fields, ad_fields_of, creative_fields
from connectors.meta.listing import Listing, needed
from connectors.meta.options import MetaOptions
from connectors.meta.transport import GraphApi
from connectors.meta.value_rules import FIELDS as VALUE_RULE_FIELDS
from connectors.meta.value_rules import ValueRules
from connectors.meta.version import DSA_COUNTRIES, amount_for, amount_from

PAUSED = "PAUSED"
# Groups everything of ours in Ads Manager; the marker in the name is what we find it by.
LABELS = [{"name": "activator"}]

# Required since v23 (100/1870227); both are needed to keep Meta inside the audience.
NOTHING_WIDENED: Mapping[str, Mapping[str, int]] = {
    "targeting_automation": {"advantage_audience": 0},
    "targeting_relaxation_types": {"custom_audience": 0, "lookalike": 0},
}

_CAMPAIGN_FIELDS = ("id", "name", "status", "effective_status")
DSA_FIELDS = ("dsa_beneficiary", "dsa_payor")
_BID_FIELDS = ("bid_strategy", "bid_amount", "bid_constraints", "optimization_goal")
_GROUP_FIELDS = (*_CAMPAIGN_FIELDS, "daily_budget", *_BID_FIELDS, "targeting")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery objects of one account. currency is the account's."""

    api: GraphApi
    account: str
    options: MetaOptions
    currency: str
    creatives: Creatives
    value_rules: ValueRules

    def create_campaign(self, spec: CampaignSpec) -> str:
        """Without a budget of its own: budgets sit on the ad sets, and are not shared (100/4834011)."""
        params: dict[str, Any] = {
            "name": spec.name,
            "objective": self.options.objective,
            "status": PAUSED,
            "buying_type": "AUCTION",
            "special_ad_categories": list(self.options.special_ad_categories),
            "is_adset_budget_sharing_enabled": False,
            "adlabels": LABELS,
        }
        if self.options.special_ad_category_country:
            params["special_ad_category_country"] = list(self.options.special_ad_category_country)
        return self.api.create((self.account, "campaigns"), params)

    def create_group(self, spec: GroupSpec, ids: Mapping[str, str]) -> str:
        """One ad set for one tier: its own audience in, the other tiers' out, nothing widened by Meta."""
        if spec.daily_budget_minor is None:
            raise PermanentRefusalError(
                f"{spec.key} has no daily budget", "Give the tier a `daily_budget`; plan again."
            )
        params: dict[str, Any] = {
            "name": spec.name,
            "campaign_id": needed(ids, spec.campaign_key),
            "status": PAUSED,
            "daily_budget": amount_for(spec.daily_budget_minor, self.currency),
            "billing_event": "IMPRESSIONS",
            **bid_params(spec.bid, self.currency, self.options.optimization_goal),
            "promoted_object": {
                "pixel_id": self.options.pixel_id,
                "custom_event_type": self.options.conversion_event,
            },
            "targeting": {
                "geo_locations": {"countries": sorted(spec.countries)},
                **audience_targeting(spec, ids),
                **NOTHING_WIDENED,
            },
            "adlabels": LABELS,
            **({"is_dynamic_creative": True} if self.options.asset_feed else {}),
            **self._dsa(spec.countries),
            **(self.value_rules.params(spec) if self.value_rules.text(spec) else {}),
        }
        return self.api.create((self.account, "adsets"), params)

    def create_ad(self, spec: AdSpec, ids: Mapping[str, str]) -> str:
        """The ad, and before it its creative unless an earlier, interrupted run has left it behind."""
        params = {
            "name": spec.name,
            "adset_id": needed(ids, spec.group_key),
            "creative": {"creative_id": self.creatives.id_for(spec)},
            "status": PAUSED,
            "adlabels": LABELS,
        }
        return self.api.create((self.account, "ads"), params)

    def update_group(self, spec: GroupSpec, remote: RemoteObject, ids: Mapping[str, str]) -> None:
        """Send only what differs; targeting is replaced whole, so what else it says is read first and kept."""
        wanted = self.group_fields(spec)
        changed = {name for name in wanted if wanted[name] != remote.fields.get(name)}
        params: dict[str, Any] = {}
        if "daily_budget_minor" in changed and spec.daily_budget_minor is not None:
            params["daily_budget"] = amount_for(spec.daily_budget_minor, self.currency)
        if changed & {"bid", "goal"}:
            params |= bid_params(spec.bid, self.currency, self.options.optimization_goal)
        if "value_rule" in changed:
            params |= self.value_rules.params(spec)
        if changed & {"audiences", "excluded", "countries", "widened"}:
            targeting = self.api.get((remote.platform_id,), fields="targeting").get("targeting") or {}
            countries = {**targeting.get("geo_locations", {}), "countries": sorted(spec.countries)}
            audiences = audience_targeting(spec, ids)
            params["targeting"] = {**targeting, "geo_locations": countries, **audiences, **NOTHING_WIDENED}
        if "transparency" in changed:
            params |= self._dsa(spec.countries)
        if "daily_budget" in params:
            self.api.pace.before_budget_edit(remote.platform_id)
        if params:
            self.api.set(remote.platform_id, **params)

    def update_ad(self, spec: AdSpec, remote: RemoteObject) -> None:
        """Creatives cannot be changed: a new text is a new creative, put in the old one's place."""
        if any(remote.fields.get(name) != value for name, value in ad_fields(spec, self.options).items()):
            self.api.set(remote.platform_id, creative={"creative_id": self.creatives.id_for(spec)})

    def group_fields(self, spec: GroupSpec) -> dict[str, GroupField]:
        """What of an ad set is compared. Raises ConfigurationError for a bid or budget Meta does not have."""
        if spec.in_market:
            raise ConfigurationError(
                "Meta has no In-Market segments", "Remove `acquisition` of this destination; Google has them."
            )
        if spec.daily_budget_minor is not None:
            amount_for(spec.daily_budget_minor, self.currency)
        rule = self.value_rules.text(spec)
        return {
            "daily_budget_minor": spec.daily_budget_minor,
            "bid": bid_text(spec.bid, self.currency),
            "audiences": (spec.audience_key,),
            "excluded": tuple(sorted(spec.excluded_audience_keys)),
            "countries": tuple(sorted(spec.countries)),
            "widened": (),
            "goal": goal_of(spec.bid, self.options.optimization_goal),
            **self._transparency(spec.countries, self._dsa(spec.countries)),
            **({"value_rule": rule} if self.value_rules.speak_of(spec.tier) else {}),
        }

    def read_campaigns(self, listing: Listing) -> Iterator[RemoteObject]:
        """Our campaigns."""
        for found in listing.ours(("campaign",), "campaigns", _CAMPAIGN_FIELDS):
            status = str(found.row.get("status", ""))
            yield RemoteObject(
                "campaign", found.key, found.platform_id, found.name, status, campaign_fields(found.name)
            )

    def read_groups(self, listing: Listing, audience_keys: Mapping[str, str]) -> Iterator[RemoteObject]:
        """Our ad sets. audience_keys: audience id -> spec key; foreign audiences keep their id."""
        self.value_rules.look_again()
        fields_read = (
            *_GROUP_FIELDS,
            *(VALUE_RULE_FIELDS if self.options.audience_labels else ()),
            *(DSA_FIELDS if self.options.dsa_beneficiary else ()),
        )
        for found in listing.ours(("group",), "adsets", fields_read):
            fields = self._group_fields_of(found.row, audience_keys)
            if self.value_rules.speak_of(found.key.removeprefix("group/")):
                fields["value_rule"] = self.value_rules.text_of(found.row)
            status = str(found.row.get("status", ""))
            yield RemoteObject("group", found.key, found.platform_id, found.name, status, fields)

    def read_ads(self, listing: Listing) -> Iterator[RemoteObject]:
        """Our ads with the texts of their creatives."""
        asked = f"creative{{{','.join(creative_fields(self.options))}}}"
        for found in listing.ours(("ad",), "ads", (*_CAMPAIGN_FIELDS, asked)):
            fields = ad_fields_of(found.row.get("creative") or {})
            status = str(found.row.get("status", ""))
            yield RemoteObject("ad", found.key, found.platform_id, found.name, status, fields)

    def _group_fields_of(self, row: Mapping[str, Any], audience_keys: Mapping[str, str]) -> dict[str, GroupField]:
        targeting = row.get("targeting") or {}
        budget = int(row.get("daily_budget") or 0)  # reads back as text
        return {
            "daily_budget_minor": amount_from(budget, self.currency) if budget else None,
            "bid": bid_text_of(row, self.currency),
            "audiences": _keys(targeting.get("custom_audiences"), audience_keys),
            "excluded": _keys(targeting.get("excluded_custom_audiences"), audience_keys),
            "countries": tuple(sorted((targeting.get("geo_locations") or {}).get("countries") or ())),
            "widened": _widened(targeting),
            "goal": str(row.get("optimization_goal", "")),
            **self._transparency((targeting.get("geo_locations") or {}).get("countries") or (), row),
        }

    def _transparency(self, countries: Sequence[str], said: Mapping[str, Any]) -> dict[str, GroupField]:
        """Beneficiary and payor for comparison, where the options name them and the EU wants to know."""
        if self.options.dsa_beneficiary is None:
            return {}
        concerned = bool(DSA_COUNTRIES & set(countries))
        return {"transparency": tuple(str(said.get(name) or "") for name in DSA_FIELDS) if concerned else ()}

    def _dsa(self, countries: Sequence[str]) -> dict[str, Any]:
        """Who is behind the ads, wherever the EU wants to know; otherwise the account's defaults stand."""
        if self.options.dsa_beneficiary is None or not DSA_COUNTRIES & set(countries):
            return {}
        return {"dsa_beneficiary": self.options.dsa_beneficiary, "dsa_payor": self.options.dsa_payor}


def campaign_fields(name: str) -> dict[str, GroupField]:
    """What of a campaign is compared."""
    return {"name": name}


def audience_targeting(spec: GroupSpec, ids: Mapping[str, str]) -> dict[str, Any]:
    """Who is reached and who is not, by audience id."""
    return {
        "custom_audiences": [{"id": needed(ids, spec.audience_key)}],
        "excluded_custom_audiences": [{"id": needed(ids, key)} for key in sorted(spec.excluded_audience_keys)],
    }


def _widened(targeting: Mapping[str, Any]) -> tuple[str, ...]:
    """By which of its switches Meta may show ads to people outside the audience."""
    return tuple(
        name
        for part, switches in NOTHING_WIDENED.items()
        for name in switches
        if (targeting.get(part) or {}).get(name) == 1
    )


def _keys(audiences: Any, audience_keys: Mapping[str, str]) -> tuple[str, ...]:
    ids = [str(audience["id"]) for audience in audiences or ()]
    return tuple(sorted(audience_keys.get(audience_id, audience_id) for audience_id in ids))
