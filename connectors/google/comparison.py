"""The settings a plan compares, in one form for both sides: what a spec wants, what Google shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from activator.errors import ConfigurationError
from activator.model.ads import AdSpec, AudienceSpec, Bid, BidStrategy, CampaignSpec, GroupField, GroupSpec, ObjectSpec
from connectors.google import texts
from connectors.google.audiences import wanted_list
from connectors.google.enums import enum_name
from connectors.google.options import GoogleOptions
from connectors.google.places import country_of, language_of
from connectors.google.value_rules import NEUTRAL_BP, CampaignRules
from connectors.google.version import (
    MICROS_PER_MINOR,
    MINOR_PER_UNIT,
    MODIFIER_BP_MAX,
    MODIFIER_BP_MIN,
    ROAS_BP_MAX,
    ROAS_BP_MIN,
    VALUE_BP_MAX,
    VALUE_BP_MIN,
    WITHOUT_HUNDREDTHS,
)

_STRATEGIES = (BidStrategy.MANUAL_CPC, BidStrategy.TARGET_ROAS)


def comparable(spec: ObjectSpec, options: GoogleOptions) -> Mapping[str, GroupField]:
    """What `observe` would show of spec if it were as wanted. Raises ConfigurationError where Google cannot have it."""
    match spec:
        case AudienceSpec():
            return wanted_list(spec, options)
        case CampaignSpec():
            return {
                "daily_budget_minor": budget_minor(spec),
                "strategy": checked_strategy(spec.strategy).value,
                "new_customer_value_minor": spec.new_customer_value_minor,
                "countries": tuple(sorted(set(options.countries))),
                "languages": tuple(sorted(language_of(number) for number in options.language_ids())),
            }
        case GroupSpec():
            return {
                "bid": bid_text(spec.bid),
                "audiences": (spec.audience_key,) if spec.audience_key else (),
                "in_market": tuple(sorted(set(spec.in_market))),
                "excluded": tuple(sorted(set(spec.excluded_audience_keys))),
                "targeting": options.targeting,
                "keywords": tuple(sorted({keyword.label for keyword in options.keywords})),
            }
        case AdSpec():
            return {
                "headlines": texts.headlines(spec.variant),
                "descriptions": texts.descriptions(spec.variant),
                "link": (spec.landing_url, spec.url_tags),
                "paths": tuple(path for path in (options.path1, options.path2) if path),
            }


def checked_strategy(strategy: BidStrategy) -> BidStrategy:
    """The strategy, if this connector bids by it. Raises ConfigurationError."""
    if strategy not in _STRATEGIES:
        raise ConfigurationError(
            f"Google: the strategy {strategy.value} is not one of this connector's",
            "Use manual_cpc (a click price per tier, with a bid adjustment) or target_roas (a return per tier).",
        )
    return strategy


def budget_minor(spec: CampaignSpec) -> int:
    """The campaign's daily budget. Raises ConfigurationError where none is given."""
    if not spec.daily_budget_minor:
        raise ConfigurationError(
            "Google budgets sit on the campaign, and it has none", "Set `daily_budget` of the destination itself."
        )
    return spec.daily_budget_minor


def check_amounts(spec: ObjectSpec, currency: str) -> None:
    """Refuse amounts the account's currency does not have. Raises ConfigurationError."""
    amounts: tuple[tuple[int | None, str], ...] = ()
    match spec:
        case CampaignSpec():
            value = (spec.new_customer_value_minor, "`new_customer_value`")
            amounts = ((spec.daily_budget_minor, "`daily_budget`"), value)
        case GroupSpec():
            amounts = ((spec.bid.amount_minor, f"`bid.amount` of tier {spec.tier}"),)
    for amount, field in amounts:
        if amount and currency in WITHOUT_HUNDREDTHS and amount % MINOR_PER_UNIT:
            raise ConfigurationError(
                f"Google: {field} has a fraction, and {currency} has none", f"Round it to whole {currency}."
            )


def bid_text(bid: Bid) -> str:
    """E.g. `manual_cpc 120 x1.6000` or `target_roas 4.0000`. Raises ConfigurationError for what Google would ignore."""
    if checked_strategy(bid.strategy) is BidStrategy.MANUAL_CPC:
        amount, modifier = bid.amount_minor, bid.modifier_bp
        if not amount:
            raise ConfigurationError("Google: manual_cpc needs a click price", "Set the tier's `bid.amount`.")
        if modifier is not None and not MODIFIER_BP_MIN <= modifier <= MODIFIER_BP_MAX:
            raise ConfigurationError("Google takes bid adjustments from 0.1 to 10", "Change the tier's `bid.modifier`.")
        return _manual_text(amount, modifier)
    if bid.modifier_bp is not None:
        raise ConfigurationError(
            "Google: target_roas ignores audience bid adjustments",
            "Remove `bid.modifier`: a lower `roas` or a `value_rule` is what bids more under target_roas; or use"
            " manual_cpc.",
        )
    if bid.roas_bp is None or not ROAS_BP_MIN <= bid.roas_bp <= ROAS_BP_MAX:
        raise ConfigurationError("Google: target_roas needs a return from 0.01 to 1000", "Set the tier's `bid.roas`.")
    if bid.value_bp is not None and not VALUE_BP_MIN <= bid.value_bp <= VALUE_BP_MAX:
        raise ConfigurationError("Google counts sales 0.5 to 10 times", "Change the tier's `bid.value_rule`.")
    return _roas_text(bid.roas_bp, bid.value_bp or NEUTRAL_BP)


