"""What identifiers are compared by: fixed-width keys, made of text once."""

from typing import Any

import ibis
import ibis.expr.types as ir

from activator.people.identifiers.hashing import hashed_once
from activator.people.identifiers.text import clean, known, without_decimal_zero

# Letters, digits and a digit that is not zero: no placeholder and nothing to clean. So are nearly all ids. What follows
# a hyphen is long, since 4e-7 is a number that a spreadsheet has cut off.
_PLAIN_ID = r"^[0-9A-Za-z_]*[1-9][0-9A-Za-z_]*(?:-[0-9A-Za-z][0-9A-Za-z][0-9A-Za-z][0-9A-Za-z]+)*$"


def _record_key(_text: Any) -> Any:
    raise NotImplementedError  # a function of Engine


_digest_of_record = ibis.udf.scalar.builtin(_record_key, name="record_key", signature=(("string",), "uuid"))


def identity_key(text: ir.StringValue) -> ir.UUIDValue:
    """124 bits of the SHA-256 of a normalised identifier, or of the digest the export already held; see `id_key`."""
    return (ibis.literal("f") + hashed_once(text).substr(1, 31)).cast("uuid")


def id_key(space: ir.StringValue, external_id: ir.StringValue) -> ir.UUIDValue:
    """The key of a system's own id. `4711.0` is 4711: frames turn whole numbers into decimals on the way.

    It is smaller than any `identity_key`, so that whoever has an id keeps their key when addresses and phones change.
    """
    plain = ibis.cases(
        (external_id.re_search(_PLAIN_ID), external_id), else_=without_decimal_zero(known(clean(external_id)))
    )
    return _digest_of_record(space.fill_null("") + "\x1f" + plain)
