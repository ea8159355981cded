"""The Google destination against the shipped sandbox over real gRPC: what the ports promise, kept through faults."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from activator.errors import AuthenticationRequiredError, ConfigurationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AdSpec, AudienceSpec, Bid, BidStrategy, CampaignSpec, CopyVariant, GroupSpec, ObjectSpec
from activator.model.checks import Severity
from activator.model.delivery import Operation, Settlement
from activator.model.naming import marked_name, marker
from activator.model.plan import CreateObject, UpdateObject
from activator.model.reports import Cut
from activator.ports import Destination, DestinationContext, RehearsingDestination, ReportingDestination
from connectors.google.costs import operations_of
from connectors.google.destination import connector
from connectors.google.options import read_options
from connectors.sandbox.clock import WallClock
from connectors.sandbox.google.calls import deny
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock

BATCH = "0123456789abcdef" * 2
OPTIONS: dict[str, Any] = {
    "contains_eu_political_advertising": False,
    "targeting": "targeting",
    "keywords": [{"text": "coffee beans"}, {"text": "espresso", "match": "exact"}],
    "languages": ["de", "en"],
    "customer_match_terms_accepted": True,
    "countries": ("DE", "AT"),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0) as running:
        yield running


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def members(first: int, rows: int) -> pa.Table:
    """People numbered from first, with an e-mail, a phone and an address each."""
    numbers = range(first, first + rows)
    return pa.table(
        {
            "emails": [[digest(f"{number}@shop.example")] for number in numbers],
            "phones": [[digest(f"+49170{number:07}")] for number in numbers],
            "given_name": [digest(f"given{number}") for number in numbers],
            "family_name": [digest(f"family{number}") for number in numbers],
            "region_code": ["DE"] * rows,
            "postal_code": ["10115"] * rows,
        }
    )


class Account:
    """One project of its own on the sandbox's account, so that tests do not see each other's objects."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, project: str, clock: ManualClock | None = None, **options: Any
    ) -> None:
        self.sandbox = sandbox
        self.project = project
        self.ids: dict[str, str] = {}
        self.options = {**OPTIONS, **options}
        self._folder = folder
        self.clock = clock or ManualClock(WallClock().now())
        self.destination = self.open()

    def settled(self) -> None:
        """Google has processed everything, and enough time has passed to ask about it."""
        self.sandbox.settle()
        self.clock.advance(seconds=1)

    def open(self, **other: Any) -> Destination:
        identities = self.sandbox.identities()
        settings = {**self.sandbox.settings(), **other.get("settings", {})}
        (self._folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        keys = [*(spec.key for spec in self.specs()), *other.get("markers", ())]
        return connector.open(
            DestinationContext(
                name="google",
                project_id=self.project,
                account_id=other.get("account_id", identities["google_customer_id"]),
                currency=identities["currency"],
                time_zone=other.get("time_zone", identities["time_zone"]),
                project_dir=self._folder,
                options={**self.options, **other.get("options", {})},
                clock=self.clock,
                markers={marker(self.project, "google", key): key for key in keys},
                **other.get("context", {}),
            )
        )

    def named(self, label: str, key: str) -> str:
        return marked_name(label, self.project, "google", key)

    def audience(self, tier: str) -> AudienceSpec:
        key = f"audience/{tier}"
        return AudienceSpec(key, self.named(f"Brand {tier}", key), "Customers by value", tier, suppress=tier == "lost")

    def campaign(self) -> CampaignSpec:
        return CampaignSpec("campaign", self.named("Brand", "campaign"), 5_000, BidStrategy.MANUAL_CPC)

    def group(self, tier: str, other: str, modifier_bp: int | None) -> GroupSpec:
        key = f"group/{tier}"
        excluded = (f"audience/{other}", "audience/lost")
        bid = Bid(BidStrategy.MANUAL_CPC, amount_minor=120, modifier_bp=modifier_bp)
        return GroupSpec(
            key, self.named(tier, key), "campaign", tier, f"audience/{tier}", excluded, None, bid, ("DE", "AT")
        )

    def ad(self, tier: str) -> AdSpec:
        key = f"ad/{tier}/warm"
        variant = CopyVariant(
            "warm",
            "comfort",
            ("Stay warm", "Wool for years", "Made for winter"),
            ("Warm from the first day.", "Knitted to last."),
            "Made for winter.",
        )
        return AdSpec(
            key, self.named("warm", key), f"group/{tier}", variant, "https://shop.example/", "utm_source=google"
        )

    def specs(self) -> tuple[ObjectSpec, ...]:
        audiences = tuple(self.audience(tier) for tier in ("gold", "silver", "lost"))
        groups = (self.group("gold", "silver", 16_000), self.group("silver", "gold", None))
        return (*audiences, self.campaign(), *groups, self.ad("gold"), self.ad("silver"))

    def build(self) -> None:
        for spec in self.specs():
            self.ids[spec.key] = self.destination.create(spec, self.ids).platform_id


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    opened = Account(sandbox, tmp_path, f"p-{digest(request.node.name)[:12]}")
    yield opened
    sandbox.state.faults.clear()


def test_what_was_created_is_observed_as_wanted_and_paused(account: Account) -> None:
    account.build()
    found = account.destination.observe().by_key()

    assert {key: remote.platform_id for key, remote in found.items()} == account.ids
    for spec in account.specs():
        assert dict(found[spec.key].fields) == dict(account.destination.comparable(spec))
        if not isinstance(spec, AudienceSpec):
            assert found[spec.key].status == "PAUSED"


def test_looking_and_reporting_change_nothing(account: Account) -> None:
    account.build()
    before = len(account.sandbox.calls("google"))
    account.destination.observe()
    methods = [call.method for call in account.sandbox.calls("google")[before:]]

    assert len(methods) == 6
    assert not any("Mutate" in method or "Create" in method or "Ingest" in method for method in methods)


def test_what_a_plan_says_it_costs_is_what_it_costs(account: Account) -> None:
    before = len(account.sandbox.calls("google"))
    account.build()
    calls = list(account.sandbox.calls("google"))[before:]
    spent = sum(call.detail.get("operations", 1) for call in calls if call.method.startswith("GoogleAdsService"))
    options = read_options("google", account.options)
    said = sum(operations_of(CreateObject("google", spec), options) for spec in account.specs())

    assert spent <= said <= spent + 2  # making and finding the label, which an earlier test may have done


def spoilt(account: Account) -> tuple[ObjectSpec, ...]:
    """Everything of the project, with a text Google's policy refuses and a campaign whose name is taken."""
    *others, gold, silver = account.specs()
    assert isinstance(gold, AdSpec)
    loud = replace(gold, variant=replace(gold.variant, headlines=("Buy now!!", "Wool for years", "Made for winter")))
    return (*others, loud, silver)


def test_what_google_would_refuse_is_known_before_anything_is_made(account: Account) -> None:
    destination = account.destination
    assert isinstance(destination, RehearsingDestination)
    before = len(account.sandbox.calls("google"))
    found = destination.refusals([CreateObject("google", spec) for spec in spoilt(account)], {})

    assert list(found) == ["ad/gold/warm"]
    assert "PolicyFindingError.POLICY_FINDING" in found["ad/gold/warm"]
    assert "Change the text" in found["ad/gold/warm"]
    assert len(list(account.sandbox.calls("google"))[before:]) == 1
    assert destination.observe().objects == ()


def test_what_stands_in_the_way_of_a_campaign_is_told_once(account: Account) -> None:
    account.build()
    destination = account.destination
    assert isinstance(destination, RehearsingDestination)
    changes = [CreateObject("google", spec) for spec in account.specs() if not isinstance(spec, AudienceSpec)]
    lists = {key: number for key, number in account.ids.items() if key.startswith("audience/")}
    found = destination.refusals(changes, lists)
    assert list(found) == ["campaign"]
    assert "DUPLICATE" in found["campaign"]

    loud = next(spec for spec in spoilt(account) if spec.key == "ad/gold/warm")
    changed = UpdateObject("google", loud, {"headlines": (("a",), ("b",))})
    assert "POLICY_FINDING" in destination.refusals([changed], account.ids)["ad/gold/warm"]

    below = [change for change in changes if isinstance(change.spec, AdSpec)]
    assert destination.refusals(below, account.ids) == {}


def test_creating_what_is_already_there_gives_the_same_object(account: Account) -> None:
    account.build()
    for spec in (account.audience("gold"), account.campaign(), account.group("gold", "silver", 16_000)):
        assert account.open().create(spec, account.ids).platform_id == account.ids[spec.key]


@pytest.mark.parametrize("kind", ["audience", "campaign", "group", "ad"])
def test_a_create_whose_answer_is_lost_is_found_by_its_marker(account: Account, kind: str) -> None:
    specs = account.specs()
    target = next(spec for spec in reversed(specs) if spec.key.startswith(kind))
    for spec in specs:
        if spec is target:
            method = "CreateUserList" if kind == "audience" else "Mutate"
            account.sandbox.fault("timeout_after_effect", "google", method=method)
            destination = account.open()
            with pytest.raises(OutcomeUnknownError):
                destination.create(spec, account.ids)
            break
        account.ids[spec.key] = account.destination.create(spec, account.ids).platform_id

    assert target.key in account.destination.observe().by_key()


def test_every_difference_is_brought_back(account: Account) -> None:
    account.build()
    wanted = account.open(
        options={"keywords": [{"text": "wool jumper"}], "languages": ["de"], "countries": ("DE", "CH"), "path1": "wool"}
    )
    group = replace(
        account.group("gold", "silver", 20_000),
        excluded_audience_keys=("audience/lost",),
        bid=Bid(BidStrategy.MANUAL_CPC, amount_minor=90, modifier_bp=20_000),
    )
    ad = account.ad("gold")
    ad = replace(ad, url_tags="", variant=replace(ad.variant, headlines=("One", "Two", "Three", "Four")))
    changed: list[ObjectSpec] = [replace(account.campaign(), daily_budget_minor=7_500), group, ad]
    before = wanted.observe().by_key()
    for spec in changed:
        wanted.update(spec, before[spec.key], account.ids)
    after = wanted.observe().by_key()

    for spec in changed:
        assert dict(after[spec.key].fields) == dict(wanted.comparable(spec))
        assert after[spec.key].platform_id == account.ids[spec.key]


def test_a_change_of_strategy_reaches_campaign_and_groups(account: Account) -> None:
    account.build()
    campaign = replace(account.campaign(), strategy=BidStrategy.TARGET_ROAS)
    bid = Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000)
    groups = [
        replace(account.group("gold", "silver", None), bid=bid),
        replace(account.group("silver", "gold", None), bid=bid),
    ]
    before = account.destination.observe().by_key()
    changed: tuple[ObjectSpec, ...] = (campaign, *groups)
    for spec in changed:
        account.destination.update(spec, before[spec.key], account.ids)
    after = account.destination.observe().by_key()

    assert after["campaign"].fields["strategy"] == "target_roas"
    assert after["group/gold"].fields["bid"] == "target_roas 4.0000"


