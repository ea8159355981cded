"""Google's error codes, and what each means for us: wait, look again, ask a human, or fix the request.

Codes: google-ads 34.0.0, v26/errors/types/*; google-ads-datamanager 0.9.4, types/error.py (read 2026-11-22). Which are
worth repeating: developers.google.com/google-ads/api/docs/best-practices/understand-api-errors (read 2026-11-22).
Whatever stands in no table is judged by its gRPC status. Texts are ours; nothing of a payload is repeated.
"""

import re
from typing import NamedTuple, TypeAlias

import grpc

from activator.errors import (
    AuthenticationRequiredError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    PlatformFault,
    RateLimitedError,
    RetryableError,
    RowRejectedError,
)
from connectors.google.answers import Answer, Refused, read_answer
from connectors.google.version import QUOTA_DAY_SECONDS, QUOTA_MINUTE_SECONDS, RATE_WAIT_SECONDS_DEFAULT

Status = grpc.StatusCode
_Kind: TypeAlias = type[DestinationError]


class Meaning(NamedTuple):
    """What a code means: the class it becomes, what is wrong, and what to do."""

    kind: _Kind
    message: str
    next_step: str


_ACCESS = "Give the credentials' account access to the advertiser, or set ACTIVATOR_GOOGLE__LOGIN_CUSTOMER_ID."
_CLOUD = "Look at the project of these credentials in the Google Cloud console: APIs & Services, and its terms."
_CONSENT = "Renew the consent with the scopes adwords and datamanager, then replace the credentials file."
_DECLARE = "Declare every campaign of the account (Campaign settings > EU political ads), then run the sync again."
_LIST = "Look at the list in Google Ads under Audience manager; the next plan makes a new one if it is gone."
_TERMS_IN_ADS = "Accept the Customer Match terms in Google Ads under Audience manager."
TERMS = (
    "Read https://support.google.com/adspolicy/answer/6299717 and accept the Customer Match terms: in Google Ads under"
    " Audience manager, or by `customer_match_terms_accepted: true` in the destination's options."
)
_POLICY = "Change the text; exclamation marks in headlines, repeated punctuation and phone numbers are usual causes."

