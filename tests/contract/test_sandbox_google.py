"""The sandbox's Google Ads API, seen through the official client."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from google.ads.googleads.errors import GoogleAdsException
from google.api_core.exceptions import (
    DeadlineExceeded,
    InternalServerError,
    MethodNotImplemented,
    ResourceExhausted,
    ServiceUnavailable,
)

from connectors.sandbox.google.calls import deny
from connectors.sandbox.oauth import SCOPES, Authority
from connectors.sandbox.server import Sandbox
from tests.contract.google_clients import GoogleClients, ManualClock, code_of, path_of

_CUSTOMERS = itertools.count(2_000_000_000)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=5, clock=clock) as running:
        yield running


@pytest.fixture(scope="module")
def google(sandbox: Sandbox) -> Iterator[GoogleClients]:
    clients = GoogleClients(sandbox)
    yield clients
    clients.close()


@pytest.fixture
def customer() -> str:
    """An account of the test's own."""
    return str(next(_CUSTOMERS))


def budget(customer: str, number: int = -1, **fields: Any) -> dict[str, Any]:
    create = {"resource_name": f"customers/{customer}/campaignBudgets/{number}", "amount_micros": 20_000_000}
    return {"campaign_budget_operation": {"create": {**create, "explicitly_shared": False, **fields}}}


def campaign(customer: str, **fields: Any) -> dict[str, Any]:
    create: dict[str, Any] = {
        "resource_name": f"customers/{customer}/campaigns/-2",
        "name": "Autumn",
        "status": "PAUSED",
        "advertising_channel_type": "SEARCH",
        "campaign_budget": f"customers/{customer}/campaignBudgets/-1",
        "contains_eu_political_advertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
        "network_settings": {"target_google_search": True},
    }
    if not any(strategy in fields for strategy in ("target_roas", "maximize_conversion_value", "bidding")):
        create["manual_cpc"] = {"enhanced_cpc_enabled": False}
    fields.pop("bidding", None)
    return {"campaign_operation": {"create": {**create, **fields}}}


def group(customer: str, number: int = -3, **fields: Any) -> dict[str, Any]:
    create: dict[str, Any] = {
        "resource_name": f"customers/{customer}/adGroups/{number}",
        "name": f"Tier {-number}",
        "campaign": f"customers/{customer}/campaigns/-2",
        "status": "PAUSED",
        "cpc_bid_micros": 1_000_000,
    }
    return {"ad_group_operation": {"create": {**create, **fields}}}