def test_the_group_for_strangers_aims_at_in_market_segments_and_keeps_every_customer_out(account: Account) -> None:
    account.build()
    strangers = GroupSpec(
        "group/acquisition", account.named("acquisition", "group/acquisition"), "campaign", "acquisition", "",
        ("audience/gold", "audience/lost", "audience/silver"), None, Bid(BidStrategy.MANUAL_CPC, amount_minor=80),
        ("DE", "AT"), in_market=("80432", "80545"),
    )  # fmt: skip
    destination = account.open(markers={"group/acquisition"})
    account.ids[strangers.key] = destination.create(strangers, account.ids).platform_id
    found = destination.observe().by_key()[strangers.key]
    assert dict(found.fields) == dict(destination.comparable(strangers))
    assert found.fields["audiences"] == ()

    changed = replace(strangers, in_market=("80432", "80000"))
    destination.update(changed, found, account.ids)
    assert destination.observe().by_key()[strangers.key].fields["in_market"] == ("80000", "80432")


def test_googles_copy_of_our_campaign_for_a_split_test_is_not_taken_for_ours(account: Account) -> None:
    from connectors.sandbox.google.account import Account as Advertiser

    account.build()
    mine = account.destination.observe().by_key()["campaign"]
    state = account.sandbox.state
    advertiser = Advertiser(state, account.sandbox.identities()["google_customer_id"])
    with state.transaction():
        (campaign,) = [held for held in advertiser.all("campaign").values() if str(held.id) == mine.platform_id]
        copy = type(campaign)()
        copy.CopyFrom(campaign)
        copy.id, copy.name = campaign.id + 1, f"{campaign.name} [spring]"
        copy.resource_name = f"{advertiser.name}/campaigns/{copy.id}"
        copy.experiment_type = 4  # EXPERIMENT
        advertiser.put("campaign", copy)
        advertiser.commit()

    seen = [found.platform_id for found in account.destination.observe().objects if found.kind == "campaign"]

    assert seen == [mine.platform_id]