CODES: dict[str, Meaning] = {
    # A human must renew, grant or accept something.
    "AuthorizationError.USER_PERMISSION_DENIED": Meaning(
        AuthenticationRequiredError, "the credentials have no access to this Google Ads account", _ACCESS
    ),
    "AuthorizationError.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION": Meaning(
        AuthenticationRequiredError, "the login customer id is not a manager of this account", _ACCESS
    ),
    "AuthorizationError.CUSTOMER_NOT_ENABLED": Meaning(
        AuthenticationRequiredError, "the Google Ads account is not active", "Finish its set-up or reactivate it."
    ),
    "AuthorizationError.CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": Meaning(
        AuthenticationRequiredError,
        "the Google Cloud project may not use production accounts yet",
        "Apply for Explorer, Basic or Standard access for the project of these credentials.",
    ),
    "AuthorizationError.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT": Meaning(
        AuthenticationRequiredError, "the Google Ads account is suspended", "See the notice in Google Ads and appeal."
    ),
    "AuthorizationError.INCOMPLETE_SIGNUP": Meaning(
        AuthenticationRequiredError, "the Google Ads account is not set up completely", "Finish its set-up."
    ),
    "AuthorizationError.MISSING_TOS": Meaning(
        AuthenticationRequiredError, "the terms of the Google Ads API are not accepted", _CLOUD
    ),
    "AuthorizationError.PROJECT_DISABLED": Meaning(
        AuthenticationRequiredError, "the Google Cloud project is disabled", _CLOUD
    ),
    "AuthorizationError.CLOUD_PROJECT_NOT_UNDER_ORGANIZATION": Meaning(
        AuthenticationRequiredError, "the Google Cloud project belongs to no organisation", _CLOUD
    ),
    "AuthorizationError.DEVELOPER_TOKEN_NOT_APPROVED": Meaning(
        AuthenticationRequiredError,
        "the developer token is for test accounts only",
        "Apply for a higher access level, or leave ACTIVATOR_GOOGLE__DEVELOPER_TOKEN out: access is the project's now.",
    ),
    "AuthenticationError.TWO_STEP_VERIFICATION_NOT_ENROLLED": Meaning(
        AuthenticationRequiredError,
        "the Google user has no two-step verification, which Google Ads demands",
        "Switch it on in the Google account, then renew the consent.",
    ),
    "AuthenticationError.CUSTOMER_NOT_FOUND": Meaning(
        AuthenticationRequiredError, "there is no such Google Ads account", "Check `account_id` in the project file."
    ),
    "AuthenticationError.NOT_ADS_USER": Meaning(
        AuthenticationRequiredError, "the credentials belong to no Google Ads user", _ACCESS
    ),
    "NotAllowlistedError.CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE": Meaning(
        AuthenticationRequiredError,
        "these credentials may not upload members through the Google Ads API",
        "Remove `uploads: offline_jobs`: only those who did so before April 2026 may; the Data Manager API is for all.",
    ),
    "OfflineUserDataJobError.CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": Meaning(
        AuthenticationRequiredError, "the Customer Match terms are not accepted", _TERMS_IN_ADS
    ),
    "OfflineUserDataJobError.INVALID_USER_LIST_ID": Meaning(
        PermanentRefusalError, "the list does not exist in this account", _LIST
    ),
    "OfflineUserDataJobError.INVALID_USER_LIST_TYPE": Meaning(
        PermanentRefusalError, "the list does not take customer contacts", _LIST
    ),
    "UserListError.ADVERTISER_NOT_ON_ALLOWLIST_FOR_USING_UPLOADED_DATA": Meaning(
        AuthenticationRequiredError,
        "this account may not use lists of uploaded customers",
        "See support.google.com/adspolicy/answer/6299717 for the requirements (history, payments, policy).",
    ),
    "ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA": Meaning(
        AuthenticationRequiredError,
        "this account may not use lists of uploaded customers",
        "See support.google.com/adspolicy/answer/6299717 for the requirements (history, payments, policy).",
    ),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": Meaning(
        AuthenticationRequiredError, "the credentials lack a scope this API needs", _CONSENT
    ),
    "SERVICE_DISABLED": Meaning(
        AuthenticationRequiredError, "this API is not switched on in the Google Cloud project", _CLOUD
    ),
    "ADVERTISER_TOS_NOT_ACCEPTED": Meaning(
        AuthenticationRequiredError, "the advertiser has not accepted the terms", TERMS
    ),
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH": Meaning(
        AuthenticationRequiredError, "the login customer id is not a manager of this account", _ACCESS
    ),
    "OWNERSHIP_REQUIRED_FOR_UPDATE": Meaning(AuthenticationRequiredError, "the list belongs to another account", _LIST),
    "NOT_ALLOWLISTED": Meaning(
        AuthenticationRequiredError, "this account may not use this feature", "Ask your Google representative."
    ),
    "TERMS_AND_CONDITIONS_NOT_SIGNED": Meaning(
        AuthenticationRequiredError, "the Customer Match terms are not accepted", TERMS
    ),
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": Meaning(
        AuthenticationRequiredError,
        "campaigns without the EU political advertising declaration block uploads",
        _DECLARE,
    ),
    "MutateError.EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": Meaning(
        AuthenticationRequiredError,
        "campaigns without the EU political advertising declaration block changes",
        _DECLARE,
    ),
    "CriterionError.MISSING_EU_POLITICAL_ADVERTISING_SELF_DECLARATION": Meaning(
        AuthenticationRequiredError, "this campaign lacks the EU political advertising declaration", _DECLARE
    ),
    "AdGroupError.MISSING_EU_POLITICAL_ADVERTISING_SELF_DECLARATION": Meaning(
        AuthenticationRequiredError, "this campaign lacks the EU political advertising declaration", _DECLARE
    ),
    # The request is at fault and will stay so.
    "PolicyFindingError.POLICY_FINDING": Meaning(PermanentRefusalError, "Google's ad policy refuses the text", _POLICY),
    "AssetError.DUPLICATE_ASSET": Meaning(
        PermanentRefusalError, "two texts of an ad are the same", "Make every headline and description different."
    ),
    "CriterionError.CANNOT_ADD_CLOSED_USER_LIST": Meaning(
        PermanentRefusalError, "the list is closed: Google closes lists left unused for long", _LIST
    ),
    "CriterionError.INVALID_USER_LIST": Meaning(PermanentRefusalError, "the list does not exist or is not ours", _LIST),
    "CriterionError.CANNOT_ATTACH_CRITERIA_AT_CAMPAIGN_AND_ADGROUP": Meaning(
        PermanentRefusalError,
        "the campaign has audiences of its own, so its ad groups can have none",
        "Remove the audiences that were added to the campaign by hand.",
    ),
    "CriterionError.CANNOT_BID_MODIFY_NEGATIVE_CRITERION": Meaning(
        PermanentRefusalError, "an excluded list cannot have a bid adjustment", "Exclude the tier or bid on it."
    ),
    "AdGroupCriterionError.CANNOT_TARGET_AND_EXCLUDE": Meaning(
        PermanentRefusalError, "one list is targeted and excluded in the same ad group", "Remove one of the two."
    ),
    "UserListError.SEED_LIST_DOES_NOT_EXIST": Meaning(
        PermanentRefusalError, "the list a lookalike is to be grown from does not exist", _LIST
    ),
    "UserListError.INVALID_SEED_LIST_TYPE": Meaning(
        PermanentRefusalError, "no lookalike can be grown from this kind of list", "Remove the tier from `lookalikes`."
    ),
    "UserListError.DUPLICATE_LOOKALIKE": Meaning(
        PermanentRefusalError,
        "somebody has already grown the same lookalike from this list",
        "Remove the tier from `lookalikes`, or delete the other one in Google Ads.",
    ),
    "UserListCustomerTypeError.CONFLICTING_CUSTOMER_TYPES": Meaning(
        PermanentRefusalError,
        "the list already holds a kind of customers that excludes this one",
        "Change `customer_types`, or remove the other kind under Audience manager in Google Ads.",
    ),
    "UserListCustomerTypeError.USERLIST_NOT_ELIGIBLE": Meaning(
        PermanentRefusalError, "the list cannot hold a kind of customers", "Remove the tier from `customer_types`."
    ),
    "UserListCustomerTypeError.CONVERSION_TRACKING_NOT_ENABLED_OR_NOT_MCC_MANAGER_ACCOUNT": Meaning(
        PermanentRefusalError,
        "kinds of customers are told where conversions are tracked: not in this account",
        "Remove `customer_types`, or track conversions in this account.",
    ),
    "CampaignGoalConfigError.CANNOT_USE_INCOMPATIBLE_CLO_GOALS": Meaning(
        PermanentRefusalError,
        "the campaign already goes by a goal that excludes the one for new customers",
        "Remove the other goal in the campaign's settings, or `new_customer_value`.",
    ),
    "CampaignGoalConfigError.CUSTOMER_LIFECYCLE_OPTIMIZATION_CAMPAIGN_TYPE_NOT_SUPPORTED": Meaning(
        PermanentRefusalError, "campaigns of this kind cannot go by the goal", "Remove `new_customer_value`."
    ),
    "GoalError.CUSTOMER_LIFECYCLE_OPTIMIZATION_ACCOUNT_TYPE_NOT_ALLOWED": Meaning(
        PermanentRefusalError, "this account cannot have a goal for new customers", "Remove `new_customer_value`."
    ),
    "ExperimentError.CANNOT_CREATE_EXPERIMENT_CAMPAIGN_WITH_SHARED_BUDGET": Meaning(
        PermanentRefusalError,
        "a campaign with a shared budget cannot be tested",
        "Give the campaign a budget of its own in Google Ads.",
    ),
    "ExperimentError.MISSING_EU_POLITICAL_ADVERTISING_SELF_DECLARATION": Meaning(
        AuthenticationRequiredError, "this campaign lacks the EU political advertising declaration", _DECLARE
    ),
    "CampaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT": Meaning(
        PermanentRefusalError,
        "the budget is no multiple of the account currency's smallest unit",
        "Round `daily_budget`.",
    ),
    "BiddingError.BID_TOO_SMALL": Meaning(
        PermanentRefusalError, "the bid is below Google's minimum", "Raise `amount`."
    ),
    "MEMBERSHIP_DURATION_TOO_LONG": Meaning(
        PermanentRefusalError, "members may stay 540 days at most", "Lower `membership_days`."
    ),
    "INVALID_REMOVE_AS_OF_TIME": Meaning(
        PermanentRefusalError,
        "the time before which members are taken out is not in the past",
        "Set this machine's clock.",
    ),
    "DESTINATION_ACCOUNT_TYPE_MISMATCH": Meaning(
        PermanentRefusalError, "the account is not a Google Ads account", "Check `account_id` in the project file."
    ),
    "INVALID_USER_LIST_ID": Meaning(PermanentRefusalError, "the list does not exist in this account", _LIST),
    "INVALID_USER_LIST_TYPE": Meaning(PermanentRefusalError, "the list does not take customer contacts", _LIST),
    # Temporary, and the request was turned away before it did anything.
    "DatabaseError.CONCURRENT_MODIFICATION": Meaning(
        RetryableError, "somebody else is changing the same objects", "Run the sync again."
    ),
    "QuotaError.RESOURCE_TEMPORARILY_EXHAUSTED": Meaning(
        RateLimitedError, "Google asks us to slow down", "Wait; the sync goes on where it stopped."
    ),
    "QuotaError.RESOURCE_EXHAUSTED": Meaning(
        RateLimitedError, "the day's operations of the Cloud project are used up", "Wait, or apply for a higher access."
    ),
}

