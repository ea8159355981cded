"""The advertiser's ids the sandbox knows. Anything else is an unknown object, as on the real platforms.

A project that runs against the sandbox names these in its activator.yaml; `Sandbox.identities()` tells them.
"""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from activator.errors import ConfigurationError
from connectors.sandbox.state import PlatformState

META_ACCOUNT_ID = "1020304050607080"
META_BUSINESS_ID = "1020304050600001"
META_PAGE_ID = "1020304050600002"
META_PIXEL_ID = "1020304050600003"
META_APP_ID = "1020304050600004"
META_USER_ID = "1020304050600005"

GOOGLE_CUSTOMER_ID = "1234567890"
GOOGLE_LOGIN_CUSTOMER_ID = "9876543210"
GOOGLE_CONVERSION_ACTION_ID = "7001002003"

ADVERTISER_NAME = "Kaffee Lindgren (sandbox)"
CURRENCY = "EUR"
TIME_ZONE = "Europe/Berlin"

_PROFILE = ("sandbox", "profile", "advertiser")


@dataclass(frozen=True, slots=True)
class Profile:
    """What both accounts are kept in. currency: ISO 4217; time_zone: IANA name."""

    currency: str = CURRENCY
    time_zone: str = TIME_ZONE


def profile(state: PlatformState) -> Profile:
    """The profile this sandbox was first started with."""
    held = state.get(*_PROFILE)
    return Profile(**held) if held is not None else Profile()


def settle_profile(state: PlatformState, currency: str | None, time_zone: str | None) -> Profile:
    """Take the wishes of the first start; accounts can never change their currency or time zone afterwards.

    Raises ConfigurationError when a later start wishes for another one, and for what does not exist.
    """
    _check(currency or CURRENCY, time_zone or TIME_ZONE)
    with state.transaction():
        if state.get(*_PROFILE) is None:
            document = {"currency": currency or CURRENCY, "time_zone": time_zone or TIME_ZONE}
            state.put(*_PROFILE, document)
    held = profile(state)
    if (currency or held.currency, time_zone or held.time_zone) != (held.currency, held.time_zone):
        raise ConfigurationError(
            f"this sandbox's accounts are kept in {held.currency}, {held.time_zone}, for good",
            "Use another folder for accounts in another currency or time zone.",
        )
    return held


def _check(currency: str, time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError("there is no such time zone", "Use a name like Europe/Berlin.") from None
    if re.fullmatch(r"[A-Z]{3}", currency) is None:
        raise ConfigurationError("there is no such currency", "Use an ISO 4217 code like EUR.")
