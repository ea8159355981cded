"""Who may approve a plan, and what is written down of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from activator.apply.approval import approve
from activator.errors import ConfigurationError, UnsafePlanError
from activator.ledger import approvals
from activator.ledger.overview import history
from activator.ledger.store import Ledger
from activator.model.approval import Approval, ApprovalNeeded, Covered
from activator.model.plan import GuardFinding, Plan
from tests.clocks import ManualClock
from tests.plans import bare_plan

CLOCK = ManualClock()
PLAN = bare_plan(
    CLOCK.now(),
    "plan-1",
    approval=ApprovalNeeded((Covered.AUDIENCES, Covered.ADS), ("maria", "joe")),
    planned_by="joe",
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / ".activator", CLOCK)
    yield ledger
    ledger.close()


def test_who_approved_what_when_and_why_is_kept_and_noted(ledger: Ledger) -> None:
    given = approve(ledger, PLAN, "maria", "maria@host:1", "looked at it")
    assert given == Approval("plan-1", "maria", "maria@host:1", CLOCK.now(), "looked at it")
    with ledger.reading() as connection:
        assert approvals.of_plan(connection, "plan-1") == (given,)
        assert history(connection) == [
            {
                "at": CLOCK.now(),
                "actor": "maria@host:1",
                "action": "approve",
                "subject": "plan-1",
                "detail": "audiences and ads: looked at it",
            }
        ]


@pytest.mark.parametrize(
    ("plan", "person", "message", "next_step"),
    [
        (replace(PLAN, approval=None), "maria", "needs no approval", "activator apply plan-1"),
        (PLAN, "eve", "eve may not approve: activator.yaml names maria, joe", "ACTIVATOR_PERSON"),
        (PLAN, "joe", "joe has made this plan", "somebody else"),
    ],
    ids=["nobody need approve", "not named", "their own"],
)
def test_who_may_not_approve_is_told_what_to_do(
    ledger: Ledger, plan: Plan, person: str, message: str, next_step: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        approve(ledger, plan, person, "test:1", "")
    assert next_step in refused.value.next_step
    with ledger.reading() as connection:
        assert approvals.of_plan(connection, "plan-1") == ()


def test_what_a_guard_refuses_cannot_be_approved(ledger: Ledger) -> None:
    refused = replace(PLAN, guards=(GuardFinding("daily-budget", "all destinations", "too much", "spend less", None),))
    with pytest.raises(UnsafePlanError, match="daily-budget"):
        approve(ledger, refused, "maria", "test:1", "")