def ad(customer: str, number: int = -3, headlines: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    texts = headlines or ("Fresh coffee", "Roasted today", "From Lindgren")
    create = {
        "ad_group": f"customers/{customer}/adGroups/{number}",
        "status": "PAUSED",
        "ad": {
            "final_urls": ["https://example.org/coffee"],
            "responsive_search_ad": {
                "headlines": [{"text": text} for text in texts],
                "descriptions": [{"text": "Small batches, sent on the day."}, {"text": "Free delivery from 30 EUR."}],
            },
            **fields,
        },
    }
    return {"ad_group_ad_operation": {"create": create}}


def user_list(customer: str, number: int = -9, **fields: Any) -> dict[str, Any]:
    create = {
        "resource_name": f"customers/{customer}/userLists/{number}",
        "name": f"Best customers {-number}",
        "membership_life_span": 540,
        "crm_based_user_list": {"upload_key_type": "CONTACT_INFO"},
    }
    return {"user_list_operation": {"create": {**create, **fields}}}


def audience(customer: str, number: int = -3, user_list: int = -9, **fields: Any) -> dict[str, Any]:
    create = {
        "ad_group": f"customers/{customer}/adGroups/{number}",
        "user_list": {"user_list": f"customers/{customer}/userLists/{user_list}"},
    }
    return {"ad_group_criterion_operation": {"create": {**create, **fields}}}


def names_of(response: Any) -> list[str]:
    raw = type(response).pb(response)
    return [answer.ListFields()[0][1].resource_name for answer in raw.mutate_operation_responses]


def refusal(google: GoogleClients, customer: str, *operations: dict[str, Any]) -> GoogleAdsException:
    with pytest.raises(GoogleAdsException) as raised:
        google.mutate(customer, *operations)
    return raised.value


class TestAccess:
    def test_the_official_google_ads_client_reads_the_account_with_its_own_configuration(
        self, sandbox: Sandbox
    ) -> None:
        settings = sandbox.settings()
        script = (
            "from google.ads.googleads.client import GoogleAdsClient\n"
            "client = GoogleAdsClient.load_from_env()\n"
            "service = client.get_service('GoogleAdsService')\n"
            "rows = service.search(customer_id='1234567890', query='SELECT customer.currency_code FROM customer')\n"
            "print(next(iter(rows)).customer.currency_code)\n"
        )
        environment = {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": settings["ACTIVATOR_GOOGLE__CA_FILE"],
            "GOOGLE_ADS_JSON_KEY_FILE_PATH": settings["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"],
            "GOOGLE_ADS_ENDPOINT": settings["ACTIVATOR_GOOGLE__ENDPOINT"],
            "GOOGLE_ADS_USE_PROTO_PLUS": "True",
        }
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.stdout.strip(), done.returncode) == ("EUR", 0), done.stderr

    def test_a_call_without_token_is_unauthenticated(self, sandbox: Sandbox) -> None:
        settings = sandbox.settings()
        roots = Path(settings["ACTIVATOR_GOOGLE__CA_FILE"]).read_bytes()
        with grpc.secure_channel(
            settings["ACTIVATOR_GOOGLE__ENDPOINT"], grpc.ssl_channel_credentials(roots)
        ) as channel:
            raw: Any = channel.unary_unary
            search = raw("/google.ads.googleads.v26.services.GoogleAdsService/Search")
            with pytest.raises(grpc.RpcError) as raised:
                search(b"")
            with pytest.raises(grpc.RpcError) as wrong:
                search(b"", metadata=(("authorization", "Bearer ya29.made-up"),))
        error: Any = raised.value
        other: Any = wrong.value
        assert error.code() is other.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "google.ads.googleads.v26.errors.googleadsfailure-bin" in dict(error.trailing_metadata())

    def test_an_account_one_may_not_use_is_permission_denied(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        deny(sandbox.state, customer)
        with pytest.raises(GoogleAdsException) as raised:
            google.search(customer, "SELECT customer.id FROM customer")
        assert code_of(raised.value) == "authorization_error.USER_PERMISSION_DENIED"
        assert raised.value.error.code() is grpc.StatusCode.PERMISSION_DENIED

    def test_a_customer_id_with_hyphens_is_refused(self, google: GoogleClients) -> None:
        with pytest.raises(GoogleAdsException) as raised:
            google.search("123-456-7890", "SELECT customer.id FROM customer")
        assert code_of(raised.value) == "request_error.INVALID_CUSTOMER_ID"

    def test_accessible_customers_are_listed(self, google: GoogleClients) -> None:
        answer = google.ads("CustomerService").list_accessible_customers()
        assert "customers/1234567890" in answer.resource_names

    def test_the_oldest_version_still_alive_is_served_and_refuses_in_its_own_messages(
        self, google: GoogleClients, customer: str
    ) -> None:
        version = "v23"  # loading a version takes seconds; the ones between are the same code
        service = google.ads("GoogleAdsService", version)
        rows = list(service.search(customer_id=customer, query="SELECT customer.id FROM customer"))
        assert [row.customer.id for row in rows] == [int(customer)]
        with pytest.raises(GoogleAdsException) as raised:
            service.mutate(customer_id=customer, mutate_operations=[])
        assert code_of(raised.value) == "field_error.REQUIRED"

    def test_what_the_sandbox_does_not_know_is_unimplemented_and_says_so(
        self, google: GoogleClients, customer: str
    ) -> None:
        operation = {"asset_operation": {"create": {"name": "x"}}}
        with pytest.raises(MethodNotImplemented, match="asset_operation"):
            google.mutate(customer, operation)


class TestTokens:
    def test_a_refresh_token_is_exchanged_and_stops_working_when_withdrawn(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path) as sandbox:
            self._exchange_and_withdraw(sandbox)

    def _exchange_and_withdraw(self, sandbox: Sandbox) -> None:
        authority = Authority(sandbox.state)
        uri = str(GoogleClients(sandbox).credentials._token_uri)
        user = authority.authorized_user(uri)
        form = {"grant_type": "refresh_token"} | {
            key: user[key] for key in ("refresh_token", "client_id", "client_secret")
        }
        answer = requests.post(uri, data=form, timeout=10).json()
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
        grant = authority.grant(answer["access_token"])
        assert grant is not None
        assert grant.scopes == set(SCOPES)
        authority.withdraw()
        assert authority.grant(answer["access_token"]) is None
        refused = requests.post(uri, data=form, timeout=10)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")

    def test_unknown_grants_and_forged_assertions_are_refused(self, sandbox: Sandbox) -> None:
        uri = str(GoogleClients(sandbox).credentials._token_uri)
        other = requests.post(uri, data={"grant_type": "password"}, timeout=10)
        assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
        assertion = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "eyJ9.e30.AAAA"}
        forged = requests.post(uri, data=assertion, timeout=10)
        assert (forged.status_code, forged.json()["error"]) == (400, "invalid_grant")

    def test_a_token_for_data_manager_alone_does_not_open_google_ads(self, sandbox: Sandbox, customer: str) -> None:
        clients = GoogleClients(sandbox, scopes=["https://www.googleapis.com/auth/datamanager"])
        with pytest.raises(GoogleAdsException) as raised:
            clients.search(customer, "SELECT customer.id FROM customer")
        clients.close()
        assert raised.value.error.code() is grpc.StatusCode.PERMISSION_DENIED


