"""Whether a row fulfils a condition of a query."""

import re
from typing import Any, TypeAlias

from connectors.sandbox.google.gaql import Condition, Field, like_pattern

Value: TypeAlias = int | float | str | None


def value_of(row: Any, field: Field) -> Value | list[Value]:
    """The field's value in a full row: words for enums, None for what is not there, a list for repeated fields."""
    message = row
    for name in field.path[:-1]:
        if not message.HasField(name):
            return None
        message = getattr(message, name)
    value = getattr(message, field.path[-1])
    if field.descriptor.is_repeated:
        return [_word(field, item) for item in value]
    if field.descriptor.has_presence and not message.HasField(field.path[-1]):
        # Google's own resources always say yes or no: what nobody has switched on is off.
        return False if field.descriptor.type == field.descriptor.TYPE_BOOL else None
    return _word(field, value)


def _word(field: Field, value: Any) -> Value:
    if not field.is_enum:
        return value  # type: ignore[no-any-return]
    found = field.descriptor.enum_type.values_by_number.get(value)
    return found.name if found else "UNKNOWN"


def holds(condition: Condition, row: Any) -> bool:
    """True when the row fulfils the condition. Missing values only fulfil negations."""
    value = value_of(row, condition.field)
    operator = condition.operator
    if operator == "IS NULL":
        return value in (None, [])
    if operator == "IS NOT NULL":
        return value not in (None, [])
    if isinstance(value, list):
        return _holds_list(condition, value)
    if operator.startswith("NOT ") or operator == "!=":
        positive = "=" if operator == "!=" else operator.removeprefix("NOT ")
        return not _matches(condition.field, positive, value, condition.values)
    return _matches(condition.field, operator, value, condition.values)


def _holds_list(condition: Condition, values: list[Value]) -> bool:
    wanted = {_typed(condition.field, text) for text in condition.values}
    found = wanted & set(values)
    if condition.operator == "CONTAINS ALL":
        return found == wanted
    return not found if condition.operator == "CONTAINS NONE" else bool(found)


def _matches(field: Field, operator: str, value: Value, texts: tuple[str, ...]) -> bool:
    if value is None:
        return False
    if operator == "LIKE":
        return like_pattern(texts[0]).fullmatch(str(value)) is not None
    if operator == "REGEXP_MATCH":
        return re.fullmatch(texts[0], str(value)) is not None
    wanted = [_typed(field, text) for text in texts]
    if operator == "IN":
        return value in wanted
    other: Any = wanted[0]
    if operator == "=":
        return bool(value == other)
    this: Any = value
    ordered = {">": this > other, ">=": this >= other, "<": this < other, "<=": this <= other}
    return bool(ordered[operator])


def _typed(field: Field, text: str) -> Value:
    if field.is_number:
        return float(text) if "." in text else int(text)
    if field.descriptor.type == field.descriptor.TYPE_BOOL:
        return text.lower() == "true"
    return text
