"""Reading: which fields are shown, which objects match, which page of them is returned."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import (
    ACCOUNT,
    AD,
    ADSET,
    AUDIENCE,
    BUSINESS,
    CAMPAIGN,
    CREATIVE,
    LABEL,
    PAGE,
    PIXEL,
    REPORT,
    STUDY,
    VALUE_RULES,
)
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

# The official client lists the fields of each node; the classes also list some that can only be written
# (facebook-business 26.0.3, adobjects), which Graph refuses to read.
_FIELD_CLASSES = {
    ACCOUNT: "adaccount.AdAccount",
    AUDIENCE: "customaudience.CustomAudience",
    CAMPAIGN: "campaign.Campaign",
    ADSET: "adset.AdSet",
    CREATIVE: "adcreative.AdCreative",
    AD: "ad.Ad",
    LABEL: "adlabel.AdLabel",
    REPORT: "adreportrun.AdReportRun",
    PAGE: "page.Page",
    PIXEL: "adspixel.AdsPixel",
    VALUE_RULES: "adsvalueadjustmentrulecollection.AdsValueAdjustmentRuleCollection",
    BUSINESS: "business.Business",
    STUDY: "adstudy.AdStudy",
}
_WRITE_ONLY = frozenset(
    {
        "prefill",
        "allowed_domains",
        "claim_objective",
        "content_type",
        "event_source_group",
        "list_of_accounts",
        "origin_audience_id",
        "parent_audience_id",
        "execution_options",
        "adset_spec",
        "audience_id",
        "associated_audience_id",
        "countries",
        "enable_fetch_or_create",
    }
)
_TYPE_NAMES = {
    ACCOUNT: "AdAccount",
    AUDIENCE: "CustomAudience",
    CAMPAIGN: "AdCampaignGroup",
    ADSET: "AdCampaign",
    CREATIVE: "AdCreative",
    AD: "AdGroup",
    LABEL: "AdLabel",
    REPORT: "AdReportRun",
    PAGE: "Page",
    PIXEL: "AdsPixel",
    VALUE_RULES: "AdsValueAdjustmentRuleCollection",
    BUSINESS: "Business",
    STUDY: "AdStudy",
}
_FIELD = re.compile(r"[a-z0-9_]+")

Expansion = Callable[[str, str, tuple["Field", ...]], Any]


class Field:
    """One requested field; parts: the fields asked of the object it names, as in ``creative{id,name}``."""

    def __init__(self, name: str, parts: tuple["Field", ...] = ()) -> None:
        self.name = name
        self.parts = parts


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read a `fields` parameter, nested ones included."""
    fields, rest = _parse_list(re.sub(r"[\s\"\[\]]", "", text))
    if rest:
        raise invalid("fields", "Syntax error in the fields parameter")
    return fields


def _parse_list(text: str) -> tuple[tuple[Field, ...], str]:
    fields: list[Field] = []
    while text and not text.startswith("}"):
        match = _FIELD.match(text)
        if match is None:
            raise invalid("fields", "Syntax error in the fields parameter")
        text = text[match.end() :]
        parts: tuple[Field, ...] = ()
        if text.startswith("{"):
            parts, text = _parse_list(text[1:])
            if not text.startswith("}"):
                raise invalid("fields", "Syntax error in the fields parameter")
            text = text[1:]
        fields.append(Field(match.group(), parts))
        text = text.removeprefix(",")
    return tuple(fields), text


@cache
def known_fields(kind: str) -> frozenset[str]:
    """The fields that may be read of a node."""
    module, name = _FIELD_CLASSES[kind].split(".")
    declared = getattr(import_module(f"facebook_business.adobjects.{module}"), name).Field
    values = {value for key, value in vars(declared).items() if not key.startswith("_") and isinstance(value, str)}
    return frozenset(values - _WRITE_ONLY) | {"id"}


def project(kind: str, shown: Mapping[str, Any], parameters: Parameters, expand: Expansion) -> Document:
    """The requested fields of one object that have a value; only the id when none were requested."""
    return select(kind, shown, parse_fields(parameters.text("fields") or ""), expand)


