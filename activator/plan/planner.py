"""Putting one plan together: members and objects of every destination, guards over all, bound to its origins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from activator.config.project import Project
from activator.errors import DestinationError
from activator.ledger.store import LedgerReader
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.bidding import BiddingFacts, Notice, TierTerms, Worths
from activator.model.ledger import AudienceLog, BatchState, Evidence
from activator.model.people import SourceCount
from activator.model.plan import (
    AudienceState,
    Bindings,
    Change,
    ChangeMembers,
    GuardFinding,
    Movement,
    Plan,
    ReplaceMembers,
    TierMotivation,
    Unread,
)
from activator.people.accounting import Place
from activator.people.engine import Engine
from activator.plan import guards
from activator.plan.approval import approval_needed
from activator.plan.desired import Desired, desired_objects, small_tiers
from activator.plan.files import content_id
from activator.plan.members import MemberPlanner
from activator.plan.notices import copy_notices, discount_notices, motivated_tiers, ration_notices, rehearsal_notices
from activator.plan.objects import fingerprint, fingerprints, known_again, object_changes, ownership_guards
from activator.plan.order import in_order, with_urgency
from activator.plan.population import Population
from activator.plan.proof import still_speaking, told_digests
from activator.plan.refresh import check_refreshes, refresh_guards
from activator.plan.split_tests import split_tests_to_start
from activator.plan.terms import Budgets, in_place_of, tier_terms
from activator.plan.tier_notices import tier_notices
from activator.plan.yardsticks import usable_shares
from activator.ports import DestinationReader

PLAN_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DestinationPlan:
    """One destination's share of the plan. See plan.order."""

    members: tuple[ChangeMembers, ...]
    replaced: tuple[ReplaceMembers, ...]
    audiences: tuple[Change, ...]
    delivery: tuple[Change, ...]
    states: tuple[AudienceState, ...]
    movements: tuple[Movement, ...]
    guards: tuple[GuardFinding, ...]
    fingerprints: Mapping[str, str]
    desired: Desired
    small: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, TierTerms] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What a plan is made from and bound to. suppression_rows: of each list, the rows that keep somebody out.

    worths, bidding: what bids are made from, where they are left to value; accepted: guard name -> reason;
    person: who is planning; settled: what has become of batches the ledger has as processing; refreshing:
    destination -> spec keys of the audiences whose list is to be replaced as a whole.
    """

    project: Project
    project_digest: str
    source_digest: str
    source_rows: Mapping[str, int]
    suppression_rows: Mapping[str, int]
    code_version: str
    now: datetime
    bidding: BiddingFacts
    worths: Worths = field(default_factory=Worths)
    accepted: Mapping[str, str] = field(default_factory=dict)
    person: str = ""
    settled: Mapping[str, BatchState] = field(default_factory=dict)
    refreshing: Mapping[str, Collection[str]] = field(default_factory=dict)


def plan_destination(
    engine: Engine,
    world: World,
    people: Population,
    motivations: Mapping[str, TierMotivation],
    ledger: LedgerReader,
    name: str,
    reader: DestinationReader,
    observed: Mapping[str, RemoteObject],
    folder: Path,
) -> DestinationPlan:
    """Compare what should be with what we believe and what was observed; write the batches into folder."""
    owned = ledger.owned(name)
    there = people.accounts.members(reader.identifier_form)
    small = small_tiers(world.project, name, there, reader.members_min, {*observed, *owned})
    told = told_digests(world.project, name, motivations)
    facts = replace(world.bidding, verdicts=still_speaking(world.bidding.verdicts, name, told))
    terms = _terms(world, facts, name, reader.budget_level, observed, small)
    terms = {tier: replace(made, texts=told[tier]) for tier, made in terms.items()}
    desired = desired_objects(world.project, name, reader.budget_level, motivations, small, terms)
    ownership = ownership_guards(name, observed, owned, desired, world.project.destinations[name].adopt)
    refreshing = world.refreshing.get(name, frozenset())
    check_refreshes(name, reader, refreshing, observed)
    members = MemberPlanner(
        engine=engine,
        destination=name,
        form=reader.identifier_form,
        batch_rows_max=reader.batch_rows_max,
        folder=folder,
        members=people.membership(reader.identifier_form),
        status=lambda: people.status(reader.identifier_form, small),
        normaliser_version=world.project.identity.rules().version,
        worths=lambda: people.values,
    ).plan(_logs(world, ledger, name, desired, ownership), _to_assert(world, ledger, name), refreshing)
    audiences, delivery = object_changes(name, reader, desired, observed)
    sent = with_urgency((*members.removes, *members.adds, *members.adds_after), desired.audiences)
    section = world.project.destinations[name]
    zone = ZoneInfo(section.time_zone or world.project.time_zone)
    tests, untested = split_tests_to_start(name, section, zone, reader, observed, owned, world.now)
    delivery += tests
    changes = (*sent, *members.replaced, *audiences, *delivery)
    return DestinationPlan(
        members=sent,
        replaced=members.replaced,
        audiences=tuple(audiences),
        delivery=tuple(delivery),
        states=members.states,
        movements=members.movements,
        guards=(
            *ownership,
            *refresh_guards(members.replaced, members.states, reader.members_min),
            *_budget_guards(name, desired, observed, facts, terms),
        ),
        fingerprints={
            **fingerprints(name, desired, observed),
            **{f"{name}/{test.key}": fingerprint(observed.get(test.key)) for test in tests},
        },
        desired=desired,
        small=small,
        terms=terms,
        notices=(
            *known_again(name, observed, owned),
            *untested,
            *copy_notices(name, desired, terms, people.tiers),
            *discount_notices(world.project, name, desired, motivations),
            *ration_notices(name, reader, changes),
            *rehearsal_notices(name, reader, (*audiences, *delivery), observed),
        ),
    )


def _budget_guards(
    name: str,
    desired: Desired,
    observed: Mapping[str, RemoteObject],
    facts: BiddingFacts,
    terms: Mapping[str, TierTerms],
) -> list[GuardFinding]:
    """What speaks against budgets that follow a tier's texts or worth: nothing has shown yet that they are right."""
    reasoned = {tier for tier, made in terms.items() if made.why_budget}
    return guards.unproven_budget_guards(
        name, desired.specs, observed, facts.applied, facts.verdicts, motivated_tiers(desired) | reasoned
    )