FAMILIES: dict[str, Meaning] = {
    "AuthenticationError": Meaning(AuthenticationRequiredError, "Google does not accept the credentials", _CONSENT),
    "AuthorizationError": Meaning(AuthenticationRequiredError, "the credentials may not do this", _ACCESS),
    "NotAllowlistedError": Meaning(
        AuthenticationRequiredError, "this account may not use this feature", "Ask your Google representative."
    ),
    "QuotaError": CODES["QuotaError.RESOURCE_TEMPORARILY_EXHAUSTED"],
}

# A name that is taken may be ours, made by a request whose answer was lost: the caller looks before it gives up.
DUPLICATE_NAMES = frozenset(
    {
        "CampaignError.DUPLICATE_CAMPAIGN_NAME",
        "CampaignBudgetError.DUPLICATE_NAME",
        "AdGroupError.DUPLICATE_ADGROUP_NAME",
        "UserListError.NAME_ALREADY_USED",
        "MutateError.RESOURCE_ALREADY_EXISTS",
        "DISPLAY_NAME_ALREADY_USED",
        "ALREADY_EXISTS",
    }
)
DUPLICATE_LABEL = "LabelError.DUPLICATE_NAME"

# Status requests about an upload the platform does not know (any more): its outcome cannot be told.
UNKNOWN_REQUESTS = frozenset({"INVALID_REQUEST_ID", "REQUEST_TOO_OLD", "NOT_FOUND"})

