"""plan() and apply() joined: the only orchestrator. `sync` is apply(plan()), nothing else."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mappings.loader import load_mapping

from activator import __version__
from activator.apply import executor, settlement, verify
from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.result import ApplyResult
from activator.config.extensions import SOURCES, load_extension
from activator.config.project import Project, SourceSection
from activator.config.workspace import Workspace
from activator.ledger import lease, overview, plans
from activator.ledger.store import Ledger, LedgerReader
from activator.model.ledger import SourceUse
from activator.model.people import SourceCount
from activator.model.plan import Bindings, Plan, TierMotivation
from activator.motivation import load_lexicons, profile
from activator.people.engine import Engine, open_engine
from activator.people.identifiers import NORMALISER_VERSION
from activator.people.mapping import canonical
from activator.people.membership import believed_count
from activator.people.pipeline import CanonicalSource, People, PeoplePolicy, TierCut, build_people
from activator.plan.destinations import open_destinations
from activator.plan.files import save_plan
from activator.plan.objects import observed_by_key
from activator.plan.planner import World, assemble, plan_destination
from activator.ports import Clock, Source


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


def make_plan(runner: Runner, accepted: Mapping[str, str] | None = None) -> tuple[Plan, Path]:
    """Read the exports, look at the platforms, and save what one apply would do. Changes nothing anywhere else.

    accepted: guard name -> reason. Returns the plan and its folder.

    Raises:
        ActivatorError: any of them; see activator.errors.
    """
    workspace = runner.workspace
    ledger = LedgerReader(workspace.state, runner.clock)
    workspace.plans.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="making-", dir=workspace.plans))
    settings = workspace.settings
    try:
        with open_engine(workspace.scratch, settings.memory_limit_mb, settings.threads) as engine:
            plan = _compute(runner, engine, ledger, folder, accepted or {})
        save_plan(plan, folder)
        target = workspace.plans / plan.plan_id
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        ledger.close()
    return plan, target


def _compute(runner: Runner, engine: Engine, ledger: LedgerReader, folder: Path, accepted: Mapping[str, str]) -> Plan:
    project = runner.workspace.project
    runner.report("reading exports", 0)
    people = read_people(runner.workspace, engine)
    runner.report("reading motivations", 0)
    motivations = motivations_of(engine, people)
    world = World(
        project=project,
        project_digest=runner.workspace.project_digest,
        source_digest=source_digest(runner.workspace),
        source_rows=_rows_by_source(people.counts),
        code_version=__version__,
        now=runner.clock.now(),
    )
    destinations = open_destinations(runner.workspace, runner.clock)
    parts = {}
    for name, reader in destinations.items():
        runner.report(f"looking at {name}", 0)
        observation = reader.observe()
        parts[name] = plan_destination(engine, world, people, motivations, ledger, name, reader, observation, folder)
    return assemble(world, people, motivations, ledger, destinations, parts, accepted)


def read_people(workspace: Workspace, engine: Engine) -> People:
    """Exports -> canonical relations -> consolidated people in tiers.

    Raises:
        SourceError: an export cannot be used; names file, line, field and fix.
    """
    reader: Source = load_extension(SOURCES, "crm")
    sources = []
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        raw = reader.read(engine.backend, section.name, workspace.folder / section.path)
        sources.append(CanonicalSource(section.name, mapping.entity, canonical(raw, mapping)))
    return build_people(engine, sources, people_policy(workspace.project))


def check_source(workspace: Workspace, section: SourceSection) -> int:
    """Read one export through its mapping; returns its rows. Raises SourceError as a sync would."""
    reader: Source = load_extension(SOURCES, "crm")
    mapping = load_mapping(section.mapping, workspace.folder)
    with open_engine(workspace.scratch, workspace.settings.memory_limit_mb, workspace.settings.threads) as engine:
        raw = reader.read(engine.backend, section.name, workspace.folder / section.path)
        canonical(raw, mapping)
    return raw.rows


def people_policy(project: Project) -> PeoplePolicy:
    """The project file's rules about people, in the data plane's terms."""
    as_of = project.value.as_of
    return PeoplePolicy(
        default_country=project.identity.default_country,
        as_of=None if as_of == "latest_order" else as_of,
        currency=project.currency,
        rates=project.value.rates,
        tiers=tuple(TierCut(tier.name, tier.top_share) for tier in project.tiers),
    )


def motivations_of(engine: Engine, people: People) -> Mapping[str, TierMotivation]:
    """Why each tier buys, from the answers of its own people."""
    return profile(engine, people.responses, load_lexicons())


def source_digest(workspace: Workspace) -> str:
    """One digest over every export's bytes and the mapping it is read with."""
    reader: Source = load_extension(SOURCES, "crm")
    total = hashlib.sha256()
    for section in workspace.project.sources:
        mapping = load_mapping(section.mapping, workspace.folder)
        total.update(f"{section.name}\n{mapping.model_dump_json()}\n".encode())
        total.update(reader.digest(workspace.folder / section.path).encode())
    return total.hexdigest()


