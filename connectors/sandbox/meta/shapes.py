"""Shapes inside structured parameters: a part of the wrong kind refuses the call, whatever it is."""

from collections.abc import Collection, Mapping
from typing import Any

from connectors.sandbox.meta.errors import invalid


def mapping_in(parent: Mapping[str, Any], key: str, parameter: str) -> dict[str, Any] | None:
    """The object under a key, or None where there is none. Raises GraphError 100."""
    value = parent.get(key)
    if value is not None and not isinstance(value, dict):
        raise invalid(parameter, f"Param {parameter}[{key}] must be a JSON object")
    return value


def sequence_in(parent: Mapping[str, Any], key: str, parameter: str) -> list[Any]:
    """The array under a key, empty where there is none. Raises GraphError 100."""
    value = parent.get(key)
    if value is not None and not isinstance(value, list):
        raise invalid(parameter, f"Param {parameter}[{key}] must be an array")
    return value or []


def whole_in(parent: Mapping[str, Any], key: str, parameter: str) -> int:
    """The whole number under a key, as number or text. Raises GraphError 100."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise invalid(parameter, f"Param {parameter}[{key}] must be an integer")
    try:
        return int(value)
    except ValueError:
        raise invalid(parameter, f"Param {parameter}[{key}] must be an integer") from None


def refuse_unknown_keys(given: Mapping[str, Any], known: Collection[str], parameter: str) -> None:
    """Nested keys of typed objects are checked, unlike parameters (our assumption, 2026-11-22)."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise invalid(parameter, f'Invalid keys "{", ".join(unknown)[:100]}" were found in param "{parameter}".')
