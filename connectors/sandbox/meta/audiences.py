"""Customer-file custom audiences: create, read, change, delete."""

from datetime import timedelta
from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import (
    ACCOUNT,
    ADSET,
    AUDIENCE,
    PLATFORM,
    Context,
    Objects,
    Routes,
)
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

FILTERABLE = frozenset({"id", "name", "subtype", "description", "time_created", "time_updated"})
_TEXT_FIELDS = ("description", "opt_out_link")


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/customaudiences."""
    name = _checked_name(parameters.required("name"))
    subtype = parameters.one_of("subtype", ("CUSTOM", "LOOKALIKE"), "CUSTOM")
    if subtype == "LOOKALIKE":
        return _create_lookalike(context, account, name, parameters)
    if parameters.text("customer_file_source") is None:
        raise rules.SOURCE_MISSING.about("customer_file_source")
    source = parameters.one_of("customer_file_source", rules.CUSTOMER_FILE_SOURCES)
    if not account["tos_accepted"].get("custom_audience_tos"):
        raise rules.TERMS_NOT_ACCEPTED.error()
    if len(_customer_files(context, account["account_id"])) >= rules.CUSTOM_AUDIENCES_MAX:
        raise rules.AUDIENCE_LIMIT.error()
    extra = {
        "customer_file_source": source,
        "is_value_based": bool(parameters.flag("is_value_based")),
        "audience_labels": parameters.texts("audience_labels") or [],
        "retention_days": _retention_days(parameters),
    }
    return _store(context, account, name, subtype, parameters, extra)


def _create_lookalike(context: Context, account: Document, name: str, parameters: Parameters) -> Document:
    seed = context.get(AUDIENCE, parameters.required("origin_audience_id"))
    if seed is None:
        raise invalid("origin_audience_id", "The seed audience does not exist")
    spec = parameters.mapping("lookalike_spec")
    if not spec or not ("country" in spec or "location_spec" in spec):
        raise invalid("lookalike_spec", "lookalike_spec needs a country or a location_spec")
    if context.state.member_count(PLATFORM, seed["id"]) < rules.DELIVERABLE_MEMBERS_MIN:
        raise invalid("origin_audience_id", "The seed audience needs at least 100 people")
    return _store(context, account, name, "LOOKALIKE", parameters, {"lookalike_spec": spec, "seed": seed["id"]})


def _store(
    context: Context, account: Document, name: str, subtype: str, parameters: Parameters, extra: Document
) -> Document:
    now = int(context.now().timestamp())
    document = {
        "id": context.state.new_id(),
        "account_id": account["account_id"],
        "name": name,
        "subtype": subtype,
        "time_created": now,
        "time_updated": now,
        "time_content_updated": now,
        "invalid_rows": 0,
        **{field: parameters.text(field) for field in _TEXT_FIELDS},
        **extra,
    }
    context.put(AUDIENCE, document)
    return {"id": document["id"], "message": ""}


def listed(context: Context, account: Document) -> Objects:
    """The audiences of one account, newest first as Graph lists them."""
    return [row for row in reversed(context.list(AUDIENCE)) if row["account_id"] == account["account_id"]]


def _customer_files(context: Context, account_id: str) -> Objects:
    return [row for row in context.list(AUDIENCE) if row["account_id"] == account_id and row["subtype"] == "CUSTOM"]


def update(context: Context, audience: Document, parameters: Parameters) -> Document:
    """POST /{audience}."""
    if is_flagged(audience) and not (parameters.text("name") and not _flags(parameters.required("name"))):
        raise rules.FLAGGED_EDIT.about("name")
    if "name" in parameters:
        audience["name"] = _checked_name(parameters.required("name"))
    for field in _TEXT_FIELDS:
        if field in parameters:
            audience[field] = parameters.text(field)
    if "audience_labels" in parameters:
        audience["audience_labels"] = parameters.texts("audience_labels") or []
    audience["time_updated"] = int(context.now().timestamp())
    context.put(AUDIENCE, audience)
    return {"success": True}


def delete(context: Context, audience: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{audience}: refused while an ad set uses it or a lookalike grew from it."""
    seeds = {row.get("seed") for row in context.list(AUDIENCE)}
    if audience["id"] in seeds or audience["id"] in used_audiences(context):
        raise rules.AUDIENCE_IN_USE.error()
    context.state.delete(PLATFORM, AUDIENCE, audience["id"])
    context.state.drop_audience(PLATFORM, audience["id"])
    return {"success": True}


