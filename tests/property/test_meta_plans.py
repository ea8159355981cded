"""Whatever a project file asks for, Meta takes what the plan would make of it, or the plan has refused it before."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activator.config.project import Project
from activator.errors import ConfigurationError
from activator.model.ads import ObjectSpec
from activator.plan.desired import desired_objects, markers
from activator.ports import DestinationContext
from connectors.meta.destination import MetaDestination, connector
from connectors.sandbox.clock import WallClock
from connectors.sandbox.server import Sandbox

FEW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking costs minutes of calls, and the first example says enough
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
IMAGE = "0" * 32
_NUMBERS = itertools.count(1)

LETTERS = st.sampled_from("abcdeXYZ äöüßéñ 日本語コーヒー 한국어 Ελλ Привет &%+\"'<>\\{}[]😀")
TEXTS = st.text(LETTERS, min_size=1, max_size=24).map(str.strip).filter(bool)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
BUDGETS = st.decimals(Decimal("1"), Decimal("900"), places=2, allow_nan=False)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("900"), places=2, allow_nan=False)
RATIOS = st.decimals(Decimal("0.02"), Decimal("12"), places=2, allow_nan=False)
LABELS = st.sampled_from(["HIGH_VALUE_CUSTOMERS", "LOW_VALUE_CUSTOMERS", "AT_RISK", "DISENGAGED", "QUALIFIED_LEADS"])

REASONS: list[ConfigurationError] = []
MADE: list["Planned"] = []


@st.composite
def amounts(draw: st.DrawFn, currency: str, numbers: st.SearchStrategy[Decimal]) -> str:
    """Mostly amounts the currency has; now and then a fraction of a yen. A yen budget has at least a hundred."""
    amount = draw(numbers) * (100 if currency == "JPY" else 1)
    whole = currency == "JPY" and draw(st.integers(0, 9)) > 0
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
    tiers = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    strategy = draw(st.sampled_from(["lowest_cost", "bid_cap", "cost_cap", "min_roas"]))
    delivered = draw(st.lists(st.sampled_from(tiers), min_size=1, unique=True))
    suppressed = [tier for tier in tiers if tier not in delivered]
    shares = dict(zip(tiers[:-1], ("0.2", "0.5"), strict=False))
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
        "landing_url": draw(st.sampled_from(["https://shop.example/", "http://shop.example/a?b=c&d=%20#e"])),
        "countries": draw(st.sampled_from([["DE"], ["DE", "AT"], ["US", "JP"]])),
        "strategy": strategy,
        "tiers": {
            tier: {"daily_budget": draw(amounts(currency, BUDGETS)), "bid": draw(bids(strategy, currency))}
            for tier in delivered
        },
        "options": options,
    }
    return {
        "version": 1,
        "project": {"name": draw(TEXTS), "id": f"plans-{next(_NUMBERS)}"},
        "time_zone": "Europe/Berlin",
        "currency": currency,
        "sources": [{"name": "contacts", "path": "contacts.csv", "mapping": "generic_contacts"}],
        "tiers": [
            {"name": tier, "suppress": tier in suppressed, **({"top_share": shares[tier]} if tier in shares else {})}
            for tier in tiers
        ],
        "copy": [
            {
                "name": "plain",
                "motivation": "generic",
                "headlines": draw(st.lists(TEXTS, min_size=1, max_size=6)),
                "descriptions": draw(st.lists(TEXTS, min_size=0, max_size=4)),
                "message": draw(TEXTS),
            }
        ],
        "destinations": {"meta": meta},
    }


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan would make, and the destination that would."""

    specs: tuple[ObjectSpec, ...]
    destination: MetaDestination


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    started = {}
    for currency in ("EUR", "JPY"):
        folder = tmp_path_factory.mktemp(currency)
        started[currency] = Sandbox(folder, settle_seconds=0, platforms=("meta",), currency=currency).start()
    for sandbox in started.values():
        sandbox.state.put("meta", "image", f"{sandbox.identities()['meta_account_id']}:{IMAGE}", {"hash": IMAGE})
    yield started
    for sandbox in started.values():
        sandbox.stop()


def planned(content: dict[str, Any], sandboxes: dict[str, Sandbox], folder: Path) -> Planned | None:
    """What is planned; None where the project file or the plan refuses it, naming what to do."""
    try:
        project = Project.model_validate(content)
    except ValueError:
        return None
    sandbox, section = sandboxes[project.currency], project.destinations["meta"]
    for rule_set in sandbox.state.list("meta", "value_rule_set"):  # an account has six; every project is the first
        sandbox.state.delete("meta", "value_rule_set", rule_set["id"])
    settings_text = "".join(f"{name}={value}\n" for name, value in sandbox.settings().items())
    (folder / ".env").write_text(settings_text)
    ids = sandbox.identities()
    options = {**section.options, "page_id": ids["meta_page_id"], "pixel_id": ids["meta_pixel_id"]}
    try:
        specs = desired_objects(project, "meta", "group", {}).specs
        destination = connector.open(
            DestinationContext(
                "meta", project.project.id, section.account_digits, project.currency, project.time_zone, folder,
                options, WallClock(), section.countries, markers(project, "meta"),
            )
        )  # fmt: skip
        for spec in specs:
            destination.comparable(spec)
    except ConfigurationError as refused:
        REASONS.append(refused)
        return None
    return Planned(specs, destination)


@given(content=projects())
@FEW
def test_what_a_plan_makes_is_taken_and_found_as_wanted(
    sandboxes: dict[str, Sandbox], tmp_path: Path, content: dict[str, Any]
) -> None:
    found = planned(content, sandboxes, tmp_path)
    if found is None:
        return
    MADE.append(found)
    ids: dict[str, str] = {}
    for spec in found.specs:
        ids[spec.key] = found.destination.create(spec, ids).platform_id
    seen = found.destination.observe().by_key()
    assert {key: remote.platform_id for key, remote in seen.items()} == ids
    for spec in found.specs:
        assert dict(seen[spec.key].fields) == dict(found.destination.comparable(spec))


def test_most_of_them_were_not_simply_refused() -> None:
    assert len(MADE) >= 10
    assert all(refused.next_step for refused in REASONS)
