"""What the account's ads brought, day by day: the shared performance model seen through Google's structure.

An ad serves on the days on which it, its ad group and its campaign were ENABLED. A campaign's budget falls evenly on
its serving ad groups and their ads. Conversion value rules change the reported value
(support.google.com/google-ads/answer/10518330, 2026-11-22).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.change import strategy_of, target_roas_of
from connectors.sandbox.google.wire import enum_word
from connectors.sandbox.performance import GroupView, Standing, daily, standings

_MICROS_PER_MINOR = 10_000
_FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over ads and days; adjusted_micros: value after value rules."""

    cost_micros: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions_milli: int = 0
    value_micros: int = 0
    adjusted_micros: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def share(self, parts: int) -> "Figures":
        """An equal part."""
        return Figures(*(getattr(self, field.name) // parts for field in fields(self)))


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One conversion value rule as it applies. since and until: days its set was ENABLED."""

    operation: str
    value: float
    periods: tuple[tuple[date, date], ...]

    def adjust(self, figures: Figures, day: date) -> int:
        """The reported value in micros."""
        if not any(first <= day <= last for first, last in self.periods):
            return figures.value_micros
        if self.operation == "MULTIPLY":
            return round(figures.value_micros * self.value)
        per_conversion = round(self.value * 1000) * figures.conversions_milli
        return per_conversion + (figures.value_micros if self.operation == "ADD" else 0)


class Delivery:
    """The serving ads of one account, by what they belong to."""

    def __init__(self, account: Account, seed: int) -> None:
        self._account = account
        self._seed = seed
        self._today = account.today()
        self.ads: dict[str, list[Any]] = {}
        for ad in account.all("ad_group_ad").values():
            self.ads.setdefault(ad.ad_group, []).append(ad)
        self.groups: dict[str, list[Any]] = {}
        for group in account.all("ad_group").values():
            self.groups.setdefault(group.campaign, []).append(group)
        self._lists = _targeted_lists(account)
        self._standings: dict[str, dict[str, Standing]] = {}
        self._days: dict[str, frozenset[date]] = {}
        self._entered: dict[str, dict[str, list[int]]] = {}
        self._fresh: set[str] = set()

    def of_groups(self, groups: Iterable[Any], days: Sequence[date]) -> Iterator[tuple[date, Figures]]:
        """Figures of all ads of some ad groups."""
        for group in groups:
            for ad in self.ads.get(group.resource_name, ()):
                yield from self.of_ad(ad, days)

    def of_ad(self, ad: Any, days: Sequence[date]) -> Iterator[tuple[date, Figures]]:
        """Figures of one ad, for the days on which it served."""
        entered = self._entered_days(ad.resource_name)
        for day in days:
            if day not in self._serving_days(ad):
                continue
            key = day.isoformat()
            if key in entered:
                yield day, Figures(*entered[key])
                continue
            figures = self._figures(ad, day)
            if day < self._today:
                entered[key] = [getattr(figures, field.name) for field in fields(figures)]
                self._fresh.add(ad.resource_name)
            yield day, figures

    def enter(self) -> None:
        """Keep what was told of past days: later budgets and bids do not change them."""
        with self._account.state.transaction():
            for name in sorted(self._fresh):
                document = {"id": name, "customer_id": self._account.customer_id, "days": self._entered[name]}
                self._account.state.put(PLATFORM, _FIGURES, name, document)
        self._fresh.clear()

    def _entered_days(self, name: str) -> dict[str, list[int]]:
        if name not in self._entered:
            document = self._account.state.get(PLATFORM, _FIGURES, name)
            self._entered[name] = document["days"] if document else {}
        return self._entered[name]

    def _figures(self, ad: Any, day: date) -> Figures:
        group = self._account.find("ad_group", ad.ad_group)
        campaign = self._account.find("campaign", group.campaign)
        budget = self._account.find("campaign_budget", campaign.campaign_budget)
        standing = self._standing(campaign)[str(ad.ad.id)]
        done = daily(
            self._seed,
            PLATFORM,
            str(ad.ad.id),
            standing.tier,
            standing.motivation,
            standing.variant,
            standing.tier_motivation,
            budget.amount_micros // _MICROS_PER_MINOR // self._shares(group, day),
            day,
        )
        value = done.value_micros
        raw = Figures(done.spend_micros, done.impressions, done.clicks, done.conversions_milli, value, value)
        rule = self._rule(campaign, group)
        return replace(raw, adjusted_micros=rule.adjust(raw, day)) if rule else raw

    def _shares(self, group: Any, day: date) -> int:
        """Into how many parts the campaign's budget falls on that day, seen from one ad of the group."""
        serving = [
            sum(day in self._serving_days(ad) for ad in self.ads.get(other.resource_name, ()))
            for other in self.groups[group.campaign]
        ]
        own = sum(day in self._serving_days(ad) for ad in self.ads[group.resource_name])
        return max(1, sum(1 for count in serving if count) * own)

    def _serving_days(self, ad: Any) -> frozenset[date]:
        name = ad.resource_name
        if name not in self._days:
            group = self._account.find("ad_group", ad.ad_group)
            levels = (("ad_group_ad", name), ("ad_group", ad.ad_group), ("campaign", group.campaign))
            days = [_days(self._periods(kind, level)) for kind, level in levels]
            self._days[name] = frozenset.intersection(*days)
        return self._days[name]

    def _periods(self, kind: str, name: str) -> tuple[tuple[date, date], ...]:
        return tuple(
            (date.fromisoformat(str(first)), date.fromisoformat(last) if last else self._today)
            for first, last in self._account.enabled_days(kind, name)
        )

    def _standing(self, campaign: Any) -> dict[str, Standing]:
        name = campaign.resource_name
        if name not in self._standings:
            views = [
                GroupView(
                    str(group.id),
                    self._bid(campaign, group),
                    0,
                    tuple((str(ad.ad.id), _ad_name(ad)) for ad in self.ads.get(group.resource_name, ())),
                )
                for group in self.groups.get(name, ())
            ]
            self._standings[name] = standings(views)
        return self._standings[name]

    def _bid(self, campaign: Any, group: Any) -> int:
        """How eagerly the group bids: click bid times modifier, or under Smart Bidding target and value rule.

        Smart Bidding does not use modifiers: support.google.com/google-ads/answer/6167121.
        """
        if strategy_of(campaign) in rules.MANUAL_STRATEGIES:
            modifiers = [item.bid_modifier for item in self._lists.get(group.resource_name, ()) if item.bid_modifier]
            return int(group.cpc_bid_micros * max(modifiers, default=1.0))
        rule = self._rule(campaign, group)
        multiplier = rule.value if rule and rule.operation == "MULTIPLY" else 1.0
        return int(1_000_000 * multiplier / (group.target_roas or target_roas_of(campaign) or 1.0))

    def _rule(self, campaign: Any, group: Any) -> ValueRule | None:
        """The one rule that applies: a campaign's set goes before the account's."""
        lists = {item.user_list.user_list for item in self._lists.get(group.resource_name, ())}
        sets = [
            item
            for item in self._account.live("conversion_value_rule_set")
            if item.campaign in {"", campaign.resource_name}
        ]
        for rule_set in sorted(sets, key=lambda item: item.campaign == ""):
            periods = self._periods("conversion_value_rule_set", rule_set.resource_name)
            for name in rule_set.conversion_value_rules:
                rule = self._account.find("conversion_value_rule", name)
                if rule is not None and enum_word(rule, "status") == "ENABLED" and _applies(rule, lists):
                    return ValueRule(enum_word(rule.action, "operation"), rule.action.value, periods)
        return None


def _applies(rule: Any, lists: set[str]) -> bool:
    if rule.HasField("audience_condition"):
        return bool(lists & set(rule.audience_condition.user_lists))
    others = ("geo_location_condition", "device_condition", "itinerary_condition")
    return not any(rule.HasField(name) for name in others)


def _targeted_lists(account: Account) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in account.live("ad_group_criterion"):
        if item.WhichOneof("criterion") == "user_list" and not item.negative:
            found.setdefault(item.ad_group, []).append(item)
    return found


def _days(periods: Iterable[tuple[date, date]]) -> frozenset[date]:
    return frozenset(day for first, last in periods for day in days_between(first, last))


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _ad_name(ad: Any) -> str:
    """What tells ads of one group apart. Search ads have no name (v26 ad.py): their tracking suffix or first text."""
    texts = ad.ad.responsive_search_ad.headlines
    return str(ad.ad.name or ad.ad.final_url_suffix or (texts[0].text if texts else ""))
