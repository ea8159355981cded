"""Runs a checked query: rows of a resource with their parents, figures and segments, filtered, sorted and projected."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cmp_to_key, partial
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.conditions import Value, holds, value_of
from connectors.sandbox.google.figures import Delivery, Figures, days_between
from connectors.sandbox.google.gaql import Condition, Field, Query, query_error
from connectors.sandbox.google.kinds import KIND, REFERENCE
from connectors.sandbox.google.wire import enum_number, enum_word, row_class

# Views: the resource they show criteria of. Names: v26 ad_group_audience_view.py, campaign_audience_view.py.
VIEWS = {"ad_group_audience_view": "ad_group_criterion", "campaign_audience_view": "campaign_criterion"}
# Every text of an ad by itself (v26 ad_group_ad_asset_view.py); each is credited with all that its ad brought.
ASSET_VIEW = "ad_group_ad_asset_view"
WITH_METRICS = frozenset({"customer", "campaign", "ad_group", "ad_group_ad", ASSET_VIEW, *VIEWS})
DATE_SEGMENTS = frozenset({"date", "week", "month", "quarter", "year", "day_of_week"})
RULE_SEGMENT = "conversion_value_rule_primary_dimension"
_TRAFFIC = frozenset({"impressions", "clicks", "cost_micros", "ctr", "average_cpc", "interactions"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One row before figures: the full GoogleAdsRow, and where its figures come from."""

    row: Any
    figures: Callable[[list[date]], Iterable[tuple[date, Figures]]]


def evaluate(account: Account, query: Query, seed: int) -> list[Any]:
    """The result rows. Raises Refusal (QueryError)."""
    _check(query)
    delivery = Delivery(account, seed)
    entities = list(_entities(account, query, delivery))
    plain = [condition for condition in query.where if condition.field.resource not in {"segments", "metrics"}]
    entities = [entity for entity in entities if all(holds(condition, entity.row) for condition in plain)]
    if _needs_figures(query):
        rows = [row for entity in entities for row in _with_figures(entity, query, account)]
        measured = [condition for condition in query.where if condition.field.resource == "metrics"]
        rows = [row for row in rows if all(holds(condition, row) for condition in measured)]
        delivery.enter()
    else:
        rows = [entity.row for entity in entities]
    rows.sort(key=cmp_to_key(lambda left, right: _compare(query, left, right)))
    return [_project(row, query) for row in rows[: query.limit]]


def related_to(resource: str) -> tuple[str, ...]:
    """The resources whose fields a row of that resource may show."""
    if resource in VIEWS:
        base = VIEWS[resource]
        return (base, *KIND[base].related)
    if resource == ASSET_VIEW:
        return ("asset", "ad_group_ad", *KIND["ad_group_ad"].related)
    return KIND[resource].related if resource in KIND else ()


# Checks


def _check(query: Query) -> None:
    resource = query.resource
    if resource not in {"customer", ASSET_VIEW} and resource not in KIND and resource not in VIEWS:
        code = "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"
        raise query_error(code, f"Error in query: '{resource}' is not a resource the sandbox knows.")
    where = [condition.field for condition in query.where]
    for clause, fields in (("SELECT", query.select), ("WHERE", where), ("ORDER_BY", [item for item, _ in query.order])):
        for field in fields:
            _check_place(query, field, "WHERE" if clause == "WHERE" else "SELECT")
    for field in [*where, *(item for item, _ in query.order)]:
        if field.resource in {"segments", "metrics"} and field.name != "segments.date":
            _check_selected(query, field)
    _check_dates(query)
    _check_rule_segment(query)


def _check_place(query: Query, field: Field, clause: str) -> None:
    resource = field.resource
    if resource == "metrics":
        if query.resource not in WITH_METRICS or field.path[-1] not in METRICS:
            code = "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
            raise query_error(code, _unusable(query, field))
    elif resource == "segments":
        known = field.path[-1] in DATE_SEGMENTS or field.path[-1] == RULE_SEGMENT
        if query.resource not in WITH_METRICS or not known or len(field.path) != 2:
            code = "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"
            raise query_error(code, _unusable(query, field))
    elif resource != query.resource and resource not in related_to(query.resource):
        code = f"PROHIBITED_RESOURCE_TYPE_IN_{clause}_CLAUSE"
        raise query_error(code, f"The resource '{resource}' cannot be used with '{query.resource}'.")


def _unusable(query: Query, field: Field) -> str:
    return f"The field '{field.name}' cannot be used with '{query.resource}'."


def _check_selected(query: Query, field: Field) -> None:
    if field not in query.select:
        code = "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"
        raise query_error(code, f"The field '{field.name}' must be in the SELECT clause.")


