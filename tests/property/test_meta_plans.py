"""Whatever a project file asks for, Meta takes what the plan would make of it, or the plan has refused it before."""

import itertools
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activator.config.project import DestinationSection
from connectors.meta.destination import connector
from connectors.sandbox.clock import WallClock
from connectors.sandbox.server import Sandbox
from tests.property.planned_objects import (
    COUNTRIES,
    FEW,
    LANDING_URLS,
    Trials,
    both_currencies,
    project_file,
    tiers_delivered,
)

IMAGE = "0" * 32
_NUMBERS = itertools.count(1)

LETTERS = st.sampled_from("abcdeXYZ äöüßéñ 日本語コーヒー 한국어 Ελλ Привет &%+\"'<>\\{}[]😀")
TEXTS = st.text(LETTERS, min_size=1, max_size=24).map(str.strip).filter(bool)
BUDGETS = st.decimals(Decimal("1"), Decimal("900"), places=2, allow_nan=False)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("900"), places=2, allow_nan=False)
RATIOS = st.decimals(Decimal("0.02"), Decimal("12"), places=2, allow_nan=False)
LABELS = st.sampled_from(["HIGH_VALUE_CUSTOMERS", "LOW_VALUE_CUSTOMERS", "AT_RISK", "DISENGAGED", "QUALIFIED_LEADS"])


@st.composite
def amounts(draw: st.DrawFn, currency: str, numbers: st.SearchStrategy[Decimal]) -> str:
    """Mostly amounts the currency has; now and then a fraction of a yen. A yen budget has at least a hundred."""
    amount = draw(numbers) * (100 if currency == "JPY" else 1)
    whole = currency == "JPY" and draw(st.integers(0, 9)) != 5
    return str(amount.to_integral_value(ROUND_CEILING) if whole else amount.quantize(Decimal("0.01")))


@st.composite
def bids(draw: st.DrawFn, strategy: str, currency: str) -> dict[str, Any]:
    bid: dict[str, Any] = {}
    if strategy in ("bid_cap", "cost_cap"):
        bid["amount"] = draw(amounts(currency, AMOUNTS))
    if strategy == "min_roas":
        bid["roas"] = str(draw(RATIOS))
    return bid | ({"value_rule": str(draw(RATIOS))} if draw(st.booleans()) else {})


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """A project file with one Meta destination, as its author may write it."""
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    tiers, delivered = draw(tiers_delivered())
    strategy = draw(st.sampled_from(["lowest_cost", "bid_cap", "cost_cap", "min_roas"]))
    options: dict[str, Any] = {
        "customer_file_source": draw(st.sampled_from(["USER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"])),
        "call_to_action": draw(st.sampled_from(["SHOP_NOW", "LEARN_MORE"])),
        "audience_labels": {tier: draw(LABELS) for tier in delivered if draw(st.integers(0, 3))},
        "asset_feed": draw(st.integers(0, 4)) == 0,
        "image_hash": IMAGE,
        "dsa_beneficiary": draw(TEXTS),
        "dsa_payor": draw(TEXTS),
        "limited_data_use": draw(st.booleans()),
    }
    if draw(st.booleans()):
        options["retention_days"] = draw(st.integers(1, 180))
    meta: dict[str, Any] = {
        "connector": "meta",
        "account_id": "1020304050607080",
        "landing_url": draw(LANDING_URLS),
        "countries": draw(COUNTRIES),
        "strategy": strategy,
        "tiers": {
            tier: {"daily_budget": draw(amounts(currency, BUDGETS)), "bid": draw(bids(strategy, currency))}
            for tier in delivered
        },
        "options": options,
    }
    copy = {
        "headlines": draw(st.lists(TEXTS, min_size=1, max_size=6)),
        "descriptions": draw(st.lists(TEXTS, min_size=1, max_size=4)),
        "message": draw(TEXTS),
    }
    return project_file(next(_NUMBERS), draw(TEXTS), currency, tiers, copy, "meta", meta)


def with_what_there_is(sandbox: Sandbox, section: DestinationSection) -> Mapping[str, Any]:
    """The account's page and pixel with the options. It may have six sets of value rules; each project is the first."""
    for rule_set in sandbox.state.list("meta", "value_rule_set"):
        sandbox.state.delete("meta", "value_rule_set", rule_set["id"])
    ids = sandbox.identities()
    return {**section.options, "page_id": ids["meta_page_id"], "pixel_id": ids["meta_pixel_id"]}


TRIALS = Trials("meta", connector, "group", WallClock(), with_what_there_is)


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    with both_currencies(tmp_path_factory, "meta") as started:
        for sandbox in started.values():
            sandbox.state.put("meta", "image", f"{sandbox.identities()['meta_account_id']}:{IMAGE}", {"hash": IMAGE})
        yield started


@given(content=projects())
@FEW
def test_what_a_plan_makes_is_taken_and_found_as_wanted(
    sandboxes: dict[str, Sandbox], tmp_path: Path, content: dict[str, Any]
) -> None:
    TRIALS.try_out(content, sandboxes, tmp_path)


def test_most_of_them_were_not_simply_refused() -> None:
    TRIALS.were_not_simply_refused()