def rehearse(destination: Destination, change: CreateObject, ids: dict[str, str]) -> dict[str, str]:
    assert isinstance(destination, RehearsingDestination)
    return dict(destination.refusals([change], ids))


@pytest.mark.parametrize(("number", "why"), [("11", "Google has no segment 11"), ("92902", "is no In-Market segment")])
def test_a_plan_with_a_segment_that_is_none_is_refused_with_what_to_do(account: Account, number: str, why: str) -> None:
    account.build()
    strangers = GroupSpec(
        "group/acquisition", account.named("acquisition", "group/acquisition"), "campaign", "acquisition", "",
        ("audience/gold",), None, Bid(BidStrategy.MANUAL_CPC, amount_minor=80), ("DE",), in_market=("80432", number),
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match=why) as refused:
        rehearse(account.destination, CreateObject("google", strangers), account.ids)
    assert f"Remove {number}" in refused.value.next_step


def test_a_first_list_comes_with_what_its_upload_needs_where_nobody_has_accepted_the_terms(account: Account) -> None:
    first = CreateObject("google", account.audience("gold"))
    assert rehearse(account.destination, first, {}) == {}
    unsaid = account.open(options={"customer_match_terms_accepted": False})
    assert "refuses the first upload" in rehearse(unsaid, first, {})["audience/gold"]
    assert rehearse(unsaid, first, {"audience/silver": "77"}) == {}