def _logs(
    world: World, ledger: LedgerReader, name: str, desired: Desired, ownership: Sequence[GuardFinding]
) -> list[tuple[AudienceSpec, AudienceLog]]:
    """Every audience with what is to be believed about it: of one that is gone from the platform, nothing."""
    lost = {finding.subject for finding in ownership if finding.guard == "lost-audience"}
    return [
        (
            spec,
            AudienceLog(name, spec.key, (), ())
            if f"{name}/{spec.key}" in lost
            else ledger.audience_log(name, spec.key).with_states(world.settled),
        )
        for spec in desired.audiences
    ]


def _to_assert(world: World, ledger: LedgerReader, name: str) -> frozenset[str]:
    """Keys of the audiences that are sent as a whole this time."""
    days = world.project.membership.assert_days
    return ledger.assertions_due(name, timedelta(days=days)) if days else frozenset()


def _terms(
    world: World,
    facts: BiddingFacts,
    name: str,
    level: str,
    observed: Mapping[str, RemoteObject],
    small: Collection[str],
) -> dict[str, TierTerms]:
    shown = {
        key.removeprefix("group/"): guards.budget_shown(remote)
        for key, remote in observed.items()
        if key.startswith("group/")
    }
    applied = [row for row in facts.applied if row.destination == name]
    budgets = Budgets(level, in_place_of(shown, applied), may_grow="unproven-budget" in world.accepted)
    return tier_terms(world.project, name, world.worths, facts, budgets, small)


def _unseen(world: World, motivations: Mapping[str, TierMotivation], name: str, reader: DestinationReader) -> Desired:
    """What a destination that could not be read should have: its budgets count against the ceilings all the same."""
    terms = _terms(world, world.bidding, name, reader.budget_level, {}, ())
    return desired_objects(world.project, name, reader.budget_level, motivations, {}, terms)


