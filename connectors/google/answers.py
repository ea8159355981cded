"""Reads a failed call's parts that are safe to keep: codes, field paths, delays. Never messages, triggers or values.

Google attaches a GoogleAdsFailure to the trailing metadata of Google Ads calls and google.rpc details to both APIs'.
The client library turns the first into GoogleAdsException for all codes but INTERNAL and RESOURCE_EXHAUSTED
(google-ads 34.0.0, interceptors/interceptor.py); reading the metadata itself treats all codes alike.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import grpc

ACCOUNT_SCOPE = "ACCOUNT"  # quota_error_details.rate_scope: of this account alone, not of the Cloud project

_FAILURE_KEY = re.compile(r"google\.ads\.googleads\.v\d+\.errors\.googleadsfailure-bin")
_FAILURE_TYPE = re.compile(r"google\.ads\.googleads\.v\d+\.errors\.GoogleAdsFailure")
_CODE = re.compile(r"[A-Za-z0-9_.]{1,120}")
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]]{1,200}")
_QUOTA = re.compile(r"[A-Za-z][A-Za-z /_-]{0,119}")  # "Get requests for standard access": words, no numbers
_DIGEST = re.compile(r"[0-9A-Fa-f]{40}")
_OPERATION = re.compile(r"(?:mutate_)?operations\[(\d+)\]")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:/-]{1,120}")

# gRPC's client writes these itself when no connection came about, so nothing was sent
# (grpc core, pick_first and the DNS resolver; checked with grpcio 1.85).
_NEVER_SENT = ("failed to connect to all addresses", "DNS resolution failed", "Connect Failed")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing the platform objects to. code: `CampaignError.DUPLICATE_CAMPAIGN_NAME` or `INVALID_SHA256_FORMAT`."""

    code: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A failed call, scrubbed.

    quota: the name of the one that is used up; scope: whom it binds; never_sent: certain, no connection was made.
    """

    status: grpc.StatusCode
    violations: tuple[Violation, ...] = ()
    reason: str = ""
    quota: str = ""
    scope: str = ""
    topics: tuple[str, ...] = ()
    retry_after_seconds: float | None = None
    request_id: str = ""
    never_sent: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code once, the most telling first."""
        told = [violation.code for violation in self.violations] + [self.reason]
        return tuple(dict.fromkeys(code for code in told if code))


@dataclass(slots=True)
class _Parts:
    violations: list[Violation] = field(default_factory=list)
    reason: str = ""
    quota: str = ""
    scope: str = ""
    topics: list[str] = field(default_factory=list)
    retry_after_seconds: float | None = None
    request_id: str = ""


def read_answer(error: BaseException, version: str) -> Answer | None:
    """What a raised error says, or None when it is no answer of a call at all."""
    call = _call_of(error)
    if call is None:
        return None
    parts = _Parts()
    trailing = tuple(call.trailing_metadata() or ())
    for key, value in trailing:
        if key == "request-id":
            parts.request_id = parts.request_id or _safe(_REQUEST_ID, value)
        elif _FAILURE_KEY.fullmatch(key):
            _read_failure(parts, value, version)
        elif key == "grpc-status-details-bin":
            _read_status(parts, value, version)
    details = str(call.details() or "")
    return Answer(
        status=call.code(),
        violations=tuple(dict.fromkeys(parts.violations)),
        reason=parts.reason,
        quota=parts.quota,
        scope=parts.scope,
        topics=tuple(dict.fromkeys(parts.topics)),
        retry_after_seconds=parts.retry_after_seconds,
        request_id=parts.request_id,
        never_sent=call.code() is grpc.StatusCode.UNAVAILABLE and details.startswith(_NEVER_SENT),
    )


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong with one operation of a partly taken request. path: the first field that is."""

    codes: tuple[str, ...]
    topics: tuple[str, ...] = ()
    path: str = ""


def failed_operations(status: Any, version: str) -> dict[int, Refused]:
    """What a partly taken request says of its operations, by position (google.rpc.Status with the failure)."""
    failure = import_module(f"google.ads.googleads.{version}.errors.types.errors").GoogleAdsFailure.pb()()
    found: dict[int, list[_Parts]] = {}
    for detail in status.details:
        if not _FAILURE_TYPE.fullmatch(detail.type_url.rsplit("/", 1)[-1]):
            continue
        failure.ParseFromString(detail.value)
        for error in failure.errors:
            parts = _Parts()
            _read_error(parts, error)
            match = _OPERATION.match(parts.violations[0].path)
            if match:
                found.setdefault(int(match.group(1)), []).append(parts)
    return {
        place: Refused(
            tuple(dict.fromkeys(parts.violations[0].code for parts in all_parts)),
            tuple(dict.fromkeys(topic for parts in all_parts for topic in parts.topics)),
            all_parts[0].violations[0].path,
        )
        for place, all_parts in found.items()
    }


def _call_of(error: BaseException | None) -> Any:
    """The gRPC call behind an error: itself, api_core's `response`, or what api_core stumbled over."""
    for _ in range(4):
        if error is None:
            return None
        if isinstance(error, grpc.Call):
            return error
        response = getattr(error, "response", None)
        if isinstance(response, grpc.Call):
            return response
        error = error.__cause__ or error.__context__
    return None