def test_what_a_sale_to_a_tier_counts_is_a_rule_of_our_campaign_alone(account: Account) -> None:
    account.build()
    campaign = replace(account.campaign(), strategy=BidStrategy.TARGET_ROAS)
    gold = replace(
        account.group("gold", "silver", None), bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=16_000)
    )
    silver = replace(
        account.group("silver", "gold", None), bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=12_500)
    )
    first: tuple[ObjectSpec, ...] = (campaign, gold, silver)
    before = account.destination.observe().by_key()
    for spec in first:
        account.destination.update(spec, before[spec.key], account.ids)
    found = account.destination.observe().by_key()
    assert found["group/gold"].fields["bid"] == "target_roas 4.0000 value x1.6000"
    for spec in first:
        assert dict(found[spec.key].fields) == dict(account.destination.comparable(spec))

    plain = replace(gold, bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000))
    higher = replace(silver, bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=30_000))
    for spec in (plain, higher):
        account.destination.update(spec, found[spec.key], account.ids)
    found = account.destination.observe().by_key()
    assert found["group/gold"].fields["bid"] == "target_roas 4.0000"
    assert found["group/silver"].fields["bid"] == "target_roas 4.0000 value x3.0000"


def test_a_group_is_born_with_its_value_rule(account: Account) -> None:
    campaign = replace(account.campaign(), strategy=BidStrategy.TARGET_ROAS)
    bid = Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=20_000)
    groups = [
        replace(account.group("gold", "silver", None), bid=bid),
        replace(account.group("silver", "gold", None), bid=bid),
    ]
    audiences = [account.audience(tier) for tier in ("gold", "silver", "lost")]
    specs: tuple[ObjectSpec, ...] = (*audiences, campaign, *groups)
    for spec in specs:
        account.ids[spec.key] = account.destination.create(spec, account.ids).platform_id
    found = account.destination.observe().by_key()
    for group in groups:
        assert dict(found[group.key].fields) == dict(account.destination.comparable(group))


