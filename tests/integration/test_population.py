"""The people a plan is made of, read from a project's exports."""

from datetime import date
from pathlib import Path

from activator.config.workspace import open_workspace
from activator.people.engine import open_engine
from activator.plan.population import population
from tests.projects import write_project

TODAY = date(2026, 11, 25)


def spent_by(folder: Path, today: date) -> list[int]:
    """What the tiers have spent, best first, as a run of that day finds it, and keeps it for the next."""
    workspace = open_workspace(folder)
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        found = population(workspace, engine, today)
        spent = [tier.value_minor for tier in found.tiers]
        found.remember()
        return spent


def test_an_order_counts_from_its_day_on_whatever_earlier_runs_found(tmp_path: Path) -> None:
    write_project(tmp_path)
    people = "".join(f"{number},person{number}@example.com\n" for number in range(1, 6))
    (tmp_path / "contacts.csv").write_text(f"customer_id,email\n{people}", encoding="utf-8")
    orders = "".join(f"o{number},{number},2026-11-01,{number}0.00,EUR\n" for number in range(1, 6))
    tomorrow = "o6,1,2026-11-26,900.00,EUR\n"
    (tmp_path / "orders.csv").write_text(
        f"order_id,customer_id,ordered_at,amount,currency\n{orders}{tomorrow}", encoding="utf-8"
    )
    assert spent_by(tmp_path, TODAY)[0] == 5_000
    assert spent_by(tmp_path, date(2026, 11, 26))[0] == 91_000
