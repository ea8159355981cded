"""Around every call: who is calling, the fault it is to suffer, what is recorded, and how a refusal is sent."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc

from connectors.sandbox.faults import FaultKind
from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM
from connectors.sandbox.google.refusal import (
    AdsFault,
    DataFault,
    Refusal,
    ads_fault,
    data_status,
    failure_message,
)
from connectors.sandbox.oauth import Authority
from connectors.sandbox.state import PlatformState

Status = grpc.StatusCode
RATE_WAIT_SECONDS = 2
_BEFORE_EFFECT = {
    FaultKind.HTTP_500_HTML: (Status.INTERNAL, "Internal error encountered."),
    FaultKind.TIMEOUT_BEFORE_EFFECT: (Status.DEADLINE_EXCEEDED, "Deadline Exceeded"),
    FaultKind.RESET: (Status.UNAVAILABLE, "Connection reset by peer"),
}


@dataclass(slots=True)
class Call:
    """One call in flight. version: of the Google Ads API, '' for Data Manager; detail: what is recorded of it."""

    context: Any
    service: str
    method: str
    version: str = ""
    request_id: str = field(default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(16)).decode()[:22])
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Service and method, e.g. ``IngestionService.IngestAudienceMembers``."""
        return f"{self.service}.{self.method}"

    def header(self, name: str) -> str:
        """A metadata value of the request, '' when it is not there."""
        for key, value in self.context.invocation_metadata():
            if key == name:
                return value if isinstance(value, str) else value.decode()
        return ""


class Gate:
    """What every call passes, whichever service it is for."""

    def __init__(self, state: PlatformState, authority: Authority) -> None:
        self._state = state
        self._authority = authority

    def answer(self, call: Call, act: Callable[[], Any]) -> Any:
        """Run act and return its result, or end the call with the refusal or the ordered fault."""
        fault = self._state.faults.take(PLATFORM, call.name)
        if fault in _BEFORE_EFFECT:
            status, text = _BEFORE_EFFECT[fault]
            call.context.abort(status, text)
        try:
            if fault is FaultKind.RATE_LIMITED:
                raise _rate_limited(call)
            self._authenticate(call)
            result = act()
        except Refusal as refusal:
            self._end_ads(call, ads_fault(refusal))
        except AdsFault as refused:
            self._end_ads(call, refused)
        except DataFault as refused:
            self._end_data(call, refused)
        self._state.record_call(PLATFORM, call.name, call.detail)
        if fault is FaultKind.TIMEOUT_AFTER_EFFECT:
            call.context.abort(Status.DEADLINE_EXCEEDED, "Deadline Exceeded")
        call.context.set_trailing_metadata((("request-id", call.request_id),))
        return result

    def may_use(self, customer_id: str) -> bool:
        """True unless access to this account is denied (see `deny`)."""
        return self._state.get(PLATFORM, "denied", customer_id) is None

    def _authenticate(self, call: Call) -> None:
        scheme, _, token = call.header("authorization").partition(" ")
        grant = self._authority.grant(token) if scheme.lower() == "bearer" and token else None
        if call.version:
            if grant is None:
                code = "OAUTH_TOKEN_INVALID" if token else "AUTHENTICATION_ERROR"
                raise Refusal("authentication_error", code, "Oauth token is not valid for the Google Ads API.")
            if rules.SCOPE_ADS not in grant.scopes:
                raise Refusal("authorization_error", "USER_PERMISSION_DENIED", "Insufficient authentication scopes.")
        elif grant is None:
            text = "Request had invalid authentication credentials."
            raise DataFault(Status.UNAUTHENTICATED, "ACCESS_TOKEN_TYPE_UNSUPPORTED", text)
        elif rules.SCOPE_DATA_MANAGER not in grant.scopes:
            text = "Request had insufficient authentication scopes."
            raise DataFault(Status.PERMISSION_DENIED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", text)

    def _end_ads(self, call: Call, fault: AdsFault) -> NoReturn:
        self._record_refusal(call, [f"{refusal.category}.{refusal.code}" for refusal in fault.refusals])
        metadata: list[tuple[str, str | bytes]] = [("request-id", call.request_id)]
        if fault.refusals:
            key = f"google.ads.googleads.{call.version}.errors.googleadsfailure-bin"
            metadata.append((key, failure_message(call.version, fault, call.request_id).SerializeToString()))
        call.context.set_trailing_metadata(metadata)
        call.context.abort(fault.status, fault.details)
        raise AssertionError

    def _end_data(self, call: Call, fault: DataFault) -> NoReturn:
        self._record_refusal(call, [fault.reason, *(violation.reason for violation in fault.violations)])
        status = data_status(fault, call.request_id).SerializeToString()
        call.context.set_trailing_metadata((("grpc-status-details-bin", status),))
        call.context.abort(fault.status, fault.message)
        raise AssertionError

    def _record_refusal(self, call: Call, codes: list[str]) -> None:
        self._state.record_call(PLATFORM, call.name, {**call.detail, "refused": codes})


def _rate_limited(call: Call) -> Exception:
    """Both APIs carry the time to wait: `quota_error_details.retry_delay`, and `RetryInfo` of Data Manager."""
    if call.version:
        refusal = Refusal("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests. Retry in 2 seconds.")
        text = "Resource has been exhausted (e.g. check quota)."
        return AdsFault(Status.RESOURCE_EXHAUSTED, text, (refusal,), RATE_WAIT_SECONDS)
    is_read = call.method.startswith(("Retrieve", "Get", "List"))
    limit = f"Ingestion{'Read' if is_read else 'Mutate'}RequestsPerMinutePerProject"
    return DataFault(
        Status.RESOURCE_EXHAUSTED,
        "RATE_LIMIT_EXCEEDED",
        f"Quota exceeded for quota metric '{limit}'.",
        metadata={"quota_limit": limit},
        retry_delay_seconds=RATE_WAIT_SECONDS,
    )


def deny(state: PlatformState, customer_id: str) -> None:
    """From now on nobody has access to this account."""
    state.put(PLATFORM, "denied", customer_id, {"id": customer_id})