def test_google_is_told_what_kind_of_customers_a_list_holds(account: Account) -> None:
    plain = account.open()
    account.ids["audience/gold"] = plain.create(account.audience("gold"), {}).platform_id
    named = account.open(options={"customer_types": {"gold": "high_value_customers", "silver": "purchasers"}})
    before = named.observe().by_key()["audience/gold"]
    assert before.fields["customer_types"] == ()
    named.update(account.audience("gold"), before, account.ids)
    account.ids["audience/silver"] = named.create(account.audience("silver"), {}).platform_id
    after = named.observe().by_key()
    for tier in ("gold", "silver"):
        assert dict(after[f"audience/{tier}"].fields) == dict(named.comparable(account.audience(tier)))

    several = account.open(options={"customer_types": {"gold": ["purchasers", "high_value_customers"]}})
    shown = several.observe().by_key()["audience/gold"]
    assert shown.fields["customer_types"] == ("high_value_customers",)
    several.update(account.audience("gold"), shown, account.ids)
    shown = several.observe().by_key()["audience/gold"]
    assert shown.fields["customer_types"] == ("high_value_customers", "purchasers")

    other = account.open(options={"customer_types": {"gold": "cart_abandoners"}})
    shown = other.observe().by_key()["audience/gold"]
    assert shown.fields["customer_types"] == ("high_value_customers", "purchasers")
    with pytest.raises(PermanentRefusalError) as refused:
        other.update(account.audience("gold"), shown, account.ids)
    assert "customer_types" in refused.value.next_step


def test_a_list_that_is_named_by_its_id_becomes_ours_and_no_other(account: Account) -> None:
    theirs = AudienceSpec("audience/gold", "CRM export, by hand", "Imported", "gold", suppress=False)
    number = account.destination.create(theirs, {}).platform_id
    assert "audience/gold" not in account.destination.observe().by_key()

    adopting = account.open(options={"adopt_audiences": {"gold": number}})
    found = adopting.observe().by_key()["audience/gold"]
    assert (found.platform_id, found.fields["name"]) == (number, "CRM export, by hand")
    gold = account.audience("gold")
    adopting.update(gold, found, {})
    assert dict(account.destination.observe().by_key()["audience/gold"].fields) == dict(adopting.comparable(gold))

    second = account.destination.create(replace(theirs, name="Another"), {}).platform_id
    with pytest.raises(PermanentRefusalError, match="as well"):
        account.open(options={"adopt_audiences": {"gold": second}}).observe()
    with pytest.raises(PermanentRefusalError, match="no list of customers"):
        account.open(options={"adopt_audiences": {"silver": "424242"}}).observe()


def test_a_lookalike_is_grown_once_the_list_is_ready(account: Account) -> None:
    destination = account.open(options={"lookalikes": {"gold": "balanced"}})
    gold = account.audience("gold")
    account.ids[gold.key] = destination.create(gold, {}).platform_id
    empty = destination.observe().by_key()[gold.key]
    assert dict(empty.fields) == dict(destination.comparable(gold))  # nobody to be like yet, so nothing is missing

    destination.send(Operation.ADD, account.ids[gold.key], members(0, 150), BATCH)
    account.settled()
    ready = destination.observe().by_key()[gold.key]
    assert ready.fields["lookalike"] == ""
    destination.update(gold, ready, account.ids)
    grown = destination.observe().by_key()[gold.key]
    assert dict(grown.fields) == dict(destination.comparable(gold))

    narrower = account.open(options={"lookalikes": {"gold": "narrow"}})
    assert narrower.observe().by_key()[gold.key].fields["lookalike"] == ""  # another one is to be made


