"""Insights: what was delivered, by level and time, at once or as an asynchronous report.

Numbers are text, rows without delivery are absent, and the same purchase stands under several action types.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.book import AdDay, ad_days
from connectors.sandbox.meta.context import ACCOUNT, AD, ADSET, CAMPAIGN, DELIVERING_KINDS, REPORT, Context, Routes
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.insights_rows import Totals, figure_fields
from connectors.sandbox.meta.listing import page, read_filters
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

LEVELS = (ACCOUNT, CAMPAIGN, ADSET, AD)
_PRESET_DAYS = {"last_3d": 3, "last_7d": 7, "last_14d": 14, "last_28d": 28, "last_30d": 30, "last_90d": 90}
_FILTERABLE = frozenset(
    {"id", "name", "spend", "impressions", "clicks"}
    | {f"{level}.{field}" for level in (CAMPAIGN, ADSET, AD) for field in ("id", "name", "effective_status")}
)


@dataclass(frozen=True, slots=True)
class Query:
    """A checked request for Insights."""

    level: str
    since: date
    until: date
    increment: int | str
    fields: tuple[str, ...]
    windows: tuple[str, ...]


@cache
def _known_fields() -> frozenset[str]:
    from facebook_business.adobjects.adsinsights import AdsInsights

    declared = vars(AdsInsights.Field).items()
    return frozenset(value for key, value in declared if not key.startswith("_") and isinstance(value, str))


def read(context: Context, node: Document, parameters: Parameters) -> Document:
    """GET /{object}/insights: at once, unless that is too much."""
    rows = _matching(context, node, parameters)
    limit = context.options.insights_rows_max
    if limit is not None and len(rows) > limit:
        raise rules.REPORT_TOO_LARGE.error()
    return page(rows, parameters)


def _matching(context: Context, node: Document, parameters: Parameters) -> list[Document]:
    query = _read_query(context, node, parameters)
    filters = read_filters(parameters, query.level, _FILTERABLE)
    return [row for row, view in _rows(context, node, query) if all(condition.matches(view) for condition in filters)]


def _read_query(context: Context, node: Document, parameters: Parameters) -> Query:
    own = kind_of_node(node)
    level = parameters.one_of("level", LEVELS, own)
    if LEVELS.index(level) < LEVELS.index(own):
        raise invalid("level", f"Param level cannot be {level} for this object")
    if parameters.sequence("breakdowns"):
        raise rules.BREAKDOWNS_WRONG.about("breakdowns")
    fields = tuple(parameters.texts("fields") or ("impressions", "spend"))
    for field in fields:
        if field not in _known_fields():
            raise invalid("fields", f"{field} is not valid for fields param. please check docs for all valid values")
    windows = tuple(parameters.texts("action_attribution_windows") or ())
    if any(window not in rules.WINDOWS for window in windows):
        raise invalid("action_attribution_windows", "Unknown attribution window")
    since, until = _days(context, node, parameters)
    return Query(level, since, until, _increment(parameters), fields, windows)


def kind_of_node(node: Document) -> str:
    """Account, campaign, ad set or ad, told by what only that kind has."""
    if "timezone_name" in node:
        return ACCOUNT
    if "adset_id" in node:
        return AD
    return ADSET if "campaign_id" in node else CAMPAIGN


def _days(context: Context, node: Document, parameters: Parameters) -> tuple[date, date]:
    today = context.now().astimezone(context.zone(node["account_id"])).date()
    given = parameters.mapping("time_range")
    if given is None:
        return _preset(parameters.text("date_preset") or "last_30d", today)
    try:
        since, until = date.fromisoformat(str(given["since"])), date.fromisoformat(str(given["until"]))
    except (KeyError, ValueError):
        raise invalid("time_range", "time_range needs since and until as YYYY-MM-DD") from None
    if since > until:
        raise invalid("time_range", "The start of the time range is after its end")
    if (today - since).days > rules.RETENTION_MONTHS * 31:
        raise rules.TOO_LONG_AGO.about("time_range")
    return since, until


def _preset(name: str, today: date) -> tuple[date, date]:
    yesterday = today - timedelta(days=1)
    if name == "today":
        return today, today
    if name == "yesterday":
        return yesterday, yesterday
    if name == "maximum":
        return today - timedelta(days=rules.RETENTION_MONTHS * 30), today
    if name not in _PRESET_DAYS:
        raise invalid("date_preset", "Unknown date_preset")
    return today - timedelta(days=_PRESET_DAYS[name]), yesterday


def _increment(parameters: Parameters) -> int | str:
    text = parameters.text("time_increment") or "all_days"
    if text in ("all_days", "monthly"):
        return text
    if not text.isdigit() or not 1 <= int(text) <= 90:
        raise invalid("time_increment", "Param time_increment must be 1 to 90, monthly or all_days")
    return int(text)


def _rows(context: Context, node: Document, query: Query) -> Iterator[tuple[Document, Document]]:
    """Each row with a view of it that filters can look into, by period and then by object."""
    account = context.account(node["account_id"])
    groups: dict[tuple[date, date, str], list[AdDay]] = {}
    for row in _delivered(context, node, query.since, query.until):
        period = _period(row.day, query)
        groups.setdefault((*period, _object_id(row, query.level)), []).append(row)
    for (since, until, _), rows in sorted(groups.items(), key=lambda group: group[0]):
        yield _row(account, query, since, until, rows)


def _delivered(context: Context, node: Document, since: date, until: date) -> Iterator[AdDay]:
    kind = kind_of_node(node)
    for campaign in context.list(CAMPAIGN):
        if campaign["account_id"] != node["account_id"] or node.get("campaign_id", campaign["id"]) != campaign["id"]:
            continue
        if kind == CAMPAIGN and node["id"] != campaign["id"]:
            continue
        for row in ad_days(context, campaign, since, until):
            if (kind == ADSET and row.adset["id"] != node["id"]) or (kind == AD and row.ad["id"] != node["id"]):
                continue
            if row.figures.impressions:
                yield row


def _object_id(row: AdDay, level: str) -> str:
    documents = {CAMPAIGN: row.campaign, ADSET: row.adset, AD: row.ad}
    return str(row.campaign["account_id"] if level == ACCOUNT else documents[level]["id"])


def _period(day: date, query: Query) -> tuple[date, date]:
    """The first and last day of the row a day falls into."""
    if query.increment == "all_days":
        return query.since, query.until
    if query.increment == "monthly":
        first = max(day.replace(day=1), query.since)
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return first, min(following - timedelta(days=1), query.until)
    step = int(query.increment)
    first = query.since + timedelta(days=(day - query.since).days // step * step)
    return first, min(first + timedelta(days=step - 1), query.until)


def _row(account: Document, query: Query, since: date, until: date, rows: Sequence[AdDay]) -> tuple[Document, Document]:
    known: dict[str, Any] = {
        "account_id": account["account_id"],
        "account_name": account["name"],
        "account_currency": account["currency"],
        **_names(rows[0], query.level),
        **figure_fields(_totals(rows), query.windows),
    }
    shown = {field: known[field] for field in query.fields if known.get(field) is not None}
    shown["date_start"], shown["date_stop"] = since.isoformat(), until.isoformat()
    view = {**known, "id": known.get(f"{query.level}_id"), "name": known.get(f"{query.level}_name")}
    for level, document in ((CAMPAIGN, rows[0].campaign), (ADSET, rows[0].adset), (AD, rows[0].ad)):
        if f"{level}_id" in known:
            view |= {f"{level}.id": document["id"], f"{level}.name": document["name"]}
            view[f"{level}.effective_status"] = document["status"]
    view |= {field: float(known[field]) for field in ("spend", "impressions", "clicks")}
    return shown, view


def _names(row: AdDay, level: str) -> Document:
    """Ids and names of the objects a row is about; a row of an ad set says nothing of single ads."""
    names: Document = {}
    for kind, document in ((CAMPAIGN, row.campaign), (ADSET, row.adset), (AD, row.ad)):
        if LEVELS.index(kind) <= LEVELS.index(level):
            names |= {f"{kind}_id": document["id"], f"{kind}_name": document["name"]}
    if level != ACCOUNT:
        names["objective"] = row.campaign["objective"]
    return names


def _totals(rows: Iterable[AdDay]) -> Totals:
    totals = Totals()
    for row in rows:
        totals.add(row.figures)
    return totals


def start_report(context: Context, node: Document, parameters: Parameters) -> Document:
    """POST /{object}/insights: an asynchronous report."""
    _read_query(context, node, parameters)
    run: Document = {
        "id": context.state.new_id(),
        "account_id": node["account_id"],
        "node": f"act_{node['id']}" if kind_of_node(node) == ACCOUNT else node["id"],
        "parameters": {name: value for name, value in parameters.values.items() if name != "access_token"},
        "polls": 0,
        "time_ref": int(context.now().timestamp()),
    }
    context.put(REPORT, run)
    return {"report_run_id": run["id"]}


# What successive polls see. "Job Running" at 100 per cent is real and is not the end (issue 288 of
# facebook/facebook-php-business-sdk, 2026-11-22).
_PROGRESS = (("Job Not Started", 0), ("Job Running", 60), ("Job Running", 100), ("Job Completed", 100))


def poll_report(context: Context, run: Document) -> Document:
    """What can be read of a report; every look brings it one step further."""
    status, percent = _PROGRESS[min(run["polls"], len(_PROGRESS) - 1)]
    run["polls"] += 1
    context.put(REPORT, run)
    return {
        "id": run["id"],
        "account_id": run["account_id"],
        "time_ref": run["time_ref"],
        "async_status": status,
        "async_percent_completion": percent,
        "is_running": status == "Job Running",
        **({"time_completed": int(context.now().timestamp())} if status == "Job Completed" else {}),
    }


def read_report(context: Context, run: Document, parameters: Parameters) -> Document:
    """GET /{report_run_id}/insights."""
    if run["polls"] < len(_PROGRESS):
        raise rules.REPORT_NOT_READY.error()
    paging = {name: value for name, value in parameters.values.items() if name in ("limit", "after")}
    asked = Parameters({**run["parameters"], **paging}, url=parameters.url)
    return page(_matching(context, context.find(run["node"]).document, asked), asked)


ROUTES: Routes = {
    **{(kind, "insights", "GET"): read for kind in (ACCOUNT, *DELIVERING_KINDS)},
    **{(kind, "insights", "POST"): start_report for kind in (ACCOUNT, *DELIVERING_KINDS)},
    (REPORT, "insights", "GET"): read_report,
}
