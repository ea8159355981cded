"""What a marketer does at Meta outside the API: opening the account, switching things on, accepting terms."""

from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.sandbox.accounts import (
    ADVERTISER_NAME,
    META_ACCOUNT_ID,
    META_BUSINESS_ID,
    META_PAGE_ID,
    META_PIXEL_ID,
    profile,
)
from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import ACCOUNT, BUSINESS, CAMPAIGN, DELIVERING_KINDS, PAGE, PIXEL, PLATFORM
from connectors.sandbox.meta.nodes import TOKEN_FACTS
from connectors.sandbox.state import Document, PlatformState


def open_account(state: PlatformState) -> None:
    """Make the advertiser's account, page and pixel, unless they are there from an earlier run."""
    if state.get(PLATFORM, ACCOUNT, META_ACCOUNT_ID) is not None:
        return
    kept_in = profile(state)
    account: Document = {
        "id": META_ACCOUNT_ID,
        "account_id": META_ACCOUNT_ID,
        "name": ADVERTISER_NAME,
        "account_status": 1,
        "currency": kept_in.currency,
        "timezone_name": kept_in.time_zone,
        "timezone_id": 42,
        "timezone_offset_hours_utc": _offset_hours(state, kept_in.time_zone),
        "business": {"id": META_BUSINESS_ID, "name": ADVERTISER_NAME},
        "tos_accepted": {
            "custom_audience_tos": 1,
            "web_custom_audience_tos": 1,
            "value_based_custom_audience_tos": 1,
        },
        "user_tos_accepted": {"custom_audience_tos": 1},
        "user_tasks": ["ADVERTISE", "ANALYZE", "MANAGE"],
        "min_daily_budget": rules.DAILY_BUDGET_MIN_MINOR,
        "amount_spent": "0",
        "balance": "0",
        "created_time": "2024-01-15T09:00:00+0000",
    }
    page = {"id": META_PAGE_ID, "name": ADVERTISER_NAME}
    pixel = {"id": META_PIXEL_ID, "name": f"{ADVERTISER_NAME} web pixel"}
    business = {"id": META_BUSINESS_ID, "name": ADVERTISER_NAME}
    with state.transaction():
        state.put(PLATFORM, BUSINESS, META_BUSINESS_ID, business)
        state.put(PLATFORM, ACCOUNT, META_ACCOUNT_ID, account)
        state.put(PLATFORM, PAGE, META_PAGE_ID, page)
        state.put(PLATFORM, PIXEL, META_PIXEL_ID, pixel)


def _offset_hours(state: PlatformState, time_zone: str) -> float:
    offset = state.clock.now().astimezone(ZoneInfo(time_zone)).utcoffset()
    return offset.total_seconds() / 3600 if offset is not None else 0.0


def change_account(state: PlatformState, changes: Document) -> None:
    """Change what can only be changed in the user interface, e.g. ``{"tos_accepted": {}}``."""
    account = state.get(PLATFORM, ACCOUNT, META_ACCOUNT_ID)
    assert account is not None, "the account is opened at start"
    state.put(PLATFORM, ACCOUNT, META_ACCOUNT_ID, {**account, **changes})


def change_token(state: PlatformState, facts: Document) -> None:
    """Change what /debug_token says of the token, e.g. ``{"scopes": ["ads_read"]}``; nothing changed: ``{}``."""
    state.put(PLATFORM, *TOKEN_FACTS, facts)


def activate(state: PlatformState, since: datetime) -> int:
    """Switch every campaign, ad set and ad on, as if it had been done at `since`. Returns how many there are.

    Days whose figures are already entered keep them.
    """
    count = 0
    with state.transaction():
        for kind in DELIVERING_KINDS:
            for document in state.list(PLATFORM, kind):
                if document["status"] in ("DELETED", "ARCHIVED"):
                    continue
                before = [entry for entry in document["status_log"] if entry[0] < since.timestamp()]
                document["status_log"] = [*before, [since.timestamp(), "ACTIVE"]]
                document["status"] = "ACTIVE"
                if kind == CAMPAIGN:
                    document["closed_until"] = None
                state.put(PLATFORM, kind, document["id"], document)
                count += 1
    return count
