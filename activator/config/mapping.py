"""A mapping file as a model: which column of an export is which field, in a closed list of verbs.

There are no expressions: a mapping can pick, choose, translate, parse, multiply and subtract, and nothing else, so it
is data that anyone may review. Every verb is described in docs/reference/mappings.md.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from activator.config.project import Name, Section, Zone
from activator.model.people import Consent, Entity

Column = Annotated[str, Field(min_length=1, max_length=200, description="A column name, exactly as in the header")]

# Currencies whose minor unit is not a hundredth: ISO 4217 list one, amendment 176 (2024-01-01), read 2026-11-24.
MINOR_DIGITS: dict[str, int] = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
MINOR_DIGITS_DEFAULT = 2

FORMAT_DIRECTIVES = "YmdHIMSpz"


def _known_format(value: str) -> str:
    found = re.findall(r"%(.?)", value)
    unknown = [letter for letter in found if letter not in FORMAT_DIRECTIVES or not letter]
    if value != "iso" and (unknown or not {"Y", "m", "d"} <= set(found)):
        message = f"use `iso`, or %Y %m %d and any of %H %I %M %S %p %z, each once; not {value!r}"
        raise ValueError(message)
    if len(found) != len(set(found)):
        message = "a directive stands twice"
        raise ValueError(message)
    if ("I" in found) != ("p" in found):
        message = "%I (hour 1 to 12) and %p (AM or PM) go together"
        raise ValueError(message)
    return value


Format = Annotated[str, AfterValidator(_known_format)]


class Take(StrEnum):
    """Which part of a cell is meant, where one cell holds several."""

    FIRST_WORD = "first_word"
    AFTER_FIRST_WORD = "after_first_word"
    FIRST_ITEM = "first_item"


class Verb(Section):
    """Base of all verbs: where a field's text comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Column | None = Field(default=None, alias="from", description="The column")
    first_of: tuple[Column, ...] = Field(
        default=(), description="Columns in order of preference; the first filled counts"
    )
    optional: bool = Field(default=False, description="The export may lack these columns; the field is then empty")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the verb reads, in order of preference."""
        return (self.from_,) if self.from_ else self.first_of

    def origins(self) -> tuple[str, ...]:
        """The ways given to say where the text comes from; exactly one is right."""
        return tuple(name for name, given in (("from", self.from_), ("first_of", self.first_of)) if given)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if len(self.origins()) != 1:
            message = f"say exactly one of {self.choices()}"
            raise ValueError(message)
        return self

    def choices(self) -> str:
        """The origins this verb knows, for messages."""
        return "`from` and `first_of`"


class Text(Verb):
    """A text field."""

    constant: str | None = Field(default=None, min_length=1, description="The same text in every row")
    take: Take | None = Field(default=None, description="Part of the cell")
    values: dict[str, str] = Field(default_factory=dict, description="Cell: text to write instead; case is ignored")

    def origins(self) -> tuple[str, ...]:
        """As for every verb, and `constant`."""
        return (*super().origins(), *(("constant",) if self.constant else ()))

    def choices(self) -> str:
        """The origins this verb knows, for messages."""
        return "`from`, `first_of` and `constant`"


class Permission(Verb):
    """A consent field. What is not listed is `otherwise`, and that is never granted by default."""

    values: dict[str, Consent] = Field(min_length=1, description="Cell: granted, denied or unknown; case is ignored")
    otherwise: Literal[Consent.DENIED, Consent.UNKNOWN] = Consent.UNKNOWN


class Moment(Verb):
    """A date or an instant. Text without an offset is local time of time_zone."""

    format: Format = Field(default="iso", description="iso, or a pattern such as %d.%m.%Y %H:%M")
    time_zone: Zone = Field(default="UTC")


class Whole(Verb):
    """A whole number."""


class Money(Verb):
    """An amount of money: one column, or the product of two, less others. Counted exactly, rounded once at the end."""

    product: tuple[Column, Column] | None = Field(default=None, description="Two columns, multiplied")
    minus: tuple[Column, ...] = Field(default=(), description="Columns subtracted; an empty cell is nothing")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign; the other one may group thousands")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the verb reads."""
        return (*(self.product or super().columns), *self.minus)

    def origins(self) -> tuple[str, ...]:
        """As for every verb, and `product`."""
        return (*super().origins(), *(("product",) if self.product else ()))

    def choices(self) -> str:
        """The origins this verb knows, for messages."""
        return "`from`, `first_of` and `product`"


