"""Applies a mapping: from an export's text to the canonical relation of its entity.

Every row of the export is one row of the result. A cell that cannot be read sets invalid_reason and is NULL; a row the
mapping sets aside on purpose has a reason beginning with `ignored: `. Identifiers are passed on as they stand.
"""

from difflib import get_close_matches
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.attributes import ATTRIBUTE, Attribute
from activator.config.mapping import Condition, Duration, Mapping, Moment, Money, Permission, Score, Text, Verb, Whole
from activator.config.verbs import EPOCHS, lacking
from activator.errors import SourceError
from activator.model.people import Consent, Entity
from activator.people import mapping_cells as cells
from activator.people.mapping_attributes import attribute_fault, attribute_value
from activator.people.mapping_typed import readable, typed_value
from activator.ports import RawExport, typed_name

PERSON = ("email", "phone", "first_name", "last_name", "city", "state", "postal_code", "country")
CONSENT_FIELDS = ("consent_ad_user_data", "consent_ad_personalization", "consent_meta", "consent_google")
CHANNEL_FIELDS = ("consent_email", "consent_sms")  # of the tools that write to people; never asked for advertising
IGNORED = "ignored: "

# Contacts may have more of these; the relation has such a column only where the mapping has.
MORE_CONTACT_FIELDS = ("email_2", "email_3", "email_4", "email_5", "phone_2", "phone_3", "mobile_advertiser_id")
WHERE_MAPPED = frozenset({*MORE_CONTACT_FIELDS, *CHANNEL_FIELDS, "account_id"})
# Contacts and orders are tens of millions: every column they do not have would still be carried, joined and compared.
SLIM = {Entity.CONTACTS: frozenset({*PERSON, "birth_date", "gender", "external_id", "id_space"})}
SLIM[Entity.ORDERS] = SLIM[Entity.CONTACTS]
DAYS = ("birth_date", "started_on", "ended_on")
# A cell of these that cannot be read is as if it were empty: the row still says who, and what they have agreed to.
DISPENSABLE = ("birth_date", "minutes", "employees", "onboarding_minutes", "management_minutes")
_IDENTITY = dict.fromkeys(("email", "phone", "id_space", "external_id"), "string")

# The columns of each canonical relation, in order, with their types; source_row and invalid_reason come first.
CANONICAL: dict[Entity, dict[str, str]] = {
    Entity.CONTACTS: dict.fromkeys((*PERSON, *MORE_CONTACT_FIELDS), "string")
    | {"birth_date": "date", "gender": "string", "id_space": "string", "external_id": "string"}
    | dict.fromkeys((*CONSENT_FIELDS, *CHANNEL_FIELDS, "account_id"), "string"),
    Entity.ORDERS: {"order_id": "string"}
    | dict.fromkeys((*PERSON, "id_space", "external_id", "account_id"), "string")
    | {"ordered_at": "timestamp", "amount_minor": "int64", "currency": "string"},
    Entity.RESPONSES: _IDENTITY
    | {"answered_at": "timestamp", "score": "int64", "comment": "string", "language": "string"},
    Entity.TICKETS: _IDENTITY
    | {"ticket_id": "string", "opened_at": "timestamp", "closed_at": "timestamp", "minutes": "int64"}
    | {"subject": "string", "comment": "string", "score": "int64", "language": "string"},
    Entity.SUBSCRIPTIONS: _IDENTITY
    | {"subscription_id": "string", "started_on": "date", "ended_on": "date", "status": "string"}
    | {"amount_minor": "int64", "currency": "string", "interval": "string"},
    Entity.EVENTS: _IDENTITY
    | {"event": "string", "happened_at": "timestamp", "amount_minor": "int64", "currency": "string"}
    | {"quantity": "int64"},
    Entity.ACCOUNTS: dict.fromkeys(("account_id", "account_name", "account_country", "industry"), "string")
    | dict.fromkeys(("employees", "onboarding_minutes", "management_minutes"), "int64"),
}

# Fields without which a row of the entity means nothing.
NEEDED: dict[Entity, tuple[str, ...]] = {
    Entity.CONTACTS: (),
    Entity.ORDERS: ("order_id", "ordered_at", "amount", "currency"),
    Entity.RESPONSES: ("answered_at",),
    Entity.TICKETS: ("opened_at",),
    Entity.SUBSCRIPTIONS: ("subscription_id", "started_on"),
    Entity.EVENTS: ("event", "happened_at"),
    Entity.ACCOUNTS: ("account_id",),
}


