"""Campaign, ad sets and ads on the wire: every required flag, minimal changes, and reading back what was made."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError, OutcomeUnknownError, PermanentRefusalError, RetryableError
from activator.model.ads import Bid, BidStrategy, ObjectSpec, RemoteObject, kind_of
from connectors.meta.destination import MetaDestination
from tests.unit.meta_account import (
    ACCOUNT,
    AD,
    AUDIENCE,
    CAMPAIGN,
    GRAPH,
    GROUP,
    IDS,
    body,
    graph_error,
    named,
    opened,
    page,
    query,
    request,
    script,
)


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def created(graph: responses.RequestsMock, edge: str, destination: MetaDestination, spec: ObjectSpec) -> dict[str, Any]:
    script(graph, "POST", f"{ACCOUNT}/{edge}", {"id": "1"})
    remote = destination.create(spec, IDS)
    assert remote.fields == destination.comparable(spec)
    assert (remote.platform_id, remote.status) == ("1", "PAUSED")
    return body(request(graph.calls))


def test_a_campaign_is_paused_without_budget_and_says_all_that_is_required(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    assert created(graph, "campaigns", opened(tmp_path), CAMPAIGN) == {
        "name": CAMPAIGN.name,
        "objective": "OUTCOME_SALES",
        "status": "PAUSED",
        "buying_type": "AUCTION",
        "special_ad_categories": [],
        "is_adset_budget_sharing_enabled": False,
        "adlabels": [{"name": "activator"}],
    }


def test_special_categories_name_their_countries(tmp_path: Path, graph: responses.RequestsMock) -> None:
    options = {"special_ad_categories": ["HOUSING"], "special_ad_category_country": ["US"]}

    form = created(graph, "campaigns", opened(tmp_path, options=options), CAMPAIGN)

    assert (form["special_ad_categories"], form["special_ad_category_country"]) == (["HOUSING"], ["US"])


def test_an_ad_set_reaches_its_tier_and_no_other(tmp_path: Path, graph: responses.RequestsMock) -> None:
    options = {"dsa_beneficiary": "Brand GmbH", "dsa_payor": "Brand Ads GmbH"}

    assert created(graph, "adsets", opened(tmp_path, options=options), GROUP) == {
        "name": GROUP.name,
        "campaign_id": "900",
        "status": "PAUSED",
        "daily_budget": "2500",
        "billing_event": "IMPRESSIONS",
        "optimization_goal": "VALUE",
        "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS",
        "bid_constraints": {"roas_average_floor": 20_000},
        "promoted_object": {"pixel_id": "222", "custom_event_type": "PURCHASE"},
        "targeting": {
            "geo_locations": {"countries": ["AT", "DE"]},
            "custom_audiences": [{"id": "501"}],
            "excluded_custom_audiences": [{"id": "503"}, {"id": "502"}],
            "targeting_automation": {"advantage_audience": 0},
            "targeting_relaxation_types": {"custom_audience": 0, "lookalike": 0},
        },
        "adlabels": [{"name": "activator"}],
        "dsa_beneficiary": "Brand GmbH",
        "dsa_payor": "Brand Ads GmbH",
    }


@pytest.mark.parametrize(
    ("bid", "expected"),
    [
        (Bid(BidStrategy.LOWEST_COST), {"bid_strategy": "LOWEST_COST_WITHOUT_CAP"}),
        (
            Bid(BidStrategy.BID_CAP, amount_minor=150),
            {"bid_strategy": "LOWEST_COST_WITH_BID_CAP", "bid_amount": "150"},
        ),
        (Bid(BidStrategy.COST_CAP, amount_minor=900), {"bid_strategy": "COST_CAP", "bid_amount": "900"}),
    ],
)
def test_each_strategy_sends_the_one_value_it_needs(
    tmp_path: Path, graph: responses.RequestsMock, bid: Bid, expected: dict[str, str]
) -> None:
    form = created(graph, "adsets", opened(tmp_path), replace(GROUP, bid=bid))

    said = {name: value for name, value in form.items() if name.startswith("bid_")}
    assert said == expected
    assert form["optimization_goal"] == "OFFSITE_CONVERSIONS"


def test_outside_the_eu_nobody_is_named(tmp_path: Path, graph: responses.RequestsMock) -> None:
    options = {"dsa_beneficiary": "Brand GmbH", "dsa_payor": "Brand GmbH"}

    form = created(graph, "adsets", opened(tmp_path, options=options), replace(GROUP, countries=("US", "GB")))

    assert not [name for name in form if name.startswith("dsa_")]


def test_currencies_without_cents_are_sent_in_whole_units(tmp_path: Path, graph: responses.RequestsMock) -> None:
    spec = replace(GROUP, daily_budget_minor=500_000, bid=Bid(BidStrategy.BID_CAP, amount_minor=30_000))

    form = created(graph, "adsets", opened(tmp_path, currency="JPY"), spec)

    assert (form["daily_budget"], form["bid_amount"]) == ("5000", "300")


@pytest.mark.parametrize(
    "bid",
    [
        Bid(BidStrategy.MANUAL_CPC, amount_minor=100),
        Bid(BidStrategy.TARGET_ROAS, roas_bp=20_000),
        Bid(BidStrategy.MIN_ROAS),
        Bid(BidStrategy.MIN_ROAS, roas_bp=99),
        Bid(BidStrategy.MIN_ROAS, roas_bp=10_000_001),
        Bid(BidStrategy.BID_CAP),
        Bid(BidStrategy.COST_CAP, amount_minor=0),
    ],
)
def test_a_bid_meta_does_not_have_is_refused_while_planning(tmp_path: Path, bid: Bid) -> None:
    with pytest.raises(ConfigurationError):
        opened(tmp_path).comparable(replace(GROUP, bid=bid))


def test_an_amount_that_is_not_whole_in_yen_is_refused_while_planning(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        opened(tmp_path, currency="JPY").comparable(replace(GROUP, daily_budget_minor=250_050))


def test_what_an_object_refers_to_must_exist(tmp_path: Path, graph: responses.RequestsMock) -> None:
    with pytest.raises(PermanentRefusalError, match="audience/gold"):
        opened(tmp_path).create(GROUP, {"campaign": "900"})


STORY = {
    "page_id": "111",
    "link_data": {
        "link": "https://shop.example/winter",
        "message": "Made for winter.",
        "name": "Stay warm",
        "description": "Wool for years",
        "call_to_action": {"type": "SHOP_NOW", "value": {"link": "https://shop.example/winter"}},
    },
}


def creative(**more: Any) -> dict[str, Any]:
    return {"id": "77", "name": AD.name, "object_story_spec": STORY, "url_tags": AD.url_tags, **more}


def test_an_ad_is_a_creative_and_a_paused_ad(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "77"})
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})

    opened(tmp_path).create(AD, IDS)

    assert body(request(graph.calls, 1)) == {
        "name": AD.name,
        "object_story_spec": STORY,
        "url_tags": "utm_source=meta&utm_content=warm",
    }
    assert body(request(graph.calls, 2)) == {
        "name": AD.name,
        "adset_id": "700",
        "creative": {"creative_id": "77"},
        "status": "PAUSED",
        "adlabels": [{"name": "activator"}],
    }


def test_picture_and_instagram_account_go_into_the_story(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "77"})
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})

    opened(tmp_path, options={"image_hash": "a" * 32, "instagram_user_id": 333}).create(AD, IDS)

    story = body(request(graph.calls, 1))["object_story_spec"]
    assert (story["link_data"]["image_hash"], story["instagram_user_id"]) == ("a" * 32, "333")


def test_a_creative_left_behind_by_a_crash_is_used_again(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page(creative()))
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})

    opened(tmp_path).create(AD, IDS)

    assert body(request(graph.calls))["creative"] == {"creative_id": "77"}


@pytest.mark.parametrize(
    "other",
    [
        creative(status="DELETED"),
        creative(url_tags="utm_source=old"),
        creative(name="Somebody else's"),
        creative(object_story_spec={**STORY, "link_data": {**STORY["link_data"], "message": "Old text."}}),  # type: ignore[dict-item]
    ],
)
def test_a_creative_that_says_something_else_is_not(
    tmp_path: Path, graph: responses.RequestsMock, other: dict[str, Any]
) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page(other))
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "78"})
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})

    opened(tmp_path).create(AD, IDS)

    assert body(request(graph.calls))["creative"] == {"creative_id": "78"}


def test_after_an_ad_is_lost_its_creative_is_not_made_twice(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "77"})
    script(graph, "POST", f"{ACCOUNT}/ads", (503, graph_error(2)), {"id": "800"})
    destination = opened(tmp_path)

    with pytest.raises(OutcomeUnknownError):
        destination.create(AD, IDS)
    destination.create(AD, IDS)

    assert [call.request.method for call in graph.calls] == ["GET", "POST", "POST", "POST"]


def test_after_a_creative_is_lost_it_is_looked_for_again(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page(), page(creative()))
    script(graph, "POST", f"{ACCOUNT}/adcreatives", (503, graph_error(2)))
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})
    destination = opened(tmp_path)

    with pytest.raises(OutcomeUnknownError):
        destination.create(AD, IDS)
    destination.create(AD, IDS)

    assert body(request(graph.calls))["creative"] == {"creative_id": "77"}


def test_a_long_creative_name_keeps_its_marker(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "77"})
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})

    opened(tmp_path).create(replace(AD, name=named("Brand " * 30, AD.key)), IDS)

    name = body(request(graph.calls, 1))["name"]
    assert len(name) <= 100
    assert name.endswith(AD.name[-18:])


# --- reading back ---------------------------------------------------------------------------------------------------

AD_SET: dict[str, Any] = {
    "id": 700,
    "name": GROUP.name,
    "status": "PAUSED",
    "effective_status": "CAMPAIGN_PAUSED",
    "daily_budget": "2500",
    "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS",
    "bid_constraints": {"roas_average_floor": 20_000},
    "optimization_goal": "VALUE",
    "targeting": {
        "age_min": 25,
        "geo_locations": {"countries": ["DE", "AT"], "location_types": ["home", "recent"]},
        "custom_audiences": [{"id": "501", "name": "x"}],
        "excluded_custom_audiences": [{"id": "502"}, {"id": 503}],
        "targeting_automation": {"advantage_audience": 0},
    },
}


def listed(graph: responses.RequestsMock, *ad_sets: Mapping[str, Any], **ad: Any) -> None:
    audiences: list[dict[str, Any]] = [
        {
            "id": "501",
            "name": AUDIENCE.name,
            "description": AUDIENCE.description,
            "operation_status": {"code": 200},
            "delivery_status": {"code": 300},
        },
        {"id": "502", "name": named("Brand silver", "audience/silver"), "operation_status": {"code": 471}},
        {"id": "503", "name": named("Brand lost", "audience/lost")},
        {"id": "599", "name": "Theirs [act:000000000000]"},
    ]
    campaign = {"id": "900", "name": CAMPAIGN.name, "status": "ACTIVE", "effective_status": "ACTIVE"}
    script(graph, "GET", f"{ACCOUNT}/customaudiences", page(*audiences))
    script(graph, "GET", f"{ACCOUNT}/campaigns", page(campaign))
    script(graph, "GET", f"{ACCOUNT}/adsets", page(*(dict(row) for row in ad_sets)))
    script(
        graph, "GET", f"{ACCOUNT}/ads", page({"id": "800", "name": AD.name, "status": "PAUSED", "creative": creative()})
    )


def test_what_was_made_reads_back_as_it_was_wanted(tmp_path: Path, graph: responses.RequestsMock) -> None:
    listed(graph, AD_SET)
    destination = opened(tmp_path)

    observation = destination.observe()

    seen = observation.by_key()
    assert observation.complete
    for spec in (AUDIENCE, CAMPAIGN, GROUP, AD):
        assert seen[spec.key].fields == destination.comparable(spec), spec.key
        assert (seen[spec.key].platform_id, seen[spec.key].kind) == (IDS[spec.key], kind_of(spec))
    assert [seen[key].status for key in ("audience/gold", "audience/silver")] == ["too_small", "flagged"]
    assert {remote.platform_id for remote in observation.objects} == {"501", "502", "503", "900", "700", "800"}


def test_observing_costs_four_small_filtered_lists(tmp_path: Path, graph: responses.RequestsMock) -> None:
    listed(graph, AD_SET)

    opened(tmp_path).observe()

    assert len(graph.calls) == 4
    for call in graph.calls:
        asked = query(call.request)
        assert asked["filtering"] == [{"field": "name", "operator": "CONTAIN", "value": "[act:"}]
        assert asked["fields"]
        assert asked["limit"] == "100"


@pytest.mark.parametrize("gone", [{"status": "DELETED"}, {"effective_status": "ARCHIVED"}, {"name": "Renamed by hand"}])
def test_deleted_archived_and_foreign_objects_do_not_count(
    tmp_path: Path, graph: responses.RequestsMock, gone: dict[str, str]
) -> None:
    listed(graph, {**AD_SET, **gone})

    assert "group/gold" not in opened(tmp_path).observe().by_key()


def test_a_copy_with_our_marker_is_shown_twice_for_the_planner_to_refuse(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    listed(graph, AD_SET, {**AD_SET, "id": "701", "name": f"{GROUP.name} - Copy"})

    keys = [remote.key for remote in opened(tmp_path).observe().objects]

    assert keys.count("group/gold") == 2


def test_a_list_that_breaks_half_way_is_no_observation(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/customaudiences", page(after="p2"))
    for _ in range(5):
        script(graph, "GET", f"{ACCOUNT}/customaudiences", (503, graph_error(2)))

    with pytest.raises(RetryableError):
        opened(tmp_path).observe()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"bid_strategy": "COST_CAP", "bid_amount": 900}, "bid", "cost_cap 900"),
        ({"bid_strategy": None, "bid_amount": "150"}, "bid", "bid_cap 150"),
        ({"bid_strategy": None}, "bid", "lowest_cost"),
        ({"bid_strategy": "SOMETHING_NEW"}, "bid", "SOMETHING_NEW"),
        ({"daily_budget": "0"}, "daily_budget_minor", None),
        ({"targeting": {}}, "audiences", ()),
        ({"targeting": {"targeting_automation": {"advantage_audience": 1}}}, "widened", ("advantage_audience",)),
        ({"targeting": {"targeting_relaxation_types": {"lookalike": 1}}}, "widened", ("lookalike",)),
        ({"targeting": {"custom_audiences": [{"id": "42"}]}}, "audiences", ("42",)),
    ],
)
def test_settings_changed_by_hand_are_seen(
    tmp_path: Path, graph: responses.RequestsMock, change: dict[str, Any], field: str, value: Any
) -> None:
    listed(graph, {**AD_SET, **change})

    assert opened(tmp_path).observe().by_key()["group/gold"].fields[field] == value


# --- changing -------------------------------------------------------------------------------------------------------


def remote_of(destination: MetaDestination, spec: ObjectSpec, **other: Any) -> RemoteObject:
    fields = {**destination.comparable(spec), **other}
    return RemoteObject(kind_of(spec), spec.key, IDS[spec.key], spec.name, "PAUSED", fields)


def test_nothing_to_change_is_no_call(tmp_path: Path, graph: responses.RequestsMock) -> None:
    destination = opened(tmp_path)

    for spec in (AUDIENCE, CAMPAIGN, GROUP, AD):
        destination.update(spec, remote_of(destination, spec), IDS)

    assert len(graph.calls) == 0


def test_a_budget_alone_is_sent_alone(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path)

    destination.update(GROUP, remote_of(destination, GROUP, daily_budget_minor=100), IDS)

    assert body(request(graph.calls)) == {"daily_budget": "2500"}


def test_a_bid_brings_its_strategy_and_goal(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path)

    destination.update(GROUP, remote_of(destination, GROUP, bid="lowest_cost"), IDS)

    assert body(request(graph.calls)) == {
        "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS",
        "bid_constraints": {"roas_average_floor": 20_000},
        "optimization_goal": "VALUE",
    }


def test_another_goal_in_the_options_is_set_with_the_bid_it_belongs_to(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path, options={"optimization_goal": "LANDING_PAGE_VIEWS"})
    spec = replace(GROUP, bid=Bid(BidStrategy.LOWEST_COST))
    fields = {**destination.comparable(spec), "goal": "OFFSITE_CONVERSIONS"}

    destination.update(spec, RemoteObject("group", GROUP.key, "700", GROUP.name, "ACTIVE", fields), IDS)

    assert body(request(graph.calls)) == {
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "optimization_goal": "LANDING_PAGE_VIEWS",
    }


def test_a_new_payor_is_told_where_the_union_wants_to_know(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path, options={"dsa_beneficiary": "Brand", "dsa_payor": "Agency"})
    wanted = destination.comparable(GROUP)
    fields = {**wanted, "transparency": ("Brand", "Brand")}

    destination.update(GROUP, RemoteObject("group", GROUP.key, "700", GROUP.name, "ACTIVE", fields), IDS)

    assert wanted["transparency"] == ("Brand", "Agency")
    assert body(request(graph.calls)) == {"dsa_beneficiary": "Brand", "dsa_payor": "Agency"}
    overseas = replace(GROUP, countries=("US",))
    assert destination.comparable(overseas)["transparency"] == ()


def test_an_ad_set_that_was_let_out_of_its_audience_is_brought_back_into_it(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    let_out = {
        **AD_SET["targeting"],
        "targeting_automation": {"advantage_audience": 1},
        "targeting_relaxation_types": {"custom_audience": 1, "lookalike": 0},
    }
    script(graph, "GET", f"{GRAPH}/700", {"id": "700", "targeting": let_out})
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path)
    fields = {**destination.comparable(GROUP), "widened": ("advantage_audience", "custom_audience")}

    destination.update(GROUP, RemoteObject("group", GROUP.key, "700", GROUP.name, "ACTIVE", fields), IDS)

    targeting = body(request(graph.calls))["targeting"]
    assert targeting["targeting_automation"] == {"advantage_audience": 0}
    assert targeting["targeting_relaxation_types"] == {"custom_audience": 0, "lookalike": 0}
    assert targeting["age_min"] == 25


def test_targeting_keeps_what_people_added_by_hand(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{GRAPH}/700", {"id": "700", "targeting": AD_SET["targeting"]})
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path)

    destination.update(GROUP, remote_of(destination, GROUP, excluded=("audience/silver",)), IDS)

    targeting = body(request(graph.calls))["targeting"]
    assert targeting["age_min"] == 25
    assert targeting["geo_locations"] == {"countries": ["AT", "DE"], "location_types": ["home", "recent"]}
    assert targeting["custom_audiences"] == [{"id": "501"}]
    assert targeting["excluded_custom_audiences"] == [{"id": "503"}, {"id": "502"}]


def test_a_new_text_is_a_new_creative_in_the_same_ad(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "79"})
    script(graph, "POST", f"{GRAPH}/800", {"success": True})
    destination = opened(tmp_path)

    destination.update(AD, remote_of(destination, AD, message="Old text."), IDS)

    assert body(request(graph.calls)) == {"creative": {"creative_id": "79"}}


def test_a_campaign_is_renamed(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/900", {"success": True})
    destination = opened(tmp_path)

    destination.update(CAMPAIGN, remote_of(destination, CAMPAIGN, name="Old"), IDS)

    assert body(request(graph.calls)) == {"name": CAMPAIGN.name}


def test_pausing_sets_the_status_and_leaves_audiences_alone(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/800", {"success": True})
    destination = opened(tmp_path)

    destination.pause(remote_of(destination, AD))
    destination.pause(remote_of(destination, AUDIENCE))

    assert body(request(graph.calls)) == {"status": "PAUSED"}
    assert len(graph.calls) == 1
