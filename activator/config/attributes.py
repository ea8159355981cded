"""Attributes: further columns of an export, typed, that rules about people may speak of (docs/how-to/segments.md).

Each entity's own fields are known to the product; an attribute means something to its project only.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from activator.config.segment_fields import FIELD_NAMES
from activator.config.verbs import Format, Verb

ATTRIBUTE = "attribute_"  # begins the name of an attribute's column, so that it never is a field's


class AttributeType(StrEnum):
    """What an attribute holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"


def _with_words(value: object) -> object:
    """YAML reads a bare yes, no or 5 as what it is; as the cell of an export it is text."""
    if not isinstance(value, dict):
        return value
    words = {True: "yes", False: "no"}
    return {key: words.get(meant, str(meant)) if isinstance(meant, bool) else meant for key, meant in value.items()}


class Attribute(Verb):
    """One attribute. A cell that cannot be read counts as empty."""

    type: AttributeType = AttributeType.TEXT
    values: Annotated[dict[str, str], BeforeValidator(_with_words)] = Field(
        default_factory=dict, description="text: cell: text to write instead. flag: cell: yes or no. Case is ignored"
    )
    decimal: Literal[".", ","] = Field(default=".", description="number: the decimal sign")
    format: Format = Field(default="iso", description="date: iso, a pattern such as %d.%m.%Y, or an epoch")

    @model_validator(mode="after")
    def _of_its_type(self) -> Self:
        for key, kinds in _ONLY_FOR.items():
            if key in self.model_fields_set and self.type not in kinds:
                message = f"`{key}` belongs to {' and '.join(kinds)}, not to `type: {self.type}`"
                raise ValueError(message)
        if self.type is AttributeType.FLAG and set(self.values.values()) - {"yes", "no"}:
            message = "`values` of a flag are yes or no, e.g. {active: yes, left: no}"
            raise ValueError(message)
        return self


_ONLY_FOR: dict[str, tuple[AttributeType, ...]] = {
    "values": (AttributeType.TEXT, AttributeType.FLAG),
    "decimal": (AttributeType.NUMBER,),
    "format": (AttributeType.DATE,),
}
PLACE = ("latitude", "longitude")  # the only fields of a person that are given as attributes


def check_attributes(attributes: dict[str, Attribute]) -> None:
    """Refuse names the product itself computes, and half a place.

    Raises:
        ValueError: says which, and what to do.
    """
    for name, attribute in attributes.items():
        if name in FIELD_NAMES and name not in PLACE:
            message = f"attributes.{name}: the product computes a field `{name}` itself; choose another name"
            raise ValueError(message)
        if name in PLACE and attribute.type is not AttributeType.NUMBER:
            message = f"attributes.{name}: needs `type: number`"
            raise ValueError(message)
    given = [name for name in PLACE if name in attributes]
    if len(given) == 1:
        message = f"attributes.{given[0]}: latitude and longitude go together"
        raise ValueError(message)
