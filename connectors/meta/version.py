"""Meta's version, limits and rules we act on: one place, each with its source and the day it was checked.

DOC is https://developers.facebook.com/documentation/ads-commerce; all checked 2026-11-22 unless said otherwise.
"""

import re
from datetime import date, timedelta

from activator.errors import ConfigurationError

# The newest Graph version the pinned SDK (facebook-business 26.0.3) speaks; released 2026-07-29.
API_VERSION = "v26.0"

# Version -> (released, last day of the Marketing API, None while not announced).
# https://developers.facebook.com/docs/graph-api/changelog
RELEASES: dict[str, tuple[date, date | None]] = {
    "v26.0": (date(2026, 7, 29), None),
    "v25.0": (date(2026, 2, 18), None),
    "v24.0": (date(2025, 10, 8), date(2026, 10, 6)),
}
# Marketing API versions have lived about a year (v24.0: 363 days), so after ten months an upgrade is due.
VERSION_AGE_WARNING = timedelta(days=300)

# Rows per POST /{audience}/users. DOC/marketing-api/audiences/guides/custom-audiences
BATCH_ROWS_MAX = 10_000
# Below about 100 matched people an audience does not deliver. DOC/marketing-api/error-reference (200/1870047)
MEMBERS_MIN = 100
# Customer lists per account. DOC/marketing-api/audiences/reference/custom-audience
CUSTOMER_FILES_MAX = 500
# The smallest size Meta shows; seen in answers of partners, not documented.
COUNT_FLOOR = 1_000
# Membership changes take "up to 24 hours". DOC/marketing-api/audiences/reference/custom-audience/users
QUIET_WINDOW = timedelta(hours=24)
# roas_average_floor is the ratio x 10,000. DOC/marketing-api/bidding/overview/bid-strategy
ROAS_FLOOR_MIN = 100
ROAS_FLOOR_MAX = 10_000_000
# Value rules: -90 to +1,000 percent. DOC/marketing-api/bidding/value-rules
VALUE_RULE_BP_MIN, VALUE_RULE_BP_MAX = 1_000, 110_000
# Ad set names. DOC/marketing-api/reference/ad-account/adsets
NAME_LENGTH_MAX = 400

# Cells of an A/B study, and campaigns or ad sets in one. DOC/marketing-api/guides/split-testing
STUDY_CELLS_MAX, STUDY_OBJECTS_MAX = 150, 100

# Names of creatives. DOC/marketing-api/reference/ad-creative
CREATIVE_NAME_LENGTH_MAX = 100
# Lines of an asset feed. DOC/marketing-api/ad-creative/asset-feed-spec/options
ASSETS_OF_A_KIND_MAX, ASSET_BODY_CHARACTERS_MAX, ASSET_LINE_CHARACTERS_MAX = 5, 1_024, 255
# How many creatives are searched for one left behind by a crash; Meta offers no filter by name for them.
CREATIVES_SEARCHED_MAX = 200

# What is sent and taken in at most. Meta publishes no limits; the largest upload (10,000 rows, all keys) is about
# 11 MB as a form, front servers refuse URLs of some 8 to 16 KB, and a page of 500 report rows is under 1 MB.
BODY_BYTES_MAX = 24_000_000
URL_CHARACTERS_MAX = 8_000
ANSWER_BYTES_MAX = 32_000_000

# Rows per page of a list. Small enough to stay clear of code 1 "please reduce the amount of data".
PAGE_ROWS = 100
PAGE_ROWS_MIN = 10
INSIGHTS_PAGE_ROWS = 500

# Currencies whose amounts Meta takes in whole units ("offset 1"); all others in hundredths.
# https://developers.facebook.com/docs/marketing-api/currencies, checked 2026-11-25
CURRENCIES_WITHOUT_MINOR_UNIT = frozenset({"CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"})

# Where the Digital Services Act wants a beneficiary and a payor (error 3858152): the European Union.
# Source: DOC/marketing-api/reference/ad-account/adsets, dsa_beneficiary.
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
DSA_COUNTRIES = frozenset(_EU.split())

# Names that suggest health or financial status are flagged (operation_status 471) and block uploads and ad sets,
# on all versions since 2026-01-06. Meta publishes examples, no list: these are its examples and their nearest kin.
# DOC/marketing-api/marketing-api-changelog/version24.0; DOC/marketing-api/audiences/guides/custom-audiences
FLAGGED_WORDS = re.compile(
    r"\b(income|credit score|net worth|wealth|affluent|salary|bankrupt|debt"
    r"|arthriti|cancer|depress|diabet|disease|hiv\b|obes|pregnan)\w*",
    re.IGNORECASE,
)
# operation_status of an audience. DOC/marketing-api/audiences/reference/custom-audience
OPERATION_REPLACING, OPERATION_REPLACE_FAILED, OPERATION_FLAGGED = 414, 415, 471
# How long a replacement may take. DOC/marketing-api/audiences/reference/custom-audience/usersreplace
REPLACEMENT_MAX = timedelta(minutes=90)

# One purchase is reported under several action types; the first of these that a row carries is counted, never a sum.
# DOC/marketing-api/insights
PURCHASE_ACTION_TYPES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")

# Usage per use case is reported in percent of a rolling hour, rounded down; above 100 calls are refused, and calling on
# extends the block. https://developers.facebook.com/docs/graph-api/overview/rate-limiting
USAGE_STOP_PERCENT, USAGE_FULL_PERCENT = 98, 99
USAGE_WINDOW_SECONDS = 3600.0
# The account's score counts 3 for a write and ends at 60 in the limited tier: one write is 5 percent.
SCORE_STOP_PERCENT = 95
# Changes of one ad set's budget. DOC/marketing-api/error-reference, code 613 with subcode 1487632
BUDGET_EDITS_MAX = 4
BUDGET_EDITS_SECONDS = 3600.0
# A rolling hour decays; where Meta names no time we look again after a minute (the limited tier's block is 300 s).
PAUSE_SECONDS = 60.0


def amount_for(amount_minor: int, currency: str) -> int:
    """Hundredths of a unit, as the project counts, in the unit Meta takes for this currency.

    Raises:
        ConfigurationError: the amount is not whole in a currency without minor units.
    """
    if currency not in CURRENCIES_WITHOUT_MINOR_UNIT:
        return amount_minor
    whole, rest = divmod(amount_minor, 100)
    if rest:
        raise ConfigurationError(
            f"{currency} amounts are whole on Meta, {whole}.{rest:02} is not", "Round the amount in the project file."
        )
    return whole


def amount_from(amount: int, currency: str) -> int:
    """The inverse of amount_for."""
    return amount * 100 if currency in CURRENCIES_WITHOUT_MINOR_UNIT else amount
