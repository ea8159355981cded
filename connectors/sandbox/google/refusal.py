"""Refusals in Google's two dialects, and how they travel: GoogleAdsFailure and google.rpc details."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from connectors.sandbox.google.wire import ads_class

Status = grpc.StatusCode
_ELEMENT = re.compile(r"([a-z_0-9]+)(?:\[(\d+)\])?")
DATA_MANAGER_DOMAIN = "datamanager.googleapis.com"


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """One policy topic and the text that shows it."""

    topic: str
    evidence: str


@dataclass
class Refusal(Exception):  # noqa: N818 - a platform's answer, not an error of the sandbox
    """One GoogleAdsError. category: field of ErrorCode, e.g. ``campaign_error``; path: ``operations[0].create``."""

    category: str
    code: str
    message: str
    path: str = ""
    trigger: str = ""
    policy: tuple[PolicyFinding, ...] = ()

    def below(self, prefix: str) -> "Refusal":
        """The same refusal, its path seen from further out."""
        path = f"{prefix}.{self.path}" if self.path else prefix
        return Refusal(self.category, self.code, self.message, path, self.trigger, self.policy)


@dataclass
class AdsFault(Exception):  # noqa: N818 - see Refusal
    """A failed Google Ads call: gRPC status and its errors. retry_delay_seconds: with a quota error."""

    status: grpc.StatusCode
    details: str
    refusals: Sequence[Refusal] = ()
    retry_delay_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One BadRequest.FieldViolation. reason: a value of datamanager ErrorReason."""

    field: str
    reason: str
    description: str


@dataclass
class DataFault(Exception):  # noqa: N818 - see Refusal
    """A failed Data Manager call. reason: ErrorInfo.reason."""

    status: grpc.StatusCode
    reason: str
    message: str
    violations: tuple[Violation, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    retry_delay_seconds: int | None = None


_STATUS_BY_CATEGORY = {
    "authentication_error": grpc.StatusCode.UNAUTHENTICATED,
    "authorization_error": grpc.StatusCode.PERMISSION_DENIED,
}


def ads_fault(*refusals: Refusal) -> AdsFault:
    """The call that fails with these refusals. Unknown resources are INVALID_ARGUMENT too.

    Source: github.com/googleads/google-ads-python/issues/764 shows "Resource was not found." so.
    """
    status = _STATUS_BY_CATEGORY.get(refusals[0].category, grpc.StatusCode.INVALID_ARGUMENT)
    texts = {
        grpc.StatusCode.UNAUTHENTICATED: "Request had invalid authentication credentials.",
        grpc.StatusCode.PERMISSION_DENIED: "The caller does not have permission",
    }
    return AdsFault(status, texts.get(status, "Request contains an invalid argument."), refusals)


def failure_message(version: str, fault: AdsFault, request_id: str) -> Any:
    """The GoogleAdsFailure of one API version."""
    failure = ads_class(version, "errors.types.errors", "GoogleAdsFailure")(request_id=request_id)
    for refusal in fault.refusals:
        _describe(failure.errors.add(), refusal, fault.retry_delay_seconds)
    return failure


def _describe(error: Any, refusal: Refusal, retry_delay_seconds: int | None) -> None:
    codes = error.error_code.DESCRIPTOR.fields_by_name[refusal.category]
    setattr(error.error_code, refusal.category, codes.enum_type.values_by_name[refusal.code].number)
    error.message = refusal.message
    if refusal.trigger:
        error.trigger.string_value = refusal.trigger
    for name, index in _ELEMENT.findall(refusal.path):
        element = error.location.field_path_elements.add(field_name=name)
        if index:
            element.index = int(index)
    for finding in refusal.policy:
        entry = error.details.policy_finding_details.policy_topic_entries.add(topic=finding.topic)
        entry.type_ = entry.DESCRIPTOR.fields_by_name["type_"].enum_type.values_by_name["PROHIBITED"].number
        entry.evidences.add().text_list.texts.append(finding.evidence)
    if retry_delay_seconds is not None:
        quota = error.details.quota_error_details
        quota.rate_name = "Requests per service per method"
        quota.retry_delay.seconds = retry_delay_seconds


def partial_failure(version: str, refusals: Sequence[Refusal], request_id: str) -> status_pb2.Status:
    """What `partial_failure_error` holds: a Status with the failure inside."""
    status = status_pb2.Status(code=3, message="Multiple errors in details. The first error: " + refusals[0].message)
    packed = any_pb2.Any()
    packed.Pack(failure_message(version, ads_fault(*refusals), request_id))
    status.details.append(packed)
    return status


def data_status(fault: DataFault, request_id: str) -> status_pb2.Status:
    """ErrorInfo, RequestInfo, BadRequest and RetryInfo, as Data Manager sends them (google.rpc.error_details)."""
    code: int = fault.status.value[0]
    status = status_pb2.Status(code=code, message=fault.message)
    metadata = {"requestId": request_id, **fault.metadata}
    parts: list[Any] = [
        error_details_pb2.ErrorInfo(reason=fault.reason, domain=DATA_MANAGER_DOMAIN, metadata=metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if fault.violations:
        bad = error_details_pb2.BadRequest()
        for violation in fault.violations:
            bad.field_violations.add(field=violation.field, description=violation.description, reason=violation.reason)
        parts.append(bad)
    if fault.retry_delay_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.seconds = fault.retry_delay_seconds
        parts.append(retry)
    for part in parts:
        packed = any_pb2.Any()
        packed.Pack(part)
        status.details.append(packed)
    return status