def test_a_list_is_brought_back_to_its_description_and_membership(account: Account) -> None:
    account.build()
    wanted = account.open(options={"membership_days": 90, "description": "Ask crm@shop.example."})
    found = wanted.observe().by_key()["audience/gold"]
    wanted.update(account.audience("gold"), found, account.ids)
    again = wanted.observe().by_key()["audience/gold"]
    assert dict(again.fields) == dict(wanted.comparable(account.audience("gold")))
    assert again.fields["membership_days"] == 90


def test_members_are_added_removed_and_settled_with_counts(account: Account) -> None:
    account.ids["audience/gold"] = account.destination.create(account.audience("gold"), {}).platform_id
    added = account.destination.send(Operation.ADD, account.ids["audience/gold"], members(0, 150), BATCH)
    account.settled()
    settled = account.destination.settle(added.request_id or "", 150)
    removed = account.destination.send(Operation.REMOVE, account.ids["audience/gold"], members(100, 50), BATCH)
    account.settled()
    gone = account.destination.settle(removed.request_id or "", 50)

    assert (added.settlement, added.processing) == (Settlement.PROCESSING, 150)
    assert (settled.settlement, settled.settled) == (Settlement.SETTLED, 150)
    assert (gone.settlement, gone.settled) == (Settlement.SETTLED, 50)
    assert account.sandbox.member_count("google", account.ids["audience/gold"]) == 100


def test_a_malformed_member_is_set_aside_and_named(account: Account) -> None:
    audience_id = account.destination.create(account.audience("gold"), {}).platform_id
    table = members(0, 5)
    emails = table.column("emails").to_pylist()
    emails[3] = ["not a digest"]
    receipt = account.destination.send(
        Operation.ADD, audience_id, table.set_column(0, "emails", pa.array(emails)), BATCH
    )
    account.settled()
    settled = account.destination.settle(receipt.request_id or "", 5)

    assert receipt.rejected_rows == (3,)
    assert (settled.settled, settled.rejected) == (4, 1)


def test_an_upload_whose_answer_is_lost_may_be_sent_again_without_harm(account: Account) -> None:
    audience_id = account.destination.create(account.audience("gold"), {}).platform_id
    account.sandbox.fault("timeout_after_effect", "google", method="IngestAudienceMembers")
    with pytest.raises(OutcomeUnknownError):
        account.destination.send(Operation.ADD, audience_id, members(0, 120), BATCH)
    account.destination.send(Operation.ADD, audience_id, members(0, 120), BATCH)
    account.sandbox.settle()

    assert account.sandbox.member_count("google", audience_id) == 120


def test_reads_survive_errors_and_rate_limits(account: Account) -> None:
    account.build()
    account.sandbox.fault("rate_limited", "google", count=2)
    assert len(account.destination.observe().objects) == len(account.specs())
    account.sandbox.fault("http_500_html", "google", count=2, method="Search")
    assert len(account.destination.observe().objects) == len(account.specs())
    account.sandbox.fault("reset", "google", method="ListUserLists")
    assert len(account.destination.observe().objects) == len(account.specs())


def test_a_list_of_nobody_is_refused(account: Account) -> None:
    with pytest.raises(PermanentRefusalError):
        account.destination.send(Operation.ADD, "999999999", members(0, 1), BATCH)


def test_an_account_one_has_no_access_to_asks_for_a_human(account: Account) -> None:
    deny(account.sandbox.state, "5555555555")
    with pytest.raises(AuthenticationRequiredError):
        account.open(account_id="5555555555").observe()


def test_an_unknown_upload_stays_unknown(account: Account) -> None:
    assert account.destination.settle("nobody-knows-it", 3).settlement is Settlement.UNKNOWN


def test_pausing_stops_what_runs(account: Account) -> None:
    account.build()
    account.sandbox.activate(1, "google")
    running = account.destination.observe().by_key()
    assert {running[key].status for key in ("campaign", "group/gold", "ad/gold/warm")} == {"ENABLED"}
    for key in ("campaign", "group/gold", "ad/gold/warm"):
        account.destination.pause(running[key])
    stopped = account.destination.observe().by_key()

    assert {stopped[key].status for key in ("campaign", "group/gold", "ad/gold/warm")} == {"PAUSED"}


