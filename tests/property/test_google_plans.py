"""Whatever a project file asks for, Google takes what the plan would make of it, or the plan has refused it before."""

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
from connectors.google.destination import connector
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock

FEW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking costs minutes of calls, and the first example says enough
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_NUMBERS = itertools.count(1)

# Letters of every width; exclamation marks, symbols and telephone numbers are a matter of policy (would-be-refused).
LETTERS = st.sampled_from("abcdeXYZ äöüßéñ 日本語コーヒー 한국어 Ελλ Привет")
TEXTS = st.text(LETTERS, min_size=1, max_size=16).map(str.strip).filter(bool)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("900"), places=2, allow_nan=False)
RATIOS = st.decimals(Decimal("0.02"), Decimal("12"), places=4, allow_nan=False)
KEYWORDS = st.text(st.sampled_from("abc äö 123+-'&."), min_size=1, max_size=20).filter(str.strip)
ODD_KEYWORDS = st.sampled_from(["50% off", "[exact]", "a b c d e f g h i j k", "x" * 81])

REASONS: list[ConfigurationError] = []


@st.composite
def amounts(draw: st.DrawFn, currency: str) -> Decimal:
    """Mostly amounts the currency has; now and then a fraction of a yen."""
    amount = draw(AMOUNTS)
    whole = currency == "JPY" and draw(st.integers(0, 9)) > 0
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
    tiers = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    strategy = draw(st.sampled_from(["manual_cpc", "target_roas"]))
    delivered = draw(st.lists(st.sampled_from(tiers), min_size=1, unique=True))
    suppressed = [tier for tier in tiers if tier not in delivered]
    shares = dict(zip(tiers[:-1], ("0.2", "0.5"), strict=False))
    options: dict[str, Any] = {
        "contains_eu_political_advertising": draw(st.booleans()),
        "targeting": draw(st.sampled_from(["targeting", "observation"])),
        "keywords": [{"text": text} for text in draw(st.lists(KEYWORDS, min_size=1, max_size=3))]
        + [{"text": draw(ODD_KEYWORDS)}] * (draw(st.integers(0, 9)) == 0),
        "languages": draw(st.sampled_from([[], ["de"], ["de", "en"], ["de", "de"]])),
        "membership_days": draw(st.integers(1, 540)),
        "customer_types": dict.fromkeys(delivered, "purchasers") if draw(st.booleans()) else {},
    }
    if draw(st.booleans()):
        options["path1"] = draw(TEXTS)[:15]
    google: dict[str, Any] = {
        "connector": "google",
        "account_id": "1234567890",
        "landing_url": draw(st.sampled_from(["https://shop.example/", "http://shop.example/a?b=c&d=%20#e"])),
        "countries": draw(st.sampled_from([["DE"], ["DE", "AT"], ["US", "JP"]])),
        "strategy": strategy,
        "daily_budget": str(draw(amounts(currency))),
        "tiers": {tier: {"bid": draw(bids(strategy, currency))} for tier in delivered},
        "options": options,
    }
    if draw(st.booleans()):
        google["acquisition"] = {"in_market": ["80432"], "bid_share": "0.5"}
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
                "headlines": draw(st.lists(TEXTS, min_size=3, max_size=6, unique=True)),
                "descriptions": draw(st.lists(TEXTS, min_size=2, max_size=4, unique=True)),
                "message": "Hello",
            }
        ],
        "destinations": {"google": google},
    }


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan would make, and the destination that would."""

    specs: tuple[ObjectSpec, ...]
    destination: Any


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sandbox]]:
    started = {}
    for currency in ("EUR", "JPY"):
        folder = tmp_path_factory.mktemp(currency)
        started[currency] = Sandbox(folder, settle_seconds=0, platforms=("google",), currency=currency).start()
    yield started
    for sandbox in started.values():
        sandbox.stop()


MADE: list["Planned"] = []


def planned(content: dict[str, Any], sandboxes: dict[str, Sandbox], folder: Path) -> Planned | None:
    """What is planned; None where the project file or the plan refuses it, naming what to do."""
    try:
        project = Project.model_validate(content)
    except ValueError:
        return None
    sandbox, section = sandboxes[project.currency], project.destinations["google"]
    settings_text = "".join(f"{name}={value}\n" for name, value in sandbox.settings().items())
    (folder / ".env").write_text(settings_text)
    try:
        specs = desired_objects(project, "google", "campaign", {}).specs
        destination = connector.open(
            DestinationContext(
                "google", project.project.id, section.account_digits, project.currency, project.time_zone, folder,
                section.options, ManualClock(), section.countries, markers(project, "google"),
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
    found.destination.close()
    assert {key: remote.platform_id for key, remote in seen.items()} == ids
    for spec in found.specs:
        assert dict(seen[spec.key].fields) == dict(found.destination.comparable(spec))


def test_most_of_them_were_not_simply_refused() -> None:
    assert len(MADE) >= 10
    assert all(refused.next_step for refused in REASONS)