def assemble(
    world: World,
    people: Population,
    motivations: Mapping[str, TierMotivation],
    ledger: LedgerReader,
    readers: Mapping[str, DestinationReader],
    parts: Mapping[str, DestinationPlan],
    unread: Mapping[str, DestinationError],
) -> Plan:
    """The whole plan, of the destinations that could be read."""
    states = tuple(state for part in parts.values() for state in part.states)
    counts = people.accounts.counts(places(readers, parts))
    specs = {name: part.desired.specs for name, part in parts.items()}
    specs |= {name: _unseen(world, motivations, name, readers[name]).specs for name in unread}
    minimums = {name: reader.members_min for name, reader in readers.items()}
    currencies = guards.currencies_of(world.project)
    evidence = ledger.evidence()
    findings = [
        *(finding for part in parts.values() for finding in part.guards),
        *_export_findings(world, people, counts, evidence),
        *guards.audience_guards(states, world.project.guards, minimums),
        *guards.tier_guards(people.tiers, evidence, world.project.guards),
        *guards.budget_guards(specs, world.project.guards, currencies),
        *guards.bid_guards(specs, world.project.guards, currencies),
    ]
    prints = {key: value for part in parts.values() for key, value in part.fingerprints.items()}
    changes = in_order(
        [change for part in parts.values() for change in part.members],
        [change for part in parts.values() for change in part.audiences],
        [change for part in parts.values() for change in part.delivery],
        [change for part in parts.values() for change in part.replaced],
    )
    plan = Plan(
        plan_id="",
        created_at=world.now,
        project_id=world.project.project.id,
        bindings=Bindings(
            ledger_lineage=ledger.lineage,
            ledger_serial=ledger.serial(),
            source_digest=world.source_digest,
            project_digest=world.project_digest,
            code_version=world.code_version,
            normaliser_version=world.project.identity.rules().version,
            remote_fingerprints=prints,
            expires_at=world.now + PLAN_LIFE,
            verdicts=world.bidding.verdicts_recorded,
        ),
        changes=changes,
        audiences=states,
        movements=tuple(movement for part in parts.values() for movement in part.movements),
        guards=guards.accept(findings, world.accepted),
        sources=counts,
        tiers=people.tiers,
        motivations=tuple(motivations[tier] for tier in sorted(motivations)),
        suppressions=people.suppressions,
        sharing=people.sharing,
        valuing=people.valuing,
        terms=tuple(made for part in parts.values() for made in part.terms.values()),
        notices=(
            *tier_notices(world.project, people.tiers, people.valuing),
            *(notice for part in parts.values() for notice in part.notices),
        ),
        looks=people.looks,
        approval=approval_needed(world.project.approvals, changes),
        planned_by=world.person,
        unread=tuple(Unread(name, e.message, e.next_step, e.exit_code) for name, e in unread.items()),
    )
    return replace(plan, plan_id=content_id(plan))


def _export_findings(
    world: World, people: Population, counts: Sequence[SourceCount], evidence: Evidence
) -> list[GuardFinding]:
    """What guards say of the exports and suppression lists as such."""
    limits, rows = world.project.guards, world.source_rows
    hours = {section.name: section.fresh_hours for section in world.project.sources if section.fresh_hours}
    return [
        *guards.evidence_guards(evidence),
        *guards.source_guards(rows, evidence, limits),
        *guards.suppression_guards(world.suppression_rows, evidence, limits),
        *guards.missing_guards({*rows, *world.suppression_rows}, evidence),
        *guards.identifier_guards(usable_shares(counts), rows, evidence, limits),
        *guards.layout_guards(people.looks, evidence),
        *guards.freshness_guards(people.looks, hours, evidence, world.now),
    ]


def places(readers: Mapping[str, DestinationReader], parts: Mapping[str, DestinationPlan]) -> list[Place]:
    """The destinations as accounting sees them."""
    return [Place(name, readers[name].identifier_form, part.small) for name, part in parts.items()]


def member_rows(plan: Plan) -> int:
    """Rows the plan will send, for progress."""
    return sum(change.rows for change in plan.changes if isinstance(change, ChangeMembers | ReplaceMembers))
