"""The people a plan is made of, read from a project's exports."""

from datetime import date
from pathlib import Path

from activator.config.workspace import open_workspace
from activator.people.engine import open_engine
from activator.plan.population import population
from tests.projects import write_project

TODAY = date(2026, 11, 25)


def export(folder: Path, *more_orders: str) -> None:
    write_project(folder)
    people = "".join(f"{number},person{number}@example.com\n" for number in range(1, 6))
    (folder / "contacts.csv").write_text(f"customer_id,email\n{people}", encoding="utf-8")
    orders = [f"o{number},{number},2026-11-01,{number}0.00,EUR" for number in range(1, 6)]
    lines = ["order_id,customer_id,ordered_at,amount,currency", *orders, *more_orders, ""]
    (folder / "orders.csv").write_text("\n".join(lines), encoding="utf-8")


def found_on(folder: Path, today: date) -> tuple[int, bool]:
    """What the best tier has spent, as a run of that day finds it, and whether it read the exports for that."""
    workspace = open_workspace(folder)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        found = population(workspace, engine, today)
        spent = found.tiers[0].value_minor
        found.remember()
        return spent, "people" in vars(found)


def test_an_order_counts_from_its_day_on_whatever_earlier_runs_found(tmp_path: Path) -> None:
    export(tmp_path, "o6,1,2026-11-26,900.00,EUR")
    assert found_on(tmp_path, TODAY) == (5_000, True)
    assert found_on(tmp_path, TODAY) == (5_000, False)
    assert found_on(tmp_path, date(2026, 11, 26)) == (91_000, True)
    assert found_on(tmp_path, date(2026, 11, 27)) == (91_000, False)


def test_without_orders_of_days_to_come_another_day_changes_nothing(tmp_path: Path) -> None:
    export(tmp_path)
    assert found_on(tmp_path, TODAY) == (5_000, True)
    assert found_on(tmp_path, date(2026, 11, 26)) == (5_000, False)
    assert found_on(tmp_path, date(2026, 11, 24)) == (5_000, True)  # a clock put back: nobody knows what was ahead then
