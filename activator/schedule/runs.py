"""What a slot runs: a sync or a briefing of one project."""

from collections.abc import Mapping

from activator.briefing.run import brief
from activator.config.project import RunKind
from activator.config.workspace import Workspace
from activator.errors import ActivatorError
from activator.ports import Clock
from activator.schedule.daemon import Runner as SlotRunner
from activator.schedule.slots import Slot
from activator.schedule.stop import RunParkedError, StopSignal
from activator.sync import Runner, apply_plan, before_planning, make_plan, unread_error
from activator.tags.collect import collect
from activator.tags.tags import tagged
from activator.tags.tell import tell_due


def slot_runners(workspace: Workspace, clock: Clock) -> Mapping[RunKind, SlotRunner]:
    """The run of each kind."""

    def sync_slot(_slot: Slot, stop: StopSignal) -> str:
        return run_sync(Runner(workspace, clock, should_stop=stop.is_set))

    def briefing_slot(_slot: Slot, _stop: StopSignal) -> str:
        return brief(workspace, clock, pull=True, deliver=True).headline

    return {RunKind.SYNC: sync_slot, RunKind.BRIEFING: briefing_slot}


def run_sync(runner: Runner) -> str:
    """One unattended sync; returns a short account.

    Raises:
        UnsafePlanError: a guard objects; nobody is there to accept it. RunParkedError: asked to stop half-way.
        ActivatorError: the first failure of the apply.
    """
    before_planning(runner)
    plan, folder = make_plan(runner)
    result = apply_plan(runner, plan, folder)
    done = sum(row.error is None for row in result.results)
    account = f"{done} of {len(result.results)} changes done"
    if result.stopped and not result.complete:
        raise RunParkedError(account)
    failed = next((row.error for row in result.results if row.error is not None), result.objection)
    if failed is not None:
        raise failed
    if plan.unread:
        raise unread_error(plan.unread[0])
    return account + _tell_changes(runner) + keep_segments(runner.workspace, runner.clock)


def keep_segments(workspace: Workspace, clock: Clock) -> str:
    """Keep who is in which segment today, where filling the outbox has not done so. Its trouble fails no sync."""
    if not workspace.project.segments or workspace.project.outbox.events:
        return ""
    try:
        with tagged(workspace, clock.now().date()):
            return "; segments kept"
    except ActivatorError as error:
        return f"; segments: {error.message}"


def _tell_changes(runner: Runner) -> str:
    """What became of the outbox, where the project has one. Its trouble is told and fails no sync that is done."""
    if not runner.workspace.project.outbox.events:
        return ""
    try:
        made = collect(runner.workspace, runner.clock)
        told = tell_due(runner.workspace, runner.clock, runner.actor, runner.should_stop)
    except ActivatorError as error:
        return f"; outbox: {error.message}"
    problem = f" ({told.problem})" if told.problem else ""
    return f"; outbox: {made.events} new, {told.delivered} told{problem}"
