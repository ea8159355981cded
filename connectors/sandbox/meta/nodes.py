"""Reading single objects and lists of them."""

from collections.abc import Callable
from typing import Any

from connectors.sandbox.accounts import META_APP_ID, META_USER_ID
from connectors.sandbox.meta import audiences, insights, rules
from connectors.sandbox.meta.context import (
    ACCOUNT,
    AD,
    ADSET,
    AUDIENCE,
    CAMPAIGN,
    CREATIVE,
    DELIVERING_KINDS,
    LABEL,
    PAGE,
    PIXEL,
    PLATFORM,
    REPORT,
    STUDY,
    VALUE_RULES,
    Context,
    Handler,
    Objects,
    Routes,
)
from connectors.sandbox.meta.delivery import shown as delivery_shown
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.listing import Field, page, parse_fields, project, read_filters, select
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

# Where the state keeps what a test has changed about the token
TOKEN_FACTS = ("token", "facts")
SCOPES = ("ads_management", "ads_read", "business_management", "public_profile")
_FILTERABLE = {
    AUDIENCE: audiences.FILTERABLE,
    CAMPAIGN: frozenset({"id", "name", "effective_status", "objective", "created_time", "updated_time"}),
    ADSET: frozenset(
        {"id", "name", "effective_status", "created_time", "updated_time", "campaign.id", "optimization_goal"}
    ),
    AD: frozenset({"id", "name", "effective_status", "created_time", "updated_time", "campaign.id", "adset.id"}),
}
_SINGULAR = {"customaudiences": AUDIENCE, "campaigns": CAMPAIGN, "adsets": ADSET, "ads": AD, "adcreatives": CREATIVE}


def present(context: Context, kind: str, document: Document) -> Document:
    """Everything that can be read of one object."""
    if kind == AUDIENCE:
        return audiences.present(context, document)
    if kind in DELIVERING_KINDS:
        return delivery_shown(context, kind, document)
    if kind == ACCOUNT:
        return {**document, "id": f"act_{document['id']}"}
    if kind == REPORT:
        return insights.poll_report(context, document)
    if kind == PIXEL:
        return {"is_unavailable": False, "last_fired_time": context.timestamp(), **document}
    return document


def _expansion(context: Context) -> Callable[[str, str, tuple[Field, ...]], Any]:
    def expand(name: str, object_id: str, parts: tuple[Field, ...]) -> Any:
        if name == "business":
            return None
        node = context.find(object_id)
        return select(node.kind, present(context, node.kind, node.document), parts, expand)

    return expand


def read_node(kind: str) -> Handler:
    """GET /{object}."""

    def read(context: Context, document: Document, parameters: Parameters) -> Document:
        shown = present(context, kind, document)
        if kind == REPORT and "fields" not in parameters:
            return shown
        return project(kind, shown, parameters, _expansion(context))

    return read


def read_edge(kind: str, belongs: Callable[[Document, Document], bool]) -> Handler:
    """GET /{object}/{edge}: objects of `kind` that belong to the object, newest first."""

    def read(context: Context, document: Document, parameters: Parameters) -> Document:
        fields = parse_fields(parameters.text("fields") or "")
        expand = _expansion(context)
        chosen = [row for row in reversed(context.list(kind)) if belongs(row, document)]
        rows = _matching(context, kind, chosen, parameters)
        answer = page(rows, parameters)
        answer["data"] = [select(kind, row, fields, expand) for row in answer["data"]]
        return answer

    return read


def _matching(context: Context, kind: str, documents: Objects, parameters: Parameters) -> Objects:
    """Those that fit `filtering` and `effective_status`; deleted and archived ones only when asked for."""
    filters = read_filters(parameters, kind, _FILTERABLE.get(kind, frozenset({"id", "name"})))
    statuses = parameters.texts("effective_status")
    asked = statuses is not None or any(condition.field == "effective_status" for condition in filters)
    rows = []
    for document in documents:
        row = present(context, kind, document)
        status = row.get("effective_status") or row.get("status")
        if not asked and status in ("DELETED", "ARCHIVED"):
            continue
        if statuses is not None and status not in statuses:
            continue
        view = {**row, "campaign.id": row.get("campaign_id"), "adset.id": row.get("adset_id")}
        if all(condition.matches(view) for condition in filters):
            rows.append(row)
    return rows


def _of_account(row: Document, account: Document) -> bool:
    return bool(row["account_id"] == account["account_id"])