def _rows_by_source(counts: tuple[SourceCount, ...]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for count in counts:
        rows[count.source] = rows.get(count.source, 0) + count.rows
    return rows


def apply_plan(runner: Runner, plan: Plan, folder: Path) -> ApplyResult:
    """Do exactly what a plan says, or refuse it before doing anything.

    Raises:
        UnsafePlanError: a guard objects. StalePlanError: the world has changed. DestinationError: it cannot be read.
    """
    verify.refuse_unsafe(plan)
    ledger = Ledger(runner.workspace.state, runner.clock)
    try:
        with ledger.writing() as connection:
            lease.take(connection, runner.clock, LEASE_NAME, runner.actor)
        destinations = open_destinations(runner.workspace, runner.clock)
        observed = {name: observed_by_key(name, port.observe()) for name, port in destinations.items()}
        now = runner.clock.now()
        verify.refuse_stale(plan, _bindings_now(runner, ledger, plan), now, ledger, observed)
        with ledger.writing() as connection:
            plans.begin(connection, runner.clock, plan.plan_id, plan.bindings.ledger_serial, _summary(plan))
            plans.note(connection, runner.clock, runner.actor, "apply", plan.plan_id, _acceptances(plan))
        result = executor.execute(
            ApplyContext(
                plan=plan,
                folder=folder,
                ledger=ledger,
                destinations=destinations,
                observed=observed,
                clock=runner.clock,
                actor=runner.actor,
                report=runner.report,
                should_stop=runner.should_stop,
            )
        )
        _finish(runner, ledger, plan, result)
        return result
    finally:
        with ledger.writing() as connection:
            lease.release(connection, LEASE_NAME, runner.actor)
        ledger.close()


def _bindings_now(runner: Runner, ledger: Ledger, plan: Plan) -> Bindings:
    return Bindings(
        ledger_lineage=ledger.lineage,
        ledger_serial=ledger.serial(),
        source_digest=source_digest(runner.workspace),
        project_digest=runner.workspace.project_digest,
        code_version=__version__,
        normaliser_version=NORMALISER_VERSION,
        remote_fingerprints={},
        expires_at=plan.bindings.expires_at,
    )


def _finish(runner: Runner, ledger: Ledger, plan: Plan, result: ApplyResult) -> None:
    now = runner.clock.now()
    digest = plan.bindings.source_digest
    uses = tuple(SourceUse(name, rows, digest, now) for name, rows in _rows_by_source(plan.sources).items())
    with ledger.writing() as connection:
        plans.finish(connection, runner.clock, plan.plan_id, complete=result.complete, uses=uses)
        outcome = "complete" if result.complete else "partial"
        plans.note(connection, runner.clock, runner.actor, "applied", plan.plan_id, outcome)


def _summary(plan: Plan) -> str:
    added = sum(state.adds for state in plan.audiences)
    removed = sum(state.removes for state in plan.audiences)
    return f"{len(plan.changes)} changes, +{added} -{removed} members"


def _acceptances(plan: Plan) -> str:
    return "; ".join(f"{finding.guard}: {finding.accepted}" for finding in plan.guards if finding.accepted)


def poll_processing(runner: Runner) -> int:
    """Ask the platforms what became of batches they were still processing; returns how many still are."""
    ledger = Ledger(runner.workspace.state, runner.clock)
    try:
        if not ledger.open_batches():
            return 0
        return settlement.poll_once(ledger, open_destinations(runner.workspace, runner.clock), runner.clock)
    finally:
        ledger.close()


def sync(runner: Runner, accepted: Mapping[str, str] | None = None) -> tuple[Plan, ApplyResult]:
    """Settle what is open, plan afresh, apply."""
    poll_processing(runner)
    plan, folder = make_plan(runner, accepted)
    return plan, apply_plan(runner, plan, folder)


def state_of(runner: Runner, *, history: bool = False) -> dict[str, Any]:
    """What `status` shows: believed members per audience, open batches, last plan, slots. Calls no platform."""
    workspace = runner.workspace
    ledger = LedgerReader(workspace.state, runner.clock)
    try:
        with ledger.reading() as connection:
            state: dict[str, Any] = {
                "last_plan": overview.last_plan(connection),
                "slots": overview.newest_slots(connection),
            }
            if history:
                state["history"] = overview.history(connection)
        state["open_batches"] = [
            {
                "destination": record.destination,
                "audience_key": record.audience_key,
                "operation": record.operation.value,
                "rows": record.rows,
                "state": record.state.value,
                "detail": record.detail,
            }
            for record in ledger.open_batches()
        ]
        with open_engine(workspace.scratch, workspace.settings.memory_limit_mb, workspace.settings.threads) as engine:
            state["audiences"] = [
                _audience_state(engine, ledger, name, key)
                for name in workspace.project.destinations
                for key, owned in ledger.owned(name).items()
                if owned.kind == "audience"
            ]
        return state
    finally:
        ledger.close()


def _audience_state(engine: Engine, ledger: LedgerReader, name: str, key: str) -> dict[str, Any]:
    log = ledger.audience_log(name, key)
    return {
        "destination": name,
        "audience_key": key,
        "members": believed_count(engine, log),
        "batches": len(log.batches),
        "waiting_until": max((send.quiet_until for send in log.lost), default=None),
    }
