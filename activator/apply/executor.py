"""Executing a plan: the same ordered list the preview shows, change by change. It decides nothing."""

from typing import assert_never

from activator.apply import members, objects, settlement
from activator.apply.adoption import adopt
from activator.apply.context import ApplyContext
from activator.apply.result import ApplyResult, ChangeResult, ChangeState
from activator.apply.verify import objection
from activator.errors import (
    ActivatorError,
    AuthenticationRequiredError,
    ConfigurationError,
    DestinationError,
    LeaseHeldError,
    PermanentRefusalError,
    RowRejectedError,
)
from activator.model.ads import kind_of
from activator.model.delivery import Operation
from activator.model.plan import Change, ChangeMembers, CreateObject, PauseObject, Plan, UpdateObject

# Faults of one object or batch: its destination goes on with the rest.
OF_ONE_OBJECT = (PermanentRefusalError, RowRejectedError, ConfigurationError)


def execute(context: ApplyContext) -> ApplyResult:
    """Carry out every change. A destination that fails is left alone from then on; the others go on.

    Raises:
        LeaseLostError: another run took over. LedgerError: what happens cannot be written down.
    """
    adopt(context)
    objects.know_again(context)
    run = _Run(context)
    results = [run.step(ordinal, change) for ordinal, change in enumerate(context.plan.changes, start=1)]
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

    def step(self, ordinal: int, change: Change) -> ChangeResult:
        """One change: done, or explained. A failure that concerns only this object leaves its destination usable."""
        if ordinal in self.context.refused:
            return self._result(ordinal, change, ChangeState.REFUSED, self.context.refused[ordinal])
        if change.destination in self.failed:
            return self._result(ordinal, change, ChangeState.LEFT, self.failed[change.destination])
        if self.context.should_stop():
            return self._result(ordinal, change, ChangeState.LEFT, DestinationError("stopped on request"))
        try:
            result = self._do(ordinal, change)
        except OF_ONE_OBJECT as refused:
            return self._result(ordinal, change, ChangeState.FAILED, refused)
        except DestinationError as error:
            self.failed[change.destination] = error
            state = ChangeState.FAILED if isinstance(error, AuthenticationRequiredError) else ChangeState.LEFT
            return self._result(ordinal, change, state, error)
        if result.error is not None and not isinstance(result.error, OF_ONE_OBJECT):
            self.failed[change.destination] = result.error
        return result

    def _do(self, ordinal: int, change: Change) -> ChangeResult:
        match change:
            case CreateObject():
                made = objects.create(self.context, change)
                state = ChangeState.DONE if made else ChangeState.ALREADY
            case UpdateObject():
                objects.update(self.context, change)
                state = ChangeState.DONE
            case PauseObject():
                objects.pause(self.context, change)
                state = ChangeState.DONE
            case ChangeMembers():
                return self._members(ordinal, change)
            case _:
                assert_never(change)
        self.context.report(subject(change), 1)
        return self._result(ordinal, change, state, None)

    def _members(self, ordinal: int, change: ChangeMembers) -> ChangeResult:
        if change.after_removals and not members.removals_settled(self.context, change):
            settlement.wait(self.context.ledger, self.context.destinations, self.context.clock)
            if not members.removals_settled(self.context, change):
                waiting = DestinationError(
                    "removals of the same people are still being processed, or one of them may still arrive late",
                    "Run `activator sync` later; these people wait until then.",
                )
                return self._result(ordinal, change, ChangeState.LEFT, waiting)
        try:
            with self.context.audience(change.destination, change.audience_key) as held:
                return members.change_members(self.context, held, ordinal, change)
        except LeaseHeldError as busy:
            waiting = DestinationError(f"{title('audience', change.audience_key)}: {busy.message}", busy.next_step)
            return self._result(ordinal, change, ChangeState.LEFT, waiting)

    @staticmethod
    def _result(ordinal: int, change: Change, state: ChangeState, error: ActivatorError | None) -> ChangeResult:
        return ChangeResult(ordinal, change.destination, subject(change), state, error=error)


def asserted(plan: Plan, result: ApplyResult) -> frozenset[tuple[str, str]]:
    """Audiences (destination, key) this plan was to send as a whole, and has."""
    rows = [
        ((change.destination, change.audience_key), row.error is None)
        for change, row in zip(plan.changes, result.results, strict=True)
        if isinstance(change, ChangeMembers) and change.asserted
    ]
    return frozenset(audience for audience, _ in rows) - {audience for audience, done in rows if not done}


def subject(change: Change) -> str:
    """What a change is about, in a few words."""
    match change:
        case CreateObject():
            return f"create {title(kind_of(change.spec), change.spec.key)}"
        case UpdateObject():
            return f"update {title(kind_of(change.spec), change.spec.key)}"
        case PauseObject():
            return f"pause {title(change.remote.kind, change.remote.key)}"
        case ChangeMembers():
            verb = "add to" if change.operation is Operation.ADD else "remove from"
            who = ", withdrawn" * change.withdrawn + " once more" * change.asserted
            return f"{verb} {title('audience', change.audience_key)}{who}"
        case _:
            assert_never(change)


def title(kind: str, key: str) -> str:
    """`audience high`, `group mid`, `ad high/plain_a`, `campaign`."""
    return key if key == kind else f"{kind} {key.removeprefix(f'{kind}/')}"


def _refreshed(context: ApplyContext, results: list[ChangeResult]) -> tuple[ChangeResult, ...]:
    """Member results once more, after waiting: what was processing may have settled."""
    fresh = []
    for result, change in zip(results, context.plan.changes, strict=True):
        if isinstance(change, ChangeMembers) and result.state is ChangeState.PROCESSING:
            fresh.append(members.summary(context, result.ordinal, change, result.error, already=False))
        else:
            fresh.append(result)
    return tuple(fresh)
