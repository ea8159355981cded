"""Membership changes of one destination: who to add and remove, written down as the very batches apply will send."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from activator.errors import ConfigurationError
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.model.identity import DEFAULT_RULES
from activator.model.ledger import AudienceLog
from activator.model.plan import AudienceState, ChangeMembers, Movement, PlannedBatch, ReplaceMembers
from activator.people.engine import Engine, rows_in
from activator.people.membership import (
    KEYS,
    Members,
    Pending,
    assertion,
    believe,
    compare,
    difference,
    leaving,
)
from activator.plan.batches import write_batches
from activator.plan.movements import key_text, movements

# Meta's word for what a member of a value-based list is worth; other platforms have no such lists.
WORTH = "LOOKALIKE_VALUE"
OBJECTING = ("suppressed", "no_consent")  # outcomes of people who must not be reached, whatever they are worth


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """Changes, audiences before and after, and who moves where. `plan.order` says what is sent first."""

    removes: tuple[ChangeMembers, ...]
    adds: tuple[ChangeMembers, ...]
    adds_after: tuple[ChangeMembers, ...]
    states: tuple[AudienceState, ...]
    movements: tuple[Movement, ...]
    replaced: tuple[ReplaceMembers, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberPlanner:
    """One destination's members. members, status: relations of people.pipeline for the destination's form.

    normaliser_version: of the rules the members were made with; every batch file says it. worths: person_key (text) and
    value_minor of everyone, for audiences whose members are sent with what they are worth.
    """

    engine: Engine
    destination: str
    form: str
    batch_rows_max: int
    folder: Path
    members: Members
    status: Callable[[], ir.Table]
    normaliser_version: str = DEFAULT_RULES.version
    worths: Callable[[], ir.Table] | None = None

    def plan(
        self,
        audiences: Sequence[tuple[AudienceSpec, AudienceLog]],
        asserting: Collection[str] = (),
        refreshing: Collection[str] = (),
    ) -> MemberPlan:
        """Suppressed audiences first: keeping somebody out comes before letting somebody in.

        asserting: keys of audiences to be sent as a whole, also where nothing is known to differ; refreshing: of those
        whose list is to be replaced as a whole.

        Raises:
            ConfigurationError: an audience cannot be refreshed now.
        """
        ordered = sorted(audiences, key=lambda pair: not pair[0].suppress)
        pending = [
            (spec, compare(self.engine, self.members.keys, spec.tier, believe(self.engine, self.form, log)))
            for spec, log in ordered
        ]
        desired = self._desired()
        withdrawn = self._withdrawn([part for _, part in pending])
        written = self._written([part for _, part in pending])
        replaced, removes, adds, after, states = [], [], [], [], []

        def sent(keys: ir.Table) -> ir.Table:
            return self.members.sent(_of(written, keys))

        for spec, part in pending:
            if spec.key in refreshing:
                replaced.append(self._replacement(spec, part, withdrawn))
                wanted = desired.get(spec.tier, 0)
                states.append(self._state(spec, part, rows_in(part.adds), rows_in(part.removes), wanted))
                continue
            diff = difference(self.engine, self.form, part, sent)
            removes += self._removals(spec, diff.removes, withdrawn)
            if rows_in(diff.adds):
                mine = _of(written, diff.adds)
                adds += self._change(spec, Operation.ADD, mine, after_removals=False, short=True)
            after += self._change(spec, Operation.ADD, diff.adds_after, after_removals=True)
            if spec.key in asserting:
                anew = assertion(self.engine, self.form, part, diff, sent)
                removes += self._change(spec, Operation.REMOVE, anew.removes, after_removals=False, asserted=True)
                adds += self._change(spec, Operation.ADD, anew.adds, after_removals=False, asserted=True)
            coming = rows_in(diff.adds) + rows_in(diff.adds_after) - diff.returning
            wanted = desired.get(spec.tier, 0)
            states.append(self._state(spec, part, coming, rows_in(diff.removes), wanted, diff.held_back))
        moved = movements(self.engine, self.destination, self.members.keys, self.status, pending)
        return MemberPlan(tuple(removes), tuple(adds), tuple(after), tuple(states), moved, tuple(replaced))

    def _withdrawn(self, pending: Sequence[Pending]) -> ir.Table | None:
        """person_key, as text, of those to be taken out who object or no longer consent; None where nobody leaves."""
        going = [part.removes.select(person_key=key_text(part.removes.person_key)) for part in pending]
        if not any(rows_in(keys) for keys in going):
            return None
        status = self.status().select("person_key", "outcome")
        objecting = status.filter(status.outcome.isin(OBJECTING)).semi_join(ibis.union(*going), "person_key")
        return self.engine.materialise("withdrawn", objecting.select("person_key").distinct())

    def _removals(self, spec: AudienceSpec, rows: ir.Table, withdrawn: ir.Table | None) -> list[ChangeMembers]:
        """Those who withdrew in a change of their own, which goes ahead whatever is refused elsewhere."""
        if withdrawn is None or not rows_in(rows) or not rows_in(withdrawn):
            return self._change(spec, Operation.REMOVE, rows, after_removals=False)
        known = rows.mutate(text=key_text(rows.person_key))
        theirs = known.semi_join(withdrawn, [("text", "person_key")]).drop("text")
        others = known.anti_join(withdrawn, [("text", "person_key")]).drop("text")
        return [
            *self._change(spec, Operation.REMOVE, theirs, after_removals=False, withdrawn=True),
            *self._change(spec, Operation.REMOVE, others, after_removals=False),
        ]

    def _replacement(self, spec: AudienceSpec, part: Pending, withdrawn: ir.Table | None) -> ReplaceMembers:
        """The whole list of an audience, and who of those we know of is not in it.

        Raises:
            ConfigurationError: nobody would be in it, or something else has to come first.
        """
        gone = leaving(self.engine, self.form, part)
        everybody = self.members.keys.filter(self.members.keys.tier == spec.tier).select(*KEYS)
        rows = rows_in(everybody)
        texts = gone.select(person_key=key_text(gone.person_key))
        faults = {
            f"tier {spec.tier} has nobody, and no list is emptied": not rows,
            "what was sent to it may still take effect": part.belief.in_doubt,
            "people who withdrew are still in it": withdrawn is not None
            and bool(rows_in(texts.semi_join(withdrawn, "person_key"))),
        }
        for fault, is_so in faults.items():
            if is_so:
                raise ConfigurationError(
                    f"{spec.key.replace('/', ' ')} on {self.destination} cannot be refreshed now: {fault}",
                    "Plan and apply without --refresh first; what may still take effect is over after a day at most.",
                )
        written = self.engine.materialise("whole", self.members.written(everybody))
        label = f"{self.destination}-{spec.tier}"
        batches = self._batches(written, f"{label}-whole", short=True, with_worth=spec.value_based)
        known = self._batches(gone, f"{label}-leaving", short=False) if rows_in(gone) else ()
        return ReplaceMembers(self.destination, spec.key, rows, batches, known)

    def _desired(self) -> dict[str, int]:
        """How many members each tier has."""
        counted = self.members.keys.group_by("tier").agg(people=lambda t: t.count()).to_pyarrow()
        return dict(zip(counted["tier"].to_pylist(), counted["people"].to_pylist(), strict=True))

    def _written(self, pending: Sequence[Pending]) -> ir.Table | None:
        """What is known about everyone who is added anywhere, gathered once; None where nobody is."""
        if not any(rows_in(part.adds) for part in pending):
            return None
        return self.engine.materialise("written", self.members.written(ibis.union(*[part.adds for part in pending])))

    def _change(
        self,
        spec: AudienceSpec,
        operation: Operation,
        rows: ir.Table,
        *,
        after_removals: bool,
        short: bool = False,
        asserted: bool = False,
        withdrawn: bool = False,
    ) -> list[ChangeMembers]:
        """One change with its batches, in member_key order. short: rows hold values before hashing.

        They are sorted as they are, and what is sent is made of them on the way to the file: digests are long.
        """
        count = rows_in(rows)
        if count == 0:
            return []
        kind = "-after" * after_removals + "-anew" * asserted + "-withdrawn" * withdrawn
        label = f"{self.destination}-{spec.tier}-{operation.value}{kind}"
        with_worth = spec.value_based and operation is Operation.ADD
        batches = self._batches(rows, label, short=short, with_worth=with_worth)
        return [
            ChangeMembers(self.destination, spec.key, operation, after_removals, count, batches, asserted, withdrawn)
        ]

    def _batches(
        self, rows: ir.Table, label: str, *, short: bool, with_worth: bool = False
    ) -> tuple[PlannedBatch, ...]:
        ordered = self.engine.materialise("ordered", rows.order_by("member_key"))
        sent = self.members.sent(ordered) if short else ordered
        if with_worth:
            sent = self._with_worth(sent)
        keys = {name: sent[name].cast("binary") for name in KEYS}
        stream = self.engine.stream(sent.mutate(**keys), self.batch_rows_max)
        batches = write_batches(stream, self.batch_rows_max, self.folder, label, self.normaliser_version)
        self.engine.drop(ordered)
        return batches

    def _with_worth(self, sent: ir.Table) -> ir.Table:
        """What each is worth today, in whole minor units: only how they compare counts, and no fraction is made up."""
        assert self.worths is not None, "planned with what people are worth"
        worth = self.worths().select(person="person_key", worth="value_minor")
        joined = sent.mutate(person=key_text(sent.person_key)).left_join(worth, "person")
        valued = joined.mutate(**{WORTH: ibis.greatest(joined.worth.fill_null(0), 0).cast("int64")})
        return valued.select(*sent.columns, WORTH).order_by("member_key")

    def _state(
        self, spec: AudienceSpec, part: Pending, adds: int, removes: int, desired: int, held_back: int = 0
    ) -> AudienceState:
        return AudienceState(
            destination=self.destination,
            audience_key=spec.key,
            tier=spec.tier,
            believed=rows_in(part.belief.members),
            desired=desired,
            adds=adds,
            removes=removes,
            held_back=held_back,
        )


def _of(written: ir.Table | None, keys: ir.Table) -> ir.Table:
    """The rows of some keys."""
    assert written is not None, "only those who are added are asked for"
    return written.semi_join(keys, "member_key")
