"""What was ever sent about a person to be forgotten, found in the membership log by keyed digests alone.

So a removal can go on after any crash, and after a backup was restored, without anybody typing who is meant.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from activator.ledger.sent import form_of
from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord, LostSend
from activator.people.engine import Engine
from activator.people.erased import Erased, known_macs, with_macs
from activator.people.identifiers import FORM_COLUMNS, STRONG_COLUMNS
from activator.people.identity_keys import identity_key
from activator.people.membership import KEYS


@dataclass(frozen=True, slots=True)
class SentAbout:
    """rows: identifier form -> the distinct rows ever sent, KEYS (binary) and the form's columns, in one order.

    batches: (destination, audience_key) -> the batches that name the person; keys: every key found in them.
    """

    rows: Mapping[str, pa.Table] = field(repr=False)
    batches: Mapping[tuple[str, str], tuple[BatchRecord, ...]]
    keys: frozenset[str] = field(repr=False)

    @property
    def members(self) -> int:
        """How many different rows were sent, over all forms."""
        return sum(table.num_rows for table in self.rows.values())


def sent_about(engine: Engine, batches: Sequence[BatchRecord], erased: Erased) -> SentAbout:
    """Search every batch file. A row is theirs by any identifier in it, and so is what was sent under the same key."""
    by_form: dict[str, dict[Path, list[BatchRecord]]] = defaultdict(lambda: defaultdict(list))
    for batch in batches:
        if batch.file.is_file():
            by_form[form_of(batch.file)][batch.file].append(batch)
    rows, keys = {}, set()
    naming: dict[tuple[str, str], dict[int, BatchRecord]] = defaultdict(dict)
    for form, files in by_form.items():
        found = _rows_of(engine, form, list(files), erased)
        names = found.select("filename").distinct().to_pyarrow().column(0).to_pylist()
        for batch in (batch for name in names for batch in files[Path(name)]):
            naming[batch.destination, batch.audience_key][batch.sequence] = batch
        keys |= {str(key) for key in _keys(found, form).to_pyarrow().column("key").to_pylist()}
        if names:
            columns = (*KEYS, *FORM_COLUMNS[form])
            distinct = found.select(*columns).distinct().order_by(*KEYS)
            rows[form] = distinct.mutate(**{key: distinct[key].cast("binary") for key in KEYS}).to_pyarrow()
    ordered = {place: tuple(found[at] for at in sorted(found)) for place, found in sorted(naming.items())}
    return SentAbout(rows, ordered, frozenset(keys))


def last_effect(batches: Iterable[BatchRecord], quiet_window: timedelta, lost: Iterable[LostSend]) -> datetime | None:
    """Until when an add may still bring somebody back: each send for its quiet window, acknowledged or not.

    Platforms acknowledge before they have worked, and work on one audience out of order. None: nobody was ever added.
    """
    adds = {batch.batch_id: batch for batch in batches if batch.operation is Operation.ADD}
    ends = [batch.sent_at + quiet_window for batch in adds.values() if batch.sent_at is not None]
    return max([*ends, *(send.quiet_until for send in lost if send.batch_id in adds)], default=None)


def _rows_of(engine: Engine, form: str, files: Sequence[Path], erased: Erased) -> ir.Table:
    everything = engine.staged(_read(engine, form, files))
    known = known_macs(engine, erased)
    theirs = with_macs(erased.secret, _keys(everything, form), "key").semi_join(known, "mac").select("person_key")
    persons = engine.materialise("persons", theirs.distinct())
    return engine.materialise("theirs", everything.semi_join(persons, "person_key"))


def _read(engine: Engine, form: str, files: Sequence[Path]) -> ir.Table:
    """Every row of some batch files; what an older release did not send is empty."""
    rows = engine.sent_rows(files)
    kinds = FORM_COLUMNS[form]
    nothing = {
        name: ibis.literal("") if kind == "string" else ibis.literal([], type=kind) for name, kind in kinds.items()
    }
    columns = {
        name: ibis.coalesce(rows[name], nothing[name]) if name in rows.columns else nothing[name] for name in kinds
    }
    return rows.select("filename", **{name: rows[name].cast("uuid") for name in KEYS}, **columns)


def _keys(rows: ir.Table, form: str) -> ir.Table:
    """(person_key, key): the key a person was known by then, and one for each identifier that alone can match."""
    parts = [rows.select("person_key", key=rows.person_key)]
    for column in STRONG_COLUMNS[form]:
        value = rows[column].unnest() if rows[column].type().is_array() else rows[column]
        texts = rows.select("person_key", text=value)
        known = texts.filter(texts.text.notnull() & (texts.text != ""))
        parts.append(known.select("person_key", key=identity_key(known.text)))
    return reduce(lambda one, other: one.union(other), parts).distinct()
