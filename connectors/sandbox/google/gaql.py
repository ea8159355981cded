"""The Google Ads Query Language: text to a checked query. Grammar: GADS/query/grammar (read 2026-11-22).

Fields are checked against the installed GoogleAdsRow, so whatever the official package knows is a field, and nothing
else. `evaluate` in rows.py runs a query.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.google.fieldmask import field_named
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import row_class

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    | (?P<word>[A-Za-z_][\w.]*)
    | (?P<symbol>!=|>=|<=|[=<>(),])
    )""",
    re.VERBOSE,
)
_CLAUSES = frozenset({"FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS"})
_NEGATED = frozenset({"IN", "LIKE", "REGEXP_MATCH"})
_COMPARISONS = frozenset({"=", "!=", ">", ">=", "<", "<="})
_LISTS = frozenset({"IN", "NOT IN", "CONTAINS ANY", "CONTAINS ALL", "CONTAINS NONE"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in queries, its path of real field names and the descriptor of its last part."""

    name: str
    path: tuple[str, ...]
    descriptor: Any

    @property
    def resource(self) -> str:
        """The resource it belongs to, or "segments" or "metrics"."""
        return self.path[0]

    @property
    def is_enum(self) -> bool:
        """True for a field of words."""
        return self.descriptor.enum_type is not None

    @property
    def is_number(self) -> bool:
        """True for integers and floats."""
        text_like = (self.descriptor.TYPE_STRING, self.descriptor.TYPE_BOOL)
        is_plain = not self.is_enum and self.descriptor.message_type is None
        return is_plain and self.descriptor.type not in text_like


@dataclass(frozen=True, slots=True)
class Condition:
    """field operator values; values are texts, the number of them depends on the operator."""

    field: Field
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query. order: fields with True for descending; include_drafts: also what is being designed."""

    resource: str
    select: tuple[Field, ...]
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[Field, bool], ...] = ()
    limit: int | None = None
    include_drafts: bool = False

    def selects(self, resource: str) -> bool:
        """True when a field of that resource (or "segments", "metrics") is selected."""
        return any(chosen.resource == resource for chosen in self.select)


def query_error(code: str, message: str) -> Refusal:
    """A QueryError. Its message names the offending part, as Google's do."""
    return Refusal("query_error", code, message)


def resolve(name: str) -> Field:
    """A field by its dotted name. Raises Refusal UNRECOGNIZED_FIELD."""
    parts = name.split(".")
    descriptor, path, found = row_class().DESCRIPTOR, [], None
    for position, part in enumerate(parts):
        if found is not None:
            descriptor = found.message_type
        known = field_named(descriptor, part) if descriptor is not None and not part.endswith("_") else None
        is_last = position == len(parts) - 1
        if known is None or (not is_last and (known.message_type is None or known.is_repeated)):
            raise query_error("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.")
        found = known
        path.append(known.name)
    assert found is not None
    is_structure = found.message_type is not None and not found.is_repeated and found.message_type.fields
    if len(parts) == 1 or is_structure:
        raise query_error("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.")
    return Field(name, tuple(path), found)


def parse(text: str, today: date) -> Query:
    """Read and check a query. today: the account's date, for DURING. Raises Refusal (QueryError)."""
    return _Parser(text, today).query()


@dataclass(slots=True)
class _Parser:
    text: str
    today: date
    tokens: list[tuple[str, str]] = field(init=False)
    position: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.tokens = _tokens(self.text)

    def query(self) -> Query:
        if self._next_word() != "SELECT":
            raise query_error("EXPECTED_SELECT", "Error in query: expected SELECT.")
        select = self._fields("EXPECTED_FROM")
        if not self._take("FROM"):
            raise query_error("EXPECTED_FROM", "Error in query: expected FROM.")
        resource = self._next("word").lower()
        where = self._where() if self._take("WHERE") else ()
        order = self._order() if self._take("ORDER") else ()
        limit = self._limit() if self._take("LIMIT") else None
        drafts = self._take("PARAMETERS") and self._parameters()
        if self.position < len(self.tokens):
            raise query_error("UNEXPECTED_INPUT", f"Error in query: unexpected input {self.tokens[self.position][1]}.")
        return Query(resource, select, where, order, limit, drafts)

    def _fields(self, code: str) -> tuple[Field, ...]:
        names = [self._next("word")]
        while self._symbol(","):
            names.append(self._next("word"))
        if names[0].upper() in _CLAUSES:
            raise query_error(code, "Error in query: no field is selected.")
        return tuple(resolve(name) for name in dict.fromkeys(names))

    def _where(self) -> tuple[Condition, ...]:
        conditions = [self._condition()]
        while self._take("AND"):
            conditions.append(self._condition())
        return tuple(part for group in conditions for part in group)

    def _condition(self) -> tuple[Condition, ...]:
        chosen = resolve(self._next("word"))
        operator = self._operator()
        if operator == "BETWEEN":
            low, _, high = self._value(), self._expect("AND"), self._value()
            return (_checked(chosen, ">=", (low,)), _checked(chosen, "<=", (high,)))
        if operator == "DURING":
            low, high = _period(self._next("word"), self.today)
            return (Condition(chosen, ">=", (low,)), Condition(chosen, "<=", (high,)))
        if operator.startswith("IS"):
            return (Condition(chosen, operator),)
        values = self._list() if operator in _LISTS else (self._value(),)
        return (_checked(chosen, operator, values),)

    def _operator(self) -> str:
        kind, text = self._any()
        if kind == "symbol" and text in _COMPARISONS:
            return text
        word = text.upper()
        if word in _NEGATED or word in {"BETWEEN", "DURING"}:
            return word
        if word == "NOT":
            return f"NOT {self._expect(*_NEGATED)}"
        if word == "CONTAINS":
            return f"CONTAINS {self._expect('ANY', 'ALL', 'NONE')}"
        if word == "IS":
            negation = "NOT " if self._take("NOT") else ""
            self._expect("NULL")
            return f"IS {negation}NULL"
        raise query_error("BAD_OPERATOR", f"Error in query: bad operator {text}.")

    def _list(self) -> tuple[str, ...]:
        if not self._symbol("("):
            raise query_error("EXPECTED_LIST", "Error in query: expected a list.")
        if self._symbol(")"):
            raise query_error("PROHIBITED_EMPTY_LIST_IN_CONDITION", "Error in query: the list is empty.")
        values = [self._value()]
        while self._symbol(","):
            values.append(self._value())
        if not self._symbol(")"):
            raise query_error("UNEXPECTED_INPUT", "Error in query: expected ')'.")
        return tuple(values)

    def _value(self) -> str:
        kind, text = self._any()
        if kind == "symbol":
            raise query_error("BAD_VALUE", f"Error in query: bad value {text}.")
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "string" else text

    def _order(self) -> tuple[tuple[Field, bool], ...]:
        if not self._take("BY"):
            raise query_error("EXPECTED_BY", "Error in query: expected BY.")
        order = [self._ordering()]
        while self._symbol(","):
            order.append(self._ordering())
        return tuple(order)

    def _ordering(self) -> tuple[Field, bool]:
        chosen = resolve(self._next("word"))
        if self._take("DESC"):
            return chosen, True
        self._take("ASC")
        return chosen, False

    def _limit(self) -> int:
        kind, text = self._any()
        if kind != "number" or not text.isdigit() or int(text) < 1:
            raise query_error("BAD_LIMIT_VALUE", f"Error in query: bad limit {text}.")
        return int(text)

    def _parameters(self) -> bool:
        """Whether drafts are asked for."""
        drafts = False
        while True:
            name = self._next("word")
            if name not in {"include_drafts", "omit_unselected_resource_names"}:
                raise query_error("BAD_PARAMETER_NAME", f"Error in query: bad parameter {name}.")
            value = self._next("word").lower() if self._symbol("=") else ""
            if value not in {"true", "false"}:
                raise query_error("BAD_PARAMETER_VALUE", f"Error in query: bad value of {name}.")
            drafts |= name == "include_drafts" and value == "true"
            if not self._symbol(","):
                return drafts

    # Tokens

    def _any(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise query_error("UNEXPECTED_END_OF_QUERY", "Error in query: unexpected end of query.")
        self.position += 1
        return self.tokens[self.position - 1]

    def _next(self, kind: str) -> str:
        found, text = self._any()
        if found != kind:
            raise query_error("UNEXPECTED_INPUT", f"Error in query: unexpected input {text}.")
        return text

    def _next_word(self) -> str:
        return self._any()[1].upper()

    def _expect(self, *words: str) -> str:
        text = self._next_word()
        if text not in words:
            code = "EXPECTED_AND" if words == ("AND",) else "UNEXPECTED_INPUT"
            raise query_error(code, f"Error in query: expected {' or '.join(words)}, not {text}.")
        return text

    def _take(self, word: str) -> bool:
        return self._match("word", word)

    def _symbol(self, symbol: str) -> bool:
        return self._match("symbol", symbol)

    def _match(self, kind: str, text: str) -> bool:
        if self.position < len(self.tokens):
            found, value = self.tokens[self.position]
            if found == kind and value.upper() == text:
                self.position += 1
                return True
        return False


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            rest = text[position:].lstrip()
            if rest[:1] in {"'", '"'}:
                raise query_error("STRING_NOT_TERMINATED", "Error in query: string not terminated.")
            raise query_error("BAD_SYMBOL", f"Error in query: bad symbol {rest[:1]}.")
        kind = str(found.lastgroup)
        tokens.append((kind, found.group(kind)))
        position = found.end()
    return tokens


def _checked(chosen: Field, operator: str, values: tuple[str, ...]) -> Condition:
    """Words, numbers and dates must be what the field holds."""
    if "LIKE" in operator and (chosen.is_enum or chosen.is_number):
        raise query_error("OPERATOR_FIELD_MISMATCH", f"Error in WHERE clause: LIKE on {chosen.name}.")
    for value in values:
        if chosen.is_enum and value not in chosen.descriptor.enum_type.values_by_name:
            raise query_error("BAD_ENUM_CONSTANT", f"Error in WHERE clause: bad enum constant '{value}'.")
        if chosen.is_number and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise query_error("BAD_NUMBER", f"Error in WHERE clause: bad number '{value}'.")
        if chosen.name == "segments.date" and not _is_date(value):
            raise query_error("INVALID_DATE_FORMAT", f"Error in WHERE clause: bad date '{value}'.")
    _check_pattern(operator, values[0])
    return Condition(chosen, operator, values)


def _check_pattern(operator: str, value: str) -> None:
    """LIKE and REGEXP_MATCH must be able to match something."""
    if operator.endswith("LIKE"):
        like_pattern(value)
    if operator.endswith("REGEXP_MATCH"):
        try:
            re.compile(value)
        except re.error:
            raise query_error("BAD_VALUE", f"Error in WHERE clause: bad regular expression '{value}'.") from None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


def _period(word: str, today: date) -> tuple[str, str]:
    """First and last day of a DURING period; LAST_n_DAYS end yesterday (GADS/query/date-ranges)."""
    yesterday = today - timedelta(days=1)
    month = today.replace(day=1)
    monday, sunday = today - timedelta(days=today.weekday()), today - timedelta(days=(today.weekday() + 1) % 7)
    last_month = month - timedelta(days=1)
    week = timedelta(days=7)
    periods = {
        "TODAY": (today, today),
        "YESTERDAY": (yesterday, yesterday),
        "LAST_7_DAYS": (today - timedelta(days=7), yesterday),
        "LAST_14_DAYS": (today - timedelta(days=14), yesterday),
        "LAST_30_DAYS": (today - timedelta(days=30), yesterday),
        "LAST_BUSINESS_WEEK": (monday - week, monday - timedelta(days=3)),
        "LAST_WEEK_MON_SUN": (monday - week, monday - timedelta(days=1)),
        "LAST_WEEK_SUN_SAT": (sunday - week, sunday - timedelta(days=1)),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "THIS_WEEK_SUN_TODAY": (sunday, today),
        "THIS_MONTH": (month, today),
        "LAST_MONTH": (last_month.replace(day=1), last_month),
    }
    if word not in periods:
        raise query_error("INVALID_VALUE_WITH_DURING_OPERATOR", f"Error in WHERE clause: bad period '{word}'.")
    low, high = periods[word]
    return low.isoformat(), high.isoformat()


def like_pattern(value: str) -> re.Pattern[str]:
    """LIKE as a regular expression: % any text, _ one character, [x] the character itself; case is ignored.

    Raises Refusal for an unbalanced bracket (GADS/query/case-sensitivity and /grammar).
    """
    parts: Sequence[str] = re.findall(r"\[[\[\]%_]\]|.", value, re.DOTALL)
    pattern = ""
    for part in parts:
        if part == "%":
            pattern += ".*"
        elif part == "_":
            pattern += "."
        elif part in {"[", "]"}:
            text = f"Error in WHERE clause: invalid LIKE pattern '{value}'."
            raise query_error("INVALID_VALUE_WITH_LIKE_OPERATOR", text)
        else:
            pattern += re.escape(part[1] if len(part) == 3 else part)
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