class TestMutate:
    def test_a_whole_campaign_is_made_at_once_with_temporary_ids(self, google: GoogleClients, customer: str) -> None:
        location = {"campaign": f"customers/{customer}/campaigns/-2"}
        names = names_of(
            google.mutate(
                customer,
                budget(customer),
                campaign(customer),
                {
                    "campaign_criterion_operation": {
                        "create": {**location, "location": {"geo_target_constant": "geoTargetConstants/2276"}}
                    }
                },
                user_list(customer),
                group(customer),
                audience(customer, bid_modifier=1.6),
                ad(customer),
            )
        )
        assert [name.split("/")[2] for name in names] == [
            "campaignBudgets",
            "campaigns",
            "campaignCriteria",
            "userLists",
            "adGroups",
            "adGroupCriteria",
            "adGroupAds",
        ]
        assert names[2].endswith("~2276")
        [row] = google.search(
            customer,
            "SELECT ad_group_criterion.bid_modifier, ad_group_criterion.user_list.user_list, ad_group.name,"
            " campaign.status FROM ad_group_criterion WHERE ad_group_criterion.type = 'USER_LIST'",
        )
        assert row.ad_group_criterion.user_list.user_list == names[3]
        assert row.ad_group_criterion.bid_modifier == pytest.approx(1.6)
        assert (row.ad_group.name, row.campaign.status.name) == ("Tier 3", "PAUSED")

    def test_one_refused_operation_leaves_nothing_behind(self, google: GoogleClients, customer: str) -> None:
        error = refusal(google, customer, budget(customer), campaign(customer, name=""))
        assert code_of(error) == "field_error.REQUIRED"
        assert path_of(error) == "mutate_operations[1].campaign_operation.create.name"
        assert google.search(customer, "SELECT campaign_budget.id FROM campaign_budget") == []

    def test_what_follows_a_refused_temporary_id_is_refused_for_it(self, google: GoogleClients, customer: str) -> None:
        error = refusal(google, customer, budget(customer), campaign(customer, name=""), group(customer))
        assert code_of(error, 1) == "new_resource_creation_error.TEMP_ID_RESOURCE_HAD_ERRORS"
        assert path_of(error, 1) == "mutate_operations[2].ad_group_operation.create.campaign"

    def test_partial_failure_keeps_what_could_be_done(self, google: GoogleClients, customer: str) -> None:
        response = google.mutate(
            customer, budget(customer), campaign(customer), group(customer, name=""), partial_failure=True
        )
        raw = type(response).pb(response)
        assert [bool(answer.ListFields()) for answer in raw.mutate_operation_responses] == [True, True, False]
        assert len(raw.partial_failure_error.details) == 1
        assert len(google.search(customer, "SELECT campaign.id FROM campaign")) == 1

    def test_validate_only_checks_and_changes_nothing(self, google: GoogleClients, customer: str) -> None:
        google.mutate(customer, budget(customer), campaign(customer), validate_only=True)
        assert google.search(customer, "SELECT campaign.id FROM campaign") == []
        with pytest.raises(GoogleAdsException):
            google.mutate(customer, budget(customer, amount_micros=1), validate_only=True)

    def test_the_service_of_a_kind_does_the_same_as_mutate(self, google: GoogleClients, customer: str) -> None:
        service = google.ads("LabelService")
        operation = {"create": {"name": "ours"}}
        made = service.mutate_labels(customer_id=customer, operations=[operation]).results[0].resource_name
        assert made.startswith(f"customers/{customer}/labels/")
        with pytest.raises(GoogleAdsException) as raised:
            service.mutate_labels(customer_id=customer, operations=[operation])
        assert code_of(raised.value) == "label_error.DUPLICATE_NAME"
        assert path_of(raised.value) == "operations[0].create.name"

    def test_an_update_needs_a_mask_of_known_fields_that_may_change(self, google: GoogleClients, customer: str) -> None:
        _, name = names_of(google.mutate(customer, budget(customer), campaign(customer)))

        def update(*paths: str) -> dict[str, Any]:
            change = {"resource_name": name, "name": "Winter", "advertising_channel_type": "DISPLAY"}
            return {"campaign_operation": {"update": change, "update_mask": {"paths": list(paths)}}}

        assert code_of(refusal(google, customer, update())) == "field_mask_error.FIELD_MASK_MISSING"
        assert code_of(refusal(google, customer, update("colour"))) == "field_mask_error.FIELD_NOT_FOUND"
        fixed = refusal(google, customer, update("advertising_channel_type"))
        assert code_of(fixed) == "request_error.IMMUTABLE_FIELD"
        google.mutate(customer, update("resource_name", "name"))
        [row] = google.search(customer, "SELECT campaign.name FROM campaign")
        assert row.campaign.name == "Winter"

    def test_changing_the_bidding_strategy_replaces_the_old_one(self, google: GoogleClients, customer: str) -> None:
        _, name = names_of(google.mutate(customer, budget(customer), campaign(customer)))
        change = {"resource_name": name, "maximize_conversion_value": {"target_roas": 3.5}}
        mask = {"paths": ["maximize_conversion_value.target_roas"]}
        google.mutate(customer, {"campaign_operation": {"update": change, "update_mask": mask}})
        [row] = google.search(customer, "SELECT campaign.bidding_strategy_type FROM campaign")
        assert row.campaign.bidding_strategy_type.name == "MAXIMIZE_CONVERSION_VALUE"

    def test_an_unknown_resource_is_not_found_and_a_malformed_name_is_malformed(
        self, google: GoogleClients, customer: str
    ) -> None:
        unknown = refusal(google, customer, {"campaign_operation": {"remove": f"customers/{customer}/campaigns/5"}})
        assert code_of(unknown) == "mutate_error.RESOURCE_NOT_FOUND"
        assert unknown.error.code() is grpc.StatusCode.INVALID_ARGUMENT
        malformed = refusal(google, customer, {"campaign_operation": {"remove": "campaigns/5"}})
        assert code_of(malformed) == "request_error.RESOURCE_NAME_MALFORMED"

    def test_a_removed_campaign_frees_its_name_and_takes_no_more_changes(
        self, google: GoogleClients, customer: str
    ) -> None:
        _, name = names_of(google.mutate(customer, budget(customer), campaign(customer)))
        duplicate = refusal(google, customer, budget(customer), campaign(customer))
        assert code_of(duplicate) == "campaign_error.DUPLICATE_CAMPAIGN_NAME"
        google.mutate(customer, {"campaign_operation": {"remove": name}})
        again = refusal(google, customer, {"campaign_operation": {"remove": name}})
        assert code_of(again) == "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        google.mutate(customer, budget(customer), campaign(customer))
        statuses = [row.campaign.status.name for row in google.search(customer, "SELECT campaign.status FROM campaign")]
        assert sorted(statuses) == ["PAUSED", "REMOVED"]


