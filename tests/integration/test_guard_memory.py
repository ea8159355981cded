"""What guards compare with lies in the ledger, and where it was taken away nothing passes for equal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.executor import execute
from activator.ledger import lease, plans
from activator.ledger.schema import plans as plan_table
from activator.ledger.schema import source_uses
from activator.ledger.store import Ledger
from activator.model.ads import AudienceSpec, RemoteObject
from activator.model.ledger import Evidence, SourceUse
from activator.model.plan import Bindings, GuardFinding, Plan
from activator.plan.desired import Desired
from activator.plan.guards import evidence_guards
from activator.plan.objects import ownership_guards
from tests.clocks import ManualClock
from tests.platform import MemoryDestination
from tests.unit.test_plan_objects import CAMPAIGN


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock) -> Ledger:
    return Ledger(tmp_path / ".activator", clock)


def used(ledger: Ledger, rows: int, digest: str, *, restarted: bool = False, more: str = "") -> Evidence:
    """One more plan applied, a day later."""
    clock = ledger.clock
    assert isinstance(clock, ManualClock)
    clock.advance(hours=24)
    plan_id, now = f"p{ledger.serial()}", clock.now()
    use = SourceUse("orders", rows, digest, now, ("amount", "email"), "CSV UTF-8 comma", 9_900, now, restarted)
    uses = (use, *([replace(use, source=more)] if more else []))
    with ledger.writing() as connection:
        plans.begin(connection, clock, plan_id, ledger.serial(), "")
        plans.finish(connection, clock, plan_id, complete=True, uses=uses, tiers={"high": 1200})
    return ledger.evidence()


def test_a_use_comes_back_as_it_was_written(ledger: Ledger, clock: ManualClock) -> None:
    evidence = used(ledger, 100, "a")
    now = clock.now()
    use = SourceUse("orders", 100, "a", now, ("amount", "email"), "CSV UTF-8 comma", 9_900, now)
    assert evidence == Evidence({"orders": (use,)}, {"orders": now}, {"high": 1200}, whole=True)


def test_before_the_first_plan_there_is_nothing_to_miss(ledger: Ledger) -> None:
    assert ledger.evidence() == Evidence()


def test_the_same_export_synced_again_and_again_counts_once(ledger: Ledger, clock: ManualClock) -> None:
    for rows, digest in ((900, "a"), (1000, "b"), (1000, "b"), (1000, "b")):
        evidence = used(ledger, rows, digest)
    assert [use.rows for use in evidence.uses["orders"]] == [1000, 900]
    assert evidence.unchanged_since["orders"] == clock.now() - timedelta(days=2)
    assert evidence.uses["orders"][0].used_at == clock.now()


def test_the_last_seven_exports_are_the_measure(ledger: Ledger) -> None:
    for number in range(9):
        evidence = used(ledger, 100 + number, str(number))
    assert [use.rows for use in evidence.uses["orders"]] == [108, 107, 106, 105, 104, 103, 102]


def test_what_somebody_accepted_is_the_new_measure_alone(ledger: Ledger) -> None:
    for rows, digest, restarted in ((1000, "a", False), (990, "b", False), (300, "c", True), (310, "d", False)):
        evidence = used(ledger, rows, digest, restarted=restarted)
    assert [use.rows for use in evidence.uses["orders"]] == [310, 300]


def every_use(connection: Connection) -> None:
    connection.execute(delete(source_uses))


def one_of_two_uses(connection: Connection) -> None:
    connection.execute(delete(source_uses).where(source_uses.c.source == "contacts"))


def what_it_looked_like(connection: Connection) -> None:
    connection.execute(update(source_uses).values(dialect=""))


def who_was_in_which_tier(connection: Connection) -> None:
    connection.execute(update(plan_table).values(tier_people=None))


def how_many_uses_there_were(connection: Connection) -> None:
    connection.execute(update(plan_table).values(uses=None))


@pytest.mark.parametrize(
    "taken_away",
    [every_use, one_of_two_uses, what_it_looked_like, who_was_in_which_tier, how_many_uses_there_were],
)
def test_evidence_that_was_taken_away_is_missed(ledger: Ledger, taken_away: Callable[[Connection], None]) -> None:
    assert evidence_guards(used(ledger, 100, "a", more="contacts")) == []
    with ledger.writing() as connection:
        taken_away(connection)
    (found,) = evidence_guards(ledger.evidence())
    assert found.guard == "no-evidence"
    assert evidence_guards(used(ledger, 100, "b")) == [], "once accepted, the next plan has its measure again"


def test_a_plan_that_was_never_finished_is_no_measure(ledger: Ledger, clock: ManualClock) -> None:
    before = used(ledger, 100, "a")
    with ledger.writing() as connection:
        plans.begin(connection, clock, "interrupted", ledger.serial(), "")
    assert ledger.evidence() == before


def test_an_audience_accepted_as_ours_is_known_from_then_on(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    spec = AudienceSpec("audience/high", "High", "", "high", suppress=False)
    other = RemoteObject("audience", "audience/low", "502", "Low", "ready")
    there = {"audience/high": RemoteObject("audience", "audience/high", "501", "High", "ready"), other.key: other}
    desired = Desired((spec,), CAMPAIGN, (), ())

    def objections() -> list[GuardFinding]:
        return ownership_guards("meta", there, ledger.owned("meta"), desired)

    def apply(*findings: GuardFinding) -> None:
        plan = Plan(
            "p", clock.now(), "x", Bindings("", 0, "", "", "", "", {}, clock.now()), (), (), (), findings, (), (), ()
        )
        with ledger.writing() as connection:
            held = lease.take(connection, clock, LEASE_NAME, "test:1")
        execute(ApplyContext(plan, tmp_path, ledger, held, {"meta": MemoryDestination()}, {"meta": there}, clock))

    (unknown,) = objections()
    apply(unknown)
    assert objections() == [unknown], "nobody has accepted it"
    apply(replace(unknown, accepted="moved to another machine"))
    assert objections() == []
    assert list(ledger.owned("meta")) == ["audience/high"]
    assert ledger.owned("meta")["audience/high"].platform_id == "501"
