"""Amounts are shown whole on a terminal of 80 columns: one cut short would be none."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

from rich.console import Console
from rich.table import Table

from activator.cli.preview import _people
from activator.cli.value import _tiers
from activator.model.people import TierSummary
from activator.model.plan import Bindings, Plan
from activator.model.valuing import Valuing
from activator.people.forecast.backtest import Backtest
from activator.people.forecast.forecast import Method
from activator.plan.value_report import TierOutlook, ValueReport

NOW = datetime(2026, 11, 25, tzinfo=UTC)
OUTLOOK = TierOutlook("long_tail", 1_234, 9_000, 775_532_127, 29_842_200, 314_830_000, 251_864_000, 377_796_000, 0.27)


def printed(table: Table) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80, color_system=None).print(table)
    return stream.getvalue()


def test_what_tiers_are_worth_and_will_bring() -> None:
    tried = Backtest((), Method.PAST_SPEND, "", 0.8, 1.2)
    text = printed(_tiers(ValueReport(date(2026, 11, 25), "EUR", 700, Valuing(), tried, (OUTLOOK,), 0, False)))
    for amount in ("customers", "7,755,321", "298,422", "3,148,300", "2,518,640", "3,777,960", "27%"):
        assert amount in text
    assert "…" not in text


def test_customers_of_a_plan_by_value_and_a_long_name_in_two_lines() -> None:
    tier = TierSummary("key", 58, 1_161_818_989, 5_182_314, 116_704_475)
    bindings = Bindings("", 0, "", "", "", "", {}, NOW)
    tiers = (tier, replace(tier, tier="everybody_else_who_ever_bought"))
    text = printed(_people(Plan("p", NOW, "p", bindings, (), (), (), (), (), tiers, ()), "EUR"))
    for amount in ("11,618,189.89", "51,823.14", "1,167,044.75"):
        assert text.count(amount) == 2
    assert "…" not in text
