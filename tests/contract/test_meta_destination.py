"""The Meta destination against the shipped sandbox over real HTTPS: what the ports promise, kept through faults."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from activator.errors import AuthenticationRequiredError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AdSpec, AudienceSpec, Bid, BidStrategy, CampaignSpec, CopyVariant, GroupSpec, ObjectSpec
from activator.model.checks import Severity
from activator.model.delivery import Operation, Settlement
from activator.model.naming import marked_name, marker
from activator.model.split_test import SplitCell, SplitTest
from activator.ports import Destination, DestinationContext, SplitTesting
from connectors.meta.destination import connector
from connectors.sandbox.clock import WallClock
from connectors.sandbox.server import Sandbox
from tests.unit.meta_account import HandClock, digest, members


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0) as running:
        yield running


class Account:
    """One project of its own on the sandbox's account, so that tests do not see each other's objects."""

    def __init__(self, sandbox: Sandbox, folder: Path, project: str) -> None:
        self.sandbox = sandbox
        self.project = project
        self.clock = HandClock(WallClock().now())  # the sandbox's
        self.ids: dict[str, str] = {}
        self.folder = folder
        self.destination = self.open()

    def open(
        self,
        read_timeout_seconds: int = 60,
        settings: dict[str, str] | None = None,
        options: dict[str, Any] | None = None,
        **other: str,
    ) -> Destination:
        settings = {
            **self.sandbox.settings(),
            "ACTIVATOR_META__READ_TIMEOUT_SECONDS": str(read_timeout_seconds),
            **(settings or {}),
        }
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        identities = self.sandbox.identities()
        keys = [spec.key for spec in self.specs()]
        return connector.open(
            DestinationContext(
                name="meta",
                project_id=self.project,
                account_id=other.get("account_id", identities["meta_account_id"]),
                currency=identities["currency"],
                time_zone=other.get("time_zone", identities["time_zone"]),
                project_dir=self.folder,
                options={
                    "page_id": identities["meta_page_id"],
                    "pixel_id": identities["meta_pixel_id"],
                    "dsa_beneficiary": "Brand GmbH",
                    "dsa_payor": "Brand GmbH",
                    **(options or {}),
                },
                clock=self.clock,
                countries=("DE", "AT"),
                markers={marker(self.project, "meta", key): key for key in keys},
            )
        )

    def named(self, label: str, key: str) -> str:
        return marked_name(label, self.project, "meta", key)

    def audience(self, tier: str) -> AudienceSpec:
        key = f"audience/{tier}"
        return AudienceSpec(key, self.named(f"Brand {tier}", key), "Customers by value", tier, suppress=tier == "lost")

    def group(self, tier: str, other: str, bid: Bid) -> GroupSpec:
        key = f"group/{tier}"
        excluded = (f"audience/{other}", "audience/lost")
        return GroupSpec(
            key, self.named(tier, key), "campaign", tier, f"audience/{tier}", excluded, 2500, bid, ("DE", "AT")
        )

    def ad(self, tier: str) -> AdSpec:
        key = f"ad/{tier}/warm"
        variant = CopyVariant("warm", "comfort", ("Stay warm",), ("Wool for years",), "Made for winter.")
        return AdSpec(key, self.named(key, key), f"group/{tier}", variant, "https://shop.example/w", "utm_source=meta")

    def specs(self) -> list[ObjectSpec]:
        return [
            *(self.audience(tier) for tier in ("gold", "silver", "lost")),
            CampaignSpec("campaign", self.named("Brand", "campaign"), None, BidStrategy.MIN_ROAS),
            self.group("gold", "silver", Bid(BidStrategy.MIN_ROAS, roas_bp=20_000)),
            self.group("silver", "gold", Bid(BidStrategy.BID_CAP, amount_minor=150)),
            self.ad("gold"),
            self.ad("silver"),
        ]

    def batch(self, number: int = 1) -> str:
        """Ids of upload sessions are unique in an account, and batch ids everywhere."""
        return hashlib.sha256(f"{self.project} {number}".encode()).hexdigest()[:32]

    def create(self, spec: ObjectSpec) -> None:
        self.ids[spec.key] = self.destination.create(spec, self.ids).platform_id

    def create_everything(self) -> None:
        for spec in self.specs():
            self.create(spec)

    def calls(self) -> int:
        return len(self.sandbox.calls("meta"))


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Account:
    sandbox.state.faults.clear()
    return Account(sandbox, tmp_path, request.node.name)


def test_what_is_created_is_observed_as_wanted_and_paused(account: Account) -> None:
    account.create_everything()

    observation = account.destination.observe()

    seen = observation.by_key()
    assert observation.complete
    assert {key: remote.platform_id for key, remote in seen.items()} == account.ids
    for spec in account.specs():
        assert seen[spec.key].fields == account.destination.comparable(spec), spec.key
        if spec.key.split("/")[0] != "audience":
            assert seen[spec.key].status == "PAUSED"


def test_observing_costs_four_calls_and_sees_nothing_of_others(account: Account) -> None:
    before = account.calls()

    observation = account.destination.observe()

    assert account.calls() - before == 4
    assert observation.objects == ()


def test_what_people_changed_by_hand_is_brought_back(account: Account) -> None:
    account.create_everything()
    campaign, gold = account.specs()[3], account.specs()[4]
    assert isinstance(campaign, CampaignSpec)
    assert isinstance(gold, GroupSpec)
    wanted: list[ObjectSpec] = [
        replace(campaign, name=account.named("Renamed", "campaign")),
        replace(
            gold,
            daily_budget_minor=9900,
            bid=Bid(BidStrategy.LOWEST_COST),
            countries=("FR",),
            excluded_audience_keys=("audience/lost",),
        ),
        replace(account.ad("gold"), landing_url="https://shop.example/new"),
    ]
    before = account.destination.observe().by_key()

    for spec in wanted:
        account.destination.update(spec, before[spec.key], account.ids)

    after = account.destination.observe().by_key()
    for spec in wanted:
        assert after[spec.key].fields == account.destination.comparable(spec), spec.key
        assert after[spec.key].platform_id == before[spec.key].platform_id


def test_labels_value_rules_and_lookalikes_are_made_once_and_read_back(account: Account) -> None:
    options = {"audience_labels": {"gold": "HIGH_VALUE_CUSTOMERS"}, "lookalike_percent": {"gold": 1}}
    account.destination = account.open(options=options)
    gold = account.audience("gold")
    ruled = account.group("gold", "silver", Bid(BidStrategy.BID_CAP, amount_minor=150, value_bp=13_000))
    for spec in (*account.specs()[:4], ruled):
        account.create(spec)
    account.destination.send(Operation.ADD, account.ids[gold.key], members(500), account.batch())
    account.sandbox.settle()

    filled = account.destination.observe().by_key()
    assert filled[gold.key].fields["lookalike"] == ""
    account.destination.update(gold, filled[gold.key], account.ids)
    dearer = replace(ruled, bid=replace(ruled.bid, value_bp=15_000))
    account.destination.update(dearer, filled[ruled.key], account.ids)

    after = account.open(options=options).observe().by_key()
    assert after[gold.key].fields == account.destination.comparable(gold)
    assert after[ruled.key].fields == account.destination.comparable(dearer)
    assert len(account.sandbox.state.list("meta", "value_rule_set")) == 1


def test_an_asset_feed_is_taken_and_read_back(account: Account) -> None:
    account.destination = account.open(options={"asset_feed": True, "image_hash": "0" * 32})
    gold = account.ad("gold")
    several = replace(gold, variant=replace(gold.variant, headlines=("Stay warm", "Be warm"), descriptions=("a", "b")))
    for spec in (*account.specs()[:5], several):
        account.create(spec)

    seen = account.destination.observe().by_key()[several.key]

    assert seen.fields == account.destination.comparable(several)


def test_a_value_based_list_takes_members_with_their_value(account: Account) -> None:
    account.create(replace(account.audience("gold"), value_based=True))
    audience_id = account.ids["audience/gold"]
    people = members(150).append_column("LOOKALIKE_VALUE", pa.array([float(number) for number in range(150)]))

    assert account.destination.send(Operation.ADD, audience_id, people, account.batch()).settled == 150
    assert account.destination.send(Operation.REMOVE, audience_id, people, account.batch(2)).settled == 150


def test_every_bid_can_follow_every_other(account: Account) -> None:
    account.create_everything()
    group = account.group("gold", "silver", Bid(BidStrategy.LOWEST_COST))
    bids = [
        Bid(BidStrategy.LOWEST_COST),
        Bid(BidStrategy.BID_CAP, amount_minor=150),
        Bid(BidStrategy.MIN_ROAS, roas_bp=30_000),
        Bid(BidStrategy.COST_CAP, amount_minor=900),
    ]
    for bid in (wanted for pair in itertools.permutations(bids, 2) for wanted in pair):
        spec = replace(group, bid=bid)
        account.destination.update(spec, account.destination.observe().by_key()[spec.key], account.ids)
        assert account.destination.observe().by_key()[spec.key].fields == account.destination.comparable(spec)


def test_a_split_test_is_started_once(account: Account) -> None:
    account.create_everything()
    cells = tuple(SplitCell(tier, 50, group_ids=(account.ids[f"group/{tier}"],)) for tier in ("gold", "silver"))
    starts_at = account.clock.now()
    test = SplitTest("spring", "Gold against silver", cells, starts_at, starts_at + timedelta(days=14))
    destination = account.destination
    assert isinstance(destination, SplitTesting)

    assert destination.start_split_test(test) == destination.start_split_test(test)


def test_members_come_and_go(account: Account) -> None:
    account.create(account.audience("gold"))
    audience_id = account.ids["audience/gold"]

    added = account.destination.send(Operation.ADD, audience_id, members(300), account.batch())
    again = account.destination.send(Operation.ADD, audience_id, members(300), account.batch())
    account.sandbox.settle()
    assert account.sandbox.member_count("meta", audience_id) == 300
    removed = account.destination.send(Operation.REMOVE, audience_id, members(100), account.batch(2))
    account.sandbox.settle()

    assert account.sandbox.member_count("meta", audience_id) == 200
    assert [(one.settlement, one.settled) for one in (added, again, removed)] == [
        (Settlement.SETTLED, 300),
        (Settlement.SETTLED, 300),
        (Settlement.SETTLED, 100),
    ]


def test_a_full_batch_fits_in_one_call(account: Account) -> None:
    account.create(account.audience("gold"))
    columns = ("EMAIL", "PHONE", "FN", "LN", "CT", "ST", "ZIP", "COUNTRY", "GEN", "DOBY", "DOBM", "DOBD")
    table = pa.table({name: [digest(row * 100 + place) for row in range(10_000)] for place, name in enumerate(columns)})
    before = account.calls()

    for operation, batch in ((Operation.ADD, account.batch()), (Operation.REMOVE, account.batch(2))):
        assert account.destination.send(operation, account.ids["audience/gold"], table, batch).settled == 10_000

    assert account.calls() - before == 2


def test_a_create_whose_answer_is_lost_is_found_by_its_marker(account: Account) -> None:
    account.sandbox.fault("timeout_after_effect", "meta", method="POST customaudiences")

    with pytest.raises(OutcomeUnknownError):
        account.open(read_timeout_seconds=1).create(account.audience("gold"), {})

    assert "audience/gold" in account.destination.observe().by_key()


def test_a_creative_left_behind_by_a_lost_ad_is_used_again(account: Account) -> None:
    for spec in account.specs()[:5]:
        account.create(spec)
    account.sandbox.fault("reset", "meta", method="POST ads")
    with pytest.raises(OutcomeUnknownError):
        account.create(account.ad("gold"))
    creatives = len([call for call in account.sandbox.calls("meta") if call.method == "POST adcreatives"])

    account.destination = account.open()  # as after a restart
    account.create(account.ad("gold"))

    after = len([call for call in account.sandbox.calls("meta") if call.method == "POST adcreatives"])
    assert after == creatives
    assert "ad/gold/warm" in account.destination.observe().by_key()


@pytest.mark.parametrize("fault", ["http_500_html", "timeout_after_effect", "timeout_before_effect", "reset"])
def test_a_send_without_an_answer_is_unknown_and_can_be_sent_again(account: Account, fault: str) -> None:
    account.create(account.audience("gold"))
    audience_id = account.ids["audience/gold"]
    account.sandbox.fault(fault, "meta", method="POST users")

    with pytest.raises(OutcomeUnknownError):
        account.open(read_timeout_seconds=1).send(Operation.ADD, audience_id, members(200), account.batch())
    receipt = account.destination.send(Operation.ADD, audience_id, members(200), account.batch())
    account.sandbox.settle()

    assert receipt.settled == 200
    assert account.sandbox.member_count("meta", audience_id) == 200


@pytest.mark.parametrize("fault", ["http_500_html", "reset", "rate_limited"])
def test_observing_gets_over_passing_faults(account: Account, fault: str) -> None:
    account.create_everything()
    account.sandbox.fault(fault, "meta", count=2, method="GET")

    assert len(account.destination.observe().objects) == len(account.specs())
    assert account.clock.slept


def test_a_rate_limited_send_waits_as_told_and_is_then_made(account: Account) -> None:
    account.create(account.audience("gold"))
    account.sandbox.fault("rate_limited", "meta", method="POST users")

    receipt = account.destination.send(Operation.ADD, account.ids["audience/gold"], members(5), account.batch())

    assert receipt.settled == 5
    assert sum(account.clock.slept) >= 60


def test_terms_not_accepted_need_a_human(account: Account) -> None:
    account.create(account.audience("gold"))
    account.sandbox.change_meta_account(tos_accepted={})
    try:
        with pytest.raises(AuthenticationRequiredError) as raised:
            account.destination.send(Operation.ADD, account.ids["audience/gold"], members(5), account.batch())
        findings = {finding.check: finding.severity for finding in account.destination.check()}
    finally:
        account.sandbox.change_meta_account(tos_accepted={"custom_audience_tos": 1})

    assert "tos" in raised.value.next_step
    assert findings["meta.terms"] is Severity.ERROR


def test_a_wrong_token_needs_a_human_and_is_not_tried_twice(account: Account) -> None:
    before = account.calls()

    with pytest.raises(AuthenticationRequiredError) as raised:
        account.open(settings={"ACTIVATOR_META__ACCESS_TOKEN": "EAAwrong"}).observe()

    assert account.calls() - before <= 1
    assert "ACTIVATOR_META__ACCESS_TOKEN" in raised.value.next_step


def test_a_wrong_app_secret_needs_a_human(account: Account) -> None:
    with pytest.raises(AuthenticationRequiredError) as raised:
        account.open(settings={"ACTIVATOR_META__APP_SECRET": "wrong"}).observe()

    assert "ACTIVATOR_META__APP_SECRET" in raised.value.next_step


def test_a_certificate_nobody_vouches_for_is_refused_at_once(account: Account) -> None:
    with pytest.raises(PermanentRefusalError) as raised:
        account.open(settings={"ACTIVATOR_META__CA_FILE": ""}).observe()

    assert "ACTIVATOR_META__CA_FILE" in raised.value.next_step
    assert account.clock.slept == []


def test_an_account_that_is_not_there_is_refused(account: Account) -> None:
    with pytest.raises(PermanentRefusalError):
        account.open(account_id="999").observe()


def test_doctor_finds_a_healthy_account_healthy_and_a_wrong_zone_wrong(account: Account) -> None:
    healthy = account.destination.check()
    wrong = account.open(time_zone="America/New_York").check()

    assert {finding.severity for finding in healthy} == {Severity.OK}
    assert [finding.check for finding in wrong if finding.severity is Severity.ERROR] == ["meta.time_zone"]


def test_performance_is_ours_by_ad_and_day(account: Account) -> None:
    account.create_everything()
    for number, tier in enumerate(("gold", "silver")):
        account.destination.send(Operation.ADD, account.ids[f"audience/{tier}"], members(500), account.batch(number))
    account.sandbox.settle()
    account.sandbox.activate(days_ago=7, platform="meta")
    # The sandbox lives by the wall's clock; the window is generous enough for any day.
    today = HandClock().now().date()

    rows = list(account.destination.performance(today - timedelta(days=400), today + timedelta(days=400)))

    mine = [row for row in rows if row.ad_id in (account.ids["ad/gold/warm"], account.ids["ad/silver/warm"])]
    assert {row.ad_id for row in mine} == {account.ids["ad/gold/warm"], account.ids["ad/silver/warm"]}
    assert len({(row.ad_id, row.day) for row in mine}) == len(mine)
    assert all(row.currency == "EUR" and row.campaign_id == account.ids["campaign"] for row in mine)
    assert sum(row.spend_micros for row in mine) > 0


def test_pausing_stops_what_runs(account: Account) -> None:
    account.create_everything()
    account.sandbox.activate(days_ago=1, platform="meta")
    running = account.destination.observe().by_key()["ad/gold/warm"]
    assert running.status == "ACTIVE"

    account.destination.pause(running)
    account.destination.pause(running)

    assert account.destination.observe().by_key()["ad/gold/warm"].status == "PAUSED"
