"""Whatever a project file asks for, Google takes what the plan would make of it, or the plan has refused it before."""

import itertools
from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google.destination import connector
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.property.planned_objects import (
    COUNTRIES,
    FEW,
    LANDING_URLS,
    Trials,
    both_currencies,
    project_file,
    tiers_delivered,
)

_NUMBERS = itertools.count(1)

# Letters of every width; exclamation marks, symbols and telephone numbers are a matter of policy (would-be-refused).
LETTERS = st.sampled_from("abcdeXYZ äöüßéñ 日本語コーヒー 한국어 Ελλ Привет")
TEXTS = st.text(LETTERS, min_size=1, max_size=16).map(str.strip).filter(bool)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("900"), places=2, allow_nan=False)
RATIOS = st.decimals(Decimal("0.02"), Decimal("12"), places=4, allow_nan=False)
KEYWORDS = st.text(st.sampled_from("abc äö 123+-'&."), min_size=1, max_size=20).filter(str.strip)
ODD_KEYWORDS = st.sampled_from(["50% off", "[exact]", "a b c d e f g h i j k", "x" * 81])


@st.composite
def amounts(draw: st.DrawFn, currency: str) -> Decimal:
    """Mostly amounts the currency has; now and then a fraction of a yen."""
    amount = draw(AMOUNTS)
    whole = currency == "JPY" and draw(st.integers(0, 9)) != 5
    return amount.to_integral_value(ROUND_CEILING) if whole else amount


@st.composite
def bids(draw: st.DrawFn, strategy: str, currency: str) -> dict[str, Any]:
    if strategy == "manual_cpc":
        bid: dict[str, Any] = {"amount": str(draw(amounts(currency)))}
        return bid | ({"modifier": str(draw(RATIOS.filter(lambda ratio: ratio >= 1)))} if draw(st.booleans()) else {})
    bid = {"roas": str(draw(RATIOS))}
    return bid | ({"value_rule": str(draw(RATIOS))} if draw(st.booleans()) else {})


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """A project file with one Google destination, as its author may write it."""
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    tiers, delivered = draw(tiers_delivered())
    strategy = draw(st.sampled_from(["manual_cpc", "target_roas"]))
    options: dict[str, Any] = {
        "contains_eu_political_advertising": draw(st.booleans()),
        "targeting": draw(st.sampled_from(["targeting", "observation"])),
        "keywords": [{"text": text} for text in draw(st.lists(KEYWORDS, min_size=1, max_size=3))]
        + [{"text": draw(ODD_KEYWORDS)}] * (draw(st.integers(0, 9)) == 5),
        "languages": draw(st.sampled_from([[], ["de"], ["de", "en"], ["de", "de"]])),
        "membership_days": draw(st.integers(1, 540)),
        "customer_types": dict.fromkeys(delivered, "purchasers") if draw(st.booleans()) else {},
    }
    if draw(st.booleans()):
        options["path1"] = draw(TEXTS)[:15]
    google: dict[str, Any] = {
        "connector": "google",
        "account_id": "1234567890",
        "landing_url": draw(LANDING_URLS),
        "countries": draw(COUNTRIES),
        "strategy": strategy,
        "daily_budget": str(draw(amounts(currency))),
        "tiers": {tier: {"bid": draw(bids(strategy, currency))} for tier in delivered},
        "options": options,
    }
    if draw(st.booleans()):
        google["acquisition"] = {"in_market": ["80432"], "bid_share": "0.5"}
    somebody_new = options["targeting"] == "observation" or "acquisition" in google
    if strategy == "target_roas" and somebody_new:
        options["customer_types"] = {tier: ["high_value_customers", "purchasers"] for tier in delivered}
        google["new_customer_value"] = str(draw(amounts(currency)))
    copy = {
        "headlines": draw(st.lists(TEXTS, min_size=3, max_size=6, unique=True)),
        "descriptions": draw(st.lists(TEXTS, min_size=2, max_size=4, unique=True)),
        "message": "Hello",
    }
    return project_file(next(_NUMBERS), draw(TEXTS), currency, tiers, copy, "google", google)


TRIALS = Trials("google", connector, "campaign", ManualClock(), hang_up=lambda destination: destination.close())


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    with both_currencies(tmp_path_factory, "google") as started:
        yield started


@given(content=projects())
@FEW
def test_what_a_plan_makes_is_taken_and_found_as_wanted(
    sandboxes: dict[str, Sandbox], tmp_path: Path, content: dict[str, Any]
) -> None:
    TRIALS.try_out(content, sandboxes, tmp_path)


def test_most_of_them_were_not_simply_refused() -> None:
    TRIALS.were_not_simply_refused()