class TestRules:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"contains_eu_political_advertising": "UNSPECIFIED"}, "field_error.REQUIRED"),
            ({"advertising_channel_type": "UNSPECIFIED"}, "field_error.REQUIRED"),
            ({"bidding": None}, "field_error.REQUIRED"),
            (
                {"network_settings": {"target_search_network": True}},
                "campaign_error.CANNOT_TARGET_SEARCH_NETWORK_WITHOUT_GOOGLE_SEARCH",
            ),
            ({"target_roas": {"target_roas": 0.001}}, "range_error.TOO_LOW"),
            (
                {"manual_cpc": {"enhanced_cpc_enabled": True}},
                "bidding_error.CANNOT_CREATE_CAMPAIGN_WITH_BIDDING_STRATEGY",
            ),
            ({"status": "REMOVED"}, "operation_access_denied_error.CREATE_AS_REMOVED_NOT_PERMITTED"),
            (
                {"url_custom_parameters": [{"key": "much_too_long_a_key", "value": "x"}]},
                "url_field_error.INVALID_CHARACTERS_IN_URL_CUSTOM_PARAMETER_KEY",
            ),
        ],
    )
    def test_campaigns(self, google: GoogleClients, customer: str, fields: dict[str, Any], code: str) -> None:
        assert code_of(refusal(google, customer, budget(customer), campaign(customer, **fields))) == code

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"amount_micros": 1_005_000}, "campaign_budget_error.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"),
            ({"amount_micros": -10_000}, "campaign_budget_error.NEGATIVE_MONEY_AMOUNT"),
            ({"explicitly_shared": True}, "field_error.REQUIRED"),
        ],
    )
    def test_budgets(self, google: GoogleClients, customer: str, fields: dict[str, Any], code: str) -> None:
        assert code_of(refusal(google, customer, budget(customer, **fields))) == code

    def test_a_budget_serves_one_campaign_unless_it_is_shared(self, google: GoogleClients, customer: str) -> None:
        names = names_of(google.mutate(customer, budget(customer), campaign(customer)))
        error = refusal(google, customer, campaign(customer, name="Other", campaign_budget=names[0]))
        assert code_of(error) == "campaign_error.CAMPAIGN_CANNOT_USE_SHARED_BUDGET"
        in_use = refusal(google, customer, {"campaign_budget_operation": {"remove": names[0]}})
        assert code_of(in_use) == "campaign_budget_error.CAMPAIGN_BUDGET_IN_USE"

    def test_new_objects_are_enabled_unless_told_otherwise(self, google: GoogleClients, customer: str) -> None:
        google.mutate(customer, budget(customer), campaign(customer, status="UNSPECIFIED"))
        [row] = google.search(customer, "SELECT campaign.status FROM campaign")
        assert row.campaign.status.name == "ENABLED"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"cpc_bid_micros": 1_000_001}, "bidding_error.BID_TOO_MANY_FRACTIONAL_DIGITS"),
            ({"target_roas": 3.0}, "ad_group_error.BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH"),
            ({"name": ""}, "ad_group_error.MISSING_ADGROUP_NAME"),
        ],
    )
    def test_ad_groups(self, google: GoogleClients, customer: str, fields: dict[str, Any], code: str) -> None:
        error = refusal(google, customer, budget(customer), campaign(customer), group(customer, **fields))
        assert code_of(error) == code

    def test_an_ad_group_name_is_unique_in_its_campaign(self, google: GoogleClients, customer: str) -> None:
        groups = (group(customer, -3, name="Gold"), group(customer, -4, name="Gold"))
        error = refusal(google, customer, budget(customer), campaign(customer), *groups)
        assert code_of(error) == "ad_group_error.DUPLICATE_ADGROUP_NAME"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"bid_modifier": 10.5}, "range_error.TOO_HIGH"),
            ({"bid_modifier": 0.05}, "range_error.TOO_LOW"),
            ({"bid_modifier": 0.0}, "range_error.TOO_LOW"),
            ({"negative": True, "bid_modifier": 1.5}, "criterion_error.CANNOT_BID_MODIFY_NEGATIVE_CRITERION"),
        ],
    )
    def test_bid_modifiers(self, google: GoogleClients, customer: str, fields: dict[str, Any], code: str) -> None:
        base = (budget(customer), campaign(customer), user_list(customer), group(customer))
        assert code_of(refusal(google, customer, *base, audience(customer, **fields))) == code

    def test_modifiers_under_smart_bidding_are_taken(self, google: GoogleClients, customer: str) -> None:
        smart = campaign(customer, maximize_conversion_value={"target_roas": 3.0})
        base = (budget(customer), smart, user_list(customer), group(customer))
        google.mutate(customer, *base, audience(customer, bid_modifier=2.0))

    def test_audiences_stand_at_one_level_and_are_not_targeted_and_excluded(
        self, google: GoogleClients, customer: str
    ) -> None:
        base = (budget(customer), campaign(customer), user_list(customer), group(customer), audience(customer))
        at_campaign = {
            "campaign": f"customers/{customer}/campaigns/-2",
            "user_list": {"user_list": f"customers/{customer}/userLists/-9"},
        }
        both = refusal(google, customer, *base, {"campaign_criterion_operation": {"create": at_campaign}})
        assert code_of(both) == "criterion_error.CANNOT_ATTACH_CRITERIA_AT_CAMPAIGN_AND_ADGROUP"
        excluded = refusal(google, customer, *base, audience(customer, negative=True))
        assert code_of(excluded) == "ad_group_criterion_error.CANNOT_TARGET_AND_EXCLUDE"

    def test_closed_and_unknown_lists_cannot_be_targeted(self, google: GoogleClients, customer: str) -> None:
        closed = user_list(customer, membership_status="CLOSED")
        base = (budget(customer), campaign(customer), group(customer))
        error = refusal(google, customer, *base, closed, audience(customer))
        assert code_of(error) == "criterion_error.CANNOT_ADD_CLOSED_USER_LIST"
        missing = refusal(google, customer, *base, audience(customer, user_list=77))
        assert code_of(missing) == "mutate_error.RESOURCE_NOT_FOUND"
        assert path_of(missing).endswith("ad_group_criterion_operation.create.user_list.user_list")

    @pytest.mark.parametrize(
        ("keyword", "code"),
        [
            ({"text": "coffee", "match_type": "UNSPECIFIED"}, "field_error.REQUIRED"),
            ({"text": "coffee!", "match_type": "EXACT"}, "criterion_error.KEYWORD_HAS_INVALID_CHARS"),
            ({"text": "a " * 11, "match_type": "EXACT"}, "criterion_error.KEYWORD_HAS_TOO_MANY_WORDS"),
            ({"text": "a" * 81, "match_type": "EXACT"}, "criterion_error.KEYWORD_TEXT_TOO_LONG"),
        ],
    )
    def test_keywords(self, google: GoogleClients, customer: str, keyword: dict[str, Any], code: str) -> None:
        create = {"ad_group": f"customers/{customer}/adGroups/-3", "keyword": keyword}
        operation = {"ad_group_criterion_operation": {"create": create}}
        assert (
            code_of(refusal(google, customer, budget(customer), campaign(customer), group(customer), operation)) == code
        )

    def test_targeting_is_the_default_and_observation_is_kept_when_chosen(
        self, google: GoogleClients, customer: str
    ) -> None:
        observed = {"target_restrictions": [{"targeting_dimension": "AUDIENCE", "bid_only": True}]}
        google.mutate(
            customer,
            budget(customer),
            campaign(customer),
            group(customer),
            group(customer, -4, targeting_setting=observed),
        )
        query = "SELECT ad_group.targeting_setting.target_restrictions FROM ad_group ORDER BY ad_group.id"
        first, second = (row.ad_group.targeting_setting.target_restrictions for row in google.search(customer, query))
        assert (len(first), second[0].bid_only) == (0, True)

    @pytest.mark.parametrize(
        ("headlines", "code"),
        [
            (("One", "Two"), "collection_size_error.TOO_FEW"),
            (tuple(f"Headline {n}" for n in range(16)), "collection_size_error.TOO_MANY"),
            (("One", "Two", "x" * 31), "string_length_error.TOO_LONG"),
            (("One", "Two", "咖" * 16), "string_length_error.TOO_LONG"),
            (("One", "Two", "One"), "asset_error.DUPLICATE_ASSET"),
            (("One", "Two", "Buy now!"), "policy_finding_error.POLICY_FINDING"),
            (("One", "Two", "Call 030 123 456 78"), "policy_finding_error.POLICY_FINDING"),
        ],
    )
    def test_headlines(self, google: GoogleClients, customer: str, headlines: tuple[str, ...], code: str) -> None:
        base = (budget(customer), campaign(customer), group(customer))
        assert code_of(refusal(google, customer, *base, ad(customer, headlines=headlines))) == code

    def test_double_width_counts_two_and_thirty_is_allowed(self, google: GoogleClients, customer: str) -> None:
        headlines = ("x" * 30, "咖" * 15, "Three")
        google.mutate(
            customer, budget(customer), campaign(customer), group(customer), ad(customer, headlines=headlines)
        )

    def test_a_policy_finding_names_topic_and_evidence_and_can_be_ignored(
        self, google: GoogleClients, customer: str
    ) -> None:
        base = (budget(customer), campaign(customer), group(customer))
        shouting = ad(customer, headlines=("One", "Two", "Buy now!"))
        error = refusal(google, customer, *base, shouting)
        [entry] = error.failure.errors[0].details.policy_finding_details.policy_topic_entries
        assert (entry.topic, entry.type_.name) == ("PUNCTUATION", "PROHIBITED")
        assert list(entry.evidences[0].text_list.texts) == ["Buy now!"]
        operation = {**shouting["ad_group_ad_operation"]}
        operation["policy_validation_parameter"] = {"ignorable_policy_topics": ["PUNCTUATION"]}
        google.mutate(customer, *base, {"ad_group_ad_operation": operation})

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"final_urls": []}, "field_error.REQUIRED"),
            ({"final_urls": ["example.org"]}, "url_field_error.MISSING_PROTOCOL_IN_FINAL_URL"),
            ({"final_url_suffix": "?a=b"}, "url_field_error.FINAL_URL_SUFFIX_MALFORMED"),
        ],
    )
    def test_links(self, google: GoogleClients, customer: str, fields: dict[str, Any], code: str) -> None:
        base = (budget(customer), campaign(customer), group(customer))
        assert code_of(refusal(google, customer, *base, ad(customer, **fields))) == code

    def test_a_fourth_enabled_ad_is_refused_and_an_ad_cannot_be_rewritten(
        self, google: GoogleClients, customer: str
    ) -> None:
        ads = [ad(customer, headlines=("One", "Two", f"Three {n}")) for n in range(4)]
        names = names_of(google.mutate(customer, budget(customer), campaign(customer), group(customer), *ads))[3:]

        def enable(name: str) -> dict[str, Any]:
            change = {"resource_name": name, "status": "ENABLED"}
            return {"ad_group_ad_operation": {"update": change, "update_mask": {"paths": ["status"]}}}

        google.mutate(customer, *(enable(name) for name in names[:3]))
        error = refusal(google, customer, enable(names[3]))
        assert code_of(error) == "resource_count_limit_exceeded_error.RESOURCE_LIMIT"
        rewrite = {"resource_name": names[0], "ad": {"final_urls": ["https://example.org/new"]}}
        mask = {"paths": ["ad.final_urls"]}
        fixed = refusal(google, customer, {"ad_group_ad_operation": {"update": rewrite, "update_mask": mask}})
        assert code_of(fixed) == "request_error.IMMUTABLE_FIELD"

    def test_the_text_of_an_ad_is_changed_through_the_ad_itself(self, google: GoogleClients, customer: str) -> None:
        google.mutate(customer, budget(customer), campaign(customer), group(customer), ad(customer))
        [row] = google.search(customer, "SELECT ad_group_ad.ad.resource_name FROM ad_group_ad")

        def rewrite(*texts: str) -> dict[str, Any]:
            headlines = {"headlines": [{"text": text} for text in texts]}
            change = {"resource_name": row.ad_group_ad.ad.resource_name, "responsive_search_ad": headlines}
            return {"ad_operation": {"update": change, "update_mask": {"paths": ["responsive_search_ad.headlines"]}}}

        error = refusal(google, customer, rewrite("One", "Two", "One"))
        assert code_of(error) == "asset_error.DUPLICATE_ASSET"
        assert path_of(error) == "mutate_operations[0].ad_operation.update.responsive_search_ad.headlines[2].text"
        google.mutate(customer, rewrite("One", "Two", "Three"))
        query = "SELECT ad_group_ad.ad.responsive_search_ad.headlines FROM ad_group_ad"
        [row] = google.search(customer, query)
        assert [asset.text for asset in row.ad_group_ad.ad.responsive_search_ad.headlines] == ["One", "Two", "Three"]

    def test_labels_attach_once(self, google: GoogleClients, customer: str) -> None:
        (label,) = names_of(google.mutate(customer, {"label_operation": {"create": {"name": "ours"}}}))
        attach = {"campaign": f"customers/{customer}/campaigns/-2", "label": label}
        names = names_of(
            google.mutate(
                customer, budget(customer), campaign(customer), {"campaign_label_operation": {"create": attach}}
            )
        )
        [row] = google.search(customer, "SELECT campaign.labels, label.name FROM campaign_label")
        assert (list(row.campaign.labels), row.label.name) == ([label], "ours")
        again = {"campaign_label_operation": {"create": {"campaign": names[1], "label": label}}}
        assert code_of(refusal(google, customer, again)) == "campaign_error.CAMPAIGN_LABEL_ALREADY_EXISTS"

    def test_a_label_has_no_temporary_name(self, google: GoogleClients, customer: str) -> None:
        named = {"resource_name": f"customers/{customer}/labels/-8", "name": "theirs"}
        assert code_of(refusal(google, customer, {"label_operation": {"create": named}})).endswith(".IMMUTABLE_FIELD")

    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            ({"action": {"operation": "MULTIPLY", "value": 0.4}}, "range_error.TOO_LOW"),
            ({"action": {"operation": "MULTIPLY", "value": 10.1}}, "range_error.TOO_HIGH"),
            ({"action": {"operation": "ADD", "value": 0}}, "range_error.TOO_LOW"),
            ({}, "field_error.REQUIRED"),
        ],
    )
    def test_value_rules(self, google: GoogleClients, customer: str, rule: dict[str, Any], code: str) -> None:
        assert code_of(refusal(google, customer, {"conversion_value_rule_operation": {"create": rule}})) == code

    @pytest.mark.parametrize(
        ("kinds", "code"),
        [
            (("PURCHASERS", "HIGH_VALUE_CUSTOMERS", "DISENGAGED_CUSTOMERS", "LOYALTY_TIER_1_MEMBERS"), ""),
            (("PURCHASERS", "CART_ABANDONERS"), "user_list_customer_type_error.CONFLICTING_CUSTOMER_TYPES"),
            (("QUALIFIED_LEADS", "CONVERTED_LEADS"), "user_list_customer_type_error.CONFLICTING_CUSTOMER_TYPES"),
            (
                ("LOYALTY_TIER_1_MEMBERS", "LOYALTY_TIER_2_MEMBERS"),
                "user_list_customer_type_error.CONFLICTING_CUSTOMER_TYPES",
            ),
        ],
    )
    def test_kinds_of_customers_that_exclude_each_other(
        self, google: GoogleClients, customer: str, kinds: tuple[str, ...], code: str
    ) -> None:
        (name,) = names_of(google.mutate(customer, user_list(customer)))
        tags = [{"create": {"user_list": name, "customer_type_category": kind}} for kind in kinds]
        request = {"customer_id": customer, "operations": tags}
        tag = google.ads("UserListCustomerTypeService").mutate_user_list_customer_types
        if not code:
            assert len(tag(request=request).results) == len(kinds)
            return
        with pytest.raises(GoogleAdsException) as refused:
            tag(request=request)
        assert code_of(refused.value) == code

    def test_lists_last_540_days_at_most_and_have_unique_names(self, google: GoogleClients, customer: str) -> None:
        long = refusal(google, customer, user_list(customer, membership_life_span=541))
        assert code_of(long) == "range_error.TOO_HIGH"
        twice = refusal(google, customer, user_list(customer, name="A"), user_list(customer, -10, name="A"))
        assert code_of(twice) == "user_list_error.NAME_ALREADY_USED"


