"""Names of protobuf enum values."""

from typing import Any


def enum_name(message: Any, field: str) -> str:
    """The name of an enum field's value; its number where the installed library does not know it yet."""
    number = getattr(message, field)
    known = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(number)
    return str(known.name) if known else str(number)
