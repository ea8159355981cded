"""A value held against the limits of a rule, as an expression; and the error of a rule that makes no sense."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.config.documents import KeyPath
from activator.config.segments import Limits
from activator.segments.fields import Kind


class RuleError(ValueError):
    """A rule that cannot be compiled. path: where, from the number of the segment on; fix: what to write instead."""

    def __init__(self, path: KeyPath, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.path, self.message, self.fix = path, message, fix


def unknown(path: KeyPath, what: str, name: str, known: Iterable[str]) -> RuleError:
    """The error for a name that is not known, with the nearest one that is."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    fix = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(names)}."
    return RuleError(path, f"there is no {what} `{name}`", fix)


def within(limits: Limits, value: ir.Value, kind: Kind, money_unit: int, path: KeyPath) -> ir.BooleanValue:
    """Whether a value keeps every limit; NULL where it is not known, but for `filled`.

    Args:
        limits: of the rule.
        value: a column; money in minor units.
        kind: what it holds.
        money_unit: minor units of one unit of the currency.
        path: of the rule, for errors.

    Raises:
        RuleError: a limit is of another type than the field.
    """
    compared = _COMPARED[kind](value) if kind in _COMPARED else value
    tests = []
    for limit, wanted in limits.limits():
        at = (*path, limit)
        if limit == "filled":
            tests.append(value.notnull() if wanted else value.isnull())
        elif limit == "one_of":
            tests.append(compared.isin([_literal(one, kind, money_unit, at) for one in wanted]))
        else:
            tests.append(_COMPARE[limit](compared, _literal(wanted, kind, money_unit, at)))
    return ibis.and_(*tests)


def event_name(value: Any) -> Any:
    """The name of an event as it is compared."""
    return value.strip().lower().re_replace(r"[\s_-]+", "_")


_COMPARED: dict[Kind, Callable[[Any], Any]] = {Kind.TEXT: lambda value: value.lower(), Kind.EVENT: event_name}
_COMPARE: dict[str, Callable[[Any, Any], ir.BooleanValue]] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "at_least": lambda value, wanted: value >= wanted,
    "more_than": lambda value, wanted: value > wanted,
    "at_most": lambda value, wanted: value <= wanted,
    "less_than": lambda value, wanted: value < wanted,
}
_EXAMPLES = {
    Kind.TEXT: "Write text, e.g. `is: retail`; quote words like yes and no.",
    Kind.EVENT: "Write the name of an event, e.g. add_to_cart.",
    Kind.FLAG: "Write true or false.",
    Kind.DATE: "Write a date, e.g. 2026-01-31.",
    Kind.NUMBER: "Write a number, e.g. 5.",
    Kind.MONEY: "Write an amount in the project's currency, e.g. 100 or 99.50.",
}


def _literal(value: Any, kind: Kind, money_unit: int, path: KeyPath) -> Any:
    """A limit as the engine compares it."""
    made = _MAKE[kind](value)
    if made is None:
        raise RuleError(path, f"is compared with a {kind.value}, which this is not", _EXAMPLES[kind])
    if kind is Kind.MONEY:
        minor = made * money_unit
        if minor != int(minor):
            raise RuleError(path, "has more decimals than the currency", _EXAMPLES[kind])
        return int(minor)
    return made


def _text(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None


def written_event(value: Any) -> str | None:
    """The name of an event in a rule as it is compared; None where it is no text."""
    return re.sub(r"[\s_-]+", "_", value.strip().lower()) if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _amount(value: Any) -> Decimal | None:
    number = _number(value)
    return None if number is None else Decimal(str(number))


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


_MAKE: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.EVENT: written_event,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.MONEY: _amount,
    Kind.DATE: _date,
}
