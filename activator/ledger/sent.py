"""What was sent about one person: the batches whose files name any of some digests, also of people long gone."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from activator.model.delivery import Operation
from activator.model.explanation import AudienceStanding, Sent, Whereabouts
from activator.model.ledger import BatchRecord, BatchState
from activator.people.engine import Engine
from activator.people.identifiers import STRONG_COLUMNS


def sent_about(
    engine: Engine, batches: Sequence[BatchRecord], digests: Collection[str]
) -> tuple[AudienceStanding, ...]:
    """Audience by audience, every batch that names a member with one of the digests, or the same person key."""
    there = [batch for batch in batches if batch.file.is_file()]
    named = _naming(engine, there, digests)
    by_audience: dict[tuple[str, str], list[tuple[BatchRecord, set[str]]]] = defaultdict(list)
    for batch in there:
        members = named.get(batch.file.name + str(batch.file.parent))
        if members:
            by_audience[batch.destination, batch.audience_key].append((batch, members))
    return tuple(
        AudienceStanding(destination, key, _believed(found), tuple(_sent(batch) for batch, _ in found))
        for (destination, key), found in sorted(by_audience.items())
    )


def _naming(engine: Engine, batches: Sequence[BatchRecord], digests: Collection[str]) -> dict[str, set[str]]:
    """File -> the member keys in it that are this person's."""
    by_form: dict[str, list[Path]] = defaultdict(list)
    for batch in batches:
        by_form[form_of(batch.file)].append(batch.file)
    relations = [(form, _rows(engine, files)) for form, files in by_form.items()]
    hits = [row for form, rows in relations for row in _matching(rows, form, digests)]
    persons = sorted({row["person"] for row in hits})
    for _, rows in relations:
        hits += rows.filter(rows.person.isin(persons or [""])).select(*_FOUND).to_pyarrow().to_pylist()
    named: dict[str, set[str]] = defaultdict(set)
    for row in hits:
        path = Path(row["filename"])
        named[path.name + str(path.parent)].add(row["member"])
    return named


_FOUND = ("filename", "person", "member")


def form_of(file: Path) -> str:
    """Which identifier form a batch file holds, told by its columns."""
    columns = set(pq.read_schema(file).names)
    return next(form for form, strong in STRONG_COLUMNS.items() if strong[0] in columns)


def _rows(engine: Engine, files: Sequence[Path]) -> ir.Table:
    rows = engine.sent_rows(files)
    return rows.mutate(person=_hex(rows.person_key), member=_hex(rows.member_key))


def _hex(key: ir.Value) -> ir.StringValue:
    return key.cast("string").replace("-", "")


def _matching(rows: ir.Table, form: str, digests: Collection[str]) -> list[dict[str, Any]]:
    wanted = ibis.memtable([{"digest": value} for value in sorted(digests)], schema=ibis.schema({"digest": "string"}))
    parts = []
    for column in STRONG_COLUMNS[form]:
        if column in rows.columns:
            value = rows[column].unnest() if rows[column].type().is_array() else rows[column]
            parts.append(rows.select(*_FOUND, digest=value).semi_join(wanted, "digest").select(*_FOUND))
    found: list[dict[str, Any]] = ibis.union(*parts, distinct=True).to_pyarrow().to_pylist()
    return found


def _believed(found: Sequence[tuple[BatchRecord, set[str]]]) -> Whereabouts:
    """Of the last batch of each member that was not refused: in if any is in, else unknown if any may be, else out."""
    last: dict[str, BatchRecord] = {}
    for batch, members in found:
        if batch.state is not BatchState.REJECTED:
            last.update(dict.fromkeys(members, batch))
    if any(batch.operation is Operation.ADD and batch.certain for batch in last.values()):
        return Whereabouts.IN
    return Whereabouts.UNKNOWN if any(not batch.certain for batch in last.values()) else Whereabouts.OUT


def _sent(batch: BatchRecord) -> Sent:
    return Sent(
        destination=batch.destination,
        audience_key=batch.audience_key,
        batch_id=batch.batch_id,
        operation=batch.operation.value,
        state=batch.state.value,
        sends=batch.sends,
        sent_at=batch.sent_at,
        receipt=batch.request_id or "",
        detail=batch.detail,
    )
