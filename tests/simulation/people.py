"""The few people of a simulated world, and the rows that are sent for them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from activator.people.identifiers import FORM_COLUMNS

FORM = "meta"
TIERS = ("high", "low")
STRONG = ("EMAIL", "PHONE")


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One member: a word stands for a digest. Another phone makes another member of the same person."""

    email: str
    phone: str = ""

    @property
    def identifiers(self) -> frozenset[str]:
        return frozenset(value for value in (self.email, self.phone) if value)


Desired = dict[str, frozenset[Row]]
"""Tier -> its members."""


@cache
def key_of(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def person_key(row: Row) -> bytes:
    return key_of(row.email)


def member_key(row: Row) -> bytes:
    return key_of(f"{row.email}\n{row.phone}")


def table_of(rows: Iterable[Row]) -> pa.Table:
    """The rows as they are sent, keys as bytes, in member_key order."""
    ordered = sorted(rows, key=member_key)
    columns: dict[str, pa.Array] = {
        "person_key": pa.array([person_key(row) for row in ordered], pa.binary()),
        "member_key": pa.array([member_key(row) for row in ordered], pa.binary()),
    }
    for name in FORM_COLUMNS[FORM]:
        values = {"EMAIL": [row.email for row in ordered], "PHONE": [row.phone for row in ordered]}
        columns[name] = pa.array(values.get(name, [""] * len(ordered)), pa.string())
    return pa.table(columns)


def rows_of(table: pa.Table) -> list[Row]:
    """The rows back from what is sent."""
    return [Row(email, phone) for email, phone in zip(*(table[name].to_pylist() for name in STRONG), strict=True)]