def _check_dates(query: Query) -> None:
    """A date segment needs a finite range of days (GADS/reporting/segmentation#core_date_segments)."""
    if not any(field.resource == "segments" and field.path[-1] in DATE_SEGMENTS for field in query.select):
        return
    first, last = _range(query)
    if first is None or last is None:
        raise query_error("EXPECTED_FILTERS_ON_DATE_RANGE", "A finite date range is required in the WHERE clause.")


def _check_rule_segment(query: Query) -> None:
    """Conversion segments cannot be combined with cost and traffic."""
    names = {field.name for field in query.select}
    traffic = sorted(name for name in _TRAFFIC if f"metrics.{name}" in names)
    if f"segments.{RULE_SEGMENT}" in names and traffic:
        code = "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
        raise query_error(code, f"Cannot combine 'segments.{RULE_SEGMENT}' with 'metrics.{traffic[0]}'.")


def _needs_figures(query: Query) -> bool:
    fields = [*query.select, *(condition.field for condition in query.where)]
    return any(field.resource in {"segments", "metrics"} for field in fields)


# Entities


def _entities(account: Account, query: Query, delivery: Delivery) -> Iterator[Entity]:
    base = VIEWS.get(query.resource, query.resource)
    if base == "customer":
        row = row_class()()
        row.customer.CopyFrom(account.customer)
        groups = [group for groups in delivery.groups.values() for group in groups]
        yield Entity(row, lambda days: delivery.of_groups(groups, days))
        return
    if base == ASSET_VIEW:
        yield from _texts(account, delivery)
        return
    for resource in account.all(base).values():
        if query.resource in VIEWS and (resource.WhichOneof("criterion") != "user_list" or resource.negative):
            continue
        row = row_class()()
        _fill(account, row, base, resource)
        if enum_word(row.campaign, "experiment_type") == "DRAFT" and not query.include_drafts:
            continue
        row.customer.CopyFrom(account.customer)
        if query.resource in VIEWS:
            view = getattr(row, query.resource)
            view.resource_name = resource.resource_name.replace("Criteria/", "AudienceViews/")
        yield Entity(row, _source(account, delivery, query.resource, resource))


def _texts(account: Account, delivery: Delivery) -> Iterator[Entity]:
    for held in account.all("ad_group_ad").values():
        texts = held.ad.responsive_search_ad
        for kind, assets in (("HEADLINE", texts.headlines), ("DESCRIPTION", texts.descriptions)):
            for place, asset in enumerate(assets):
                row = row_class()()
                _fill(account, row, "ad_group_ad", held)
                row.customer.CopyFrom(account.customer)
                view = row.ad_group_ad_asset_view
                number = f"{held.ad.id}{place}"
                view.resource_name = f"{account.name}/adGroupAdAssetViews/{held.ad.id}~{number}~{kind}"
                view.ad_group_ad, view.asset = held.resource_name, f"{account.name}/assets/{number}"
                view.field_type = enum_number(view, "field_type", kind)
                row.asset.resource_name, row.asset.text_asset.text = view.asset, asset.text
                yield Entity(row, partial(delivery.of_ad, held))


def _fill(account: Account, row: Any, kind: str, resource: Any) -> None:
    """Put a resource and everything it refers to into the row."""
    getattr(row, kind).CopyFrom(resource)
    _enrich(account, kind, getattr(row, kind))
    for related, path in REFERENCE.get(kind, {}).items():
        name = resource
        for part in path.split("."):
            name = getattr(name, part)
        found = account.find(related, name) if name else None
        if found is not None:
            _fill(account, row, related, found)


def _enrich(account: Account, kind: str, resource: Any) -> None:
    """Output-only fields that depend on other resources."""
    if kind == "campaign_budget":
        users = (item for item in account.live("campaign") if item.campaign_budget == resource.resource_name)
        resource.reference_count = sum(1 for _ in users)
    elif kind == "user_list":
        fill_sizes(account, resource)
    elif kind in {"campaign", "ad_group", "ad_group_ad"}:
        attached = account.all(f"{kind}_label").values()
        resource.labels.extend(item.label for item in attached if getattr(item, kind) == resource.resource_name)


