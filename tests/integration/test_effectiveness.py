"""`activator segments effectiveness` on exports, kept memberships and the ledger's figures of ads."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from activator.cli.main import app
from activator.config.workspace import open_workspace
from activator.errors import ConfigurationError
from activator.ledger import objects, performance
from activator.ledger.store import Ledger
from activator.model.performance import PerformanceRow
from tests.clocks import ManualClock
from tests.projects import PROJECT, write_project

SEGMENTS = """\
segments:
  - {name: quiet, title: Win back who is quiet, who: {field: days_since_last_order, at_least: 30}}
  - {name: active, title: Thank who is active, who: {field: days_since_last_order, at_most: 29}}
"""
AD: dict[str, Any] = {"campaign_id": "1", "group_id": "2", "currency": "EUR", "impressions": 1_000}


def shop(folder: Path, until: date, as_of: str, extra: str = "") -> Path:
    """Eighty customers: 1 to 40 buy in May for 10 and June for 20, 41 to 80 in April only; no order after until."""
    text = PROJECT.replace("identity:", f"value: {{as_of: {as_of}}}\nidentity:") + SEGMENTS + extra
    write_project(folder, text)
    rows = [(n, date(2026, month, 10), amount) for n in range(1, 41) for month, amount in ((5, 10), (6, 20))]
    rows += [(n, date(2026, 4, 10), 1) for n in range(41, 81)]
    orders = [f"{n}-{on},{n},{on} 10:00,{amount}.00,EUR" for n, on, amount in rows if on <= until]
    contacts = [f"{n},p{n}@example.com,granted,granted" for n in range(1, 81)]
    named = "customer_id,email,consent_ad_user_data,consent_ad_personalization"
    (folder / "contacts.csv").write_text("\n".join([named, *contacts]) + "\n", encoding="utf-8")
    header = "order_id,customer_id,ordered_at,amount,currency"
    (folder / "orders.csv").write_text("\n".join([header, *orders]) + "\n", encoding="utf-8")
    return folder


def asked(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["segments", *arguments, "-C", str(folder)], catch_exceptions=False)


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(asked(folder, "effectiveness", "--json", *arguments).output)
    return answer


def test_a_segments_people_are_those_of_before_both_months(tmp_path: Path) -> None:
    """On 30 April 41 to 80 were active and nobody was quiet: of the quiet today's are shown, and dated."""
    shop(tmp_path, date(2026, 4, 30), "2026-04-30")
    asked(tmp_path)
    shop(tmp_path, date(2026, 6, 30), "2026-06-30")
    found = told(tmp_path)
    assert found["month"] == "2026-06"
    by_name = {each["group"]: each for each in found["segments"]}
    assert (by_name["active"]["people"], by_name["active"]["fixed_on"]) == (40, "2026-04-30")
    assert by_name["active"]["revenue_minor"] == 0
    assert (by_name["quiet"]["people"], by_name["quiet"]["fixed_on"]) == (40, "2026-06-30")


def test_without_memberships_from_then_todays_are_used_and_dated(tmp_path: Path) -> None:
    shop(tmp_path, date(2026, 6, 30), "2026-06-30")
    by_name = {each["group"]: each for each in told(tmp_path)["segments"]}
    active = by_name["active"]
    assert (active["fixed_on"], active["people"], active["buyers_before"], active["buyers"]) == (
        "2026-06-30",
        40,
        40,
        40,
    )
    assert (active["revenue_before_minor"], active["revenue_minor"]) == (40_000, 80_000)
    said = asked(tmp_path, "effectiveness")
    assert "+100%" in said.output
    assert "Holds: customers of `high` are worth the most" in said.output
    assert "Nobody is held out" in said.output
    assert "Nothing is known of advertising in 2026-06" in said.output
    assert said.exit_code == 0


def test_the_ledgers_figures_are_compared_with_texts_for_everybody(tmp_path: Path) -> None:
    risk = "  - {name: risk_a, motivation: risk, headlines: [a, b, c], descriptions: [d, e], message: m}\n"
    shop(tmp_path, date(2026, 6, 30), "2026-06-30")
    file = tmp_path / "activator.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("destinations:\n", f"{risk}destinations:\n"), encoding="utf-8"
    )
    clock = ManualClock()
    ledger = Ledger(open_workspace(tmp_path).ledger_place, clock)
    figures: dict[str, Any] = {
        "spend_micros": 10_000_000,
        "clicks": 500,
        "day": date(2026, 6, 10),
        "destination": "meta",
        **AD,
    }
    with ledger.writing() as connection:
        for number, key in (("7", "ad/high/risk_a"), ("8", "ad/low/plain_a")):
            objects.intend(connection, clock, "p", "meta", "ad", key, key)
            objects.acknowledge(connection, "meta", key, number)
        own = PerformanceRow(ad_id="7", conversions_milli=60_000, value_micros=90_000_000, **figures)
        other = PerformanceRow(ad_id="8", conversions_milli=40_000, value_micros=20_000_000, **figures)
        foreign = PerformanceRow(ad_id="9", conversions_milli=99_000, value_micros=1, **figures)
        performance.record(connection, clock, [own, other, foreign])
    ledger.close()
    said = asked(tmp_path, "effectiveness", "--month", "2026-06").output
    assert "against texts for everybody: 1.50 times (90 % interval" in said
    assert "60 of 500 against 40 of 500" in said
    assert "meta: figures of 1 of 30 days." in said
    compared = told(tmp_path)["advertising"]["baseline"]["meta EUR"]
    assert compared["group"] == {"counted_milli": 60_000, "of": 500}


def test_who_is_held_out_is_the_baseline_of_advertising_as_a_whole(tmp_path: Path) -> None:
    shop(tmp_path, date(2026, 6, 30), "2026-06-30", "holdout: {name: autumn, share: 0.5}\n")
    found = told(tmp_path)["against_held_out"]
    assert found["group"]["of"] + found["baseline"]["of"] == 80
    assert found["group"]["of"] > 10
    assert found["baseline"]["of"] > 10
    assert found["group"]["counted_milli"] + found["baseline"]["counted_milli"] == 40_000
    assert found["ratio"] is None
    assert "too few to compare, 30 of each are needed" in asked(tmp_path, "effectiveness").output


def test_a_month_the_exports_do_not_cover_is_refused(tmp_path: Path) -> None:
    shop(tmp_path, date(2026, 6, 20), "2026-06-20")
    with pytest.raises(
        ConfigurationError, match="2026-06 is not over in the exports, which reach 2026-06-20"
    ) as refused:
        asked(tmp_path, "effectiveness", "--month", "2026-06")
    assert "Ask for 2026-05" in refused.value.next_step
