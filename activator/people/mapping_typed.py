"""Cells an export holds as numbers or days: read as they are, cheaply, with the answer their text would give."""

import ibis
import ibis.expr.types as ir

from activator.config.mapping import Money, Verb
from activator.config.verbs import Moment
from activator.people.mapping_cells import NUMBER, in_utc

YEARS = (1900, 2099)  # as in mapping_cells.DIRECTIVES
_NARROW = 14  # digits that leave room for a factor of 1000 in 64 bits, where arithmetic is many times cheaper
_PLAIN_NUMBER = "decimal(15, 5)"  # ten digits before the sign and five after it, as in mapping_cells.number


def readable(verb: Verb, value: ir.Value) -> bool:
    """Whether the verb means exactly the value of a typed column."""
    if verb.key:
        return False
    if isinstance(verb, Moment):
        return verb.format == "iso" and (value.type().is_date() or value.type().is_timestamp())
    plain_sum = isinstance(verb, Money) and not verb.product and not verb.minus and verb.decimal == "."
    return plain_sum and (value.type().is_decimal() or value.type().is_integer())


def typed_value(value: ir.Value, verb: Verb, *, is_day: bool) -> ir.Value:
    """The value of a field whose verb is `readable`; NULL where its text could not be read."""
    if not isinstance(verb, Moment):
        kind = value.type()
        if kind.is_decimal() and kind.precision <= _NARROW and kind.precision - kind.scale <= 10 and kind.scale <= 5:
            return value
        return value.try_cast(_PLAIN_NUMBER).cast(NUMBER)
    known = value.year().between(*YEARS)
    if is_day:
        return ibis.cases((known, value.cast("date")))
    local = value.cast("timestamp").truncate("s")
    return ibis.cases((known, in_utc(local, ibis.literal(""), verb.time_zone)))
