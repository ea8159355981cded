"""What a failed call means: every outcome of a Graph call translated into our error tree.

Decided by code and subcode alone, never by text. Sources: DOC/marketing-api/error-reference,
DOC/marketing-api/insights/error-codes, https://developers.facebook.com/docs/graph-api/guides/error-handling,
checked 2026-11-22; each rule's own source stands in docs/reference/meta.md.
Texts are built anew: nothing of the request, and of the answer only scrubbed words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from activator.errors import (
    AuthenticationRequiredError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    PlatformFault,
    RateLimitedError,
    RetryableError,
)
from connectors.meta.version import PAUSE_SECONDS


class Effect(Enum):
    """What a call does if it arrives, and so what may follow when nobody knows whether it did."""

    READ = auto()
    SETTING = auto()  # sets values of one object: the same again changes nothing
    ONCE = auto()  # creates, or moves members: never repeated on suspicion


class FailureKind(Enum):
    """How far a call came."""

    NOT_SENT = auto()
    TOO_LARGE = auto()
    BAD_ADDRESS = auto()
    CERTIFICATE = auto()
    NO_ANSWER = auto()
    NOT_GRAPH = auto()
    GRAPH_ERROR = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call. error: Graph's own error object; wait_seconds: the wait its headers ask for."""

    kind: FailureKind
    http_status: int | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: float | None = None


class _Act(Enum):
    TRANSIENT = auto()  # may have had an effect
    SAFE_RETRY = auto()  # certainly had none
    WAIT = auto()
    HUMAN = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class _Rule:
    act: _Act
    why: str
    fix: str = ""
    wait_seconds: float = PAUSE_SECONDS


_RENEW_FIX = "Create a new system user token with ads_management and set ACTIVATOR_META__ACCESS_TOKEN."
_WAIT_FIX = "Nothing to do but wait; run the command again later, it resumes where it stopped."
_RENAME_FIX = "Rename the tier (or the project) so that it says nothing about income, credit or health, and plan again."
TERMS_FIX = (
    "A person of the business opens https://business.facebook.com/ads/manage/customaudiences/tos/?act=<account id> "
    "and accepts the terms."
)
_BUG_FIX = "Run `activator doctor`. If it finds nothing, report the code and the fbtrace_id."

_CODES: dict[int, _Rule] = {
    1: _Rule(_Act.TRANSIENT, "Meta had an unknown error"),
    2: _Rule(_Act.TRANSIENT, "a Meta service is down for the moment"),
    3: _Rule(_Act.HUMAN, "the app may not make this call", "Give the app Marketing API access in its dashboard."),
    4: _Rule(_Act.WAIT, "the app's rate limit is used up", _WAIT_FIX),
    10: _Rule(
        _Act.HUMAN, "the app or token lacks a permission", "Grant ads_management and assign the account to the user."
    ),
    17: _Rule(_Act.WAIT, "the user's or account's rate limit is used up", _WAIT_FIX),
    32: _Rule(_Act.WAIT, "the page's rate limit is used up", _WAIT_FIX),
    100: _Rule(_Act.REFUSED, "a parameter is refused", _BUG_FIX),
    102: _Rule(_Act.HUMAN, "the session is over", _RENEW_FIX),
    190: _Rule(_Act.HUMAN, "the access token is not valid", _RENEW_FIX),
    270: _Rule(_Act.HUMAN, "the app's access tier does not allow this account", "Ask for full Marketing API access."),
    294: _Rule(_Act.HUMAN, "ads_management is missing", _RENEW_FIX),
    341: _Rule(_Act.WAIT, "the app's limit is reached", _WAIT_FIX),
    368: _Rule(
        _Act.HUMAN, "Meta blocks this action as abusive", "Open Account Quality at Meta and follow it up there."
    ),
    613: _Rule(_Act.WAIT, "a rate limit is used up", _WAIT_FIX),
    803: _Rule(_Act.REFUSED, "an object does not exist", "Check the ids in the project file; run `activator doctor`."),
    2500: _Rule(_Act.REFUSED, "the path or fields of a call are wrong", _BUG_FIX),
    2635: _Rule(
        _Act.REFUSED, "this Graph API version is no longer served", "Upgrade, or unset ACTIVATOR_META__API_VERSION."
    ),
    2650: _Rule(
        _Act.REFUSED, "the audience cannot be changed", "Look at the audience in Ads Manager, then plan again."
    ),
    2654: _Rule(_Act.REFUSED, "the audience cannot be created", "Run `activator doctor`; terms may not be accepted."),
    2656: _Rule(_Act.REFUSED, "the audience cannot be deleted", "Lookalikes or ad sets still use it."),
    3018: _Rule(_Act.REFUSED, "the report starts more than 37 months ago", "Ask for later days."),
    1404078: _Rule(_Act.HUMAN, "Meta blocks this as abusive", "Open Account Quality at Meta and follow it up there."),
}

