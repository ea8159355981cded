"""What is really sent to Google, message by message, and how many calls it takes."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2 as rpc

from activator.errors import PermanentRefusalError
from activator.model.ads import RemoteObject
from activator.model.delivery import Operation, Settlement
from connectors.google.destination import GoogleDestination
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import ACCOUNT, DIGEST, Failure, Platform
from tests.unit.google_specs import AD, CAMPAIGN, GOLD, GROUP, IDS, MARKERS, made, members, name, rows

LABEL = {"label": {"resource_name": f"customers/{ACCOUNT}/labels/9", "name": "activator"}}


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def opened(folder: Path, platform: Platform, minutes_later: float = 0, **changes: Any) -> GoogleDestination:
    clock = ManualClock()
    clock.advance(seconds=60 * minutes_later)
    return GoogleDestination(loopback.context(folder, clock, MARKERS), loopback.settings(folder, platform, **changes))


def mutations(platform: Platform) -> list[list[Any]]:
    from google.ads.googleads.v26.services.types.google_ads_service import MutateGoogleAdsRequest

    calls = [call for call in platform.calls if call.method == "Mutate"]
    return [list(call.read(MutateGoogleAdsRequest).mutate_operations) for call in calls]


def kinds(operations: list[Any]) -> list[str]:
    return [operation.WhichOneof("operation") for operation in operations]


# --- Creating -------------------------------------------------------------------------------------------------------


def test_a_list_is_created_for_contacts_with_the_longest_membership(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.user_list import UserList
    from google.ads.datamanager_v1.types.user_list_service import CreateUserListRequest

    platform.answer("CreateUserList", UserList(id=501, display_name=GOLD.name))
    remote = opened(tmp_path, platform).create(GOLD, {})

    sent = platform.only("CreateUserList", CreateUserListRequest)
    assert sent.parent == f"accountTypes/GOOGLE_ADS/accounts/{ACCOUNT}"
    assert sent.user_list.display_name == GOLD.name
    assert sent.user_list.description == "Best customers"
    assert sent.user_list.membership_duration.seconds == 540 * 86_400
    assert list(sent.user_list.ingested_user_list_info.upload_key_types) == [1]
    assert sent.user_list.ingested_user_list_info.contact_id_info.data_source_type == 1
    assert (remote.kind, remote.key, remote.platform_id) == ("audience", "audience/gold", "501")


def test_a_list_whose_name_is_taken_is_the_one_a_lost_answer_made(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    taken = rpc.BadRequest(
        field_violations=[{"field": "user_list.display_name", "reason": "DISPLAY_NAME_ALREADY_USED"}]
    )
    platform.answer("CreateUserList", Failure(grpc.StatusCode.INVALID_ARGUMENT, details=(taken,)))
    lists = [{"id": 501, "display_name": GOLD.name}, {"id": 502, "display_name": "somebody else's"}]
    platform.answer("ListUserLists", ListUserListsResponse(user_lists=lists))

    assert opened(tmp_path, platform).create(GOLD, {}).platform_id == "501"


def test_a_campaign_is_one_atomic_request_paused_declared_and_labelled(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows(LABEL))
    platform.answer("Mutate", made(f"customers/{ACCOUNT}/campaignBudgets/1", f"customers/{ACCOUNT}/campaigns/601"))
    remote = opened(tmp_path, platform).create(CAMPAIGN, {})

    (sent,) = mutations(platform)
    budget, campaign = sent[0].campaign_budget_operation.create, sent[1].campaign_operation.create
    assert kinds(sent)[2:] == ["campaign_criterion_operation"] * 3 + ["campaign_label_operation"]
    assert (budget.amount_micros, budget.explicitly_shared, budget.HasField("explicitly_shared")) == (
        50_000_000,
        False,
        True,
    )
    assert campaign.campaign_budget == budget.resource_name
    assert campaign.status == 3  # PAUSED
    assert campaign.advertising_channel_type == 2  # SEARCH
    assert campaign.contains_eu_political_advertising == 3  # DOES_NOT_CONTAIN
    assert campaign.WhichOneof("campaign_bidding_strategy") == "manual_cpc"
    assert campaign.network_settings.target_google_search
    assert not campaign.network_settings.target_content_network
    places = [item.campaign_criterion_operation.create.location.geo_target_constant for item in sent[2:4]]
    assert places == ["geoTargetConstants/2276", "geoTargetConstants/2040"]
    assert sent[4].campaign_criterion_operation.create.language.language_constant == "languageConstants/1001"
    assert sent[5].campaign_label_operation.create.label == f"customers/{ACCOUNT}/labels/9"
    assert remote.platform_id == "601"


def test_the_label_is_made_once_before_the_first_object_and_then_reused(platform: Platform, tmp_path: Path) -> None:
    names = [f"customers/{ACCOUNT}/campaigns/{number}" for number in range(5)]
    label = f"customers/{ACCOUNT}/labels/77"
    platform.answer("SearchStream", rows())
    platform.answer("Mutate", made(label), made(*names, "x"), made("customers/1/adGroups/701"))
    destination = opened(tmp_path, platform)

    destination.create(CAMPAIGN, {})
    destination.create(GROUP, IDS)

    (first,), second, third = mutations(platform)
    assert (first.label_operation.create.name, first.label_operation.create.resource_name) == ("activator", "")
    assert second[-1].campaign_label_operation.create.label == label
    assert third[-1].ad_group_label_operation.create.label == label
    assert platform.methods().count("SearchStream") == 1


def test_a_label_that_somebody_makes_meanwhile_is_the_label(platform: Platform, tmp_path: Path) -> None:
    taken = {"errors": [{"error_code": {"label_error": "DUPLICATE_NAME"}}]}
    platform.answer("SearchStream", rows(), rows(LABEL))
    platform.answer(
        "Mutate", Failure(grpc.StatusCode.INVALID_ARGUMENT, failure=taken), made("customers/1/adGroups/701")
    )
    opened(tmp_path, platform).create(GROUP, IDS)
    assert mutations(platform)[1][-1].ad_group_label_operation.create.label == LABEL["label"]["resource_name"]


def test_a_group_targets_its_list_excludes_the_suppressed_one_and_bids(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows(LABEL))
    platform.answer("Mutate", made(f"customers/{ACCOUNT}/adGroups/701"))
    remote = opened(tmp_path, platform).create(GROUP, IDS)

    (sent,) = mutations(platform)
    group = sent[0].ad_group_operation.create
    wanted, excluded, *keywords = [item.ad_group_criterion_operation.create for item in sent[1:-1]]
    assert (group.status, group.type_, group.cpc_bid_micros) == (3, 2, 1_200_000)  # PAUSED, SEARCH_STANDARD
    (restriction,) = group.targeting_setting.target_restrictions
    assert (restriction.targeting_dimension, restriction.bid_only) == (3, False)  # AUDIENCE
    assert restriction.HasField("bid_only")
    assert (wanted.user_list.user_list, wanted.bid_modifier) == (f"customers/{ACCOUNT}/userLists/501", 1.6)
    assert (excluded.user_list.user_list, excluded.negative) == (f"customers/{ACCOUNT}/userLists/502", True)
    assert not excluded.HasField("bid_modifier")
    assert [(item.keyword.text, item.keyword.match_type) for item in keywords] == [("coffee beans", 3), ("espresso", 2)]
    assert remote.platform_id == "701"


def test_an_ad_carries_its_marker_as_a_parameter_and_is_labelled_in_the_same_request(
    platform: Platform, tmp_path: Path
) -> None:
    platform.answer("SearchStream", rows(LABEL))
    platform.answer("Mutate", made(f"customers/{ACCOUNT}/adGroupAds/701~801", "x"))
    remote = opened(tmp_path, platform).create(AD, IDS)

    ((first, second),) = mutations(platform)
    created = first.ad_group_ad_operation.create
    assert created.status == 3  # PAUSED
    assert created.ad.name == ""
    assert [(item.key, item.value) for item in created.ad.url_custom_parameters] == [("act", AD.name[-13:-1])]
    assert created.ad.final_url_suffix == "utm_a=b"
    assert len(created.ad.responsive_search_ad.headlines) == 3
    attached = second.ad_group_ad_label_operation.create
    assert attached.ad_group_ad == created.resource_name == f"customers/{ACCOUNT}/adGroupAds/701~-1"
    assert attached.label == LABEL["label"]["resource_name"]
    assert remote.platform_id == "801"


def test_a_campaign_name_that_is_taken_by_ours_is_ours(platform: Platform, tmp_path: Path) -> None:
    failure = {"errors": [{"error_code": {"campaign_error": "DUPLICATE_CAMPAIGN_NAME"}}]}
    platform.answer(
        "SearchStream", rows(LABEL), rows({"campaign": {"id": 601, "name": CAMPAIGN.name}}, {"campaign": {"id": 2}})
    )
    platform.answer("Mutate", Failure(grpc.StatusCode.INVALID_ARGUMENT, failure=failure))

    assert opened(tmp_path, platform).create(CAMPAIGN, {}).platform_id == "601"


# --- Observing ------------------------------------------------------------------------------------------------------


def shown(platform: Platform) -> None:
    """Answers that show everything as the specs want it, and some of other people's."""
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    gold = {"id": 501, "display_name": GOLD.name, "description": "Best customers"}
    first = ListUserListsResponse(user_lists=[gold], next_page_token="more")
    second = ListUserListsResponse(user_lists=[{"id": 502, "display_name": name("x", "audience/lost")}, {"id": 9}])
    platform.answer("ListUserLists", first, second)
    campaign, group = f"customers/{ACCOUNT}/campaigns/601", f"customers/{ACCOUNT}/adGroups/701"
    ours = {
        "resource_name": campaign,
        "id": 601,
        "name": CAMPAIGN.name,
        "status": "PAUSED",
        "bidding_strategy_type": "MANUAL_CPC",
    }
    platform.answer(
        "SearchStream",
        rows({"campaign": ours, "campaign_budget": {"amount_micros": 50_000_000}}, {"campaign": {"name": "other"}}),
        rows(
            *[
                {"campaign_criterion": {"campaign": campaign, "location": {"geo_target_constant": place}}}
                for place in ("geoTargetConstants/2276", "geoTargetConstants/2040")
            ],
            {"campaign_criterion": {"campaign": campaign, "language": {"language_constant": "languageConstants/1001"}}},
        ),
        rows(
            {"ad_group_criterion": {"ad_group": group, **user_list(501), "bid_modifier": 1.6}},
            {"ad_group_criterion": {"ad_group": group, **user_list(502), "negative": True}},
            {"ad_group_criterion": {"ad_group": group, "keyword": {"text": "Coffee  beans", "match_type": "PHRASE"}}},
            {"ad_group_criterion": {"ad_group": group, "keyword": {"text": "espresso", "match_type": "EXACT"}}},
        ),
        rows({"ad_group": {"resource_name": group, "id": 701, "name": GROUP.name, **GROUP_ROW, "campaign": campaign}}),
        rows({"ad_group_ad": {"resource_name": f"customers/{ACCOUNT}/adGroupAds/701~801", "ad": AD_ROW}}),
    )