def _manual_text(amount: GroupField, modifier_bp: int | None) -> str:
    adjusted = modifier_bp is not None and modifier_bp != NEUTRAL_BP
    return f"manual_cpc {amount}" + (f" x{(modifier_bp or 0) / 10_000:.4f}" if adjusted else "")


def _roas_text(roas_bp: int, value_bp: int) -> str:
    counted = f" value x{value_bp / 10_000:.4f}" if value_bp != NEUTRAL_BP else ""
    return f"target_roas {roas_bp / 10_000:.4f}{counted}"


def shown_money(micros: int) -> GroupField:
    """Minor units; text where Google holds an amount finer than that, so that it is never taken for equal."""
    minor, rest = divmod(micros, MICROS_PER_MINOR)
    return f"{micros} micros" if rest else minor


def shown_strategy(campaign: Any) -> str:
    """The strategy of a campaign row. Maximize conversion value with a target is target ROAS by its newer name.

    support.google.com/google-ads/answer/6268637 (read 2026-11-22).
    """
    name = enum_name(campaign, "bidding_strategy_type").lower()
    if name == "maximize_conversion_value" and campaign.maximize_conversion_value.target_roas:
        return BidStrategy.TARGET_ROAS.value
    return name


def shown_campaign(row: Any, criteria: Iterable[Any], new_customer_value: GroupField) -> dict[str, GroupField]:
    """Comparable settings of a campaign row, its campaign criteria, and what it counts new customers for."""
    kept = [criterion for criterion in criteria if not criterion.negative]
    places = {c.location.geo_target_constant for c in kept if c.location.geo_target_constant}
    languages = {c.language.language_constant for c in kept if c.language.language_constant}
    return {
        "daily_budget_minor": shown_money(row.campaign_budget.amount_micros),
        "strategy": shown_strategy(row.campaign),
        "new_customer_value_minor": new_customer_value,
        "countries": tuple(sorted(country_of(place) for place in places)),
        "languages": tuple(sorted(language_of(language) for language in languages)),
    }


def shown_group(
    group: Any, strategy: str, criteria: Iterable[Any], list_keys: Mapping[str, str], rules: CampaignRules
) -> dict[str, GroupField]:
    """Comparable settings of an ad group and its criteria. list_keys: list id -> spec key; rules: of its campaign."""
    lists = [criterion for criterion in criteria if criterion.user_list.user_list]
    wanted = [criterion for criterion in lists if not criterion.negative]
    return {
        "bid": _shown_bid(group, strategy, wanted, rules),
        "audiences": _keys(wanted, list_keys),
        "in_market": tuple(sorted(interest_id(c) for c in criteria if is_interest(c) and not c.negative)),
        "excluded": _keys([criterion for criterion in lists if criterion.negative], list_keys),
        "targeting": shown_targeting(group),
        "keywords": tuple(sorted({keyword_label(c) for c in criteria if c.keyword.text and not c.negative})),
    }


def shown_targeting(group: Any) -> str:
    """Without a restriction for audiences Google targets (common/types/targeting_setting.py, v26)."""
    for restriction in group.targeting_setting.target_restrictions:
        if enum_name(restriction, "targeting_dimension") == "AUDIENCE" and restriction.bid_only:
            return "observation"
    return "targeting"


def keyword_label(criterion: Any) -> str:
    """Like options.Keyword.label."""
    return f"{enum_name(criterion.keyword, 'match_type').lower()}: {' '.join(criterion.keyword.text.split()).lower()}"


def list_id(criterion: Any) -> str:
    """`customers/1/userLists/22` -> `22`."""
    return str(criterion.user_list.user_list).rsplit("/", 1)[-1]


def is_interest(criterion: Any) -> bool:
    """Whether it targets one of Google's own segments."""
    return bool(criterion.user_interest.user_interest_category)


def interest_id(criterion: Any) -> str:
    """`customers/1/userInterests/80432` -> `80432`."""
    return str(criterion.user_interest.user_interest_category).rsplit("/", 1)[-1]


def modifier_bp(criterion: Any) -> int:
    """Its bid adjustment; unset means none."""
    return round(criterion.bid_modifier * 10_000) or NEUTRAL_BP


def shown_ad(ad: Any) -> dict[str, GroupField]:
    """Comparable settings of a responsive search ad."""
    search = ad.responsive_search_ad
    return {
        "headlines": tuple(asset.text for asset in search.headlines),
        "descriptions": tuple(asset.text for asset in search.descriptions),
        "link": (ad.final_urls[0] if ad.final_urls else "", ad.final_url_suffix),
        "paths": tuple(path for path in (search.path1, search.path2) if path),
    }


def _shown_bid(group: Any, strategy: str, wanted: list[Any], rules: CampaignRules) -> str:
    if strategy == BidStrategy.TARGET_ROAS.value:
        factors = sorted({rules.factor_bp(list_id(criterion)) for criterion in wanted})
        text = _roas_text(round(group.target_roas * 10_000), factors[0] if factors else NEUTRAL_BP)
        return text if len(factors) <= 1 else f"{text} and other factors"
    if strategy != BidStrategy.MANUAL_CPC.value:
        return strategy
    modifiers = sorted({modifier_bp(criterion) for criterion in wanted})
    text = _manual_text(shown_money(group.cpc_bid_micros), modifiers[0] if modifiers else None)
    return text if len(modifiers) <= 1 else f"{text} and other adjustments"


def _keys(criteria: Iterable[Any], list_keys: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({list_keys.get(list_id(criterion), list_id(criterion)) for criterion in criteria}))