def used_audiences(context: Context) -> set[str]:
    """Ids of the audiences that ad sets, deleted ones aside, include or exclude."""
    return {
        audience_id
        for adset in context.list(ADSET)
        if adset["status"] not in ("DELETED", "ARCHIVED")
        for audience_id in targeted_ids(adset["targeting"])
    }


def targeted_ids(targeting: Document) -> list[str]:
    """Ids of the audiences a targeting includes or excludes."""
    chosen = [*(targeting.get("custom_audiences") or []), *(targeting.get("excluded_custom_audiences") or [])]
    return [str(entry["id"]) for entry in chosen]


def is_flagged(audience: Document) -> bool:
    """True when name or description suggest what Meta does not allow."""
    return _flags(audience["name"]) or _flags(audience.get("description") or "")


def present(context: Context, audience: Document) -> Document:
    """Everything that can be read of an audience. Counts are rounded for privacy and start at 1,000."""
    count = context.state.member_count(PLATFORM, audience["id"])
    lower = max(rules.COUNT_FLOOR, count // 100 * 100)
    shown = {name: value for name, value in audience.items() if name not in ("seed", "invalid_rows", "replace")}
    shown["approximate_count_lower_bound"] = lower
    shown["approximate_count_upper_bound"] = rules.COUNT_FLOOR if count < rules.COUNT_FLOOR else lower * 118 // 100
    shown["operation_status"] = _operation_status(context, audience)
    deliverable = count >= rules.DELIVERABLE_MEMBERS_MIN
    shown["delivery_status"] = (
        {"code": 200, "description": "This audience is ready for use."}
        if deliverable and not is_flagged(audience)
        else {"code": 300, "description": "Audience too small"}
    )
    shown["permission_for_actions"] = {"can_edit": True, "can_see_insight": True, "can_share": True}
    if is_flagged(audience):
        shown["fields_violating_integrity_policy"] = [
            field for field in ("name", "description") if _flags(audience.get(field) or "")
        ]
    return shown


def _operation_status(context: Context, audience: Document) -> Document:
    if is_flagged(audience):
        return {"code": rules.FLAGGED_STATUS, "description": "This audience has been flagged."}
    replace = audience.get("replace")
    if replace and replace["state"] == "running":
        return {"code": 414, "description": "Replace in progress."}
    if context.state.is_pending(PLATFORM, audience["id"]):
        return {"code": 441, "description": "We are still adding people to your audience."}
    return {"code": 200, "description": "Normal"}


def replace_deadline(started_at: float) -> float:
    """When a replace session that began then (seconds since 1970) is over."""
    return started_at + timedelta(minutes=rules.REPLACE_MINUTES_MAX).total_seconds()


def _checked_name(name: str) -> str:
    if len(name) > rules.NAME_CHARACTERS_MAX:
        raise invalid("name", f"Param name must be at most {rules.NAME_CHARACTERS_MAX} characters long")
    return name


def _retention_days(parameters: Parameters) -> int | None:
    days = parameters.integer("retention_days")
    if days is not None and not 1 <= days <= 180:
        raise invalid("retention_days", "Param retention_days must be between 1 and 180")
    return days


def _flags(text: str) -> bool:
    return rules.FLAGGED_NAME.search(text) is not None


def sessions(context: Context, audience: Document, parameters: Parameters) -> Document:
    """GET /{audience}/sessions: the only feedback on an upload after the fact."""
    wanted = parameters.text("session_id")
    rows: list[dict[str, Any]] = []
    pending = context.state.is_pending(PLATFORM, audience["id"])
    for session in context.list("session"):
        if session["audience_id"] != audience["id"] or wanted not in (None, session["session_id"]):
            continue
        valid = session["num_received"] - session["num_invalid_entries"]
        rows.append(
            {
                "session_id": session["session_id"],
                "num_received": session["num_received"],
                "num_invalid_entries": session["num_invalid_entries"],
                "num_matched": 0 if pending else valid,
                "progress": 0.5 if pending else 1.0,
                "stage": "processing" if pending else "completed" if session["finished"] else "uploading",
                "start_time": session["started_at"],
            }
        )
    return {"data": rows}


ROUTES: Routes = {
    (ACCOUNT, "customaudiences", "POST"): create,
    (AUDIENCE, "", "POST"): update,
    (AUDIENCE, "", "DELETE"): delete,
    (AUDIENCE, "sessions", "GET"): sessions,
}
