"""Executing a plan: the same ordered list the preview shows, change by change. It decides nothing."""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias, assert_never

from activator.apply import members, objects, replacement, settlement
from activator.apply.adoption import adopt
from activator.apply.context import ApplyContext
from activator.apply.result import OF_ONE_OBJECT, ApplyResult, ChangeResult, ChangeState, stopped, subject, waiting_for
from activator.apply.uploads import Uploads
from activator.apply.verify import objection
from activator.errors import ActivatorError, AuthenticationRequiredError, DestinationError, LeaseHeldError
from activator.model.plan import (
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    Plan,
    ReplaceMembers,
    StartTest,
    UpdateObject,
)

ObjectChange: TypeAlias = CreateObject | UpdateObject | PauseObject | StartTest


def execute(context: ApplyContext) -> ApplyResult:
    """Carry out every change. A destination that fails is left alone from then on; the others go on.

    Raises:
        LeaseLostError: another run took over. LedgerError: what happens cannot be written down.
    """
    adopt(context)
    objects.know_again(context)
    results = _Run(context).results()
    settlement.wait(context.ledger, context.destinations, context.clock)
    return ApplyResult(
        context.plan.plan_id,
        _refreshed(context, results),
        stopped=context.should_stop(),
        objection=objection(context.plan),
    )


class _Run:
    """One pass over the changes; remembers which destinations are out of order, and why."""

    def __init__(self, context: ApplyContext) -> None:
        self.context = context
        self.failed: dict[str, ActivatorError] = {}

    def results(self) -> list[ChangeResult]:
        """In order. Uploads that are equally urgent go together, and are answered before what follows begins."""
        context, found = self.context, dict[int, ChangeResult]()
        going: list[tuple[int, Change]] = []
        for ordinal, change in enumerate(context.plan.changes, start=1):
            if ordinal in context.refused:
                found[ordinal] = _ended(ordinal, change, ChangeState.REFUSED, context.refused[ordinal])
            else:
                going.append((ordinal, change))
        for _, together in groupby(going, key=lambda pair: getattr(pair[1], "urgency", None)):
            for row in self._together(list(together)):
                found[row.ordinal] = row
        return [found[ordinal] for ordinal in sorted(found)]

    def _together(self, changes: Sequence[tuple[int, Change]]) -> list[ChangeResult]:
        uploads = [(ordinal, change) for ordinal, change in changes if isinstance(change, ChangeMembers)]
        if uploads:
            return Uploads(self.context, self.failed).send(uploads)
        return [self._step(ordinal, change) for ordinal, change in changes if not isinstance(change, ChangeMembers)]

    def _step(self, ordinal: int, change: ObjectChange | ReplaceMembers) -> ChangeResult:
        """One object or list: done, or explained. A failure of this one only leaves its destination usable."""
        if change.destination in self.failed:
            return _ended(ordinal, change, ChangeState.LEFT, self.failed[change.destination])
        if self.context.should_stop():
            return _ended(ordinal, change, ChangeState.LEFT, stopped())
        if isinstance(change, ReplaceMembers):
            return self._replace(ordinal, change)
        try:
            state = self._do(change)
        except OF_ONE_OBJECT as refused:
            return _ended(ordinal, change, ChangeState.FAILED, refused)
        except DestinationError as error:
            self.failed[change.destination] = error
            state = ChangeState.FAILED if isinstance(error, AuthenticationRequiredError) else ChangeState.LEFT
            return _ended(ordinal, change, state, error)
        self.context.report(subject(change), 1)
        return _ended(ordinal, change, state, None)

    def _replace(self, ordinal: int, change: ReplaceMembers) -> ChangeResult:
        try:
            with self.context.audience(change.destination, change.audience_key) as held:
                result = replacement.replace_members(self.context, held, ordinal, change)
        except LeaseHeldError as busy:
            return _ended(ordinal, change, ChangeState.LEFT, waiting_for(change.audience_key, busy))
        if result.error is not None and not isinstance(result.error, OF_ONE_OBJECT):
            self.failed[change.destination] = result.error
        return result

    def _do(self, change: ObjectChange) -> ChangeState:
        match change:
            case CreateObject():
                return ChangeState.DONE if objects.create(self.context, change) else ChangeState.ALREADY
            case UpdateObject():
                objects.update(self.context, change)
            case PauseObject():
                objects.pause(self.context, change)
            case StartTest():
                objects.start_test(self.context, change)
            case _:
                assert_never(change)
        return ChangeState.DONE


def _ended(ordinal: int, change: Change, state: ChangeState, error: ActivatorError | None) -> ChangeResult:
    return ChangeResult(ordinal, change.destination, subject(change), state, error=error)


def asserted(plan: Plan, result: ApplyResult) -> frozenset[tuple[str, str]]:
    """Audiences (destination, key) this plan was to send as a whole, and has."""
    rows = [
        ((change.destination, change.audience_key), row.error is None)
        for change, row in zip(plan.changes, result.results, strict=True)
        if isinstance(change, ChangeMembers) and change.asserted
    ]
    return frozenset(audience for audience, _ in rows) - {audience for audience, done in rows if not done}


def _refreshed(context: ApplyContext, results: list[ChangeResult]) -> tuple[ChangeResult, ...]:
    """Member results once more, after waiting: what was processing may have settled."""
    fresh = []
    for result, change in zip(results, context.plan.changes, strict=True):
        if isinstance(change, ChangeMembers) and result.state is ChangeState.PROCESSING:
            fresh.append(members.summary(context, result.ordinal, change, result.error, already=False))
        else:
            fresh.append(result)
    return tuple(fresh)