class TestReports:
    def _delivering(self, google: GoogleClients, customer: str, **fields: Any) -> list[str]:
        return names_of(
            google.mutate(
                customer,
                budget(customer, amount_micros=300_000_000),
                campaign(customer, **fields),
                user_list(customer),
                group(customer),
                audience(customer),
                ad(customer),
                ad(customer, headlines=("One", "Two", "Three")),
            )
        )

    def test_paused_objects_bring_nothing_and_active_ones_a_row_for_each_day(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        self._delivering(google, customer)
        query = (
            "SELECT ad_group_ad.ad.id, segments.date, metrics.cost_micros, metrics.impressions, metrics.conversions,"
            " metrics.conversions_value, customer.currency_code FROM ad_group_ad"
            " WHERE segments.date BETWEEN '2026-11-10' AND '2026-11-23'"
        )
        assert google.search(customer, query) == []
        sandbox.activate(7, "google")
        rows = google.search(customer, query)
        assert sorted({row.segments.date for row in rows}) == [f"2026-11-{day}" for day in range(17, 24)]
        assert len(rows) == 14
        assert all(row.metrics.impressions > 0 for row in rows)
        assert {row.customer.currency_code for row in rows} == {"EUR"}
        two_days = query.split(" WHERE ", maxsplit=1)[0].replace("segments.date, ", "")
        picked = google.search(customer, f"{two_days} WHERE segments.date IN ('2026-11-17', '2026-11-23')")
        expected = sum(row.metrics.cost_micros for row in rows if row.segments.date in {"2026-11-17", "2026-11-23"})
        assert sum(row.metrics.cost_micros for row in picked) == expected
        total = sum(row.metrics.cost_micros for row in rows)
        [whole] = google.search(
            customer,
            "SELECT metrics.cost_micros FROM customer WHERE segments.date BETWEEN '2026-11-10' AND '2026-11-23'",
        )
        assert whole.metrics.cost_micros == total

    def test_past_days_keep_their_figures_when_the_budget_changes(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        names = self._delivering(google, customer)
        sandbox.activate(3, "google")
        query = "SELECT campaign.id, metrics.cost_micros FROM campaign WHERE segments.date DURING YESTERDAY"
        [before] = google.search(customer, query)
        change = {"resource_name": names[0], "amount_micros": 10_000_000}
        google.mutate(
            customer, {"campaign_budget_operation": {"update": change, "update_mask": {"paths": ["amount_micros"]}}}
        )
        [after] = google.search(customer, query)
        assert after.metrics.cost_micros == before.metrics.cost_micros > 0

    def test_a_value_rule_changes_the_reported_value_and_says_by_how_much(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        names = self._delivering(google, customer, maximize_conversion_value={"target_roas": 3.0})
        rule = {
            "resource_name": f"customers/{customer}/conversionValueRules/-20",
            "action": {"operation": "MULTIPLY", "value": 2.0},
            "audience_condition": {"user_lists": [names[2]]},
        }
        rule_set = {
            "conversion_value_rules": [rule["resource_name"]],
            "dimensions": ["AUDIENCE"],
            "attachment_type": "CUSTOMER",
        }
        made = names_of(
            google.mutate(
                customer,
                {"conversion_value_rule_operation": {"create": rule}},
                {"conversion_value_rule_set_operation": {"create": rule_set}},
            )
        )
        used = refusal(google, customer, {"conversion_value_rule_operation": {"remove": made[0]}})
        assert code_of(used) == "conversion_value_rule_error.CANNOT_REMOVE_IF_INCLUDED_IN_VALUE_RULE_SET"
        sandbox.activate(5, "google")
        where = " FROM ad_group WHERE segments.date DURING LAST_7_DAYS"
        [row] = google.search(
            customer, f"SELECT metrics.conversions_value, metrics.value_adjustment, ad_group.id{where}"
        )
        assert row.metrics.value_adjustment == pytest.approx(row.metrics.conversions_value / 2)
        dimension = "segments.conversion_value_rule_primary_dimension"
        parts = {
            part.segments.conversion_value_rule_primary_dimension.name: part.metrics.conversions_value
            for part in google.search(customer, f"SELECT {dimension}, metrics.conversions_value{where}")
        }
        assert parts["ORIGINAL"] == pytest.approx(parts["AUDIENCE"])
        assert sum(parts.values()) == pytest.approx(row.metrics.conversions_value)

    def test_the_audience_view_shows_the_group_by_its_list(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        names = self._delivering(google, customer)
        sandbox.activate(3, "google")
        [row] = google.search(
            customer,
            "SELECT ad_group_criterion.user_list.user_list, user_list.name, metrics.clicks FROM ad_group_audience_view"
            " WHERE segments.date DURING LAST_7_DAYS",
        )
        assert row.ad_group_criterion.user_list.user_list == names[2]
        assert row.ad_group_audience_view.resource_name.startswith(f"customers/{customer}/adGroupAudienceViews/")
        assert (row.user_list.name, row.metrics.clicks > 0) == ("Best customers 9", True)

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT campaign.colour FROM campaign", "UNRECOGNIZED_FIELD"),
            ("SELECT campaign.network_settings FROM campaign", "UNRECOGNIZED_FIELD"),
            ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
            ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
            ("SELECT campaign.id, segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
            ("SELECT label.id, metrics.clicks FROM label", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
            (
                "SELECT campaign.id FROM campaign WHERE metrics.clicks > 3",
                "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
            ),
            ("SELECT campaign.id FROM campaign WHERE campaign.status = 'ON'", "BAD_ENUM_CONSTANT"),
        ],
    )
    def test_wrong_queries(self, google: GoogleClients, customer: str, query: str, code: str) -> None:
        with pytest.raises(GoogleAdsException) as raised:
            google.search(customer, query)
        assert code_of(raised.value) == f"query_error.{code}"

    def test_a_page_size_is_refused(self, google: GoogleClients, customer: str) -> None:
        request = {"customer_id": customer, "query": "SELECT customer.id FROM customer", "page_size": 10}
        with pytest.raises(GoogleAdsException) as raised:
            google.ads("GoogleAdsService").search(request=request)
        assert code_of(raised.value) == "request_error.PAGE_SIZE_NOT_SUPPORTED"


class TestFaults:
    def test_faults_surface_as_the_client_shows_them_and_the_next_call_is_well(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        expected: dict[str, type[Exception]] = {
            "reset": ServiceUnavailable,
            "http_500_html": InternalServerError,
            "timeout_before_effect": DeadlineExceeded,
            "rate_limited": ResourceExhausted,
        }
        for kind, error in expected.items():
            sandbox.fault(kind, "google", method="GoogleAdsService.Mutate")
            with pytest.raises(error):
                google.mutate(customer, user_list(customer))
        assert google.search(customer, "SELECT user_list.id FROM user_list") == []
        google.mutate(customer, user_list(customer))

    def test_a_quota_error_says_how_long_to_wait(self, sandbox: Sandbox, google: GoogleClients, customer: str) -> None:
        from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure

        sandbox.fault("rate_limited", "google", method="GoogleAdsService.Mutate")
        with pytest.raises(ResourceExhausted) as raised:
            google.mutate(customer, user_list(customer))
        trailing = dict(raised.value.errors[0].trailing_metadata())
        failure: Any = GoogleAdsFailure
        read = failure.deserialize(trailing["google.ads.googleads.v26.errors.googleadsfailure-bin"])
        assert read.errors[0].details.quota_error_details.retry_delay.total_seconds() == 2

    def test_a_lost_answer_leaves_the_effect(self, sandbox: Sandbox, google: GoogleClients, customer: str) -> None:
        sandbox.fault("timeout_after_effect", "google", method="GoogleAdsService.Mutate")
        with pytest.raises(DeadlineExceeded):
            google.mutate(customer, user_list(customer))
        assert len(google.search(customer, "SELECT user_list.id FROM user_list")) == 1

    def test_calls_are_recorded_with_what_was_refused(
        self, sandbox: Sandbox, google: GoogleClients, customer: str
    ) -> None:
        refusal(google, customer, budget(customer, amount_micros=1))
        last = sandbox.calls("google")[-1]
        assert last.method == "GoogleAdsService.Mutate"
        assert last.detail["refused"] == ["campaign_budget_error.MONEY_AMOUNT_LESS_THAN_CURRENCY_MINIMUM_CPC"]


def test_objects_survive_a_restart(tmp_path: Path) -> None:
    clock, customer = ManualClock(), "3000000001"
    with Sandbox(tmp_path, clock=clock) as first:
        clients = GoogleClients(first)
        clients.mutate(customer, budget(customer), campaign(customer))
        clients.close()
    with Sandbox(tmp_path, clock=clock) as second:
        clients = GoogleClients(second)
        rows = clients.search(customer, "SELECT campaign.name, campaign_budget.amount_micros FROM campaign")
        clients.close()
    assert [(row.campaign.name, row.campaign_budget.amount_micros) for row in rows] == [("Autumn", 20_000_000)]
