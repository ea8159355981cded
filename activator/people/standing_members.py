"""The last word on each member of an audience, with everything a later removal must send: what compaction keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord, BatchState
from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS
from activator.people.membership import KEYS, batch_rows, last_words

VERSION_KEY = b"activator.normaliser_version"
ROW_VERSION = "normaliser_version"
LEFT_AT = "left_at"
KEPT = (*KEYS, ROW_VERSION, LEFT_AT)


@dataclass(frozen=True, slots=True)
class Standing:
    """One part of what is known: members last added or removed, and whether anything about it is unresolved."""

    added: bool
    certain: bool
    rows: ir.Table


def standing(engine: Engine, form: str, batches: Sequence[BatchRecord], left_since: datetime) -> tuple[Standing, ...]:
    """Everybody whom the batches name, as the last of them says, in up to four parts.

    rows: keys and columns of the form, the rules they were made with, and when they left. Who surely left before
    left_since is forgotten.
    """
    live = [batch for batch in batches if batch.state is not BatchState.REJECTED]
    last = last_words(engine, live).select("member_key", "sequence", "certain", "added")
    rows = batch_rows(engine, form, live, more=_said_of(live))
    kept = rows.join(last, ["member_key", "sequence"]).left_join(_first_left(rows, live), "member_key")
    left_at = ibis.coalesce(kept.first_left, kept[LEFT_AT])
    found = engine.materialise("standing", kept.mutate(**{LEFT_AT: left_at}).drop("sequence", "first_left"))
    recent = found.filter(found.added | ~found.certain | (found[LEFT_AT] >= ibis.literal(_text(left_since))))
    return tuple(
        Standing(added, certain, _part(recent, added=added, certain=certain, form=form))
        for added in (True, False)
        for certain in (True, False)
    )


def _first_left(rows: ir.Table, live: Sequence[BatchRecord]) -> ir.Table:
    """(member_key, first_left) of those removed since they were last added: removing them once more is no leaving."""
    adds = [batch.sequence for batch in live if batch.operation is Operation.ADD]
    events = rows.select("member_key", "sequence", LEFT_AT, added=rows.sequence.isin(adds or [-1]))
    last_add = events.group_by("member_key").agg(last_add=ibis.coalesce(events.sequence.max(where=events.added), -1))
    since = events.join(last_add, "member_key")
    leaving = since.filter((since.sequence > since.last_add) & (since[LEFT_AT] != ""))
    return leaving.group_by("member_key").agg(first_left=leaving[LEFT_AT].min())


def _part(rows: ir.Table, *, added: bool, certain: bool, form: str) -> ir.Table:
    mine = rows.filter((rows.added == added) & (rows.certain == certain))
    return mine.select(*KEPT, *FORM_COLUMNS[form]).order_by("member_key")


def _said_of(batches: Sequence[BatchRecord]) -> Mapping[str, Mapping[Path, str]]:
    """What is the same for all rows of an ordinary batch; a base says it of each row."""
    return {
        ROW_VERSION: {batch.file: _version(batch.file) for batch in batches},
        LEFT_AT: {batch.file: _text(batch.settled_at) for batch in batches},
    }


def _version(file: Path) -> str:
    said: Mapping[bytes, bytes] = pq.read_schema(file).metadata or {}
    return said.get(VERSION_KEY, b"").decode()


def _text(instant: datetime | None) -> str:
    """Fixed width and in UTC, so that texts sort as instants do."""
    return "" if instant is None else instant.isoformat(timespec="seconds")
