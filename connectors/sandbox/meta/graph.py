"""One Graph call from its parts to its answer: version, token, object, edge, handler, envelope."""

import hashlib
import hmac
import itertools
import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

import orjson

from connectors.sandbox.accounts import META_APP_ID
from connectors.sandbox.meta import (
    ads,
    adsets,
    audiences,
    campaigns,
    creatives,
    insights,
    members,
    nodes,
    rules,
    studies,
    value_rules,
)
from connectors.sandbox.meta.context import ACCOUNT, PLATFORM, Context, Node, Routes
from connectors.sandbox.meta.errors import GraphError, Refusal
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.quota import Quota
from connectors.sandbox.state import Document

_VERSION = re.compile(r"v\d+\.\d+")
_ROUTES: Routes = {
    **nodes.ROUTES,
    **audiences.ROUTES,
    **members.ROUTES,
    **campaigns.ROUTES,
    **adsets.ROUTES,
    **creatives.ROUTES,
    **ads.ROUTES,
    **insights.ROUTES,
    **value_rules.ROUTES,
    **studies.ROUTES,
}
_EDGES = {edge for _, edge, _ in _ROUTES}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must prove."""

    access_token: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class GraphCall:
    """One call. path: without the leading slash, version included; token: from the Authorization header, if any."""

    method: str
    path: str
    parameters: Parameters
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: JSON document, HTTP status, headers."""

    document: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Graph:
    """The Graph API without its transport. Thread-safe: writes are one transaction of the state each."""

    def __init__(self, context: Context, credentials: Credentials) -> None:
        self.context = context
        self._credentials = credentials
        self._traces = itertools.count(1)
        self._quotas = {
            use_case: Quota(context.options.hourly_calls or calls) for use_case, calls in rules.HOURLY_CALLS.items()
        }

    def handle(self, call: GraphCall) -> Answer:
        """Answer one call; refusals are answers too."""
        version, segments = split_version(call.path)
        method = _effective_method(call)
        use_case = use_case_of(segments)
        quota = self._quotas[use_case]
        if not quota.take(self.context.now().timestamp()):
            return self.throttled(call, quota.minutes_left(self.context.now().timestamp()))
        try:
            with self.context.state.transaction():
                outcome = self._answer(call, version, segments, method)
        except GraphError as error:
            outcome = error
        headers = self._headers(use_case, version, segments)
        if isinstance(outcome, GraphError):
            self._record(method, segments, call.parameters, outcome.refusal)
            return Answer(outcome.envelope(self._trace()), outcome.http_status, headers)
        self._record(method, segments, call.parameters, None)
        return Answer(outcome, 200, headers)

    def throttled(self, call: GraphCall, minutes: int = 1) -> Answer:
        """The answer of an account that has used up its calls."""
        version, segments = split_version(call.path)
        use_case = use_case_of(segments)
        error = rules.THROTTLED[use_case].error()
        self._record(_effective_method(call), segments, call.parameters, error.refusal)
        headers = self._headers(use_case, version, segments, percent=100, minutes=minutes)
        return Answer(error.envelope(self._trace()), error.http_status, headers)

    def _answer(self, call: GraphCall, version: str | None, segments: list[str], method: str) -> Any:
        """The document, or the refusal: returned, not raised, so that what it has changed is kept."""
        try:
            if version is not None and version not in rules.VERSIONS:
                raise rules.DEAD_VERSION.error()
            self._authorise(call, segments)
            if segments == [] and method == "POST":
                return self._batch(call, version)
            return self._dispatch(segments, method, call.parameters)
        except GraphError as error:
            return error

    def _authorise(self, call: GraphCall, segments: list[str]) -> None:
        token = call.token or call.parameters.text("access_token")
        if token is None:
            raise rules.TOKEN_MISSING.error()
        app_token = f"{META_APP_ID}|{self._credentials.app_secret}"
        inspects = segments == ["debug_token"] and hmac.compare_digest(token.encode(), app_token.encode())
        if not inspects and not hmac.compare_digest(token.encode(), self._credentials.access_token.encode()):
            raise rules.TOKEN_WRONG.error()
        proof = call.parameters.text("appsecret_proof")
        if proof is not None:
            right = hmac.new(self._credentials.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            if not hmac.compare_digest(proof.encode(), right.encode()):
                raise rules.PROOF_WRONG.error()

    def _dispatch(self, segments: list[str], method: str, parameters: Parameters) -> Document:
        head, edge = ([*segments, "", ""])[:2]
        if head == "me" and method == "GET":
            return nodes.read_me(self.context, edge, parameters)
        if segments == ["debug_token"] and method == "GET":
            return nodes.debug_token(self.context, parameters, self._credentials.access_token)
        if len(segments) > 2 or (edge and edge not in _EDGES):
            raise rules.UNKNOWN_PATH.error(rules.UNKNOWN_PATH.message.format(path="/".join(segments[1:])))
        if not head.removeprefix("act_").isdigit():
            raise rules.UNKNOWN_PATH.error(rules.UNKNOWN_PATH.message.format(path="/".join(segments)))
        node = self.context.find(head, method)
        handler = _ROUTES.get((node.kind, edge, method))
        if handler is None:
            raise _unsupported(node, edge, method)
        return handler(self.context, node.document, parameters)

    def _batch(self, call: GraphCall, version: str | None) -> list[Document]:
        """POST /: up to 50 calls in one, each answered on its own."""
        requests = call.parameters.sequence("batch")
        if not requests:
            raise rules.BATCH_EMPTY.about("batch")
        if len(requests) > rules.BATCH_CALLS_MAX:
            raise rules.BATCH_TOO_LARGE.about("batch")
        from connectors.sandbox.meta.batches import run_batch

        token = call.token or call.parameters.text("access_token")
        return run_batch(self.handle, requests, version, token, call.parameters)

    def _headers(
        self, use_case: str, version: str | None, segments: list[str], percent: int | None = None, minutes: int = 0
    ) -> dict[str, str]:
        """The usage headers of Graph's rate limiting page (developers.facebook.com/docs/graph-api, 2026-11-22)."""
        used = self._quotas[use_case].percent if percent is None else percent
        account = (
            segments[0].removeprefix("act_") if segments and segments[0].startswith("act_") else self._account_id()
        )
        business = {
            "type": use_case,
            "call_count": used,
            "total_cputime": used,
            "total_time": used,
            "estimated_time_to_regain_access": minutes,
            "ads_api_access_tier": "standard_access",
        }
        tier = {"ads_api_access_tier": "standard_access"}
        headers = {
            "date": format_datetime(self.context.now(), usegmt=True),
            "facebook-api-version": version or rules.VERSIONS[0],
            "x-business-use-case-usage": _compact({account: [business]}),
            "x-ad-account-usage": _compact({"acc_id_util_pct": used, "reset_time_duration": minutes * 60, **tier}),
            "x-app-usage": _compact({"call_count": used, "total_time": used, "total_cputime": used}),
        }
        if use_case == "ads_insights":
            throttle = {"app_id_util_pct": used, "acc_id_util_pct": used, **tier}
            headers["x-fb-ads-insights-throttle"] = _compact(throttle)
        return headers

    def _account_id(self) -> str:
        accounts = self.context.list(ACCOUNT)
        return str(accounts[0]["id"]) if accounts else "0"

    def _trace(self) -> str:
        digest = hashlib.sha256(f"{self.context.seed}:{next(self._traces)}".encode()).hexdigest()
        return f"A{digest[:22]}"

    def _record(self, method: str, segments: list[str], parameters: Parameters, refusal: Refusal | None) -> None:
        detail: Document = {"path": "/".join(segments)}
        if refusal is not None:
            detail |= {"code": refusal.code, "subcode": refusal.subcode}
        if "payload" in parameters:
            detail["rows"] = _row_count(parameters)
        self.context.state.record_call(PLATFORM, call_name(method, segments), detail)


def split_version(path: str) -> tuple[str | None, list[str]]:
    """Version and the other segments of a path."""
    segments = [segment for segment in path.split("/") if segment]
    if segments and _VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return None, segments


def call_name(method: str, segments: list[str]) -> str:
    """What a call is called in the log and in fault orders: verb and edge, or "node" for an object itself."""
    if not segments:
        return f"{method} batch"
    if len(segments) > 1:
        return f"{method} {segments[1]}"
    return f"{method} {segments[0] if segments[0] in ('me', 'debug_token') else 'node'}"


def name_of(call: GraphCall) -> str:
    """`call_name` of a call as it is meant, the method parameter taken into account."""
    return call_name(_effective_method(call), split_version(call.path)[1])


def use_case_of(segments: list[str]) -> str:
    """Which of the account's quotas a call counts against."""
    edge = segments[1] if len(segments) > 1 else ""
    if edge == "insights":
        return "ads_insights"
    if edge.startswith(("customaudience", "users")) or edge == "sessions":
        return "custom_audience"
    return "ads_management"


def _effective_method(call: GraphCall) -> str:
    """The parameter `method` of a POST overrides the verb."""
    override = call.parameters.text("method")
    if call.method == "POST" and override is not None and override.upper() in ("GET", "DELETE", "POST"):
        return override.upper()
    return call.method


def _unsupported(node: Node, edge: str, method: str) -> GraphError:
    text = rules.MISSING_OBJECT_TEXT.format(method=method.lower(), id=node.document["id"])
    return rules.MISSING_OBJECT.error(text if not edge else f"{text} ({edge})")


def _row_count(parameters: Parameters) -> int:
    try:
        rows = orjson.loads(parameters.values["payload"])["data"]
        return len(rows)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0


def _compact(value: Any) -> str:
    return orjson.dumps(value).decode()
