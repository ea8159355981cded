"""Update masks: which fields an update may name, and how it takes their values over."""

from typing import Any

from connectors.sandbox.google.refusal import Refusal


def field_named(descriptor: Any, name: str) -> Any | None:
    """A field by its documented name. The packages spell Python's own words with an underscore: ``type_``."""
    fields = descriptor.fields_by_name
    return fields.get(name) or fields.get(f"{name}_")


def apply_mask(target: Any, source: Any, mask: Any, fixed: frozenset[str]) -> None:
    """Take over into target the fields of source that mask names. Raises Refusal (v26 field_mask_error.py)."""
    paths = [path for path in mask.paths if path not in {"resource_name", "ad.resource_name"}]
    if not paths:
        text = "The field mask must be provided for update operations."
        raise Refusal("field_mask_error", "FIELD_MASK_MISSING", text, "update_mask")
    for path in paths:
        top = field_named(target.DESCRIPTOR, path.split(".")[0])
        if top is not None and top.name in fixed:
            text = f"Field '{path}' cannot be modified by 'UPDATE' operation."
            raise Refusal("request_error", "IMMUTABLE_FIELD", text, f"update.{path}")
        _take_over(target, source, path)


def _take_over(target: Any, source: Any, path: str) -> None:
    *parents, last = path.split(".")
    for name in parents:
        field = field_named(target.DESCRIPTOR, name)
        if field is None or field.message_type is None or field.is_repeated:
            raise _unknown(path)
        target, source = getattr(target, field.name), getattr(source, field.name)
    field = field_named(target.DESCRIPTOR, last)
    if field is None:
        raise _unknown(path)
    if field.is_repeated:
        target.ClearField(field.name)
        getattr(target, field.name).extend(getattr(source, field.name))
    elif field.message_type is not None:
        _take_over_message(target, source, field.name, path)
    elif field.has_presence and not source.HasField(field.name):
        target.ClearField(field.name)
    else:
        setattr(target, field.name, getattr(source, field.name))


def _take_over_message(target: Any, source: Any, name: str, path: str) -> None:
    """A whole message may only be named to set or clear it empty."""
    if getattr(source, name).ListFields():
        text = f"The field mask path '{path}' has subfields."
        raise Refusal("field_mask_error", "FIELD_HAS_SUBFIELDS", text, "update_mask", path)
    target.ClearField(name)
    if source.HasField(name):
        getattr(target, name).SetInParent()


def _unknown(path: str) -> Refusal:
    text = f"The field mask contained an invalid field: '{path}'."
    return Refusal("field_mask_error", "FIELD_NOT_FOUND", text, "update_mask", path)
