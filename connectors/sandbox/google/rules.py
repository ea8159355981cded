"""What Google refuses and defaults: every number and its source, in one place.

Sources by short name, all read 2026-11-22:
  v26     docstrings of the installed google-ads 34.0.0, `google/ads/googleads/v26`
  dm      docstrings of the installed google-ads-datamanager 0.9.4, `google/ads/datamanager_v1`
  GADS    developers.google.com/google-ads/api/docs
  DM      developers.google.com/data-manager/api/devguides
"""

import re

# --- Requests -------------------------------------------------------------------------------------------------------
OPERATIONS_MAX = 10_000  # GADS/best-practices/quotas.md.txt
SEARCH_PAGE_ROWS = 10_000  # v26 services/types/google_ads_service.py: fixed; page_size is PAGE_SIZE_NOT_SUPPORTED
CUSTOMER_ID = re.compile(r"[0-9]{10}")

# --- Money ----------------------------------------------------------------------------------------------------------
BILLABLE_UNIT_MICROS = {"JPY": 1_000_000, "KRW": 1_000_000}  # currencies without minor unit
BILLABLE_UNIT_MICROS_DEFAULT = 10_000  # one cent; v26 campaign_budget_error NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT

# --- Names ----------------------------------------------------------------------------------------------------------
CAMPAIGN_NAME_CHARACTERS_MAX = 255  # Google's help as remembered; no stored page
AD_GROUP_NAME_CHARACTERS_MAX = 255  # v26 resources/types/ad_group.py: "fewer than 255 UTF-8 full-width characters"
BUDGET_NAME_CHARACTERS_MAX = 255  # v26 resources/types/campaign_budget.py: 1 to 255, trimmed
LABEL_NAME_CHARACTERS_MAX = 80  # v26 resources/types/label.py: between 1 and 80
NAME_ILLEGAL = re.compile("[\x00\n\r]")  # v26 resources/types/campaign.py: no NUL, LF or CR

# --- Bids -----------------------------------------------------------------------------------------------------------
BID_MODIFIER_MIN, BID_MODIFIER_MAX = (
    0.1,
    10.0,
)  # v26 ad_group_criterion.py and campaign_criterion.py; 0 only for devices
TARGET_ROAS_MIN, TARGET_ROAS_MAX = 0.01, 1000.0  # v26 common/types/bidding.py
RULE_MULTIPLIER_MIN, RULE_MULTIPLIER_MAX = 0.5, 10.0  # v26 conversion_value_rule.py; ADD and SET are above 0
# Smart Bidding takes modifiers and ignores them: support.google.com/google-ads/answer/6167121
MANUAL_STRATEGIES = frozenset({"manual_cpc", "manual_cpm", "manual_cpv", "manual_cpa", "percent_cpc"})
VALUE_STRATEGIES = frozenset({"target_roas", "maximize_conversion_value"})

# --- Ads: GADS/responsive-search-ads/overview.md.txt; double width and at most 3 enabled: help, as remembered ------
HEADLINES_MIN, HEADLINES_MAX, HEADLINE_WIDTH_MAX = 3, 15, 30
DESCRIPTIONS_MIN, DESCRIPTIONS_MAX, DESCRIPTION_WIDTH_MAX = 2, 4, 90
PATH_WIDTH_MAX = 15
ENABLED_RSA_MAX = 3
HEADLINE_PINS = frozenset({"HEADLINE_1", "HEADLINE_2", "HEADLINE_3"})
DESCRIPTION_PINS = frozenset({"DESCRIPTION_1", "DESCRIPTION_2"})
CUSTOM_PARAMETER_KEY = re.compile(r"[A-Za-z0-9]{1,16}")  # GADS: key of at most 16 alphanumerics
CUSTOM_PARAMETER_VALUE_MAX = 250
# Usual findings of the automatic review (support.google.com/adspolicy); topic names as the review reports them.
PUNCTUATION_TOPIC, SYMBOLS_TOPIC, PHONE_TOPIC = "PUNCTUATION", "SYMBOLS", "PHONE_NUMBER_IN_AD_TEXT"
REPEATED_PUNCTUATION = re.compile(r"([!?.,;:])\1")
GIMMICK_SYMBOLS = re.compile("[\u2190-\u21ff\u2500-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]|[*~_^=]{2}")
PHONE_NUMBER = re.compile(r"\+?\d[\d\s()/.-]{7,}\d")

# --- Keywords: v26 common/types/criteria.py, KeywordInfo -----------------------------------------------------------
KEYWORD_CHARACTERS_MAX, KEYWORD_WORDS_MAX = 80, 10
KEYWORD_ILLEGAL = re.compile(r"[!@%,*(){}<>|?\[\]\"^;~`\\]")

# --- User lists: v26 resources/types/user_list.py; 540 days since 2025-04-07 ---------------------------------------
MEMBERSHIP_DAYS_MAX = 540
LIST_NAME_CHARACTERS_MAX = 255
MEMBERS_TO_SERVE = 100  # DM/audiences/send-audience-members.md.txt

# --- Data Manager: DM/limits; dm types/error.py --------------------------------------------------------------------
DESTINATIONS_MAX = 10
MEMBERS_MAX = 10_000
IDENTIFIERS_MAX = 10
LIST_PAGE_DEFAULT, LIST_PAGE_MAX = 50, 1000  # dm types/user_list_service.py
REGION_CODE = re.compile(r"[A-Z]{2}")
POSTAL_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z \-]{0,15}")
SCOPE_DATA_MANAGER = "https://www.googleapis.com/auth/datamanager"
SCOPE_ADS = "https://www.googleapis.com/auth/adwords"

# --- Lifecycle goals ------------------------------------------------------------------------------------------------
# Which campaigns may go by which goal, and for whom high value counts apart: support.google.com/google-ads/answer/
# 12080169, read 2026-11-29; a page of the same day names Demand Gen besides, without saying for which goal.
LIFECYCLE_CAMPAIGNS = {
    "NEW_CUSTOMER_ACQUISITION": frozenset({"SEARCH", "PERFORMANCE_MAX", "SHOPPING"}),
    "CUSTOMER_RETENTION": frozenset({"PERFORMANCE_MAX"}),
    "LOYALTY_RETENTION": frozenset({"PERFORMANCE_MAX", "SHOPPING"}),  # v26 campaign_goal_settings.py: product listings
}
HIGH_VALUE_CAMPAIGNS = frozenset({"PERFORMANCE_MAX"})