def user_list(number: int) -> dict[str, Any]:
    return {"user_list": {"user_list": f"customers/{ACCOUNT}/userLists/{number}"}}


GROUP_ROW = {"cpc_bid_micros": 1_200_000, "status": "PAUSED"}
AD_ROW = {
    "id": 801,
    "final_urls": [AD.landing_url],
    "final_url_suffix": AD.url_tags,
    "url_custom_parameters": [{"key": "act", "value": AD.name[-13:-1]}],
    "responsive_search_ad": {
        "headlines": [{"text": text} for text in AD.variant.headlines],
        "descriptions": [{"text": text} for text in AD.variant.descriptions],
    },
}


def test_what_is_as_wanted_compares_equal_field_by_field(platform: Platform, tmp_path: Path) -> None:
    shown(platform)
    destination = opened(tmp_path, platform)
    observation = destination.observe()
    found = observation.by_key()

    assert observation.complete
    assert sorted(found) == sorted(["audience/gold", "audience/lost", "campaign", "group/gold", "ad/gold/warm"])
    for spec in (GOLD, CAMPAIGN, GROUP, AD):
        assert dict(found[spec.key].fields) == dict(destination.comparable(spec))
    assert found["group/gold"].fields["bid"] == "manual_cpc 120 x1.6000"
    assert found["ad/gold/warm"].platform_id == "801"
    assert len(platform.calls) == 7  # two pages of lists, five queries


