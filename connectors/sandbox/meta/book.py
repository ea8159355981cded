"""The book of delivery: what each ad brought on each past day.

A day is worked out from budgets, bids and statuses as they stand, and entered once it is over and something about the
campaign is about to change, so that a later change of a budget never rewrites history. The running day is not shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connectors.sandbox.meta.audiences import is_flagged, targeted_ids
from connectors.sandbox.meta.context import AD, ADSET, AUDIENCE, CAMPAIGN, PLATFORM, Context, Objects
from connectors.sandbox.performance import AdDayFigures, GroupView, Standing, daily, standings
from connectors.sandbox.state import Document

DAY = "ad_day"


@dataclass(frozen=True, slots=True)
class AdDay:
    """One ad on one day with the objects it belongs to."""

    campaign: Document
    adset: Document
    ad: Document
    day: date
    figures: AdDayFigures


def ad_days(context: Context, campaign: Document, since: date, until: date) -> Iterator[AdDay]:
    """Every day with delivery, both ends included; days that are not over in the account's time zone are left out."""
    last = min(until, _yesterday(context, campaign))
    adsets = [row for row in context.list(ADSET) if row["campaign_id"] == campaign["id"]]
    ads = [row for row in context.list(AD) if row["campaign_id"] == campaign["id"]]
    standing = standings([_view(context, campaign, adset, ads) for adset in adsets])
    entered = _entered(context, campaign)
    for adset in adsets:
        siblings = [ad for ad in ads if ad["adset_id"] == adset["id"]]
        for ad in siblings:
            for day in _days(since, last):
                figures = entered.get((ad["id"], day.isoformat()))
                if figures is None and ad["id"] in standing and _delivers(context, campaign, adset, ad, day):
                    running = [row for row in siblings if _active_on(context, row, day)]
                    figures = _figures(context, campaign, adset, ad, standing[ad["id"]], len(running), day)
                if figures is not None:
                    yield AdDay(campaign, adset, ad, day, figures)


def close(context: Context, campaign: Document) -> None:
    """Enter all days that are over: something about this campaign is about to change."""
    first = _first_active(context, campaign)
    if first is None:
        return
    start = max(first, _closed_until(campaign) or first)
    closed = {
        f"{row.ad['id']}:{row.day.isoformat()}": _entry(row)
        for row in ad_days(context, campaign, start, _yesterday(context, campaign))
    }
    with context.state.transaction():
        for key, entry in closed.items():
            context.state.put(PLATFORM, f"{DAY}:{campaign['id']}", key, entry)
        campaign["closed_until"] = _yesterday(context, campaign).isoformat()
        context.put(CAMPAIGN, campaign)


def log_status(context: Context, document: Document, status: str, at: datetime | None = None) -> None:
    """Note since when an object has a status; read by `ad_days`."""
    document["status"] = status
    document.setdefault("status_log", []).append([(at or context.now()).timestamp(), status])


def _entry(row: AdDay) -> Document:
    figures = row.figures
    return {
        "ad_id": row.ad["id"],
        "day": row.day.isoformat(),
        "figures": [
            figures.spend_micros,
            figures.impressions,
            figures.clicks,
            figures.conversions_milli,
            figures.value_micros,
        ],
    }


def _entered(context: Context, campaign: Document) -> dict[tuple[str, str], AdDayFigures]:
    entries = context.state.list(PLATFORM, f"{DAY}:{campaign['id']}")
    return {(entry["ad_id"], entry["day"]): AdDayFigures(*entry["figures"]) for entry in entries}


def _closed_until(campaign: Document) -> date | None:
    closed = campaign.get("closed_until")
    return date.fromisoformat(closed) if closed else None


def _first_active(context: Context, campaign: Document) -> date | None:
    zone = context.zone(campaign["account_id"])
    starts = [at for at, status in campaign["status_log"] if status == "ACTIVE"]
    return datetime.fromtimestamp(starts[0], zone).date() if starts else None


def _yesterday(context: Context, campaign: Document) -> date:
    today = context.now().astimezone(context.zone(campaign["account_id"])).date()
    return today - timedelta(days=1)


def _days(since: date, until: date) -> Iterator[date]:
    for offset in range((until - since).days + 1):
        yield since + timedelta(days=offset)


def _active_on(context: Context, document: Document, day: date) -> bool:
    """True when the object was ACTIVE from the first minute of a day in the account's time zone."""
    zone = context.zone(document["account_id"])
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
    status = "PAUSED"
    for at, then in document["status_log"]:
        if at <= midnight:
            status = then
    return status == "ACTIVE"


def _delivers(context: Context, campaign: Document, adset: Document, ad: Document, day: date) -> bool:
    """No delivery unless campaign, ad set and ad are on, and none to a flagged audience."""
    closed = _closed_until(campaign)
    if closed is not None and day <= closed:
        return False
    if not all(_active_on(context, document, day) for document in (campaign, adset, ad)):
        return False
    return not has_issues(context, adset)


def has_issues(context: Context, adset: Document) -> bool:
    """True while an ad set targets an audience Meta has flagged."""
    audiences = [context.get(AUDIENCE, audience_id) for audience_id in targeted_ids(adset["targeting"])]
    return any(audience is not None and is_flagged(audience) for audience in audiences)


def _view(context: Context, campaign: Document, adset: Document, ads: Objects) -> GroupView:
    """What the platform can see of an ad set: how much it may spend and how much it bids."""
    floor = (adset.get("bid_constraints") or {}).get("roas_average_floor")
    # A high floor means cautious bidding, so it ranks against the ad set
    bid = int(adset.get("bid_amount") or 0) or -int(floor or 0)
    names = tuple((ad["id"], ad["name"]) for ad in ads if ad["adset_id"] == adset["id"] and ad["status"] != "DELETED")
    return GroupView(adset["id"], bid, _budget_minor(context, campaign, adset), names)


def _budget_minor(context: Context, campaign: Document, adset: Document) -> int:
    """The ad set's daily budget; of a campaign budget, an equal part."""
    if adset.get("daily_budget"):
        return int(adset["daily_budget"])
    if campaign.get("daily_budget"):
        siblings = [row for row in context.list(ADSET) if row["campaign_id"] == campaign["id"]]
        live = sum(1 for row in siblings if row["status"] == "ACTIVE")
        return int(campaign["daily_budget"]) // max(1, live)
    lifetime: Any = adset.get("lifetime_budget") or campaign.get("lifetime_budget") or 0
    return int(lifetime) // 30


def _figures(
    context: Context, campaign: Document, adset: Document, ad: Document, standing: Standing, running: int, day: date
) -> AdDayFigures:
    return daily(
        context.seed,
        PLATFORM,
        ad["id"],
        standing.tier,
        standing.motivation,
        standing.variant,
        standing.tier_motivation,
        _budget_minor(context, campaign, adset) // max(1, running),
        day,
    )