# Faults of one member. Others carry a member's path too, but are about the list (INVALID_USER_LIST_TYPE).
ROW_FAULTS = frozenset(
    {
        "",
        "INVALID_ARGUMENT",
        "REQUIRED_FIELD_MISSING",
        "INVALID_FORMAT",
        "INVALID_HEX_ENCODING",
        "INVALID_BASE64_ENCODING",
        "INVALID_SHA256_FORMAT",
        "INVALID_POSTAL_CODE",
        "INVALID_COUNTRY_CODE",
        "INVALID_REGION_CODE",
        "INVALID_AUDIENCE_MEMBER",
        "INVALID_NUMBER_FORMAT",
        "TOO_MANY_USER_IDENTIFIERS",
        "NO_IDENTIFIERS_PROVIDED",
        "FIELD_VALUE_TOO_LONG",
        "FIELD_VALUE_TOO_SHORT",
        "TOO_MANY_ELEMENTS",
        "TOO_FEW_ELEMENTS",
    }
)
_DAILY = "PerDay"  # in the name of a quota: DM/limits, e.g. IngestionMutateRequestsPerDayPerProject (read 2026-11-22)
_MEMBER = re.compile(r"(?:audience_members|audienceMembers)\[(\d+)\]")

STATUSES: dict[Status, Meaning] = {
    Status.RESOURCE_EXHAUSTED: CODES["QuotaError.RESOURCE_TEMPORARILY_EXHAUSTED"],
    Status.ABORTED: CODES["DatabaseError.CONCURRENT_MODIFICATION"],
    Status.UNAUTHENTICATED: Meaning(AuthenticationRequiredError, "the access token is not accepted", _CONSENT),
    Status.PERMISSION_DENIED: Meaning(
        AuthenticationRequiredError, "the credentials may not do this", f"{_ACCESS} {_CONSENT}"
    ),
    **dict.fromkeys(
        (
            Status.INVALID_ARGUMENT,
            Status.FAILED_PRECONDITION,
            Status.NOT_FOUND,
            Status.ALREADY_EXISTS,
            Status.OUT_OF_RANGE,
            Status.UNIMPLEMENTED,
        ),
        Meaning(PermanentRefusalError, "the request is refused", "See docs/reference/google.md for the code."),
    ),
}
_DAY_USED = Meaning(
    RateLimitedError,
    "the day's requests of the Cloud project are used up",
    "Wait, or ask for more in the Cloud console.",
)
_UNREACHABLE = Meaning(
    RetryableError,
    "cannot be reached",
    "Check the network, the endpoint settings and ACTIVATOR_GOOGLE__CA_FILE.",
)