def test_an_account_without_a_campaign_of_ours_costs_two_calls(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    platform.answer("ListUserLists", ListUserListsResponse())
    platform.answer("SearchStream", rows({"campaign": {"id": 1, "name": "brand [act:000000000000]"}}))

    assert opened(tmp_path, platform).observe().objects == ()
    assert len(platform.calls) == 2


# --- Updating -------------------------------------------------------------------------------------------------------


def remote(kind: str, number: str) -> RemoteObject:
    return RemoteObject(kind, kind, number, "", "ENABLED")


def test_only_what_differs_is_changed(platform: Platform, tmp_path: Path) -> None:
    group = f"customers/{ACCOUNT}/adGroups/701"
    platform.answer(
        "SearchStream",
        rows({"ad_group": {"resource_name": group, "id": 701, "cpc_bid_micros": 900_000}}),
        rows(
            {"ad_group_criterion": {"resource_name": "kept", "ad_group": group, **user_list(501), "bid_modifier": 1.2}},
            {"ad_group_criterion": {"resource_name": "wrong", "ad_group": group, **user_list(502)}},
            {
                "ad_group_criterion": {
                    "resource_name": "k1",
                    "ad_group": group,
                    "keyword": {"text": "coffee beans", "match_type": "PHRASE"},
                }
            },
        ),
    )
    platform.answer("Mutate", made(*["x"] * 5))
    opened(tmp_path, platform).update(GROUP, remote("group", "701"), IDS)

    (sent,) = mutations(platform)
    assert sent[0].ad_group_operation.update.cpc_bid_micros == 1_200_000
    assert list(sent[0].ad_group_operation.update_mask.paths) == ["cpc_bid_micros"]
    criteria = [item.ad_group_criterion_operation for item in sent[1:]]
    assert criteria[0].remove == "wrong"  # before the same list is excluded: not both at once
    assert (criteria[1].create.negative, criteria[1].create.user_list.user_list[-3:]) == (True, "502")
    assert (criteria[2].update.resource_name, criteria[2].update.bid_modifier) == ("kept", 1.6)
    assert list(criteria[2].update_mask.paths) == ["bid_modifier"]
    assert criteria[3].create.keyword.text == "espresso"
    assert len(criteria) == 4


def test_a_budget_is_changed_on_the_budget(platform: Platform, tmp_path: Path) -> None:
    budget = f"customers/{ACCOUNT}/campaignBudgets/3"
    campaign = {"id": 601, "campaign_budget": budget, "bidding_strategy_type": "MANUAL_CPC"}
    platform.answer(
        "SearchStream",
        rows({"campaign": campaign, "campaign_budget": {"amount_micros": 10_000_000}}),
        rows(
            *[
                {"campaign_criterion": {"location": {"geo_target_constant": f"geoTargetConstants/{place}"}}}
                for place in (2276, 2040)
            ],
            {"campaign_criterion": {"language": {"language_constant": "languageConstants/1001"}}},
        ),
    )
    platform.answer("Mutate", made("x"))
    opened(tmp_path, platform).update(CAMPAIGN, remote("campaign", "601"), {})

    ((operation,),) = mutations(platform)
    assert operation.campaign_budget_operation.update.resource_name == budget
    assert operation.campaign_budget_operation.update.amount_micros == 50_000_000
    assert list(operation.campaign_budget_operation.update_mask.paths) == ["amount_micros"]


def test_an_ad_keeps_its_id_when_its_text_changes(platform: Platform, tmp_path: Path) -> None:
    old = {**AD_ROW, "responsive_search_ad": {**AD_ROW["responsive_search_ad"], "headlines": [{"text": "Old"}]}}  # type: ignore[dict-item]
    platform.answer("SearchStream", rows({"ad_group_ad": {"resource_name": "x", "ad": old}}))
    platform.answer("Mutate", made("x"))
    opened(tmp_path, platform).update(AD, remote("ad", "801"), IDS)

    ((operation,),) = mutations(platform)
    assert operation.ad_operation.update.resource_name == f"customers/{ACCOUNT}/ads/801"
    assert list(operation.ad_operation.update_mask.paths) == ["responsive_search_ad.headlines"]


def test_an_object_that_is_gone_is_said_to_be_gone(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows())
    with pytest.raises(PermanentRefusalError, match="801"):
        opened(tmp_path, platform).update(AD, remote("ad", "801"), IDS)


def test_pausing_needs_one_look_for_an_ad_and_none_for_a_campaign(platform: Platform, tmp_path: Path) -> None:
    found = f"customers/{ACCOUNT}/adGroupAds/701~801"
    platform.answer("SearchStream", rows({"ad_group_ad": {"resource_name": found}}))
    platform.answer("Mutate", made("x"), made("x"))
    destination = opened(tmp_path, platform)
    destination.pause(remote("ad", "801"))
    destination.pause(remote("campaign", "601"))

    (ad,), (campaign,) = mutations(platform)
    assert (ad.ad_group_ad_operation.update.resource_name, ad.ad_group_ad_operation.update.status) == (found, 3)
    assert campaign.campaign_operation.update.resource_name == f"customers/{ACCOUNT}/campaigns/601"
    assert list(campaign.campaign_operation.update_mask.paths) == ["status"]


# --- Sending and settling -------------------------------------------------------------------------------------------


def test_an_upload_says_consent_encoding_terms_and_where(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        IngestAudienceMembersRequest,
        IngestAudienceMembersResponse,
    )

    platform.answer("IngestAudienceMembers", IngestAudienceMembersResponse(request_id="up-1"))
    context = loopback.context(tmp_path, ManualClock(), customer_match_terms_accepted=True)
    destination = GoogleDestination(
        context, loopback.settings(tmp_path, platform, login_customer_id="987-654-3210", developer_token="dev")
    )
    receipt = destination.send(Operation.ADD, "501", members(3, DIGEST), "b")

    sent = platform.only("IngestAudienceMembers", IngestAudienceMembersRequest)
    (where,) = sent.destinations
    assert (where.product_destination_id, where.operating_account.account_id) == ("501", ACCOUNT)
    assert (where.operating_account.account_type, where.login_account.account_type) == (1, 1)  # GOOGLE_ADS
    assert where.login_account.account_id == "9876543210"
    assert (sent.consent.ad_user_data, sent.consent.ad_personalization, sent.encoding) == (1, 1, 1)
    assert sent.terms_of_service.customer_match_terms_of_service_status == 1
    assert len(sent.audience_members) == 3
    assert "login-account" not in platform.calls[0].metadata
    assert (receipt.settlement, receipt.processing) == (Settlement.PROCESSING, 3)
    assert (receipt.request_id or "").endswith(":up-1")


def test_a_manager_is_named_in_the_headers_of_the_calls_that_take_them(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    platform.answer("ListUserLists", ListUserListsResponse())
    platform.answer("SearchStream", rows())
    opened(tmp_path, platform, login_customer_id="9876543210", developer_token="dev").observe()

    lists, search = (call.metadata for call in platform.calls)
    assert lists["login-account"] == "accountTypes/GOOGLE_ADS/accounts/9876543210"
    assert (search["login-customer-id"], search["developer-token"]) == ("9876543210", "dev")
    assert search["authorization"].startswith("Bearer ")
    assert f"customer_id={ACCOUNT}" in search["x-goog-request-params"]


def test_no_developer_token_is_sent_when_none_is_set(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows())
    assert list(opened(tmp_path, platform).performance(date(2026, 11, 1), date(2026, 11, 2))) == []
    assert not {"developer-token", "login-customer-id"} & set(platform.calls[0].metadata)


def test_a_removal_carries_neither_consent_nor_terms(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        RemoveAudienceMembersRequest,
        RemoveAudienceMembersResponse,
    )

    platform.answer("RemoveAudienceMembers", RemoveAudienceMembersResponse(request_id="rm-1"))
    opened(tmp_path, platform).send(Operation.REMOVE, "501", members(2, DIGEST), "b")

    sent = platform.only("RemoveAudienceMembers", RemoveAudienceMembersRequest)
    assert (sent.encoding, len(sent.audience_members)) == (1, 2)


def violation(*found: tuple[str, str]) -> Failure:
    violations = [{"field": path, "reason": reason} for path, reason in found]
    return Failure(grpc.StatusCode.INVALID_ARGUMENT, details=(rpc.BadRequest(field_violations=violations),))


def test_rows_google_objects_to_are_set_aside_and_the_rest_is_sent(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        IngestAudienceMembersRequest,
        IngestAudienceMembersResponse,
    )

    email = "user_data.user_identifiers[0].email_address"
    platform.answer(
        "IngestAudienceMembers",
        violation((f"audience_members[1].{email}", "INVALID_SHA256_FORMAT")),
        violation((f"audience_members[1].{email}", "INVALID_SHA256_FORMAT")),
        IngestAudienceMembersResponse(request_id="up-1"),
    )
    receipt = opened(tmp_path, platform).send(Operation.ADD, "501", members(4, DIGEST), "b")

    last = platform.calls[-1].read(IngestAudienceMembersRequest)
    assert [member.user_data.user_identifiers[0].email_address[:4] for member in last.audience_members] == [
        "0000",
        "0003",
    ]
    assert receipt.rejected_rows == (1, 2)
    assert (receipt.sent, receipt.processing, receipt.rejected) == (4, 2, 2)


def test_a_fault_of_the_list_is_not_taken_for_a_fault_of_its_first_member(platform: Platform, tmp_path: Path) -> None:
    platform.answer("IngestAudienceMembers", violation(("audience_members[0]", "INVALID_USER_LIST_TYPE")))

    with pytest.raises(PermanentRefusalError, match="does not take customer contacts"):
        opened(tmp_path, platform).send(Operation.ADD, "501", members(4, DIGEST), "b")
    assert len(platform.calls) == 1


def test_when_every_row_is_refused_nothing_was_taken(platform: Platform, tmp_path: Path) -> None:
    platform.answer("IngestAudienceMembers", violation(("audience_members[0]", "INVALID_AUDIENCE_MEMBER")))
    receipt = opened(tmp_path, platform).send(Operation.ADD, "501", members(1, DIGEST), "b")

    assert (receipt.settlement, receipt.rejected) == (Settlement.REJECTED, 1)


def status(state: str, count: int = 10, **error_info: Any) -> Any:
    from google.ads.datamanager_v1.types.ingestion_service import RetrieveRequestStatusResponse

    shown = {
        "request_status": state,
        "audience_members_ingestion_status": {"user_data_ingestion_status": {"record_count": count}},
        **({"error_info": error_info} if error_info else {}),
    }
    return RetrieveRequestStatusResponse.pb()(request_status_per_destination=[shown])


DENIED: dict[str, Any] = {"error_counts": [{"record_count": 3, "reason": "PROCESSING_ERROR_REASON_DENIED_CONSENT"}]}


@pytest.mark.parametrize(
    ("answer", "settlement", "counts"),
    [
        (status("SUCCESS"), Settlement.SETTLED, (10, 0, 0, 0)),
        (status("SUCCESS", count=8), Settlement.UNKNOWN, (8, 0, 0, 2)),
        (status("SUCCESS", count=0), Settlement.SETTLED, (10, 0, 0, 0)),
        (status("PROCESSING", count=0), Settlement.PROCESSING, (0, 0, 10, 0)),
        (status("REQUEST_STATUS_UNKNOWN", count=0), Settlement.PROCESSING, (0, 0, 10, 0)),
        (status("FAILED"), Settlement.REJECTED, (0, 10, 0, 0)),
        (status("PARTIAL_SUCCESS", **DENIED), Settlement.SETTLED, (7, 3, 0, 0)),
        (status("PARTIAL_SUCCESS"), Settlement.UNKNOWN, (0, 0, 0, 10)),
    ],
)
def test_a_status_becomes_a_receipt_that_balances(
    platform: Platform,
    tmp_path: Path,
    answer: Any,
    settlement: Settlement,
    counts: tuple[int, int, int, int],
) -> None:
    platform.answer("RetrieveRequestStatus", answer)
    receipt = opened(tmp_path, platform).settle("up-1", 10)

    assert receipt.settlement is settlement
    assert (receipt.settled, receipt.rejected, receipt.processing, receipt.unknown) == counts


def test_reasons_of_refused_members_are_told(platform: Platform, tmp_path: Path) -> None:
    platform.answer("RetrieveRequestStatus", status("PARTIAL_SUCCESS", **DENIED))
    assert opened(tmp_path, platform).settle("up-1", 10).detail == "DENIED_CONSENT: 3"


def test_rows_set_aside_when_sending_stay_rejected_when_settling(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        IngestAudienceMembersResponse,
        RetrieveRequestStatusRequest,
    )

    platform.answer(
        "IngestAudienceMembers",
        violation(("audience_members[0]", "INVALID_AUDIENCE_MEMBER")),
        IngestAudienceMembersResponse(request_id="up-1"),
    )
    platform.answer("RetrieveRequestStatus", status("SUCCESS", count=3))
    sent = opened(tmp_path, platform).send(Operation.ADD, "501", members(4, DIGEST), "b")
    receipt = opened(tmp_path, platform, minutes_later=30).settle(sent.request_id or "", 4)

    assert platform.only("RetrieveRequestStatus", RetrieveRequestStatusRequest).request_id == "up-1"
    assert (receipt.settled, receipt.rejected) == (3, 1)


@pytest.mark.parametrize("reason", ["INVALID_REQUEST_ID", "REQUEST_TOO_OLD"])
def test_an_upload_google_does_not_know_stays_unknown(platform: Platform, tmp_path: Path, reason: str) -> None:
    platform.answer(
        "RetrieveRequestStatus",
        Failure(grpc.StatusCode.INVALID_ARGUMENT, details=(rpc.ErrorInfo(reason=reason),)),
    )
    receipt = opened(tmp_path, platform).settle("up-1", 10)

    assert (receipt.settlement, receipt.unknown) == (Settlement.UNKNOWN, 10)


# --- Reporting ------------------------------------------------------------------------------------------------------


def test_value_is_reported_without_what_value_rules_added(platform: Platform, tmp_path: Path) -> None:
    row = {
        "customer": {"currency_code": "EUR"},
        "campaign": {"id": 601},
        "ad_group": {"id": 701},
        "ad_group_ad": {"ad": {"id": 801}},
        "segments": {"date": "2026-11-02"},
        "metrics": {
            "cost_micros": 1_230_000,
            "impressions": 100,
            "clicks": 7,
            "conversions": 1.333,
            "conversions_value": 30.1,
            "value_adjustment": 10.05,
        },
    }
    platform.answer("SearchStream", rows({"campaign": {"id": 601, "name": CAMPAIGN.name}}), rows(row))
    (found,) = opened(tmp_path, platform).performance(date(2026, 11, 1), date(2026, 11, 30))

    assert (found.ad_id, found.day, found.spend_micros) == ("801", date(2026, 11, 2), 1_230_000)
    assert (found.conversions_milli, found.value_micros, found.currency) == (1_333, 20_050_000, "EUR")


def test_nothing_of_a_member_is_ever_logged(
    platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import IngestAudienceMembersResponse

    platform.answer("IngestAudienceMembers", IngestAudienceMembersResponse(request_id="up-1"))
    logging.getLogger("google.ads.datamanager_v1").setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    opened(tmp_path, platform).send(Operation.ADD, "501", members(1, DIGEST), "b")

    assert DIGEST[4:] not in caplog.text
    assert "canary" not in caplog.text