_PAIRS: dict[tuple[int, int], _Rule] = {
    (100, 33): _Rule(
        _Act.REFUSED,
        "an object does not exist, or the token may not see it",
        "Check account_id, page_id and pixel_id, and that they are assigned to the system user.",
    ),
    (190, 458): _Rule(_Act.HUMAN, "the app was removed from the user", _RENEW_FIX),
    (190, 459): _Rule(_Act.HUMAN, "the user must log in at Facebook first", "Log in there, then create a new token."),
    (190, 460): _Rule(_Act.HUMAN, "the password was changed, which ended the token", _RENEW_FIX),
    (190, 463): _Rule(_Act.HUMAN, "the access token has expired", _RENEW_FIX),
    (190, 464): _Rule(
        _Act.HUMAN, "the user is not confirmed", "Confirm the user at Facebook, then create a new token."
    ),
    (190, 467): _Rule(_Act.HUMAN, "the access token was invalidated", _RENEW_FIX),
}

# Seven-digit subcodes mean the same under every code.
_SUBCODES: dict[int, _Rule] = {
    1487225: _Rule(_Act.WAIT, "too many ads were created", _WAIT_FIX, 3600),
    1487632: _Rule(_Act.WAIT, "an ad set's budget was changed more than 4 times in an hour", _WAIT_FIX, 3600),
    5044001: _Rule(_Act.WAIT, "more than 100 writes in a second", _WAIT_FIX, 2),
    1504022: _Rule(_Act.WAIT, "reports are throttled", _WAIT_FIX),
    1504039: _Rule(_Act.WAIT, "reports are throttled", _WAIT_FIX),
    2446079: _Rule(_Act.WAIT, "the account's rate limit is used up", _WAIT_FIX),
    1815107: _Rule(_Act.SAFE_RETRY, "the report is not ready", "Run the command again in a few minutes."),
    1504043: _Rule(_Act.TRANSIENT, "the report failed for the moment"),
    1487534: _Rule(_Act.REFUSED, "the report is too large", "Ask for fewer days."),
    1504018: _Rule(_Act.REFUSED, "the report took too long", "Ask for fewer days."),
    1504038: _Rule(_Act.REFUSED, "the report took too long", "Ask for fewer days."),
    1504041: _Rule(_Act.REFUSED, "the report cannot be computed", _BUG_FIX),
    1870034: _Rule(_Act.HUMAN, "the Custom Audience terms are not accepted", TERMS_FIX),
    1870090: _Rule(_Act.HUMAN, "the Custom Audience terms are not accepted", TERMS_FIX),
    1870047: _Rule(
        _Act.REFUSED,
        "the audience is too small to remove people from (Meta hides single people below about 100 matches)",
        "Let it grow past 100 matched people, or stop using it; until then these people stay in.",
    ),
    1713228: _Rule(_Act.REFUSED, "the audience is flagged and cannot be edited", _RENAME_FIX),
    1713230: _Rule(_Act.REFUSED, "the audience is flagged and takes no uploads", _RENAME_FIX),
    1713231: _Rule(_Act.REFUSED, "the audience is flagged and cannot be edited", _RENAME_FIX),
    1713232: _Rule(_Act.REFUSED, "the audience is flagged and cannot seed others", _RENAME_FIX),
    1870144: _Rule(_Act.REFUSED, "the audience is too large to be replaced", "Change it by additions and removals."),
    1870145: _Rule(_Act.SAFE_RETRY, "somebody is replacing this audience just now", "Wait until it ends (90 minutes)."),
    1870147: _Rule(_Act.REFUSED, "a replacement must begin with its first batch", _BUG_FIX),
    1870148: _Rule(_Act.UNKNOWN, "the audience was changed in part", "Plan again once its status is normal."),
    1870158: _Rule(_Act.UNKNOWN, "a replacement timed out half-way", "Plan again once its status is normal."),
    1870159: _Rule(_Act.REFUSED, "a replacement is already finished", "Plan again."),
    1870227: _Rule(_Act.REFUSED, "targeting must say whether Meta may widen it (advantage_audience)", _BUG_FIX),
    4834011: _Rule(_Act.REFUSED, "the campaign must say whether ad sets share budgets", _BUG_FIX),
    1815857: _Rule(_Act.REFUSED, "this bid strategy needs a bid amount", "Give the tier's bid an `amount`."),
    1885204: _Rule(_Act.REFUSED, "this bid strategy takes no bid amount", "Remove the tier's bid `amount`."),
    1885272: _Rule(_Act.REFUSED, "the daily budget is below Meta's minimum", "Raise the tier's `daily_budget`."),
    1885650: _Rule(
        _Act.REFUSED, "the daily budget is below what today has cost", "Raise the tier's `daily_budget`, or wait a day."
    ),
    1885621: _Rule(
        _Act.REFUSED,
        "campaign and ad set both carry a budget",
        "Somebody gave the campaign a budget of its own: remove it in Ads Manager.",
    ),
    2446307: _Rule(_Act.REFUSED, "the spend cap is too low", "Raise it in Ads Manager."),
    3858152: _Rule(
        _Act.REFUSED,
        "ads in the EU must name beneficiary and payor",
        "Set dsa_beneficiary and dsa_payor in the destination's options, or defaults in the account.",
    ),
    1487056: _Rule(_Act.REFUSED, "the object is deleted", "Plan again: a new one is created."),
    1487566: _Rule(_Act.REFUSED, "the object is deleted", "Plan again: a new one is created."),
}