class Condition(Section):
    """A test on a row; exactly one of its kinds."""

    column: Column | None = Field(default=None, description="With `values`: the column compared")
    values: tuple[str, ...] = Field(default=(), description="Any of these, whatever the case")
    empty: tuple[Column, ...] = Field(default=(), description="All of these columns are empty")
    filled: tuple[Column, ...] = Field(default=(), description="All of these columns are filled")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.column is None) != (not self.values):
            message = "`column` and `values` go together"
            raise ValueError(message)
        if sum(map(bool, (self.column, self.empty, self.filled))) != 1:
            message = "say exactly one of `column` with `values`, `empty` and `filled`"
            raise ValueError(message)
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the test reads."""
        return (self.column,) if self.column else (*self.empty, *self.filled)


class Ignore(Section):
    """Rows that are set aside on purpose, counted under their reason."""

    when: Condition
    reason: str = Field(min_length=3, max_length=80, pattern=r"^[^:\n]+$")


class IdentityColumns(Section):
    """Fields any entity can carry to say whose row it is."""

    email: Text | None = None
    phone: Text | None = None
    external_id: Text | None = None

    def verbs(self) -> Iterator[tuple[str, Verb]]:
        """The fields that are mapped, in the order of the model."""
        for field in type(self).model_fields:
            verb = getattr(self, field)
            if verb is not None:
                yield field, verb


class PersonColumns(IdentityColumns):
    """Name and place."""

    first_name: Text | None = None
    last_name: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class ContactColumns(PersonColumns):
    """One row per contact."""

    email_2: Text | None = None
    phone_2: Text | None = None
    birth_date: Moment | None = None
    gender: Text | None = None
    consent_ad_user_data: Permission | None = None
    consent_ad_personalization: Permission | None = None


class OrderColumns(PersonColumns):
    """One row per order, or per line of an order."""

    order_id: Text
    ordered_at: Moment
    amount: Money
    currency: Text


class ResponseColumns(IdentityColumns):
    """One row per answer of a survey."""

    answered_at: Moment
    score: Whole | None = None
    comment: Text | None = None
    language: Text | None = None


class MappingFile(Section):
    """What every mapping says."""

    name: Name
    title: str = Field(min_length=3, max_length=80, description="Shown where exports are recognised")
    recognise: tuple[Column, ...] = Field(min_length=1, description="Columns by which such an export is recognised")
    id_space: Name | None = Field(
        default=None, description="Whose numbers external_id holds; equal spaces are compared"
    )
    ignore: tuple[Ignore, ...] = ()

    @model_validator(mode="after")
    def _identified(self) -> Self:
        fields = dict(self.fields())
        if not fields.keys() & {"email", "phone", "external_id"}:
            message = "columns: map at least one of email, phone and external_id"
            raise ValueError(message)
        if ("external_id" in fields) != (self.id_space is not None):
            message = "`id_space` and `columns.external_id` go together"
            raise ValueError(message)
        return self

    def fields(self) -> Iterator[tuple[str, Verb]]:
        """The fields that are mapped, with their verbs."""
        columns: IdentityColumns = getattr(self, "columns")  # noqa: B009 - declared by each entity
        return columns.verbs()

    def required_columns(self) -> tuple[str, ...]:
        """Columns an export must have, each once."""
        needed = [column for _, verb in self.fields() if not verb.optional for column in verb.columns]
        needed += [column for rule in self.ignore for column in rule.when.columns]
        return tuple(dict.fromkeys(needed))

    def known_columns(self) -> tuple[str, ...]:
        """Columns the mapping makes use of, each once."""
        optional = [column for _, verb in self.fields() for column in verb.columns]
        return tuple(dict.fromkeys([*self.required_columns(), *optional]))


class ContactsMapping(MappingFile):
    """How contacts are read."""

    entity: Literal[Entity.CONTACTS]
    columns: ContactColumns


class OrdersMapping(MappingFile):
    """How orders, or order lines, are read."""

    entity: Literal[Entity.ORDERS]
    columns: OrderColumns


class ResponsesMapping(MappingFile):
    """How answers of a survey are read."""

    entity: Literal[Entity.RESPONSES]
    columns: ResponseColumns


Mapping: TypeAlias = ContactsMapping | OrdersMapping | ResponsesMapping
MODELS: dict[str, type[ContactsMapping | OrdersMapping | ResponsesMapping]] = {
    Entity.CONTACTS: ContactsMapping,
    Entity.ORDERS: OrdersMapping,
    Entity.RESPONSES: ResponsesMapping,
}
