"""What a value that does not fit is told: the checker's own words are about types, ours about what to write."""

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "decimal_max_places": "may have {decimal_places} decimals at most",
    "decimal_max_digits": "may have {max_digits} digits at most",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must have {min_length} letters or more",
    "string_too_long": "may have {max_length} letters at most",
    "string_pattern_mismatch": "may only be written like {pattern}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "tuple_type": "must be a list, like [a, b]",
    "list_type": "must be a list, like [a, b]",
    "dict_type": "must be a section, like {{key: value}}",
    "model_type": "must be a section, like {{key: value}}",
    "too_short": "must name {min_length} or more",
    "too_long": "may name {max_length} at most",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "date_from_datetime_parsing": "must be a date, like 2026-11-29",
    "date_parsing": "must be a date, like 2026-11-29",
    "date_type": "must be a date, like 2026-11-29",
    "time_parsing": "must be a time, like 02:30",
}


def fault_words(fault: Mapping[str, Any]) -> str:
    """One fault of pydantic's list in words for whoever wrote the value; never the value itself."""
    known = _WORDS.get(str(fault["type"]))
    if known is not None:
        return known.format(**fault.get("ctx", {}))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
