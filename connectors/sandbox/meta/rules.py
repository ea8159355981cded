"""Every limit and refusal of the Meta half, each with where it is known from.

Sources, checked 2026-11-22: Meta's documentation of 2026-09-12, facebook-business 26.0.3 and
its API specs. Where the platform's code is not published, the plain 100 is used and the comment says so.
"""

import re

from connectors.sandbox.meta.errors import Refusal

# Versions: v26.0 and v25.0 are alive; the Marketing API of v24.0 ended 2026-10-06. Old ones answer 2635.
VERSIONS = ("v26.0", "v25.0")
DEAD_VERSION = Refusal(
    2635,
    None,
    "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v26.0.",
)

# Access
TOKEN_MISSING = Refusal(190, None, "An access token is required to request this resource.")
TOKEN_WRONG = Refusal(190, 463, "Error validating access token: the session is invalid or has expired.")
# As seen in issue 528 of the business SDK for Python
PROOF_WRONG = Refusal(100, None, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")

# Objects and paths
MISSING_OBJECT_TEXT = (
    "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, "
    "or does not support this operation. Please read the Graph API documentation at "
    "https://developers.facebook.com/docs/graph-api"
)
MISSING_OBJECT = Refusal(100, 33, MISSING_OBJECT_TEXT, type="GraphMethodException")
UNKNOWN_PATH = Refusal(2500, None, "Unknown path components: /{path}")
TOO_MUCH_DATA = Refusal(1, 99, "Please reduce the amount of data you're asking for, then retry your request")
PAGE_ROWS = 25
PAGE_ROWS_MAX = 5_000

# Batches: at most 50 calls. The code of the refusal is not published.
BATCH_CALLS_MAX = 50
BATCH_EMPTY = Refusal(100, None, "The parameter batch must be a non-empty array", type="GraphBatchException")
BATCH_TOO_LARGE = Refusal(
    100, None, "Too many requests in batch message. Maximum batch size is 50", type="GraphBatchException"
)

# Rate limits: codes by use case; 17/2446079 for the account. Quotas are those of full access, per hour.
THROTTLED = {
    "custom_audience": Refusal(
        80003,
        2446079,
        "There have been too many calls to this ad-account. Wait a bit and try again.",
        is_transient=True,
    ),
    "ads_management": Refusal(
        80004,
        2446079,
        "There have been too many calls to this ad-account. Wait a bit and try again.",
        is_transient=True,
    ),
    "ads_insights": Refusal(
        80000,
        2446079,
        "There have been too many calls to this ad-account. Wait a bit and try again.",
        is_transient=True,
    ),
}
HOURLY_CALLS = {"custom_audience": 190_000, "ads_management": 100_000, "ads_insights": 190_000}

# Requests: DELETE with the payload in the URL breaks beyond about 150 rows of 79 bytes, as an HTML page [8.1; 9: the
# real limit is not known].
URL_BYTES_MAX = 16_000
BODY_BYTES_MAX = 25_000_000

# Custom audiences
CUSTOMER_FILE_SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")
CUSTOM_AUDIENCES_MAX = 500
# 2654 is the family of create errors; the subcodes are not published.
AUDIENCE_LIMIT = Refusal(2654, None, "Failed to create the custom audience: the limit of 500 audiences is reached.")
SOURCE_MISSING = Refusal(
    2654,
    None,
    "Failed to create the custom audience: customer_file_source is required for customer file audiences.",
    "Customer file source is missing",
    "Say where the customer information comes from.",
)
AUDIENCE_IN_USE = Refusal(  # 2656 is the family of delete errors
    2656,
    None,
    "Failed to delete the custom audience: it is used by an ad set.",
    "Audience in use",
    "Remove the audience from all ad sets, or delete those, first.",
)
# Names that suggest wealth or health are flagged, enforced on all versions since 2026-01-06. Meta
# publishes examples, not the list.
FLAGGED_NAME = re.compile(
    r"\b(?:income|credit score|net worth|wealth|salary|bankrupt|debt|diabet|cancer|hiv\b|depress|disease|disorder|"
    r"medical|patient|pregnan)",
    re.IGNORECASE,
)
FLAGGED_STATUS = 471
FLAGGED_UPLOAD = Refusal(
    100,
    1713230,
    "Invalid parameter",
    "Audience flagged",
    "This audience may suggest information that is not allowed; nobody can be added to it.",
)
FLAGGED_EDIT = Refusal(
    100,
    1713228,
    "Invalid parameter",
    "Audience flagged",
    "This audience may suggest information that is not allowed; it cannot be changed.",
)
TERMS_NOT_ACCEPTED = Refusal(
    200,
    1870090,
    "Permissions error",
    "Custom Audience Terms Not Accepted",
    "Accept the terms at https://business.facebook.com/ads/manage/customaudiences/tos/ before uploading.",
)
# Matched people below which an audience does not deliver, and counts are not told apart
DELIVERABLE_MEMBERS_MIN = 100
COUNT_FLOOR = 1_000
REMOVAL_TOO_SMALL = Refusal(
    200,
    1870047,
    "Permissions error",
    "Audience Size too Low",
    "Removing people would leave too few of them in this audience.",
)

# Uploads
UPLOAD_ROWS_MAX = 10_000
INVALID_SAMPLES_MAX = 100
SHA256 = re.compile(r"[0-9a-f]{64}")
HASHED_KEYS = frozenset(
    {"EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "LN", "FN", "FI", "CT", "ST", "ZIP", "COUNTRY"}
)
PLAIN_KEYS = frozenset(
    {
        "EXTERN_ID",
        "MADID",
        "APPUID",
        "PAGEUID",
        "LOOKALIKE_VALUE",
        "DATA_PROCESSING_OPTIONS",
        "DATA_PROCESSING_OPTIONS_COUNTRY",
        "DATA_PROCESSING_OPTIONS_STATE",
    }
)
# Schemas given as one word, and the key they stand for
SINGLE_SCHEMAS = {
    "EMAIL_SHA256": "EMAIL",
    "PHONE_SHA256": "PHONE",
    "MOBILE_ADVERTISER_ID": "MADID",
    "EXTERN_ID": "EXTERN_ID",
    "UID": "APPUID",
}
SESSION_KEYS = frozenset({"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"})
SESSION_ID_MAX = 2**63 - 1

# Replacing all members: one session, at most 90 minutes, errors all 2650
REPLACE_MINUTES_MAX = 90
REPLACE_RUNNING = Refusal(2650, 1870145, "Failed to update the custom audience", "Replace in progress")
REPLACE_WITHOUT_START = Refusal(2650, 1870147, "Failed to update the custom audience", "No batch with batch_seq 1")
REPLACE_TIMED_OUT = Refusal(2650, 1870158, "Failed to update the custom audience", "Replace timed out")
REPLACE_FINISHED = Refusal(2650, 1870159, "Failed to update the custom audience", "Replace already finished")

# Campaigns
OBJECTIVES = (
    "OUTCOME_SALES",
    "OUTCOME_LEADS",
    "OUTCOME_TRAFFIC",
    "OUTCOME_ENGAGEMENT",
    "OUTCOME_AWARENESS",
    "OUTCOME_APP_PROMOTION",
)
NAME_CHARACTERS_MAX = 400
BUDGET_SHARING_MISSING = Refusal(  # since v24.0, 2025-10-08
    100,
    4834011,
    "Invalid parameter",
    "Must specify True or False in is_adset_budget_sharing_enabled field",
    "Campaigns without their own budget must say whether ad sets share budget.",
)
SPEND_CAP_MIN_MINOR = 10_000
SPEND_CAP_TOO_LOW = Refusal(100, 2446307, "Invalid parameter", "Spending limit too low")

# Ad sets
ADVANTAGE_AUDIENCE_MISSING = Refusal(  # since v23.0
    100,
    1870227,
    "Invalid parameter",
    "Advantage Audience Flag Required",
    "To create your ad set, you need to enable or disable the Advantage audience feature: set "
    "targeting_automation.advantage_audience to 1 or 0.",
)
ADVANTAGE_AGE = Refusal(
    100, 1870189, "Invalid parameter", "Age limit", "With Advantage audience the maximum age must stay 65."
)
BUDGET_TWICE = Refusal(
    100,
    1885621,
    "Invalid parameter",
    "Budget on both levels",
    "You can only set an ad set budget or a campaign budget, not both.",
)
DAILY_BUDGET_MIN_MINOR = 100
BUDGET_TOO_LOW = Refusal(100, 1885272, "Invalid parameter", "Budget is too low")
BUDGET_EDITS_MAX, BUDGET_EDITS_HOURS = 4, 1
BUDGET_EDITED_TOO_OFTEN = Refusal(
    613, 1487632, "Calls to this api have exceeded the rate limit.", "Too many budget changes", is_transient=True
)
BID_STRATEGIES = (
    "LOWEST_COST_WITHOUT_CAP",
    "LOWEST_COST_WITH_BID_CAP",
    "COST_CAP",
    "LOWEST_COST_WITH_MIN_ROAS",
)
BID_NOT_ALLOWED = Refusal(
    100, 1885204, "Invalid parameter", "Bid amount not allowed", "This bid strategy takes no bid amount."
)
BID_REQUIRED = Refusal(
    100, 1815857, "Invalid parameter", "Bid amount required", "This bid strategy needs a bid amount."
)
ROAS_FLOOR_MIN, ROAS_FLOOR_MAX = 100, 10_000_000
BILLING_EVENTS = ("IMPRESSIONS", "LINK_CLICKS", "THRUPLAY", "POST_ENGAGEMENT", "PAGE_LIKES", "APP_INSTALLS")
OPTIMIZATION_GOALS = (
    "OFFSITE_CONVERSIONS",
    "VALUE",
    "LINK_CLICKS",
    "LANDING_PAGE_VIEWS",
    "IMPRESSIONS",
    "REACH",
    "THRUPLAY",
    "LEAD_GENERATION",
    "POST_ENGAGEMENT",
)
PROMOTED_OBJECT_GOALS = ("OFFSITE_CONVERSIONS", "VALUE")
PROMOTED_OBJECT_KEYS = frozenset(
    {"pixel_id", "custom_event_type", "custom_event_str", "custom_conversion_id", "page_id"}
)
DSA_MISSING = Refusal(
    100,
    3858152,
    "Invalid parameter",
    "Beneficiary and payer required",
    "Ads shown in the European Union must name who benefits from them and who pays.",
)
# Member states of the European Union (europa.eu, 2026), where the Digital Services Act applies
EU_COUNTRIES = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905
)
DELETED_EDIT = Refusal(
    100, 1487566, "Invalid parameter", "Deleted object", "Only the name of a deleted object can be changed."
)

# Value rules: percent by sign, sets an account, rules a set, criteria a rule (DOC/marketing-api/bidding/value-rules)
VALUE_RULE_SETS_MAX, VALUE_RULES_MAX, VALUE_CRITERIA_MAX = 6, 10, 4
VALUE_PERCENT_MAX = {"INCREASE": 1_000, "DECREASE": 90}
VALUE_CRITERIA = ("AGE", "GENDER", "OS_TYPE", "DEVICE_PLATFORM", "LOCATION", "PLACEMENT", "AUDIENCE_LABEL")
VALUE_LABELS = frozenset(
    "HIGH_VALUE LOW_VALUE OTHER_CUSTOMERS NEW_USERS QUALIFIED_LEADS DISQUALIFIED_LEADS AT_RISK DISENGAGED "  # noqa: SIM905
    "APP_INSTALLERS TRIAL_USERS ENGAGED_USERS OTHER_1 OTHER_2 OTHER_3".split()
)

# A/B studies: percentages of the cells total 100 (DOC/marketing-api/guides/split-testing)
STUDY_CELLS_MAX, STUDY_OBJECTS_MAX = 150, 100
STUDY_TYPES = ("SPLIT_TEST", "SPLIT_TEST_V2", "LIFT")

# Creatives and ads
ASSET_COUNTS_MAX = {
    "bodies": 5,
    "titles": 5,
    "descriptions": 5,
    "link_urls": 5,
    "call_to_action_types": 5,
    "images": 10,
    "videos": 10,
}
ASSETS_MAX = 30
ASSET_CHARACTERS_MAX = {"bodies": 1024, "titles": 255, "descriptions": 255}
ASSETS_NOT_UNIQUE = Refusal(100, 1815629, "Invalid parameter", "Asset values must be unique")

# Insights
REPORT_NOT_READY = Refusal(2601, 1815107, "(#2601) Report is not ready yet.", is_transient=True)
REPORT_TOO_LARGE = Refusal(
    100, 1487534, "Invalid parameter", "Request too large", "There is too much data to retrieve. Ask for less."
)
BREAKDOWNS_WRONG = Refusal(2, 1504041, "Invalid combination of breakdowns")
RETENTION_MONTHS = 37
# The code is as seen in public threads, not in Meta's pages
TOO_LONG_AGO = Refusal(
    3018, None, "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
)
# Empty since 2026-01-12, without an error
DEAD_WINDOWS = frozenset({"7d_view", "28d_view"})
WINDOWS = frozenset({"1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default", "dda", *DEAD_WINDOWS})
