"""A refusal holds back what it concerns, and nothing else; taking out who withdrew waits for nobody elsewhere."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from activator.apply.approval import approve
from activator.apply.result import ApplyResult, ChangeState
from activator.briefing.run import brief
from activator.config.workspace import open_workspace
from activator.errors import (
    AuthenticationRequiredError,
    ConfigurationError,
    PermanentRefusalError,
    StalePlanError,
    UnsafePlanError,
)
from activator.ledger.overview import state_of
from activator.ledger.store import Ledger
from activator.model.briefing import Mood
from activator.model.plan import ChangeMembers, Plan
from activator.schedule.runs import run_sync
from activator.sync import Runner, apply_plan, make_plan, saved_plan, sync
from tests.clocks import ManualClock
from tests.integration.memory_connector import memory_account
from tests.platform import MemoryDestination
from tests.projects import PROJECT

ONE, TWO = "1234567890123456", "6543210987654321"


@dataclass
class Brand:
    """A project with two destinations of the same kind."""

    folder: Path
    one: MemoryDestination
    two: MemoryDestination
    clock: ManualClock = field(default_factory=ManualClock)
    people: dict[int, str] = field(default_factory=lambda: dict.fromkeys(range(1, 41), "granted"))

    def write(self, **replaced: str) -> None:
        text = PROJECT.replace("connector: meta", "connector: memory").replace(
            "    options: {page_id", "    # {page_id"
        )
        section = text[text.index("  meta:") : text.index("guards:")]
        text = text.replace("guards:", section.replace("  meta:", "  other:").replace(ONE, TWO) + "guards:", 1)
        for old, new in replaced.items():
            text = text.replace(f"{old}:", new, 1)
        (self.folder / "activator.yaml").write_text(text)
        with (self.folder / "contacts.csv").open("w", newline="") as stream:
            head = ("customer_id", "email", "consent_ad_user_data", "consent_ad_personalization")
            rows = ((n, f"person{n}@example.com", said, said) for n, said in self.people.items())
            csv.writer(stream).writerows([head, *rows])
        with (self.folder / "orders.csv").open("w", newline="") as stream:
            order = ("order_id", "customer_id", "ordered_at", "amount", "currency")
            csv.writer(stream).writerows(
                [order, *((f"o{n}", n, "2026-11-01", f"{n}00.00", "EUR") for n in self.people)]
            )

    @property
    def runner(self) -> Runner:
        return Runner(open_workspace(self.folder), self.clock, actor="test:1")

    def plan(self) -> tuple[Plan, Path]:
        self.one.calls.clear()
        self.two.calls.clear()
        return make_plan(self.runner)

    def sent(self) -> list[str]:
        return [call for port in (self.one, self.two) for call in port.calls if call != "observe"]


@pytest.fixture
def brand(tmp_path: Path) -> Iterator[Brand]:
    folder = tmp_path / "project"
    folder.mkdir()
    with memory_account(tmp_path / "a", ONE) as one, memory_account(tmp_path / "b", TWO, installed=True) as two:
        made = Brand(folder, one, two)
        made.write()
        assert sync(made.runner)[1].complete
        yield made


def states(result: ApplyResult) -> set[tuple[str, str, str]]:
    return {(row.destination, row.subject, str(row.state)) for row in result.results}


def test_a_guard_elsewhere_does_not_hold_back_whoever_withdrew(brand: Brand) -> None:
    brand.people[40] = "denied"
    brand.write(guards='guards: {daily_budget_max: "10.00"} #')
    plan, folder = brand.plan()
    assert plan.refused
    result = apply_plan(brand.runner, plan, folder)
    assert states(result) >= {
        ("meta", "remove high, withdrawn", "done"),
        ("other", "remove high, withdrawn", "done"),
    }
    assert brand.sent() == ["remove 100 1", "remove 100 1"]
    assert result.exit_code == 4
    with pytest.raises(UnsafePlanError, match="daily-budget"):
        run_sync(brand.runner)


def test_a_guard_on_the_audience_itself_does(brand: Brand) -> None:
    brand.people |= dict.fromkeys(range(30, 41), "denied")
    brand.write()
    plan, folder = brand.plan()
    assert {finding.guard for finding in plan.guards} >= {"empty-audience"}
    removed = {change.audience_key for change in plan.changes if isinstance(change, ChangeMembers) and change.withdrawn}
    assert "audience/high" in removed
    with suppress(UnsafePlanError):
        apply_plan(brand.runner, plan, folder)
    assert not any(call.startswith("remove 100 ") for call in brand.sent())


def test_a_refused_plan_leaves_no_yardstick(brand: Brand) -> None:
    brand.people = {number: "denied" if number == 40 else "granted" for number in range(15, 41)}
    brand.write()
    for _ in range(2):
        plan, folder = brand.plan()
        assert "source-shrunk" in {finding.guard for finding in plan.guards}
        if plan.withheld.keys() != set(range(1, len(plan.changes) + 1)):
            apply_plan(brand.runner, plan, folder)


def test_an_account_that_cannot_be_read_holds_up_no_other(brand: Brand) -> None:
    brand.people[41] = "granted"
    brand.write()
    brand.one.refusal = AuthenticationRequiredError("the token has expired", "Renew it.")
    plan, folder = brand.plan()
    assert [(unread.destination, unread.exit_code) for unread in plan.unread] == [("meta", 6)]
    assert {change.destination for change in plan.changes} == {"other"}
    assert apply_plan(brand.runner, plan, folder).complete
    with pytest.raises(AuthenticationRequiredError, match="token has expired"):
        run_sync(brand.runner)
    brand.two.refusal = brand.one.refusal
    with pytest.raises(AuthenticationRequiredError):
        brand.plan()


def test_what_an_account_spends_counts_against_the_ceiling_though_it_cannot_be_read(brand: Brand) -> None:
    brand.one.refusal = AuthenticationRequiredError("the token has expired", "Renew it.")
    brand.write(guards='guards: {daily_budget_max: "150.00"} #')  # 100 a day on each
    assert "daily-budget" in {finding.guard for finding in brand.plan()[0].guards}


def test_an_account_lost_after_planning_refuses_its_own_changes(brand: Brand) -> None:
    brand.people[41] = "granted"
    brand.write()
    plan, folder = brand.plan()
    brand.one.refusal = AuthenticationRequiredError("the token has expired", "Renew it.")
    result = apply_plan(brand.runner, plan, folder)
    assert {row.destination for row in result.results if row.state is ChangeState.REFUSED} == {"meta"}
    assert {row.destination for row in result.results if row.state is ChangeState.DONE} == {"other"}
    assert result.exit_code == 6


TOO_SMALL = PermanentRefusalError("the audience is too small to remove people from", "Let it grow.")


def owed(brand: Brand) -> list[tuple[str, str, int, datetime]]:
    state = state_of(brand.runner.workspace, brand.clock)
    return [(it["destination"], it["audience_key"], it["people"], it["since"]) for it in state["refused_removals"]]


def refused_run(brand: Brand) -> datetime:
    """When somebody who withdrew was not taken out on one destination, though on the other."""
    brand.write()
    plan, folder = brand.plan()
    brand.one.faults.append(TOO_SMALL)
    assert apply_plan(brand.runner, plan, folder).exit_code == 6
    return brand.clock.now()


def test_who_a_platform_will_not_take_out_stays_in_sight_until_it_does(brand: Brand) -> None:
    brand.people[40] = "denied"
    first = refused_run(brand)
    brand.clock.advance(days=1)
    refused_run(brand)
    assert owed(brand) == [("meta", "audience/high", 1, first)]
    briefing = brief(brand.runner.workspace, brand.clock, pull=False, deliver=False)
    assert briefing.mood is Mood.BROKEN
    assert "0 to add, 1 to remove, not all of it done yet" in briefing.sync
    assert briefing.problems[0].startswith("1 person who should be out of high on Meta since ")
    assert briefing.problems[0].endswith(" cannot be taken out: the audience is too small to remove people from")
    assert sync(brand.runner)[1].complete
    assert owed(brand) == []


def test_nothing_is_owed_to_who_agrees_again(brand: Brand) -> None:
    brand.people[40] = "denied"
    refused_run(brand)
    brand.people |= {40: "granted", 41: "granted"}
    brand.write()
    assert sync(brand.runner)[1].complete
    assert owed(brand) == []


def approved_by(brand: Brand, plan: Plan, person: str) -> None:
    ledger = Ledger(brand.runner.workspace.ledger_place, brand.clock)
    try:
        approve(ledger, plan, person, "test:2", "looked at it")
    finally:
        ledger.close()


def test_a_plan_that_was_applied_says_so_although_its_batches_are_gone(brand: Brand) -> None:
    brand.people[40] = "denied"
    brand.write()
    _, folder = brand.plan()
    assert apply_plan(brand.runner, *saved_plan(brand.runner, folder)).complete
    assert not [*folder.glob("*.parquet")]
    with pytest.raises(StalePlanError, match="already been applied"):
        saved_plan(brand.runner, folder)


NEEDED = "approvals: {by: [maria, joe], people_min: 2}\nguards:"


def test_a_plan_waits_for_a_named_second_person(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVATOR_PERSON", "joe")
    brand.people |= {41: "granted", 40: "denied"}
    brand.write(guards=NEEDED)
    plan, folder = brand.plan()
    result = apply_plan(brand.runner, plan, folder)
    assert {row.state for row in result.results if "withdrawn" in row.subject} == {ChangeState.DONE}
    assert {row.state for row in result.results if "withdrawn" not in row.subject} == {ChangeState.REFUSED}
    assert "approval of maria" in next(row.error.message for row in result.results if row.error is not None)
    assert result.exit_code == 4
    with pytest.raises(ConfigurationError, match="joe has made this plan"):
        approved_by(brand, plan, "joe")
    with pytest.raises(ConfigurationError, match="eve may not approve"):
        approved_by(brand, plan, "eve")
    approved_by(brand, plan, "maria")
    assert apply_plan(brand.runner, plan, folder).complete


def test_an_approval_is_of_one_plan_only(brand: Brand) -> None:
    brand.people |= {41: "granted", 42: "granted"}
    brand.write(guards=NEEDED)
    plan, _ = brand.plan()
    approved_by(brand, plan, "maria")
    brand.people[43] = "granted"
    brand.write(guards=NEEDED)
    other, folder = brand.plan()
    with pytest.raises(UnsafePlanError, match="waits for the approval"):
        apply_plan(brand.runner, other, folder)


def test_few_people_wait_for_nobody(brand: Brand) -> None:
    brand.people |= {41: "granted"}
    brand.write(guards=NEEDED.replace("people_min: 2", "people_min: 500"))
    plan, folder = brand.plan()
    assert plan.approval is None
    assert apply_plan(brand.runner, plan, folder).complete


@pytest.mark.parametrize("fate", ["is gone from the platform", "was changed on the platform"])
def test_an_audience_that_is_gone_is_said_to_be_gone_and_a_changed_one_changed(brand: Brand, fate: str) -> None:
    brand.people |= {41: "granted"}
    brand.write()
    plan, folder = brand.plan()
    key = next(change.audience_key for change in plan.changes if isinstance(change, ChangeMembers))
    there = brand.one.objects.pop(key)
    if "changed" in fate:
        brand.one.objects[key] = replace(there, name="somebody's own words")
    result = apply_plan(brand.runner, plan, folder)
    (why,) = {str(row.error) for row in result.results if row.destination == "meta" and row.error}
    assert f"meta/{key} {fate}" in why
    assert {row.state for row in result.results if row.destination == "other"} == {ChangeState.DONE}


def test_what_somebody_made_meanwhile_is_said_to_be_made(brand: Brand) -> None:
    group = brand.one.objects.pop("group/high")
    plan, folder = brand.plan()
    brand.one.objects["group/high"] = group
    with pytest.raises(StalePlanError, match="meta/group/high was made on the platform since"):
        apply_plan(brand.runner, plan, folder)


def test_an_approved_plan_still_goes_stale(brand: Brand) -> None:
    brand.people |= {41: "granted", 42: "granted"}
    brand.write(guards=NEEDED)
    plan, folder = brand.plan()
    approved_by(brand, plan, "maria")
    brand.clock.advance(hours=25)
    with pytest.raises(StalePlanError, match="expired"):
        apply_plan(brand.runner, plan, folder)


def test_whom_a_platform_leaves_in_of_a_batch_is_taken_out_by_the_next_plan(brand: Brand) -> None:
    brand.people |= {39: "denied", 40: "denied"}
    brand.write()
    plan, folder = brand.plan()
    there = len(brand.one.emails("audience/high"))
    brand.one.faults.append("last_refused")
    apply_plan(brand.runner, plan, folder)
    assert owed(brand) == [("meta", "audience/high", 1, brand.clock.now())]
    assert len(brand.one.emails("audience/high")) == there - 1
    again, result = sync(brand.runner)
    removals = [change for change in again.changes if isinstance(change, ChangeMembers)]
    assert [(change.destination, change.rows) for change in removals] == [("meta", 2)]
    assert result.complete
    assert owed(brand) == []
    assert len(brand.one.emails("audience/high")) == there - 2
    assert not brand.plan()[0].changes