def select(kind: str, shown: Mapping[str, Any], fields: Sequence[Field], expand: Expansion) -> Document:
    """See `project`; fields already parsed."""
    result: Document = {}
    for field in fields:
        if field.name not in known_fields(kind):
            message = f"Tried accessing nonexisting field ({field.name}) on node type ({_TYPE_NAMES[kind]})"
            raise invalid("fields", message)
        value = shown.get(field.name)
        if field.parts:
            reference = value["id"] if isinstance(value, dict) and "id" in value else shown.get(f"{field.name}_id")
            value = expand(field.name, str(reference), field.parts) if reference else None
        if value is not None:
            result[field.name] = value
    result["id"] = shown["id"]
    return result


def page(rows: Sequence[Document], parameters: Parameters) -> Document:
    """One page of rows with cursors; `paging.next` only where there is more, as Graph does."""
    limit = parameters.integer("limit")
    limit = rules.PAGE_ROWS if limit is None else limit
    if limit > rules.PAGE_ROWS_MAX:
        raise rules.TOO_MUCH_DATA.error()
    if limit < 1:
        raise invalid("limit", "Param limit must be a positive integer")
    start = _position(parameters.text("after"))
    chosen = list(rows[start : start + limit])
    answer: Document = {"data": chosen}
    if chosen:
        end = start + len(chosen)
        answer["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
        if end < len(rows):
            secret = ("access_token", "appsecret_proof")
            query = {name: value for name, value in parameters.values.items() if name not in secret}
            answer["paging"]["next"] = f"{parameters.url}?{urlencode({**query, 'after': _cursor(end)})}"
    return answer


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"row{position}".encode()).decode()


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        return int(text.removeprefix("row"))
    except (binascii.Error, ValueError):
        raise invalid("after", "Invalid cursors values") from None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": lambda held, wanted: str(held) == str(wanted),
    "NOT_EQUAL": lambda held, wanted: str(held) != str(wanted),
    "CONTAIN": lambda held, wanted: str(wanted).lower() in str(held).lower(),
    "NOT_CONTAIN": lambda held, wanted: str(wanted).lower() not in str(held).lower(),
    "STARTS_WITH": lambda held, wanted: str(held).lower().startswith(str(wanted).lower()),
    "IN": lambda held, wanted: str(held) in {str(value) for value in wanted},
    "NOT_IN": lambda held, wanted: str(held) not in {str(value) for value in wanted},
    "GREATER_THAN": lambda held, wanted: float(held) > float(wanted),
    "LESS_THAN": lambda held, wanted: float(held) < float(wanted),
}


class Filter:
    """One condition of a `filtering` parameter."""

    def __init__(self, field: str, operator: str, value: Any) -> None:
        self.field = field
        self.operator = operator
        self.value = value

    def matches(self, shown: Mapping[str, Any]) -> bool:
        """True when the object has the field and the condition holds."""
        held = shown.get(self.field)
        if held is None:
            return self.operator.startswith("NOT_")
        return _OPERATORS[self.operator](held, self.value)


def read_filters(parameters: Parameters, own_level: str, allowed: frozenset[str]) -> list[Filter]:
    """The conditions of `filtering`.

    own_level: prefix that may stand before fields of the listed object itself ("ad.name" is "name" of an ad).
    allowed: fields that can be filtered by. Raises GraphError 100 for anything else.
    """
    filters = []
    for condition in parameters.sequence("filtering") or []:
        if not isinstance(condition, dict) or not {"field", "operator", "value"} <= set(condition):
            raise invalid("filtering", "Each filter needs field, operator and value")
        field = str(condition["field"]).removeprefix(f"{own_level}.")
        operator = str(condition["operator"])
        if field not in allowed:
            raise invalid("filtering", f"Filtering field {field} with operation {operator.lower()} is not supported")
        if operator not in _OPERATORS:
            raise invalid("filtering", f"Param filtering[0][operator] must be one of {{{', '.join(_OPERATORS)}}}")
        if operator in ("IN", "NOT_IN") and not isinstance(condition["value"], list):
            raise invalid("filtering", f"The value of a filter with {operator} must be an array")
        filters.append(Filter(field, operator, condition["value"]))
    return filters