def translate(failure: Failure, effect: Effect, secrets: Iterable[str] = ()) -> DestinationError:
    """The error a failed call is for the user. secrets: texts that must not survive in a quoted answer."""
    match failure.kind:
        case FailureKind.NO_ANSWER:
            return _uncertain("Meta did not answer", effect, PlatformFault())
        case FailureKind.NOT_GRAPH:
            return _not_graph(failure, effect)
        case FailureKind.GRAPH_ERROR:
            return _graph_error(failure, effect, tuple(secrets))
        case _:
            return _nothing_sent(failure.kind)


def _nothing_sent(kind: FailureKind) -> DestinationError:
    if kind is FailureKind.NOT_SENT:
        fix = "Check the network, ACTIVATOR_META__GRAPH_URL and ACTIVATOR_META__PROXY."
        return RetryableError("Meta cannot be reached", fix)
    if kind is FailureKind.CERTIFICATE:
        fix = "Check ACTIVATOR_META__GRAPH_URL, and name its authority in ACTIVATOR_META__CA_FILE."
        return PermanentRefusalError("the Graph server's certificate is not trusted", fix)
    if kind is FailureKind.TOO_LARGE:
        return PermanentRefusalError("a call is larger than Meta takes; nothing was sent", _BUG_FIX)
    return PermanentRefusalError("the Graph address is not usable", "Check ACTIVATOR_META__GRAPH_URL.")


def _uncertain(message: str, effect: Effect, fault: PlatformFault) -> DestinationError:
    """No proof of success: a read is simply repeated, anything else may have happened."""
    if effect is Effect.READ:
        return RetryableError(message, "Run the command again; see https://metastatus.com if it stays.", fault)
    return OutcomeUnknownError(
        f"{message}; the change may or may not have been made",
        "Run the command again: it looks before it repeats anything.",
        fault,
    )


def _not_graph(failure: Failure, effect: Effect) -> DestinationError:
    status = failure.http_status
    fault = PlatformFault(http_status=status)
    address_fix = "Check ACTIVATOR_META__GRAPH_URL and ACTIVATOR_META__PROXY."
    if status == 429:
        return RateLimitedError("Meta asks to wait (HTTP 429)", _WAIT_FIX, fault, failure.wait_seconds or PAUSE_SECONDS)
    if status is not None and 300 <= status < 500 and status != 408:
        return PermanentRefusalError(
            f"something that is not the Graph API answered (HTTP {status})", address_fix, fault
        )
    return _uncertain(f"Meta's answer is unreadable (HTTP {status})", effect, fault)


