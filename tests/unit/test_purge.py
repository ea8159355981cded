"""What is kept no longer is deleted, and what may still be applied or is needed stays."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from activator.config.workspace import Workspace, open_workspace
from activator.ledger import performance, plans
from activator.ledger.store import Ledger
from activator.model.performance import PerformanceRow
from activator.model.plan import Bindings, Plan
from activator.plan.files import content_id, save_plan
from activator.privacy.purge import Purged, purge
from tests.clocks import ManualClock
from tests.projects import PROJECT, write_project


class Project:
    """A project with a ledger and saved plans, on a clock the test moves."""

    def __init__(self, folder: Path) -> None:
        write_project(folder, PROJECT + "retention: {plans_days: 10, performance_days: 120}\n")
        self.workspace: Workspace = open_workspace(folder)
        self.clock = ManualClock()
        self.ledger = Ledger(self.workspace.state, self.clock)

    def saved(self, name: str, *, days_ago: int = 0, expires_in_hours: int = 24) -> Path:
        """A saved plan with one batch beside it."""
        made = self.clock.now() - timedelta(days=days_ago)
        bindings = Bindings("", 0, name, "", "", "", {}, self.clock.now() + timedelta(hours=expires_in_hours))
        plan = Plan("", made, name, bindings, (), (), (), (), (), (), ())
        plan = replace(plan, plan_id=content_id(plan))
        folder = self.workspace.plans / plan.plan_id
        folder.mkdir(parents=True)
        save_plan(plan, folder)
        (folder / "meta-high-add-00001.parquet").write_bytes(b"rows")
        os.utime(folder / "plan.json", (made.timestamp(), made.timestamp()))
        return folder

    def applied(self, folder: Path) -> None:
        with self.ledger.writing() as connection:
            plans.begin(connection, self.clock, folder.name, plans.serial(connection), "")
            plans.finish(connection, self.clock, folder.name, complete=True, uses=(), tiers={})

    def purge(self) -> Purged:
        return purge(self.workspace, self.ledger, self.clock)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.ledger.close()


def test_a_plan_that_may_still_be_applied_is_left_alone(project: Project) -> None:
    folder = project.saved("fresh")
    assert project.purge() == Purged()
    assert len(list(folder.iterdir())) == 3


def test_batches_of_a_plan_that_is_done_or_over_go_at_once_and_what_it_said_stays(project: Project) -> None:
    done, over = project.saved("done"), project.saved("over", expires_in_hours=-1)
    project.applied(done)
    assert project.purge() == Purged(batches=2)
    for folder in (done, over):
        assert sorted(path.name for path in folder.iterdir()) == ["plan.json", "plan.sha256"]


def test_old_plans_go_as_a_whole_but_the_one_applied_last(project: Project) -> None:
    first, last = project.saved("first", days_ago=11), project.saved("last", days_ago=11)
    project.applied(first)
    project.applied(last)
    assert project.purge().plans == 1
    assert (first.exists(), last.exists()) == (False, True)


def test_a_plan_nobody_can_read_and_one_being_made_are_told_apart(project: Project) -> None:
    spoilt = project.saved("spoilt", days_ago=1)
    (spoilt / "plan.json").write_text("{")
    making = project.workspace.plans / f"making-{os.getpid()}-x"
    making.mkdir()
    (making / "meta-high-add-00001.parquet").write_bytes(b"rows")
    assert project.purge() == Purged(batches=1)
    assert list(making.iterdir())


def test_old_reports_go_and_so_do_pulls_overtaken_long_ago(project: Project) -> None:
    def pull(day: date, spend: int) -> None:
        row = PerformanceRow("meta", "c", "g", "a", day, spend, 0, 0, 0, 0, "EUR")
        with project.ledger.writing() as connection:
            performance.record(connection, project.clock, [row])

    today = project.clock.now().date()
    pull(today, 1)
    pull(today - timedelta(days=100), 1)
    project.clock.advance(days=1)
    pull(today, 2)
    project.clock.advance(days=100)
    assert project.purge().performance_rows == 2, "the day that is too old, and the pull that was overtaken"
    with project.ledger.reading() as connection:
        kept = performance.latest(connection, date(2000, 1, 1), date(2100, 1, 1))
    assert [(row.day, row.spend_micros) for row in kept] == [(today, 2)]
