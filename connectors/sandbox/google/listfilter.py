"""Filters of ListUserLists: conditions joined by AND, and IN(field, values) (dm types/user_list_service.py)."""

import re
from collections.abc import Callable
from typing import Any

from connectors.sandbox.google.ingestion import invalid
from connectors.sandbox.google.refusal import Violation
from connectors.sandbox.google.wire import enum_word

_STRING = r'"(?:[^"\\]|\\.)*"'
_CONDITION = re.compile(rf"\s*([\w.]+)\s*(!=|>=|<=|=|>|<|:)\s*({_STRING}|[\w.*-]+)\s*")
_IN = re.compile(rf"\s*IN\s*\(\s*([\w.]+)\s*((?:,\s*(?:{_STRING}|[\w.-]+)\s*)+)\)\s*")
_VALUE = re.compile(rf"{_STRING}|[\w.*-]+")
_AND = re.compile(r"AND\b")
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


def parse_filter(text: str) -> Callable[[Any], bool]:
    """The condition on a UserList a filter states. Raises DataFault INVALID_FILTER."""
    checks: list[Callable[[Any], bool]] = []
    position = 0
    while text.strip():
        if checks:
            joint = _AND.match(text, position)
            if joint is None:
                raise _invalid()
            position = joint.end()
        found = _IN.match(text, position)
        if found is not None:
            values = [_plain(value) for value in _VALUE.findall(found.group(2))]
            checks.append(_one_of(_field(found.group(1)), values))
        else:
            found = _CONDITION.match(text, position)
            if found is None:
                raise _invalid()
            checks.append(_compare(_field(found.group(1)), found.group(2), _plain(found.group(3))))
        position = found.end()
        if position >= len(text):
            break
    return lambda user_list: all(check(user_list) for check in checks)


def _invalid() -> Exception:
    return invalid(Violation("filter", "INVALID_FILTER", "The query filter is invalid."))


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _field(name: str) -> Callable[[Any], list[str]]:
    snake = _CAMEL.sub("_", name).lower()
    if snake == "ingested_user_list_info.upload_key_types":
        return _key_types
    if snake in {"membership_status", "access_reason"}:
        return lambda user_list: [enum_word(user_list, snake)]
    if snake in {"id", "display_name", "description", "integration_code"}:
        return lambda user_list: [str(getattr(user_list, snake))]
    raise _invalid()


def _key_types(user_list: Any) -> list[str]:
    info = user_list.ingested_user_list_info
    words = info.DESCRIPTOR.fields_by_name["upload_key_types"].enum_type.values_by_number
    return [words[number].name for number in info.upload_key_types]


def _one_of(field: Callable[[Any], list[str]], values: list[str]) -> Callable[[Any], bool]:
    return lambda user_list: any(value in values for value in field(user_list))


def _compare(field: Callable[[Any], list[str]], operator: str, wanted: str) -> Callable[[Any], bool]:
    def check(user_list: Any) -> bool:
        values = field(user_list)
        if operator == ":":  # AIP-160 "has": contains, and * is presence
            return any(value and (wanted == "*" or wanted.lower() in value.lower()) for value in values)
        if operator == "!=":
            return wanted not in values
        if operator == "=":
            return wanted in values
        return any(_ordered(operator, value, wanted) for value in values)

    return check


def _ordered(operator: str, value: str, wanted: str) -> bool:
    this, other = (value, wanted) if not (value.isdigit() and wanted.isdigit()) else (value.zfill(20), wanted.zfill(20))
    return {">": this > other, ">=": this >= other, "<": this < other, "<=": this <= other}[operator]