def fill_sizes(account: Account, user_list: Any) -> None:
    """Sizes of a list, rounded as Google does, and whether it may serve (DM: at least 100 members)."""
    count = account.state.member_count(PLATFORM, str(user_list.id))
    shown = rounded(count)
    user_list.size_for_search = user_list.size_for_display = shown
    bands = (
        (500, "LESS_THAN_FIVE_HUNDRED"),
        (1_000, "LESS_THAN_ONE_THOUSAND"),
        (10_000, "ONE_THOUSAND_TO_TEN_THOUSAND"),
        (50_000, "TEN_THOUSAND_TO_FIFTY_THOUSAND"),
        (100_000, "FIFTY_THOUSAND_TO_ONE_HUNDRED_THOUSAND"),
        (300_000, "ONE_HUNDRED_THOUSAND_TO_THREE_HUNDRED_THOUSAND"),
        (500_000, "THREE_HUNDRED_THOUSAND_TO_FIVE_HUNDRED_THOUSAND"),
        (1_000_000, "FIVE_HUNDRED_THOUSAND_TO_ONE_MILLION"),
    )
    word = next((band for limit, band in bands if count < limit), "ONE_MILLION_TO_TWO_MILLION")
    number = enum_number(user_list, "size_range_for_search", word)
    user_list.size_range_for_search = user_list.size_range_for_display = number


def rounded(count: int) -> int:
    """Two significant digits; 0 below the number of members a list needs to serve."""
    if count < rules.MEMBERS_TO_SERVE:
        return 0
    unit: int = 10 ** (len(str(count)) - 2)
    return round(count / unit) * unit


def _source(
    account: Account, delivery: Delivery, resource: str, entity: Any
) -> Callable[[list[date]], Iterable[tuple[date, Figures]]]:
    if resource == "campaign":
        return lambda days: delivery.of_groups(delivery.groups.get(entity.resource_name, ()), days)
    if resource == "ad_group":
        return lambda days: delivery.of_groups([entity], days)
    if resource == "ad_group_ad":
        return lambda days: delivery.of_ad(entity, days)
    if resource in VIEWS:
        return lambda days: _audience_figures(account, delivery, resource, entity, days)
    return lambda _: ()


def _audience_figures(
    account: Account, delivery: Delivery, resource: str, criterion: Any, days: list[date]
) -> Iterator[tuple[date, Figures]]:
    """What falls on one of several audiences: an equal part each."""
    parent = "ad_group" if resource == "ad_group_audience_view" else "campaign"
    name = getattr(criterion, parent)
    siblings = [
        item
        for item in account.live(VIEWS[resource])
        if getattr(item, parent) == name and item.WhichOneof("criterion") == "user_list" and not item.negative
    ]
    groups = delivery.groups.get(name, []) if parent == "campaign" else [account.find("ad_group", name)]
    for day, figures in delivery.of_groups(groups, days):
        yield day, figures.share(max(1, len(siblings)))


# Figures and segments


def _range(query: Query) -> tuple[date | None, date | None]:
    """First and last day the WHERE clause leaves."""
    first: date | None = None
    last: date | None = None
    for condition in query.where:
        if condition.field.name != "segments.date" or condition.operator not in {"=", ">=", "<=", ">", "<"}:
            continue
        day = date.fromisoformat(condition.values[0])
        if condition.operator in {"=", ">=", ">"}:
            low = day + timedelta(days=condition.operator == ">")
            first = low if first is None else max(first, low)
        if condition.operator in {"=", "<=", "<"}:
            high = day - timedelta(days=condition.operator == "<")
            last = high if last is None else min(last, high)
    return first, last


def _with_figures(entity: Entity, query: Query, account: Account) -> Iterator[Any]:
    first, last = _range(query)
    earliest = account.today() - timedelta(days=1100)  # older figures are not kept daily; bounds an open range
    low, high = max(first or earliest, earliest), min(last or account.today(), account.today())
    segments = [field for field in query.select if field.resource == "segments"]
    sums: dict[tuple[Value, ...], Figures] = {}
    days = [day for day in days_between(low, high) if _is_wanted(query, day)]
    for day, figures in entity.figures(days):
        for key, part in _segmented(segments, day, figures):
            sums[key] = sums.get(key, Figures()) + part
    if not segments:
        sums = sums or {(): Figures()}
    filters = [condition for condition in query.where if condition.field.resource == "segments"]
    for key in sorted(sums, key=str):
        # Rows without impressions are left out when segmenting (GADS/reporting/zero-metrics).
        if segments and not sums[key].impressions:
            continue
        row = _row(entity, segments, key, sums[key])
        if all(holds(condition, row) for condition in _on_selected(filters, segments)):
            yield row


def _is_wanted(query: Query, day: date) -> bool:
    row = row_class()()
    row.segments.date = day.isoformat()
    return all(holds(condition, row) for condition in query.where if condition.field.name == "segments.date")