def _of_campaign(row: Document, campaign: Document) -> bool:
    return bool(row["campaign_id"] == campaign["id"])


def _of_adset(row: Document, adset: Document) -> bool:
    return bool(row["adset_id"] == adset["id"])


def _of_audience(row: Document, audience: Document) -> bool:
    return audience["id"] in audiences.targeted_ids(row["targeting"])


def by_labels(kind: str) -> Handler:
    """GET act_X/{campaigns,adsets,ads}bylabels?ad_label_ids=[…]: objects that carry any of the labels."""

    def read(context: Context, account: Document, parameters: Parameters) -> Document:
        wanted = set(parameters.texts("ad_label_ids") or [])
        if not wanted:
            raise invalid("ad_label_ids", "The parameter ad_label_ids is required.")

        def carries(row: Document, owner: Document) -> bool:
            return _of_account(row, owner) and any(label["id"] in wanted for label in row.get("adlabels") or [])

        return read_edge(kind, carries)(context, account, parameters)

    return read


def minimum_budgets(context: Context, account: Document, parameters: Parameters) -> Document:  # noqa: ARG001
    """GET act_X/minimum_budgets."""
    least = rules.DAILY_BUDGET_MIN_MINOR
    row = {
        "currency": account["currency"],
        "min_daily_budget_imp": least,
        "min_daily_budget_low_freq": least * 5,
        "min_daily_budget_high_freq": least,
        "min_daily_budget_video_views": least,
    }
    return {"data": [row]}


def read_me(context: Context, edge: str, parameters: Parameters) -> Document:
    """GET /me, /me/adaccounts, /me/permissions."""
    if edge == "":
        return {"id": META_USER_ID, "name": "Sandbox system user"}
    if edge == "permissions":
        return {"data": [{"permission": scope, "status": "granted"} for scope in SCOPES]}
    if edge == "adaccounts":
        shown = [present(context, ACCOUNT, account) for account in context.list(ACCOUNT)]
        return page([project(ACCOUNT, row, parameters, _expansion(context)) for row in shown], parameters)
    raise rules.UNKNOWN_PATH.error(rules.UNKNOWN_PATH.message.format(path=edge))


def debug_token(context: Context, parameters: Parameters, valid_token: str) -> Document:
    """GET /debug_token: whether a token is good, and for what."""
    if parameters.required("input_token") != valid_token:
        return {
            "data": {
                "is_valid": False,
                "scopes": [],
                "error": {"code": rules.TOKEN_WRONG.code, "message": rules.TOKEN_WRONG.message, "subcode": 463},
            }
        }
    now = int(context.now().timestamp())
    changed = context.state.get(PLATFORM, *TOKEN_FACTS) or {}
    data = {
        "app_id": META_APP_ID,
        "type": "SYSTEM_USER",
        "application": "activator sandbox",
        "data_access_expires_at": now + 90 * 86_400,
        "expires_at": 0,
        "is_valid": True,
        "issued_at": now,
        "scopes": list(SCOPES),
        "user_id": META_USER_ID,
        **changed,
    }
    return {"data": data}


_READABLE = (ACCOUNT, AUDIENCE, CAMPAIGN, ADSET, CREATIVE, AD, LABEL, REPORT, PAGE, PIXEL, VALUE_RULES, STUDY)

ROUTES: Routes = {
    **{(kind, "", "GET"): read_node(kind) for kind in _READABLE},
    **{(ACCOUNT, edge, "GET"): read_edge(kind, _of_account) for edge, kind in _SINGULAR.items()},
    (ACCOUNT, "adlabels", "GET"): read_edge(LABEL, _of_account),
    (ACCOUNT, "value_rule_set", "GET"): read_edge(VALUE_RULES, _of_account),
    (ACCOUNT, "adspixels", "GET"): read_edge(PIXEL, lambda _pixel, _account: True),
    (ACCOUNT, "promote_pages", "GET"): read_edge(PAGE, lambda _page, _account: True),
    **{(ACCOUNT, f"{kind}sbylabels", "GET"): by_labels(kind) for kind in DELIVERING_KINDS},
    (ACCOUNT, "minimum_budgets", "GET"): minimum_budgets,
    (CAMPAIGN, "adsets", "GET"): read_edge(ADSET, _of_campaign),
    (CAMPAIGN, "ads", "GET"): read_edge(AD, _of_campaign),
    (ADSET, "ads", "GET"): read_edge(AD, _of_adset),
    (AUDIENCE, "adsets", "GET"): read_edge(ADSET, _of_audience),
}