def _safe(pattern: re.Pattern[str], value: object) -> str:
    """The text when it looks like what it should be, and holds nothing as long as a hashed identifier."""
    text = value if isinstance(value, str) else ""
    return text if pattern.fullmatch(text) and not _DIGEST.search(text) else ""


def _read_failure(parts: _Parts, raw: bytes, version: str) -> None:
    from google.protobuf.message import DecodeError

    failure = import_module(f"google.ads.googleads.{version}.errors.types.errors").GoogleAdsFailure.pb()()
    try:
        failure.ParseFromString(raw)
    except DecodeError:
        return
    parts.request_id = parts.request_id or _safe(_REQUEST_ID, failure.request_id)
    for error in failure.errors:
        _read_error(parts, error)


def _read_error(parts: _Parts, error: Any) -> None:
    parts.violations.append(Violation(_code_of(error.error_code), _path_of(error.location.field_path_elements)))
    quota = error.details.quota_error_details
    if quota.HasField("retry_delay"):
        parts.retry_after_seconds = _longest(parts.retry_after_seconds, quota.retry_delay)
    parts.scope = parts.scope or _name_of(quota, "rate_scope")
    parts.quota = parts.quota or _safe(_QUOTA, quota.rate_name)
    for entry in error.details.policy_finding_details.policy_topic_entries:
        parts.topics.append(_safe(_CODE, entry.topic))


def _code_of(error_code: Any) -> str:
    name = error_code.WhichOneof("error_code")
    if name is None:
        return "UNKNOWN"
    number = getattr(error_code, name)
    known = error_code.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number.get(number)
    family = "".join(part.capitalize() for part in name.split("_"))
    return f"{family}.{known.name if known else number}"


def _name_of(message: Any, field: str) -> str:
    known = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(getattr(message, field))
    return str(known.name) if known and known.number else ""


def _path_of(elements: Iterable[Any]) -> str:
    steps = (f"{part.field_name}[{part.index}]" if part.HasField("index") else part.field_name for part in elements)
    return _safe(_FIELD, ".".join(steps))


def _read_status(parts: _Parts, raw: bytes, version: str) -> None:
    from google.protobuf.message import DecodeError
    from google.rpc.status_pb2 import Status

    status = Status()
    try:
        status.ParseFromString(raw)
        for detail in status.details:
            _read_detail(parts, detail, version)
    except DecodeError:
        return


def _read_detail(parts: _Parts, detail: Any, version: str) -> None:
    from google.rpc import error_details_pb2 as details

    kind = detail.type_url.rsplit("/", 1)[-1]
    if _FAILURE_TYPE.fullmatch(kind):
        _read_failure(parts, detail.value, version)
    elif kind == "google.rpc.BadRequest":
        for violation in details.BadRequest.FromString(detail.value).field_violations:
            parts.violations.append(Violation(_safe(_CODE, violation.reason), _safe(_FIELD, violation.field)))
    elif kind == "google.rpc.ErrorInfo":
        info = details.ErrorInfo.FromString(detail.value)
        parts.reason = parts.reason or _safe(_CODE, info.reason)
        parts.quota = parts.quota or _safe(_CODE, info.metadata.get("quota_limit", ""))
        parts.request_id = parts.request_id or _safe(_REQUEST_ID, info.metadata.get("requestId", ""))
    elif kind == "google.rpc.RequestInfo":
        request = details.RequestInfo.FromString(detail.value)
        parts.request_id = parts.request_id or _safe(_REQUEST_ID, request.request_id)
    elif kind == "google.rpc.RetryInfo":
        delay = details.RetryInfo.FromString(detail.value).retry_delay
        parts.retry_after_seconds = _longest(parts.retry_after_seconds, delay)
    elif kind == "google.rpc.QuotaFailure":
        for quota in details.QuotaFailure.FromString(detail.value).violations:
            parts.quota = parts.quota or _safe(_CODE, quota.quota_id)


def _longest(known: float | None, delay: Any) -> float:
    seconds: float = delay.seconds + delay.nanos / 1e9
    return max(known or 0.0, seconds)
