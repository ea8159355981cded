"""What new customers count for our campaign: its link to the account's goal, which others may have set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from activator.errors import ConfigurationError, OutcomeUnknownError
from activator.model.ads import Bid, BidStrategy, CampaignSpec, RemoteObject
from activator.model.plan import Change, CreateObject, UpdateObject
from activator.ports import Destination, RehearsingDestination
from connectors.google.costs import operations_of
from connectors.google.options import read_options
from connectors.sandbox.google.account import Account as Advertiser
from connectors.sandbox.google.wire import enum_number, enum_word, resource_class
from connectors.sandbox.server import Sandbox
from tests.contract.test_google_destination import Account, sandbox

__all__ = ["sandbox"]
_NUMBERS = count(2_200_000_001)
KNOWN = {"gold": "purchasers", "silver": ["purchasers", "high_value_customers"]}


@dataclass
class Shop:
    """A project on an advertiser of its own: an account has one goal."""

    project: Account
    customer_id: str

    def open(self, **other: Any) -> Destination:
        context = {"in_market": ("80432",), "counts_new_customers": True, **other.pop("context", {})}
        options = {"customer_types": KNOWN, **other.pop("options", {})}
        return self.project.open(account_id=self.customer_id, context=context, options=options, **other)

    @property
    def advertiser(self) -> Advertiser:
        return Advertiser(self.project.sandbox.state, self.customer_id)

    def campaign(self, value_minor: int | None) -> CampaignSpec:
        plain = self.project.campaign()
        return replace(plain, strategy=BidStrategy.TARGET_ROAS, new_customer_value_minor=value_minor)

    def goals(self) -> list[float]:
        held = self.advertiser.live("goal")
        return [goal.new_customer_acquisition_goal_settings.value_settings.additional_value for goal in held]

    def change(self, kind: str, change: Callable[[Any], None], made: Any = None) -> None:
        """What somebody does in Google Ads."""
        account = self.advertiser
        with self.project.sandbox.state.transaction():
            resource = made or next(iter(account.all(kind).values()))
            change(resource)
            account.put(kind, resource)
            account.commit()

    def set_a_goal_by_hand(self, value: float) -> None:
        def fill(goal: Any) -> None:
            goal.resource_name, goal.goal_id = f"customers/{self.customer_id}/goals/7", 7
            goal.goal_type = enum_number(goal, "goal_type", "NEW_CUSTOMER_ACQUISITION")
            goal.new_customer_acquisition_goal_settings.value_settings.additional_value = value

        self.change("goal", fill, resource_class("goal")())


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(Account(sandbox, tmp_path, f"new-{abs(hash(request.node.name)) % 10**8}"), str(next(_NUMBERS)))


def seen(destination: Destination) -> RemoteObject:
    return destination.observe().by_key()["campaign"]


def writes(shop: Shop) -> list[str]:
    calls = shop.project.sandbox.calls("google")
    return [call.method for call in calls if "Mutate" in call.method and call.detail.get("customer_id")]


def test_a_campaign_is_born_with_what_new_customers_count_and_again_nothing_is_sent(shop: Shop) -> None:
    destination, wanted = shop.open(), shop.campaign(2_050)
    made = destination.create(wanted, {})
    assert dict(seen(destination).fields) == dict(destination.comparable(wanted)) == dict(made.fields)
    assert seen(destination).fields["new_customer_value_minor"] == 2_050
    assert shop.goals() == [20.5]

    before = writes(shop)
    destination.update(wanted, seen(destination), {})
    destination.create(wanted, {})  # as after an answer that was lost: found by its name
    assert [method for method in writes(shop)[len(before) :] if "Goal" in method] == []


def test_another_value_changes_our_link_alone_and_none_takes_it_away(shop: Shop) -> None:
    destination = shop.open()
    destination.create(shop.campaign(2_000), {})
    dearer = shop.campaign(3_000)
    before = writes(shop)
    destination.update(dearer, seen(destination), {})
    assert writes(shop)[len(before) :] == ["CampaignGoalConfigService.MutateCampaignGoalConfigs"]
    assert dict(seen(destination).fields) == dict(destination.comparable(dearer))

    plain = shop.campaign(None)
    destination.update(plain, seen(destination), {})
    assert dict(seen(destination).fields) == dict(destination.comparable(plain))
    assert shop.advertiser.live("campaign_goal_config") == []
    assert shop.goals() == [20.0]  # nobody else's campaign loses its goal


def test_a_goal_somebody_else_has_set_is_used_and_not_changed(shop: Shop) -> None:
    destination = shop.open()
    destination.create(shop.campaign(None), {})
    shop.set_a_goal_by_hand(50.0)
    wanted = shop.campaign(2_000)
    destination.update(wanted, seen(destination), {})
    assert dict(seen(destination).fields) == dict(destination.comparable(wanted))
    assert shop.goals() == [50.0]


def only_new(link: Any) -> None:
    settings = link.campaign_new_customer_acquisition_settings
    settings.ClearField("value_settings_override")
    settings.target_option = enum_number(settings, "target_option", "TARGET_SPECIFIC")


def as_the_goal(link: Any) -> None:
    link.campaign_new_customer_acquisition_settings.ClearField("value_settings_override")


def with_high_value(link: Any) -> None:
    override = link.campaign_new_customer_acquisition_settings.value_settings_override
    override.additional_high_lifetime_value = 90.0


@pytest.mark.parametrize(
    ("by_hand", "shown"),
    [
        (only_new, "ads for new customers only"),
        (as_the_goal, "as the account's goal says"),
        (with_high_value, "2000, another for high value"),
    ],
)
def test_what_was_changed_by_hand_is_shown_and_brought_back(
    shop: Shop, by_hand: Callable[[Any], None], shown: str
) -> None:
    destination, wanted = shop.open(), shop.campaign(2_000)
    destination.create(wanted, {})
    shop.change("campaign_goal_config", by_hand)
    assert seen(destination).fields["new_customer_value_minor"] == shown
    destination.update(wanted, seen(destination), {})
    assert dict(seen(destination).fields) == dict(destination.comparable(wanted))


def counted_elsewhere(customer: Any) -> None:
    customer.conversion_tracking_setting.google_ads_conversion_customer = "customers/9990000001"


def refusals(destination: Destination, change: Change, ids: dict[str, str]) -> dict[str, str]:
    assert isinstance(destination, RehearsingDestination)
    return dict(destination.refusals([change], ids))


def test_where_another_account_counts_conversions_the_goal_has_to_be_made_there(shop: Shop) -> None:
    shop.change("customer", counted_elsewhere)
    destination, wanted = shop.open(), shop.campaign(2_000)
    why = refusals(destination, CreateObject("google", wanted), {})["campaign"]
    assert "counted in account 9990000001" in why
    assert "Make it there once" in why

    with pytest.raises(OutcomeUnknownError, match="campaign was created, but new customers do not count") as refused:
        destination.create(wanted, {})
    assert "Make it there once" in refused.value.next_step
    assert seen(destination).fields["new_customer_value_minor"] is None  # the next plan shows what is missing

    shop.set_a_goal_by_hand(50.0)
    destination.update(wanted, seen(destination), {})
    assert seen(destination).fields["new_customer_value_minor"] == 2_000


def test_a_plan_asks_google_about_the_goal_and_the_link_and_changes_nothing(shop: Shop) -> None:
    destination, wanted = shop.open(), shop.campaign(2_000)
    assert refusals(destination, CreateObject("google", wanted), {}) == {}
    assert shop.goals() == []

    number = destination.create(shop.campaign(None), {}).platform_id
    shop.set_a_goal_by_hand(50.0)
    differs = UpdateObject("google", wanted, {"new_customer_value_minor": (None, 2_000)})
    assert refusals(destination, differs, {"campaign": number}) == {}

    def display(campaign: Any) -> None:
        campaign.advertising_channel_type = enum_number(campaign, "advertising_channel_type", "DISPLAY")

    shop.change("campaign", display)
    why = refusals(destination, differs, {"campaign": number})["campaign"]
    assert "CUSTOMER_LIFECYCLE_OPTIMIZATION_CAMPAIGN_TYPE_NOT_SUPPORTED" in why
    assert shop.advertiser.live("campaign_goal_config") == []


def test_what_it_is_said_to_cost_is_what_it_costs_at_most(shop: Shop) -> None:
    destination, wanted = shop.open(), shop.campaign(2_000)
    options = read_options("google", shop.project.options)
    before = len(shop.project.sandbox.calls("google"))
    destination.create(wanted, {})
    calls = list(shop.project.sandbox.calls("google"))[before:]
    spent = sum(call.detail.get("operations", 1) for call in calls)
    assert spent == operations_of(CreateObject("google", wanted), options)


@pytest.mark.parametrize(
    ("opened", "why", "fix"),
    [
        ({"context": {"in_market": ()}}, "none of them is new", "`acquisition` group"),
        ({"settings": {"ACTIVATOR_GOOGLE__API_VERSION": "v24"}}, "Google Ads API v24 does not have it", "v26 or v25"),
    ],
)
def test_a_value_that_would_reach_nobody_is_refused_by_the_plan(
    shop: Shop, opened: dict[str, Any], why: str, fix: str
) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        shop.open(**opened).comparable(shop.campaign(2_000))
    assert fix in refused.value.next_step
    shop.open(**opened).comparable(shop.campaign(None))


def test_customers_google_would_take_for_new_ones_are_not_counted_twice(shop: Shop) -> None:
    group = replace(
        shop.project.group("gold", "silver", None), bid=Bid(BidStrategy.TARGET_ROAS, roas_bp=40_000, value_bp=16_000)
    )
    unsaid = {"customer_types": {"gold": "high_value_customers"}}
    with pytest.raises(ConfigurationError, match="people of tier gold as new customers") as refused:
        shop.open(options=unsaid).comparable(group)
    assert "customer_types: {gold: purchasers}" in refused.value.next_step
    shop.open().comparable(group)
    shop.open(options=unsaid, context={"counts_new_customers": False}).comparable(group)

    strangers = replace(group, key="group/acquisition", tier="acquisition", audience_key="", in_market=("80432",))
    shop.open(options=unsaid).comparable(strangers)


def test_observing_costs_one_operation_more_where_the_campaign_bids_by_value(shop: Shop) -> None:
    destination = shop.open()
    destination.create(shop.campaign(2_000), {})
    before = len(shop.project.sandbox.calls("google"))
    destination.observe()
    calls = list(shop.project.sandbox.calls("google"))[before:]
    assert [call.detail["resource"] for call in calls if call.detail.get("resource", "").endswith("goal_config")] == [
        "campaign_goal_config"
    ]
    assert enum_word(shop.advertiser.live("goal")[0], "optimization_eligibility") == "ELIGIBLE"
