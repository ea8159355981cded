"""Membership changes of one destination: who to add and remove, written down as the very batches apply will send."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.model.ledger import AudienceLog
from activator.model.plan import AudienceState, ChangeMembers, Movement, PlannedBatch
from activator.people.engine import Engine
from activator.people.membership import Belief, MembershipDiff, believe, difference, rows_in


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """Changes in sending order, audiences before and after, and who moves where."""

    removes: tuple[ChangeMembers, ...]
    adds: tuple[ChangeMembers, ...]
    adds_after: tuple[ChangeMembers, ...]
    states: tuple[AudienceState, ...]
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class MemberPlanner:
    """One destination's members. members, status: relations of people.pipeline for the destination's form."""

    engine: Engine
    destination: str
    form: str
    batch_rows_max: int
    folder: Path
    members: ir.Table
    status: ir.Table

    def plan(self, audiences: Sequence[tuple[AudienceSpec, AudienceLog]]) -> MemberPlan:
        """Suppressed audiences first: keeping somebody out comes before letting somebody in."""
        removes, adds, after, states, beliefs = [], [], [], [], []
        for spec, log in sorted(audiences, key=lambda pair: not pair[0].suppress):
            belief = believe(self.engine, self.form, log)
            beliefs.append((spec, belief))
            desired = self.members.filter(self.members.tier == spec.tier)
            diff = difference(self.engine, self.form, desired, belief)
            removes += self._change(spec, Operation.REMOVE, diff.removes, after_removals=False)
            adds += self._change(spec, Operation.ADD, diff.adds, after_removals=False)
            after += self._change(spec, Operation.ADD, diff.adds_after, after_removals=True)
            states.append(self._state(spec, belief, diff))
        return MemberPlan(tuple(removes), tuple(adds), tuple(after), tuple(states), self._movements(beliefs))

    def _state(self, spec: AudienceSpec, belief: Belief, diff: MembershipDiff) -> AudienceState:
        desired = self.members.filter(self.members.tier == spec.tier)
        certain = belief.members.filter(belief.members.certain)
        returning = diff.adds_after.semi_join(certain, "member_key")
        return AudienceState(
            destination=self.destination,
            audience_key=spec.key,
            tier=spec.tier,
            believed=rows_in(belief.members),
            desired=rows_in(desired),
            adds=rows_in(diff.adds) + rows_in(diff.adds_after) - rows_in(returning),
            removes=rows_in(diff.removes),
            held_back=rows_in(diff.held_back),
        )

    def _change(
        self, spec: AudienceSpec, operation: Operation, rows: ir.Table, *, after_removals: bool
    ) -> list[ChangeMembers]:
        count = rows_in(rows)
        if count == 0:
            return []
        label = f"{self.destination}-{spec.tier}-{operation.value}{'-after' if after_removals else ''}"
        batches = _write_batches(self.engine, rows, count, self.batch_rows_max, self.folder, label)
        return [ChangeMembers(self.destination, spec.key, operation, after_removals, count, batches)]

    def _movements(self, beliefs: Sequence[tuple[AudienceSpec, Belief]]) -> tuple[Movement, ...]:
        """Every person whose audience, or whose identifiers in it, change: from where, to where, and why."""
        before = ibis.union(
            *[
                belief.members.select("person_key", "member_key").mutate(from_tier=ibis.literal(spec.tier))
                for spec, belief in beliefs
            ]
        )
        before = before.group_by("person_key").agg(from_tier=before.from_tier.min(), before_key=before.member_key.min())
        delivered = [spec.tier for spec, _ in beliefs]
        now = self.members.filter(self.members.tier.isin(delivered))
        after = now.select("person_key", to_tier=now.tier, after_key=now.member_key)
        both = before.outer_join(after, "person_key")
        person = ibis.coalesce(both.person_key, both.person_key_right)
        pairs = both.select("from_tier", "to_tier", "before_key", "after_key", person_key=person)
        changed = pairs.filter(
            pairs.from_tier.isnull()
            | pairs.to_tier.isnull()
            | (pairs.from_tier != pairs.to_tier)
            | (pairs.before_key != pairs.after_key)
        )
        known = self.status.select("person_key", "outcome", status_tier=self.status.tier)
        explained = changed.left_join(known, "person_key")
        reason = ibis.cases(
            (explained.from_tier.isnull(), "joined"),
            (explained.to_tier.notnull() & (explained.from_tier != explained.to_tier), "value changed"),
            (explained.to_tier.notnull(), "identifiers changed"),
            (explained.outcome.isnull(), "no longer in the exports"),
            (explained.outcome == "no_consent", "no consent"),
            (explained.outcome == "no_identifier", "no usable identifier"),
            (explained.outcome == "not_a_customer", "no purchases left"),
            else_="tier not delivered here",
        )
        grouped = (
            explained.mutate(
                reason=reason,
                from_tier=explained.from_tier.fill_null(""),
                to_tier=explained.to_tier.fill_null(""),
            )
            .group_by("from_tier", "to_tier", "reason")
            .agg(people=lambda t: t.count())
            .order_by("from_tier", "to_tier", "reason")
        )
        return tuple(
            Movement(self.destination, row["from_tier"], row["to_tier"], row["reason"], int(row["people"]))
            for row in grouped.to_pyarrow().to_pylist()
        )


def _write_batches(
    engine: Engine, rows: ir.Table, count: int, batch_rows_max: int, folder: Path, label: str
) -> tuple[PlannedBatch, ...]:
    """Batch files in member_key order, so that the same people give the same bytes."""
    columns = [column for column in rows.columns if column != "certain"]
    ordered = rows.select(*columns).mutate(position=ibis.row_number().over(order_by="member_key"))
    numbered = engine.materialise("numbered", ordered)
    planned = []
    for ordinal, start in enumerate(range(0, count, batch_rows_max), start=1):
        part = numbered.filter(numbered.position.between(start, start + batch_rows_max - 1))
        table = part.order_by("position").drop("position").to_pyarrow()
        file = f"{label}-{ordinal:05d}.parquet"
        planned.append(PlannedBatch(ordinal, file, _write(table, folder / file), table.num_rows))
    engine.drop(numbered)
    return tuple(planned)


def _write(table: pa.Table, path: Path) -> str:
    """Write one batch for its owner only; returns the SHA-256 of the file."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        pq.write_table(table, stream, compression="zstd")
    return hashlib.sha256(path.read_bytes()).hexdigest()
