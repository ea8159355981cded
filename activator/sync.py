"""plan() and apply() joined: the only orchestrator. `sync` is apply(plan()), nothing else."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from activator import __version__
from activator.apply import executor, replacement, settlement, tidying, verify
from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.result import ApplyResult, answer
from activator.config.room import disk_room
from activator.config.workspace import Workspace
from activator.errors import AuthenticationRequiredError, DestinationError, RetryableError
from activator.ledger import approvals, lease, plans, reassertions, terms
from activator.ledger.compaction import Policy
from activator.ledger.lease import Lease
from activator.ledger.store import Ledger, LedgerReader
from activator.model.ads import RemoteObject
from activator.model.bidding import TierTerms
from activator.model.plan import Bindings, Plan, Unread, object_key
from activator.people.engine import Engine, open_engine, sweep
from activator.people.rejects import write_rejects
from activator.performance.bidding import bidding_facts
from activator.plan.approval import waits
from activator.plan.destinations import open_destinations
from activator.plan.files import load_plan, save_plan
from activator.plan.inputs import source_digest
from activator.plan.objects import observed_by_key
from activator.plan.planner import World, assemble, places, plan_destination
from activator.plan.population import population
from activator.plan.refresh import read_refreshes
from activator.plan.yardsticks import uses_of
from activator.ports import Clock, Destination
from activator.privacy.purge import purge
from activator.privacy.removal import Remover


@dataclass(frozen=True, slots=True)
class Runner:
    """What plan and apply need around them.

    report: told the name of each step and how far it came; should_stop: asked between sends; actor: for the audit log.
    """

    workspace: Workspace
    clock: Clock
    actor: str = field(default_factory=lease.this_process)
    report: Callable[[str, int], None] = field(default=lambda _message, _advance: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)

    @property
    def who(self) -> str:
        """Person and process, for the audit log."""
        return self.workspace.who(self.actor)


def make_plan(
    runner: Runner,
    accepted: Mapping[str, str] | None = None,
    rejects: Path | None = None,
    refresh: Collection[str] = (),
) -> tuple[Plan, Path]:
    """Read the exports, look at the platforms, and save what one apply would do. Changes nothing anywhere else.

    accepted: guard name -> reason; rejects: where to write the rows that did not end in a member, if anywhere; refresh:
    audiences whose list is to be replaced as a whole (`plan.refresh`). Returns the plan and its folder.

    Raises:
        ActivatorError: any of them; see activator.errors.
    """
    with disk_room(runner.workspace.state):
        return _made_plan(runner, accepted or {}, rejects, refresh)


def _made_plan(
    runner: Runner, accepted: Mapping[str, str], rejects: Path | None, refresh: Collection[str]
) -> tuple[Plan, Path]:
    workspace = runner.workspace
    ledger = LedgerReader(workspace.ledger_place, runner.clock)
    workspace.plans.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(workspace.plans, "making")
    folder = Path(tempfile.mkdtemp(prefix=f"making-{os.getpid()}-", dir=workspace.plans))
    settings = workspace.settings
    try:
        with open_engine(workspace.scratch, *settings.engine_limits) as engine:
            plan = _compute(runner, engine, ledger, folder, accepted, rejects, refresh)
        save_plan(plan, folder)
        target = workspace.plans / plan.plan_id
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        ledger.close()
    return plan, target


def _compute(
    runner: Runner,
    engine: Engine,
    ledger: LedgerReader,
    folder: Path,
    accepted: Mapping[str, str],
    rejects: Path | None,
    refresh: Collection[str],
) -> Plan:
    project = runner.workspace.project
    refreshing = read_refreshes(project, refresh)
    runner.report("reading exports", 0)
    people = population(runner.workspace, engine, runner.clock.now().date())
    motivations = people.motivations
    world = World(
        project=project,
        project_digest=runner.workspace.project_digest,
        source_digest=people.source_digest,
        source_rows=people.accounts.read,
        suppression_rows={listed.name: listed.usable for listed in people.suppressions},
        code_version=__version__,
        now=runner.clock.now(),
        bidding=bidding_facts(project, ledger, runner.clock),
        worths=people.worths,
        accepted=accepted,
        person=runner.workspace.person,
        refreshing=refreshing,
    )
    destinations = open_destinations(runner.workspace, runner.clock, ledger.allowances)
    observed, unread = _look(runner, destinations)
    world = replace(world, settled=settlement.settled_by_now(ledger, destinations))
    if unread and not observed:
        raise next(iter(unread.values()))
    parts = {
        name: plan_destination(
            engine, world, people, motivations, ledger, name, destinations[name], observed[name], folder
        )
        for name in observed
    }
    people.remember()
    plan = assemble(world, people, motivations, ledger, destinations, parts, unread)
    if rejects is not None:
        runner.report("writing rejects", 0)
        write_rejects(engine, people.people, places(destinations, parts), rejects)
    return plan


def _look(
    runner: Runner, destinations: Mapping[str, Destination]
) -> tuple[dict[str, dict[str, RemoteObject]], dict[str, DestinationError]]:
    """What is there, by destination and spec key; and why a destination could not be read, which holds up no other."""
    observed, unread = {}, {}
    for name, port in destinations.items():
        runner.report(f"looking at {name}", 0)
        try:
            observed[name] = observed_by_key(name, port.observe())
        except DestinationError as error:
            unread[name] = error
    return observed, unread


def unread_error(unread: Unread) -> DestinationError:
    """Why a destination has no part in a plan, as an error again."""
    kind = AuthenticationRequiredError if unread.exit_code == AuthenticationRequiredError.exit_code else RetryableError
    return kind(f"{unread.destination}: {unread.message}", unread.next_step)


def saved_plan(runner: Runner, path: Path) -> tuple[Plan, Path]:
    """A saved plan that is still to be applied, and its folder.

    Raises:
        StalePlanError: it was applied, so that its batches are gone; or it is missing, damaged or edited.
    """
    plan, _ = load_plan(path, with_batches=False)
    ledger = LedgerReader(runner.workspace.ledger_place, runner.clock)
    try:
        with ledger.reading() as connection:
            plans.refuse_applied(connection, plan.plan_id)
    finally:
        ledger.close()
    return load_plan(path)


def apply_plan(runner: Runner, plan: Plan, folder: Path) -> ApplyResult:
    """Do exactly what a plan says, or refuse it before doing anything.

    Where only some of it is refused (apply.verify.refusals) the rest is done, and the result says which and why.

    Raises:
        UnsafePlanError: a guard objects, or approval is missing. StalePlanError: the world has changed.
        DestinationError: it cannot be read.
    """
    go_on_forgetting(runner)
    verify.refuse_unsafe(plan)
    with disk_room(runner.workspace.state):
        return _applied(runner, plan, folder)


def _applied(runner: Runner, plan: Plan, folder: Path) -> ApplyResult:
    ledger = Ledger(runner.workspace.ledger_place, runner.clock)
    try:
        with ledger.writing() as connection:
            held = lease.take(connection, runner.clock, LEASE_NAME, runner.actor)
        try:
            return _carried_out(runner, ledger, held, plan, folder)
        finally:
            with ledger.writing() as connection:
                lease.release(connection, runner.clock, held)
    finally:
        ledger.close()


def _carried_out(runner: Runner, ledger: Ledger, held: Lease, plan: Plan, folder: Path) -> ApplyResult:
    destinations = open_destinations(runner.workspace, runner.clock, ledger.allowances)
    settlement.poll_once(ledger, destinations, runner.clock)
    replacement.go_on(ledger, held, destinations, keep_plan=plan.plan_id)
    observed, unread = _look(runner, destinations)
    with ledger.reading() as connection:
        waiting = waits(plan, approvals.of_plan(connection, plan.plan_id))
    now, resuming = runner.clock.now(), ledger.resumable(plan.plan_id)
    verify.refuse_stale(plan, _bindings_now(runner, ledger, plan), now, resuming=resuming)
    context = ApplyContext(
        plan=plan,
        folder=folder,
        ledger=ledger,
        lease=held,
        destinations=destinations,
        observed=observed,
        clock=runner.clock,
        refused=verify.refusals(plan, ledger, observed, unread, waiting),
        report=runner.report,
        should_stop=runner.should_stop,
        in_flight_max=runner.workspace.settings.uploads_in_flight,
    )
    with context.writing() as connection:
        plans.begin(connection, runner.clock, plan.plan_id, plan.bindings.ledger_serial, _summary(plan))
        if not resuming:
            made_at = f"{plan.created_at:%Y-%m-%d %H:%M} UTC"
            plans.note(connection, runner.clock, plan.planned_by or "unknown", "plan", plan.plan_id, made_at)
        plans.note(connection, runner.clock, runner.who, "apply", plan.plan_id, _acceptances(plan))
    result = executor.execute(context)
    _finish(context, runner.who, result)
    workspace = runner.workspace
    policy = Policy(timedelta(days=workspace.project.membership.keep_left_days))
    tidying.tidy(context, policy, lambda: open_engine(workspace.scratch, *workspace.settings.engine_limits))
    purge(workspace, ledger, runner.clock)
    return result


def _bindings_now(runner: Runner, ledger: Ledger, plan: Plan) -> Bindings:
    with ledger.reading() as connection:
        verdicts = terms.verdicts_recorded(connection)
    return Bindings(
        ledger_lineage=ledger.lineage,
        ledger_serial=ledger.serial(),
        source_digest=source_digest(runner.workspace),
        project_digest=runner.workspace.project_digest,
        code_version=__version__,
        normaliser_version=runner.workspace.project.identity.rules().version,
        remote_fingerprints={},
        expires_at=plan.bindings.expires_at,
        verdicts=verdicts,
    )


def _finish(context: ApplyContext, who: str, result: ApplyResult) -> None:
    plan, clock = context.plan, context.clock
    uses = uses_of(plan, context.ledger.evidence(), clock.now())
    tiers = {tier.tier: tier.people for tier in plan.tiers}
    with context.writing() as connection:
        if plan.refused:  # what a guard objects to is no yardstick for the next plan
            plans.withhold(connection, clock, plan.plan_id)
        else:
            plans.finish(connection, clock, plan.plan_id, complete=result.complete, uses=uses, tiers=tiers)
        terms.record(connection, clock, plan.plan_id, _terms_in_place(plan, result))
        reassertions.record(connection, clock.now(), executor.asserted(plan, result))
        outcome = "complete" if result.complete else "partial"
        for row in result.results:
            if row.sent or row.error is not None:
                plans.note(connection, clock, who, "answer", plan.plan_id, answer(row))
        plans.note(connection, clock, who, "applied", plan.plan_id, outcome)


def _terms_in_place(plan: Plan, result: ApplyResult) -> list[TierTerms]:
    """The terms no failed or unfinished change of the delivery speaks against."""
    open_subjects = {
        (change.destination, object_key(change))
        for change, row in zip(plan.changes, result.results, strict=True)
        if row.error is not None
    }
    return [
        made
        for made in plan.terms
        if not open_subjects & {(made.destination, f"group/{made.tier}"), (made.destination, "campaign")}
    ]


def _summary(plan: Plan) -> str:
    added = sum(state.adds for state in plan.audiences)
    removed = sum(state.removes for state in plan.audiences)
    return f"{len(plan.changes)} changes, +{added} -{removed} members"


def _acceptances(plan: Plan) -> str:
    return "; ".join(f"{finding.guard}: {finding.accepted}" for finding in plan.guards if finding.accepted)


def poll_processing(runner: Runner) -> int:
    """Ask the platforms what became of batches they were still processing; returns how many still are."""
    ledger = Ledger(runner.workspace.ledger_place, runner.clock)
    try:
        if not ledger.open_batches():
            return 0
        return settlement.poll_once(
            ledger, open_destinations(runner.workspace, runner.clock, ledger.allowances), runner.clock
        )
    finally:
        ledger.close()


def go_on_forgetting(runner: Runner) -> None:
    """Take people to be forgotten out of wherever they may still be: ahead of everything, whatever guards say of it.

    Raises:
        LeaseHeldError: another run is at work. ConfigurationError: the secret they are recognised with is missing.
    """
    Remover(runner.workspace, runner.clock, runner.actor, runner.report, runner.should_stop).advance()


def go_on_refreshing(runner: Runner) -> None:
    """See to the end of full refreshes, and give up those that were left half-way.

    Raises:
        LeaseHeldError: another run is at work.
    """
    ledger = Ledger(runner.workspace.ledger_place, runner.clock)
    try:
        if not ledger.replacing():
            return
        with ledger.writing() as connection:
            held = lease.take(connection, runner.clock, LEASE_NAME, runner.actor)
        try:
            replacement.go_on(ledger, held, open_destinations(runner.workspace, runner.clock, ledger.allowances))
        finally:
            with ledger.writing() as connection:
                lease.release(connection, runner.clock, held)
    finally:
        ledger.close()


def before_planning(runner: Runner) -> None:
    """What comes first in every sync: what is still open, then people to be forgotten."""
    poll_processing(runner)
    go_on_refreshing(runner)
    go_on_forgetting(runner)


def sync(runner: Runner, accepted: Mapping[str, str] | None = None) -> tuple[Plan, ApplyResult]:
    """Settle what is open, plan afresh, apply."""
    before_planning(runner)
    plan, folder = make_plan(runner, accepted)
    return plan, apply_plan(runner, plan, folder)