def _graph_error(failure: Failure, effect: Effect, secrets: tuple[str, ...]) -> DestinationError:
    error = failure.error
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    fault = PlatformFault(
        code="" if code is None else str(code),
        subcode="" if subcode is None else str(subcode),
        trace_id=_trace(error.get("fbtrace_id"), secrets),
        http_status=failure.http_status,
    )
    rule = _rule(code, subcode, error, failure.http_status)
    message = f"Meta: {rule.why} [{_label(fault)}]{_words(error, secrets)}"
    match rule.act:
        case _Act.TRANSIENT:
            return _uncertain(message, effect, fault)
        case _Act.SAFE_RETRY:
            return RetryableError(message, rule.fix, fault)
        case _Act.WAIT:
            return RateLimitedError(message, rule.fix, fault, failure.wait_seconds or rule.wait_seconds)
        case _Act.HUMAN:
            return AuthenticationRequiredError(message, rule.fix, fault)
        case _Act.REFUSED:
            return PermanentRefusalError(message, rule.fix, fault)
        case _Act.UNKNOWN:
            return OutcomeUnknownError(message, rule.fix, fault)


def _rule(code: int | None, subcode: int | None, error: Mapping[str, Any], status: int | None) -> _Rule:
    """The most specific rule there is."""
    if code is None:
        return _unlisted(error, status)
    if code == 100 and "appsecret_proof" in str(error.get("message", "")):
        # Has no subcode of its own: https://github.com/facebook/facebook-python-business-sdk/issues/528
        return _Rule(_Act.HUMAN, "the app secret does not fit the token", "Set ACTIVATOR_META__APP_SECRET right.")
    known = _SUBCODES.get(subcode or 0) or _PAIRS.get((code, subcode or 0)) or _CODES.get(code)
    if known is None and 80000 <= code <= 80014:
        return _Rule(_Act.WAIT, "the account's rate limit for this kind of call is used up", _WAIT_FIX)
    if known is None and 200 <= code <= 299:
        return _Rule(_Act.HUMAN, "a permission is missing", "Grant it to the system user on this account.")
    return known or _unlisted(error, status)


def _unlisted(error: Mapping[str, Any], status: int | None) -> _Rule:
    if error.get("is_transient") is True or (status is not None and status >= 500):
        return _Rule(_Act.TRANSIENT, "Meta failed for the moment")
    if status == 429:
        return _Rule(_Act.WAIT, "Meta asks to wait", _WAIT_FIX)
    if status == 401:
        return _Rule(_Act.HUMAN, "the access token is not accepted", _RENEW_FIX)
    if status is not None and status < 400:
        return _Rule(_Act.TRANSIENT, "Meta's answer is both success and error")
    return _Rule(_Act.REFUSED, "the request is refused", _BUG_FIX)


def _number(value: Any) -> int | None:
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


def _label(fault: PlatformFault) -> str:
    codes = "/".join(part for part in (fault.code, fault.subcode) if part)
    return f"code {codes or 'missing'}, HTTP {fault.http_status}"


def _trace(value: Any, secrets: tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else ""
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text) and not any(secret in text for secret in secrets) else ""


# Digests, tokens and the like: any unbroken run of 24 or more letters and digits. Field names have underscores.
_OPAQUE = re.compile(r"[A-Za-z0-9]{24,}")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+|\+?\d[\d ()-]{7,}\d|https?://\S+")
_WORDS_LENGTH_MAX = 300


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Foreign text on one bounded line, without secrets, digests, tokens, addresses or long numbers."""
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _OPAQUE.sub("…", _ADDRESS.sub("…", text))
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _WORDS_LENGTH_MAX else f"{text[:_WORDS_LENGTH_MAX]}…"


def _words(error: Mapping[str, Any], secrets: tuple[str, ...]) -> str:
    said = [error.get("error_user_title"), error.get("error_user_msg") or error.get("message")]
    words = scrub(". ".join(part for part in said if isinstance(part, str) and part), secrets)
    return f": {words}" if words else ""