def _on_selected(filters: Iterable[Condition], segments: list[Field]) -> list[Condition]:
    """Filters on segments.date that is not selected have done their work by choosing the days."""
    return [condition for condition in filters if condition.field in segments]


def _segmented(segments: list[Field], day: date, figures: Figures) -> Iterator[tuple[tuple[Value, ...], Figures]]:
    """The values of the segments for one day, and the figures that fall on them."""
    if all(field.path[-1] != RULE_SEGMENT for field in segments):
        yield tuple(_segment(field, day, "") for field in segments), figures
        return
    if figures.adjusted_micros == figures.value_micros:
        yield tuple(_segment(field, day, "NO_RULE_APPLIED") for field in segments), figures
        return
    change = figures.adjusted_micros - figures.value_micros
    original = Figures(0, figures.impressions, 0, figures.conversions_milli, figures.value_micros, figures.value_micros)
    by_rule = Figures(0, figures.impressions, 0, 0, 0, change)
    yield tuple(_segment(field, day, "ORIGINAL") for field in segments), original
    yield tuple(_segment(field, day, "AUDIENCE") for field in segments), by_rule


def _segment(field: Field, day: date, dimension: str) -> Value:
    name = field.path[-1]
    if name == RULE_SEGMENT:
        return int(field.descriptor.enum_type.values_by_name[dimension].number)
    if name == "day_of_week":
        return int(field.descriptor.enum_type.values_by_name[day.strftime("%A").upper()].number)
    if name == "year":
        return day.year
    starts = {
        "date": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    }
    return starts[name].isoformat()


def _row(entity: Entity, segments: list[Field], key: tuple[Value, ...], figures: Figures) -> Any:
    row = row_class()()
    row.CopyFrom(entity.row)
    for field, value in zip(segments, key, strict=True):
        setattr(row.segments, field.path[-1], value)
    for name, measure in METRICS.items():
        setattr(row.metrics, name, measure(figures))
    return row


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


METRICS: dict[str, Callable[[Figures], int | float]] = {
    "impressions": lambda sums: sums.impressions,
    "clicks": lambda sums: sums.clicks,
    "interactions": lambda sums: sums.clicks,
    "cost_micros": lambda sums: sums.cost_micros,
    "ctr": lambda sums: _ratio(sums.clicks, sums.impressions),
    "average_cpc": lambda sums: _ratio(sums.cost_micros, sums.clicks),
    "conversions": lambda sums: sums.conversions_milli / 1000,
    "all_conversions": lambda sums: sums.conversions_milli / 1000,
    "conversions_value": lambda sums: sums.adjusted_micros / 1_000_000,
    "all_conversions_value": lambda sums: sums.adjusted_micros / 1_000_000,
    "value_adjustment": lambda sums: (sums.adjusted_micros - sums.value_micros) / 1_000_000,
    "all_value_adjustment": lambda sums: (sums.adjusted_micros - sums.value_micros) / 1_000_000,
    "conversions_value_per_cost": lambda sums: _ratio(sums.adjusted_micros, sums.cost_micros),
    "cost_per_conversion": lambda sums: _ratio(sums.cost_micros * 1000, sums.conversions_milli),
    "value_per_conversion": lambda sums: _ratio(sums.adjusted_micros / 1000, sums.conversions_milli),
}


# Sorting and projecting


def _compare(query: Query, left: Any, right: Any) -> int:
    for field, descending in query.order:
        one, other = value_of(left, field), value_of(right, field)
        if one != other:
            smaller = other is not None and (one is None or one < other)  # type: ignore[operator]
            return -1 if smaller != descending else 1
    return 0


def _project(row: Any, query: Query) -> Any:
    """Only what was selected; the resource names of every selected resource come along, as Google sends them."""
    result = row_class()()
    resources = {query.resource, *(field.resource for field in query.select)} - {"segments", "metrics"}
    for resource in resources:
        name = getattr(row, resource).resource_name
        if name:
            getattr(result, resource).resource_name = name
    for field in query.select:
        _copy_field(row, result, field.path)
    return result


def _copy_field(source: Any, target: Any, path: tuple[str, ...]) -> None:
    *parents, last = path
    for name in parents:
        if not source.HasField(name):
            return
        source, target = getattr(source, name), getattr(target, name)
    field = source.DESCRIPTOR.fields_by_name[last]
    if field.is_repeated:
        getattr(target, last).extend(getattr(source, last))
    elif field.message_type is not None:
        if source.HasField(last):
            getattr(target, last).CopyFrom(getattr(source, last))
    elif not field.has_presence or source.HasField(last):
        setattr(target, last, getattr(source, last))