def canonical(raw: RawExport, mapping: Mapping) -> ir.Table:
    """The canonical relation of the mapping's entity, not yet computed.

    Raises:
        SourceError: the export lacks a column the mapping needs; names file, line, column and fix.
    """
    check_columns(raw, mapping)
    read = readings(raw, mapping)
    kinds = CANONICAL[mapping.entity]
    mapped = dict(mapping.fields())
    optional = WHERE_MAPPED | SLIM.get(mapping.entity, frozenset())
    there = {*mapped, *(["id_space"] if "external_id" in mapped else [])}
    shown = {field: kind for field, kind in kinds.items() if field not in optional or field in there}
    values = {field: _value(read, field, kind) for field, kind in shown.items()}
    values |= {field: read[field] for field in mapped if field.startswith(ATTRIBUTE)}
    if mapping.id_space and "account_id" in mapped:
        values["account_id"] = ibis.literal(f"{mapping.id_space}/") + read["account_id"]
    if mapping.id_space and "external_id" in mapped:
        space = ibis.literal(mapping.id_space)
        values["id_space"] = ibis.cases((read["external_id"].notnull(), space), else_=ibis.null("string"))
    return read.select("source_row", _reason(read, mapping).name("invalid_reason"), **values)


def check_columns(raw: RawExport, mapping: Mapping) -> None:
    """Refuse an export that lacks a column.

    Raises:
        SourceError: names the first missing column and the header's closest.
    """
    missing = lacking(mapping.needed_columns(), raw.header)
    if not missing:
        return
    close = _closest(missing[0], raw.header)
    found = f"; the closest is {close!r}" if close else ""
    more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    raise SourceError(
        f"{raw.heading}: the column {missing[0]!r} is missing{more}{found}",
        f"Export that column too, or say how yours is called: `extends: {mapping.name}` with `rename` or `without`.",
    )


def _closest(column: str, header: tuple[str, ...]) -> str | None:
    lowered = {title.lower(): title for title in header}
    close = get_close_matches(column.lower(), lowered, n=1)
    return lowered[close[0]] if close else None


def readings(raw: RawExport, mapping: Mapping) -> ir.Table:
    """Every mapped field read, beside the text it was read from (`<field>__text`), and `ignore_reason`.

    Each stage is a view of its own: left to one statement, every cell would be picked once per use.
    """
    texts: dict[str, ir.Value] = {"ignore_reason": _ignore_reason(raw.table, mapping)}
    for field, verb in mapping.fields():
        texts |= _texts(raw, field, verb)
    picked = _stage(raw.table.select("source_row", **texts))
    values = {field: _given(picked, field, verb) for field, verb in mapping.fields()}
    read = _stage(picked.mutate(**values))
    if "amount" not in read.columns:
        return read
    unit = next(verb.unit for _, verb in mapping.fields() if isinstance(verb, Money))
    return _stage(read.mutate(amount_minor=cells.minor_units(read["amount"], read["currency"], unit)))


def _stage(expression: ir.Table) -> ir.Table:
    return expression.get_backend().create_view(ibis.util.gen_name("mapping"), expression)


def _texts(raw: RawExport, field: str, verb: Verb) -> dict[str, ir.Value]:
    """The text of a field, or of the parts of an amount, and the value itself where the export has it typed."""
    table, there = raw.table, tuple(column for column in verb.columns if column in raw.header)
    if len(there) == 1 and typed_name(there[0]) in table.columns and readable(verb, table[typed_name(there[0])]):
        return {f"{field}__text": cells.cell(table, there[0]), f"{field}__typed": table[typed_name(there[0])]}
    if not isinstance(verb, Money):
        return {f"{field}__text": _text(table, verb, there)}
    less = {f"{field}__less_{n}": cells.cell(table, c) for n, c in enumerate(verb.minus) if c in there}
    if not verb.product:
        main = tuple(column for column in there if column not in verb.minus)
        return {f"{field}__text": _picked(table, verb, main), **less}
    first, second = (cells.cell(table, column) for column in verb.product)
    shown = ibis.cases((second.notnull(), first), else_=ibis.null("string"))
    return {f"{field}__text": shown, f"{field}__times": second, **less}


def _text(table: ir.Table, verb: Verb, there: tuple[str, ...]) -> ir.StringValue:
    if isinstance(verb, Text) and verb.constant:
        return ibis.literal(verb.constant)
    text = _picked(table, verb, there)
    if isinstance(verb, Score):
        return cells.without(text, [said for said, meant in verb.values.items() if meant is None])
    return cells.taken(text, verb.take) if isinstance(verb, Text) and verb.take else text