def test_performance_is_told_by_ad_and_day_in_whole_micros(account: Account) -> None:
    account.build()
    for tier, first in (("gold", 0), ("silver", 500)):
        account.destination.send(Operation.ADD, account.ids[f"audience/{tier}"], members(first, 300), BATCH)
    account.sandbox.settle()
    account.sandbox.activate(7, "google")
    today = WallClock().now().date()
    rows = list(account.destination.performance(today - timedelta(days=6), today))

    ads = {account.ids["ad/gold/warm"], account.ids["ad/silver/warm"]}
    assert rows
    assert {row.ad_id for row in rows} <= ads
    assert {row.currency for row in rows} == {"EUR"}
    assert len({(row.ad_id, row.day) for row in rows}) == len(rows)
    assert all(isinstance(row.value_micros, int) for row in rows)


def test_reports_are_cut_by_group_ad_text_and_audience_with_value_rules_apart(account: Account) -> None:
    campaign = replace(account.campaign(), strategy=BidStrategy.TARGET_ROAS)
    bid = Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000)
    gold = replace(account.group("gold", "silver", None), bid=replace(bid, value_bp=20_000))
    silver = replace(account.group("silver", "gold", None), bid=bid)
    audiences = [account.audience(tier) for tier in ("gold", "silver", "lost")]
    specs: tuple[ObjectSpec, ...] = (*audiences, campaign, gold, silver, account.ad("gold"), account.ad("silver"))
    for spec in specs:
        account.ids[spec.key] = account.destination.create(spec, account.ids).platform_id
    for tier, first in (("gold", 0), ("silver", 500)):
        account.destination.send(Operation.ADD, account.ids[f"audience/{tier}"], members(first, 300), BATCH)
    account.sandbox.settle()
    account.sandbox.activate(7, "google")
    today = WallClock().now().date()
    assert isinstance(account.destination, ReportingDestination)
    found = {cut: list(account.destination.report(cut, today - timedelta(days=6), today)) for cut in Cut}

    assert {row.subject for row in found[Cut.GROUP]} == {"group/gold", "group/silver"}
    assert {row.subject for row in found[Cut.AD]} == {"ad/gold/warm", "ad/silver/warm"}
    assert {row.subject for row in found[Cut.AUDIENCE]} == {"audience/gold", "audience/silver"}
    assert "Stay warm" in {row.subject for row in found[Cut.TEXT]}
    spend = {cut: sum(row.spend_micros for row in rows) for cut, rows in found.items() if cut is not Cut.TEXT}
    assert len(set(spend.values())) == 1
    by_group = {row.subject: row for row in found[Cut.GROUP]}
    assert by_group["group/gold"].rules_micros == by_group["group/gold"].value_micros > 0  # counted twice
    assert by_group["group/silver"].rules_micros == 0


def test_check_finds_a_healthy_account_healthy_and_says_how_to_heal_a_wrong_one(account: Account) -> None:
    account.options["conversion_action"] = account.sandbox.identities()["google_conversion_action_id"]
    account.build()
    healthy = account.open().check()
    wrong = account.open(time_zone="Asia/Tokyo", options={"conversion_action": "1"}).check()

    assert [finding for finding in healthy if finding.severity is Severity.ERROR] == []
    errors = {finding.check: finding for finding in wrong if finding.severity is Severity.ERROR}
    assert "Europe/Berlin" in errors["time zone"].fix
    assert "does not exist" in errors["conversion action"].message
    assert all(finding.fix for finding in wrong if finding.severity is not Severity.OK)


def test_check_reports_a_missing_access_and_stops_there(account: Account) -> None:
    deny(account.sandbox.state, "5555555555")
    findings = account.open(account_id="5555555555").check()

    assert [finding.check for finding in findings if finding.severity is Severity.ERROR] == ["account"]
