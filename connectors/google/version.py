"""Versions, limits and fixed names of the Google Ads API and the Data Manager API, each with its source and date.

Google changes these; nothing else in this connector repeats them. "read" dates are when we looked.
"""

from datetime import date, timedelta

# google-ads 34.0.0, client.py `_VALID_API_VERSIONS` (read 2026-11-22); first is the default.
API_VERSIONS = ("v26", "v25", "v24", "v23")

# Releases: developers.google.com/google-ads/api/docs/release-notes (read 2026-11-22). Majors live about twelve months:
# .../docs/sunset-dates; no date was published for v23, so these are warnings and never refusals.
RELEASED = {"v23": date(2026, 1, 28), "v24": date(2026, 4, 22), "v25": date(2026, 7, 22), "v26": date(2026, 10, 14)}
LIFETIME = timedelta(days=365)
SUNSET_WARNING = timedelta(days=90)

GOOGLE_ADS_ENDPOINT = "googleads.googleapis.com:443"
DATA_MANAGER_ENDPOINT = "datamanager.googleapis.com:443"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

# Both are needed: a token without `datamanager` is answered 403 (Data Manager guide, "Set up API access").
SCOPES = ("https://www.googleapis.com/auth/adwords", "https://www.googleapis.com/auth/datamanager")

# google-ads 34.0.0, client.py `_GRPC_CHANNEL_OPTIONS` (read 2026-11-22).
METADATA_BYTES_MAX = 16 * 1024 * 1024
RECEIVE_BYTES_MAX = 64 * 1024 * 1024

# developers.google.com/data-manager/api/devguides/limits and types/ingestion_service.py, user_data.py (0.9.4).
BATCH_ROWS_MAX = 10_000
IDENTIFIERS_MAX = 10
DESTINATIONS_MAX = 10
LIST_PAGE_ROWS = 1_000

# Data Manager guide "Send audience members", note (read 2026-11-22): fewer active members do not serve.
MEMBERS_MIN = 100

# ads-developers.googleblog.com/2025/02 "Update to Customer Match membership": at most 540 days since 2025-04-07.
MEMBERSHIP_DAYS_MAX = 540

# Data Manager guide "Diagnostics" (read 2026-11-22): an upload is processed within 24 hours; its status is asked for
# after 30 minutes, then at pauses that grow by 1.3 up to an hour, and can be read for 50 days.
QUIET_WINDOW = timedelta(hours=24)
POLL_SECONDS_FIRST, POLL_GROWTH, POLL_SECONDS_MAX = 1_800.0, 1.3, 3_600.0
# What is still being processed after twice as long as Google promises is taken for lost.
PROCESSING_MAX = timedelta(days=2)

# Data Manager guide "Limits" (read 2026-11-22): 300 requests a minute of each kind for a Cloud project. The rest is
# left for clocks that differ.
RATE_PER_MINUTE = 290

# docs/best-practices/quotas (read 2026-11-22): what a Cloud project with Explorer access may do on production accounts
# in a day; Basic has 15,000. A search costs one operation, however many rows; each mutated item costs one.
OPERATIONS_DAY = 2_880
OBSERVING_OPERATIONS = 8  # looking at campaigns and what is in them once, at most

# resources/types/ad_group_criterion.py (v26): "The modifier must be in the range: 0.1 - 10.0".
MODIFIER_BP_MIN, MODIFIER_BP_MAX = 1_000, 100_000

# resources/types/conversion_value_rule.py (v26): a factor "must be between 0.5 and 10".
VALUE_BP_MIN, VALUE_BP_MAX = 5_000, 100_000

# resources/types/goal.py and campaign_goal_config.py: with new customers since v25; v24 and v23 have other resources.
GOAL_VERSIONS = ("v26", "v25")
# support.google.com/google-ads/answer/14007601 (read 2026-11-29): a list with fewer active members in every network is
# of no use to the goal.
GOAL_MEMBERS_MIN = 1_000
# Kinds that say that somebody has bought before, by their names alone: which others the goal counts as known is not
# said (enums/types/user_list_customer_type_category.py, v26; the lifecycle goals guide, read 2026-11-29).
KNOWN_CUSTOMERS = frozenset(("purchasers", "all_customers"))

# common/types/bidding.py (v26), TargetRoas: 0.01 to 1000.0.
ROAS_BP_MIN, ROAS_BP_MAX = 100, 10_000_000

# common/types/criteria.py (v26), KeywordInfo: "at most 80 characters and 10 words".
KEYWORD_CHARACTERS_MAX, KEYWORD_WORDS_MAX = 80, 10
# support.google.com/google-ads/answer/7476658 (read 2026-11-22): CriterionError.KEYWORD_HAS_INVALID_CHARS.
KEYWORD_CHARACTERS_REFUSED = frozenset('!@%,*(){}<>|?[]"^;~`\\=')

# docs/responsive-search-ads/overview and common/types/ad_type_infos.py (v26), read 2026-11-22.
HEADLINES_MIN, HEADLINES_MAX, HEADLINE_WIDTH_MAX = 3, 15, 30
DESCRIPTIONS_MIN, DESCRIPTIONS_MAX, DESCRIPTION_WIDTH_MAX = 2, 4, 90
PATH_WIDTH_MAX = 15

# `Ad.name` is not supported for responsive search ads (resources/types/ad.py, v26), so an ad carries its marker as a
# custom parameter: key at most 16 alphanumeric characters, value at most 250 (docs/ads/upgraded-urls).
MARKER_PARAMETER = "act"

# Google's token endpoint allows some minutes; a replacement of a list allows none, but the difference is reckoned with.
CLOCK_SECONDS_MAX = 60

LABEL_NAME = "activator"
LABEL_COLOUR = "#1A73E8"
LABEL_DESCRIPTION = "Made and kept up to date by activator"

# The project file counts money in hundredths of the currency unit, Google in millionths.
MICROS_PER_MINOR = 10_000

# Amounts are multiples of the currency's smallest unit (campaign_budget_error.py, v26); these have no hundredths
# (ISO 4217, minor unit 0).
WITHOUT_HUNDREDTHS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
MINOR_PER_UNIT = 100

# Waits inside one call. A longer wait is the caller's decision, so it is raised as RateLimitedError instead.
ATTEMPTS_MAX = 4
RATE_WAIT_SECONDS_MAX = 60.0
RATE_WAIT_SECONDS_DEFAULT = 5.0
QUOTA_MINUTE_SECONDS = 60.0
QUOTA_DAY_SECONDS = 3_600.0
RESEND_ROUNDS_MAX = 50