def _picked(table: ir.Table, verb: Verb, columns: tuple[str, ...]) -> ir.StringValue:
    text = cells.first_filled(table, columns)
    return cells.keyed(text, verb.key) if verb.key else text


def _given(picked: ir.Table, field: str, verb: Verb) -> ir.Value:
    if f"{field}__typed" in picked.columns:
        return typed_value(picked[f"{field}__typed"], verb, is_day=field in DAYS)
    if isinstance(verb, Attribute):
        return attribute_value(picked[f"{field}__text"], verb)
    return _read(picked, field, verb)


def _read(picked: ir.Table, field: str, verb: Verb) -> ir.Value:
    text = picked[f"{field}__text"]
    if isinstance(verb, Permission):
        return cells.permission(text, verb.meanings(), Consent(verb.otherwise))
    if isinstance(verb, Moment):
        return cells.day(text, verb) if field in DAYS else cells.moment(text, verb)
    if isinstance(verb, Whole | Duration):
        return cells.whole(text) if isinstance(verb, Whole) else cells.minutes(text, verb)
    if isinstance(verb, Score):
        return cells.score(text, verb)
    if isinstance(verb, Money):
        times = [picked[name] for name in picked.columns if name == f"{field}__times"]
        less = [picked[name] for name in picked.columns if name.startswith(f"{field}__less_")]
        return cells.money([text, *times], less, verb.decimal)
    assert isinstance(verb, Text)
    value = cells.translated(text, verb.values, text) if verb.values else text
    return cells.currency_code(value) if field == "currency" else value


def _value(read: ir.Table, field: str, kind: str) -> ir.Value:
    if field in read.columns:
        return read[field]
    return ibis.literal(Consent.UNKNOWN.value) if field in CONSENT_FIELDS else ibis.null(kind)


def _ignore_reason(table: ir.Table, mapping: Mapping) -> ir.StringValue:
    rules = [rule for rule in mapping.ignore if all(column in table.columns for column in rule.when.columns)]
    branches = [(holds(table, rule.when), ibis.literal(IGNORED + rule.reason)) for rule in rules]
    return ibis.cases(*branches, else_=ibis.null("string")) if branches else ibis.null("string")


def holds(table: ir.Table, condition: Condition) -> ir.BooleanValue:
    """Whether a row meets a condition; never NULL."""
    if condition.column:
        said = cells.cell(table, condition.column).lower().fill_null("")
        listed = said.isin([value.strip().lower() for value in condition.values or condition.other_than])
        return listed if condition.values else ~listed
    parts = [cells.cell(table, column).isnull() for column in condition.empty]
    parts += [cells.cell(table, column).notnull() for column in condition.filled]
    return ibis.and_(*parts)


def _reason(read: ir.Table, mapping: Mapping) -> ir.StringValue:
    """Why a row cannot be used: set aside by the mapping, or its first cell that cannot be read."""
    branches: list[tuple[Any, Any]] = [(read["ignore_reason"].notnull(), read["ignore_reason"])]
    for field, verb in mapping.fields():
        kind = "typed" if f"{field}__typed" in read.columns else "text"
        text, value = read[f"{field}__{kind}"], read["amount_minor" if field == "amount" else field]
        if field in NEEDED[mapping.entity]:
            branches.append((text.isnull(), ibis.literal(f"{field}: empty")))
        elif field == "currency" and "amount__text" in read.columns:
            branches.append((read["amount__text"].notnull() & text.isnull(), ibis.literal("currency: empty")))
        fault = fault_words(field, verb)
        if fault and field not in DISPENSABLE and not isinstance(verb, Attribute):
            branches.append((text.notnull() & value.isnull(), ibis.literal(f"{field}: {fault}")))
    return ibis.cases(*branches, else_=ibis.null("string"))


def fault_words(field: str, verb: Verb) -> str:
    """What is wrong with a cell of this field that could not be read; empty where any text will do."""
    if isinstance(verb, Attribute):
        return attribute_fault(verb)
    if isinstance(verb, Moment):
        written = "not a date" if verb.format == "iso" else f"not a date in the form {verb.format}"
        return f"not a time as {verb.format}" if verb.format in EPOCHS else written
    if isinstance(verb, Money | Duration):
        return "not an amount" if isinstance(verb, Money) else f"not a number of {verb.unit}"
    if isinstance(verb, Whole):
        return "not a whole number"
    if isinstance(verb, Score):
        return "not a whole number" if verb.out_of is None else f"not a score out of {verb.out_of}"
    return "not a currency code" if field == "currency" else ""