def translate(error: BaseException, version: str, *, writes: bool) -> DestinationError:
    """The error a failed call becomes. writes: it may have changed something, so silence is not failure."""
    answer = read_answer(error, version)
    if answer is None:
        return _silence(None, writes=writes)
    rows = _rejected_rows(answer)
    if rows:
        return RowRejectedError(
            f"Google refuses {len(rows)} members of the upload", "They are set aside.", _fault(answer), rows
        )
    meaning = _meaning(answer)
    if meaning is None:
        return _silence(answer, writes=writes)
    message = f"Google: {meaning.message}{_told(answer)}"
    if meaning.kind is RateLimitedError:
        return RateLimitedError(message, meaning.next_step, _fault(answer), _wait_seconds(answer))
    return meaning.kind(message, meaning.next_step, _fault(answer))


def words_of_refusal(refused: Refused) -> str:
    """Why an operation would be refused, and what to do about it."""
    known = [CODES[code] for code in refused.codes if code in CODES]
    told = [*refused.codes[:3], *(f"topic {topic}" for topic in refused.topics[:3] if topic)]
    told += [f"at {refused.path}"] if refused.path else []
    message = known[0].message if known else "Google would refuse it"
    return f"{message} ({', '.join(told)})" + (f"; {known[0].next_step}" if known else "")


def _meaning(answer: Answer) -> Meaning | None:
    """By code, else by family of codes, else by status; None where it stays open what happened."""
    if answer.never_sent:
        return _UNREACHABLE
    if _DAILY in answer.quota:
        return _DAY_USED
    families = (code.partition(".")[0] for code in answer.codes)
    known = [CODES[code] for code in answer.codes if code in CODES]
    known += [FAMILIES[family] for family in families if family in FAMILIES]
    return known[0] if known else STATUSES.get(answer.status)


def _silence(answer: Answer | None, *, writes: bool) -> DestinationError:
    """No answer, or one that leaves open whether anything happened (UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL …)."""
    told, fault = ("", PlatformFault()) if answer is None else (_told(answer), _fault(answer))
    if writes:
        return OutcomeUnknownError(
            f"Google did not say whether the change took effect{told}",
            "Run the sync again; it looks before it repeats anything.",
            fault,
        )
    return RetryableError(f"Google did not answer{told}", "Run the command again.", fault)


def _rejected_rows(answer: Answer) -> tuple[int, ...]:
    """Positions of members at fault, when nothing but members is at fault."""
    if answer.status is not Status.INVALID_ARGUMENT or not answer.violations:
        return ()
    found = [_MEMBER.match(violation.path) for violation in answer.violations]
    if any(violation.code not in ROW_FAULTS for violation in answer.violations):
        return ()
    rows = tuple(int(match.group(1)) for match in found if match)
    return tuple(sorted(set(rows))) if len(rows) == len(found) else ()


def _wait_seconds(answer: Answer) -> float:
    if answer.retry_after_seconds is not None:
        return answer.retry_after_seconds
    # QuotaError.RESOURCE_EXHAUSTED is the daily limit and carries no delay (understand-api-errors, read 2026-11-22).
    if _DAILY in answer.quota or "QuotaError.RESOURCE_EXHAUSTED" in answer.codes:
        return QUOTA_DAY_SECONDS
    if "PerMinute" in answer.quota:
        return QUOTA_MINUTE_SECONDS
    return RATE_WAIT_SECONDS_DEFAULT


def _told(answer: Answer) -> str:
    """Codes, the quota, policy topics, the first field path and the request id: what one searches for."""
    parts = [*answer.codes[:3]] or [answer.status.name]
    parts += [f"quota {answer.quota}"] if answer.quota else []
    parts += [f"topic {topic}" for topic in answer.topics[:3] if topic]
    parts += [f"at {violation.path}" for violation in answer.violations[:1] if violation.path]
    if answer.request_id:
        parts.append(f"request {answer.request_id}")
    return f" ({', '.join(parts)})"


def _fault(answer: Answer) -> PlatformFault:
    """code: the one we act on, else the first; subcode: the gRPC status."""
    acted_on = [code for code in answer.codes if code in CODES or code in DUPLICATE_NAMES or code in UNKNOWN_REQUESTS]
    code = (*acted_on, *answer.codes, answer.status.name)[0]
    return PlatformFault(code=code, subcode=answer.status.name, trace_id=answer.request_id, quota_scope=answer.scope)
