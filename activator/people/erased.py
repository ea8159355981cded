"""Recognising people who were to be forgotten, without knowing who they are: keyed digests of their keys.

What is kept is HMAC-SHA256 (RFC 2104) of each key of such a person; without the secret it says nothing. Made in the
engine for every key of an export, it tells which rows are theirs.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.people.consent import ANSWERS
from activator.people.engine import Engine

ERASED = -1  # the speaker of marks that no list has made; see people.suppression
_BLOCK_BYTES = 64  # of SHA-256


@dataclass(frozen=True, slots=True)
class Erased:
    """Whom the project was told to forget. secret: of the project; macs: hexadecimal, in order."""

    secret: bytes = field(repr=False)
    macs: tuple[str, ...] = field(repr=False)

    @property
    def digest(self) -> str:
        """Changes with every person more or less."""
        return hashlib.sha256("".join(self.macs).encode()).hexdigest()


def mac_of(secret: bytes, text: str) -> str:
    """The keyed digest of one key in its canonical text."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _keyed_mac(_text: Any, _inner: Any, _outer: Any) -> Any:
    raise NotImplementedError  # a function of Engine


_mac_in_engine = ibis.udf.scalar.builtin(
    _keyed_mac, name="keyed_mac", signature=(("string", "binary", "binary"), "string")
)


def with_macs(secret: bytes, rows: ir.Table, column: str) -> ir.Table:
    """Rows with `mac`, the keyed digest of a column. The secret travels as data: no query text ever holds it."""
    padded = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret).ljust(_BLOCK_BYTES, b"\0")
    pads = {"inner": [bytes(byte ^ 0x36 for byte in padded)], "outer": [bytes(byte ^ 0x5C for byte in padded)]}
    joined = rows.cross_join(ibis.memtable(pads, schema=ibis.schema({"inner": "binary", "outer": "binary"})))
    text = joined[column].cast("string")
    return joined.mutate(mac=_mac_in_engine(text, joined.inner, joined.outer)).drop("inner", "outer")


def known_macs(engine: Engine, erased: Erased) -> ir.Table:
    """(mac) of everybody to be forgotten."""
    return engine.materialise("macs", ibis.memtable({"mac": list(erased.macs)}, schema=ibis.schema({"mac": "string"})))


def erased_marks(engine: Engine, keys: ir.Table, erased: Erased) -> ir.Table:
    """Marks as people.suppression makes them, of the rows with any key of somebody forgotten. keys: (row_id, key)."""
    known = with_macs(erased.secret, keys, "key").semi_join(known_macs(engine, erased), "mac")
    answers = {name: ibis.literal(0, "int8") for name in ANSWERS}
    marks = known.select("row_id", speaker=ibis.literal(ERASED, "int64"), listed=ibis.literal(True), **answers)
    return engine.materialise("erased", marks.distinct())
