"""Every shipped mapping reads a sample of its tool's export into exactly what stands beside it in tests/samples/read.

Samples are invented, on example domains, with the mess each tool is known for. `read/<mapping>.jsonl` has one line per
row of the sample: the fields that are filled, and why the row cannot be used where it cannot.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activator.model.people import Outcome
from activator.people.engine import Engine, open_engine
from activator.people.mapping import canonical
from activator.people.pipeline import CanonicalSource, People, PeoplePolicy, TierCut, build_people
from activator.ports import RawExport
from connectors.crm.files import connector
from mappings.loader import recognise, shipped

SAMPLES = Path(__file__).parents[1] / "samples"
# Tools whose purchases stand in the same export as other events.
SAME_EXPORT = {"ga4_purchases": "ga4_events", "segment_orders": "segment_tracks"}
NAMES = [mapping.name for mapping in shipped()]
# One of each tool and entity that no story below is told of; the others take the same way, and a run costs seconds.
ACCOUNTED = (
    "klaviyo_profiles", "mailchimp_audience", "mixpanel_events", "segment_tracks", "delighted_responses",
    "shopify_customers", "shopify_orders", "zendesk_tickets", "zoho_contacts", "zoho_deals", "generic_accounts",
)  # fmt: skip
RATES = {"USD": Decimal("0.9"), "GBP": Decimal("1.2"), "JPY": Decimal("0.006"), "KWD": Decimal(3), "CHF": Decimal(1)}
POLICY = PeoplePolicy(
    default_country="DE",
    as_of=date(2026, 11, 1),
    currency="EUR",
    rates=RATES,
    tiers=(TierCut("high", Decimal("0.20")), TierCut("rest", None)),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def sample(name: str) -> Path:
    (path,) = SAMPLES.glob(f"{SAME_EXPORT.get(name, name)}.*")
    return path


@pytest.fixture(scope="module")
def exports(engine: Engine) -> dict[str, RawExport]:
    return {name: connector.read(engine.backend, name, sample(name)) for name in NAMES}


@pytest.fixture(scope="module")
def sources(engine: Engine, exports: dict[str, RawExport]) -> dict[str, CanonicalSource]:
    made = {}
    for mapping in shipped():
        relation = engine.materialise("canonical", canonical(exports[mapping.name], mapping))
        made[mapping.name] = CanonicalSource(mapping.name, mapping.entity, relation)
    return made


@pytest.fixture(scope="module")
def everyone(engine: Engine, sources: dict[str, CanonicalSource]) -> People:
    return build_people(engine, [sources[name] for name in ACCOUNTED], POLICY)


def people(engine: Engine, sources: dict[str, CanonicalSource], *names: str) -> People:
    return build_people(engine, [sources[name] for name in names], POLICY)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The filled fields of a row; dates as text, and no word on consent where nobody was asked."""
    plain = {
        field: value if isinstance(value, int | str) else str(value)
        for field, value in row.items()
        if value is not None
    }
    return {field: value for field, value in plain.items() if field != "source_row" and value != "unknown"}


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_is_read_exactly(sources: dict[str, CanonicalSource], name: str) -> None:
    rows = sources[name].table.order_by("source_row").to_pyarrow().to_pylist()
    expected = (SAMPLES / "read" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [told(row) for row in rows] == [json.loads(line) for line in expected]


@pytest.mark.parametrize("name", NAMES)
def test_the_export_is_recognised_in_any_order_and_among_others(exports: dict[str, RawExport], name: str) -> None:
    header = [*exports[name].header, "Our own property", "Another"]
    random.Random(name).shuffle(header)
    found = recognise(header)
    assert found[0][1] == 1
    assert name in [mapping.name for mapping, share in found if share == 1]
    if name not in SAME_EXPORT and name not in SAME_EXPORT.values():
        assert found[0][0].name == name


@pytest.mark.parametrize("name", ACCOUNTED)
def test_every_row_is_accounted_for(everyone: People, name: str) -> None:
    lines = (SAMPLES / "read" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    refused = Counter(row["invalid_reason"] for row in map(json.loads, lines) if "invalid_reason" in row)
    counts = [count for count in everyone.counts if count.source == name and count.destination in ("", "meta")]
    assert {count.reason: count.rows for count in counts if count.outcome is Outcome.INVALID} == refused
    assert sum(count.rows for count in counts) == len(lines)


def test_deals_count_for_their_first_contact_known_by_any_address(
    engine: Engine, sources: dict[str, CanonicalSource]
) -> None:
    found = people(engine, sources, "hubspot_contacts", "hubspot_deals", "segment_identifies")
    values = Counter(row["value_minor"] for row in found.people.to_pyarrow().to_pylist())
    # Ada 1200 - 200, Ben 349.50, Finn 1250, and nothing for the deal Chloé's company lost. Of Segment's people Ada is
    # known by her first address and Ben by his second; new@example.net is new beside the seven of HubSpot.
    assert values == {100000: 1, 34950: 1, 125000: 1, None: 5}


def test_an_opportunity_without_a_contact_counts_for_the_first_contact_of_its_account(
    engine: Engine, sources: dict[str, CanonicalSource]
) -> None:
    found = people(engine, sources, "salesforce_contacts", "salesforce_accounts", "salesforce_opportunities")
    values = {row["value_minor"] for row in found.people.to_pyarrow().to_pylist() if row["value_minor"]}
    assert values == {800050, 5200000}  # Ada for her company's, Ben as the contact of his own
    ended = {
        (c.source, c.outcome): c.rows for c in found.counts if c.outcome in (Outcome.MERGED, Outcome.NO_IDENTIFIER)
    }
    assert ended["salesforce_accounts", Outcome.MERGED] == 3
    assert ended["salesforce_accounts", Outcome.NO_IDENTIFIER] == 2
    assert ended["salesforce_opportunities", Outcome.NO_IDENTIFIER] == 2


def test_a_subscription_is_not_counted_beside_what_it_charged(
    engine: Engine, sources: dict[str, CanonicalSource]
) -> None:
    found = people(engine, sources, "stripe_charges", "stripe_subscriptions")
    assert sum(tier.value_minor for tier in found.tiers) == 3000 + 2000 + 0 + 3000  # the last in yen
    ended = {count.outcome for count in found.counts if count.source == "stripe_subscriptions"}
    # The company that never paid is a customer by its contract, worth nothing yet, and has consented to nothing.
    assert ended == {Outcome.MERGED, Outcome.NO_CONSENT, Outcome.NO_IDENTIFIER, Outcome.NOT_A_CUSTOMER}


def test_purchases_and_other_events_of_one_export_add_up(engine: Engine, sources: dict[str, CanonicalSource]) -> None:
    found = people(engine, sources, "ga4_purchases", "ga4_events")
    bought = sorted(row["value_minor"] for row in found.people.to_pyarrow().to_pylist() if row["value_minor"])
    assert bought == [9600, 12050]  # 80 pounds and 120.50 euros
    refused = {
        c.source: c.rows
        for c in found.counts
        if c.reason in ("ignored: not a purchase", "ignored: purchases are read as orders")
    }
    assert refused == {"ga4_purchases": 4, "ga4_events": 5}


def test_tickets_speak_like_answers(engine: Engine, sources: dict[str, CanonicalSource]) -> None:
    found = people(engine, sources, "generic_contacts", "generic_tickets", "generic_responses")
    said = {(row["source"], row["comment"]) for row in found.responses.to_pyarrow().to_pylist()}
    assert ("generic_tickets", "It broke, and downtime costs us money") in said
    assert ("generic_tickets", "Invoice?") in said  # the subject, where there is no comment
    assert ("generic_responses", "Too expensive") in said
    assert not any(comment == "Wants a cheaper price" for _, comment in said)  # nobody's
