"""The verbs of a mapping: where the text of a field comes from, and what is made of it. A closed list, no expressions.

Every verb is described in docs/reference/mappings.md; people/mapping_cells.py says what each does to a cell.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from activator.config.project import Zone
from activator.config.sections import Section
from activator.model.people import Consent

Column = Annotated[str, Field(min_length=1, max_length=200, description="A column name, exactly as in the header")]

FORMAT_DIRECTIVES = "YmdHIMSpz"
# Counted from 1970-01-01T00:00:00Z: how many of the unit are a second.
EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}

# Words for yes and no in exports, of the languages CRM tools are sold in. Compared without case.
YES_WORDS = (
    "yes", "y", "true", "t", "1", "on", "ja", "j", "wahr", "oui", "o", "vrai", "sí", "si", "s", "verdadero", "sim",
    "verdadeiro", "sì", "vero", "waar", "tak", "prawda", "ano", "igen", "evet", "doğru", "да", "はい",
)  # fmt: skip
NO_WORDS = (
    "no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "onwaar",
    "nie", "fałsz", "ne", "nem", "nej", "nei", "ei", "hayır", "hayir", "yanlış", "нет", "いいえ",
)  # fmt: skip


def _known_format(value: str) -> str:
    if value in EPOCHS:
        return value
    found = re.findall(r"%(.?)", value)
    unknown = [letter for letter in found if letter not in FORMAT_DIRECTIVES or not letter]
    if value != "iso" and (unknown or not {"Y", "m", "d"} <= set(found)):
        epochs = ", ".join(f"`{name}`" for name in EPOCHS)
        message = f"use `iso`, or %Y %m %d and any of %H %I %M %S %p %z, each once, or {epochs}; not {value!r}"
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
    SECOND_ITEM = "second_item"
    THIRD_ITEM = "third_item"
    FOURTH_ITEM = "fourth_item"


class Verb(Section):
    """Base of all verbs: where a field's text comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Column | None = Field(default=None, alias="from", description="The column")
    first_of: tuple[Column, ...] = Field(
        default=(), description="Columns in order of preference; the first filled counts, and one must be there"
    )
    key: Column | None = Field(
        default=None, description="The cell is a JSON list of {key, value} pairs: the value of this key is meant"
    )
    optional: bool = Field(default=False, description="The export may lack these columns; the field is then empty")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the verb reads, in order of preference."""
        return (self.from_,) if self.from_ else self.first_of

    def needed(self) -> tuple[tuple[str, ...], ...]:
        """What an export must have: of each group of columns one."""
        return () if self.optional or not self.columns else (self.columns,)

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

    values: dict[str, Consent] = Field(
        default_factory=dict, description="Cell: granted, denied or unknown; case is ignored"
    )
    yes: Consent | None = Field(default=None, description="What a word for yes means (yes, true, 1, ja, oui, …)")
    no: Consent | None = Field(default=None, description="What a word for no means (no, false, 0, nein, non, …)")
    otherwise: Literal[Consent.DENIED, Consent.UNKNOWN] = Consent.UNKNOWN

    @model_validator(mode="after")
    def _some_answer(self) -> Self:
        if not self.meanings():
            message = "say what the cells mean: `values`, or `yes` and `no`"
            raise ValueError(message)
        return self

    def meanings(self) -> dict[str, Consent]:
        """Cell: what it means; cells listed under `values` come before the words for yes and no."""
        words: dict[str, Consent] = {}
        for listed, meant in ((YES_WORDS, self.yes), (NO_WORDS, self.no)):
            if meant is not None:
                words |= dict.fromkeys(listed, meant)
        given = {said.strip().lower(): meant for said, meant in self.values.items()}
        return given | {word: meant for word, meant in words.items() if word not in given}


class Moment(Verb):
    """A date or an instant. Text without an offset, and seconds counted by a local clock, are time of time_zone."""

    format: Format = Field(default="iso", description="iso, a pattern such as %d.%m.%Y %H:%M, or an epoch")
    time_zone: Zone = Field(default="UTC")


class Whole(Verb):
    """A whole number."""


class Duration(Verb):
    """A length of time, counted in whole minutes."""

    unit: Literal["minutes", "hours"] = Field(default="minutes", description="What the number in the cell counts")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign")


class Score(Verb):
    """A score, counted from 0 to 10 where out_of says what the best is."""

    out_of: int | None = Field(default=None, ge=1, le=1000, description="The best score there is: 5 stars, 100 percent")
    values: dict[str, Annotated[int, Field(ge=0, le=10)] | None] = Field(
        default_factory=dict, description="Cell: score from 0 to 10, or null for none; case is ignored"
    )


class Money(Verb):
    """An amount of money: one column, or the product of two, less others. Counted exactly, rounded once at the end."""

    product: tuple[Column, Column] | None = Field(default=None, description="Two columns, multiplied")
    minus: tuple[Column, ...] = Field(default=(), description="Columns subtracted; an empty cell is nothing")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign; the other one may group thousands")
    unit: Literal["major", "minor"] = Field(
        default="major", description="major: 12.50 is twelve and a half; minor: 1250 is already in cents, or in yen"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the verb reads."""
        return (*(self.product or super().columns), *self.minus)

    def needed(self) -> tuple[tuple[str, ...], ...]:
        """What an export must have: both factors, or one of the columns, and all that is subtracted."""
        if self.optional:
            return ()
        main = tuple((column,) for column in self.product) if self.product else (super().columns,)
        return (*main, *((column,) for column in self.minus))

    def origins(self) -> tuple[str, ...]:
        """As for every verb, and `product`."""
        return (*super().origins(), *(("product",) if self.product else ()))

    def choices(self) -> str:
        """The origins this verb knows, for messages."""
        return "`from`, `first_of` and `product`"


class Condition(Section):
    """A test on a row; exactly one of its kinds."""

    column: Column | None = Field(default=None, description="With `values` or `other_than`: the column compared")
    values: tuple[str, ...] = Field(default=(), description="Any of these, whatever the case")
    other_than: tuple[str, ...] = Field(default=(), description="None of these, whatever the case; empty cells too")
    empty: tuple[Column, ...] = Field(default=(), description="All of these columns are empty")
    filled: tuple[Column, ...] = Field(default=(), description="All of these columns are filled")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.column is None) != (not self.values and not self.other_than):
            message = "`column` and `values` or `other_than` go together"
            raise ValueError(message)
        if sum(map(bool, (self.values, self.other_than, self.empty, self.filled))) != 1:
            message = "say exactly one of `column` with `values`, `column` with `other_than`, `empty` and `filled`"
            raise ValueError(message)
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the test reads."""
        return (self.column,) if self.column else (*self.empty, *self.filled)


def lacking(needed: Collection[tuple[str, ...]], header: Collection[str]) -> tuple[str, ...]:
    """Of each group of columns none of which is in the header, the first."""
    return tuple(dict.fromkeys(group[0] for group in needed if not any(column in header for column in group)))
