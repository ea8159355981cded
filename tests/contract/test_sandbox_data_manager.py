"""The sandbox's Data Manager API, seen through the official client."""

import base64
import hashlib
import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.ads import datamanager_v1 as dm
from google.api_core.exceptions import (
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    TooManyRequests,
)
from google.rpc import error_details_pb2

from connectors.sandbox.google.calls import deny
from connectors.sandbox.google.ingestion import accept_terms
from connectors.sandbox.server import Sandbox
from tests.contract.google_clients import (
    ACCEPTED,
    GRANTED,
    GoogleClients,
    ManualClock,
    destination,
    digest,
    member,
    people,
    violations_of,
)

_CUSTOMERS = itertools.count(4_000_000_000)
SETTLE_SECONDS = 60
EMAIL = {"email_address": digest("jane@example.org")}
ADDRESS = {
    "given_name": digest("jane"),
    "family_name": digest("doe"),
    "region_code": "DE",
    "postal_code": "10115",
}


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=SETTLE_SECONDS, clock=clock) as running:
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


@pytest.fixture
def list_id(google: GoogleClients, customer: str) -> int:
    return int(create(google, customer).id)


def parent(customer: str) -> str:
    return f"accountTypes/GOOGLE_ADS/accounts/{customer}"


def create(google: GoogleClients, customer: str, name: str = "Best customers", **fields: Any) -> Any:
    wanted: dict[str, Any] = {
        "display_name": name,
        "description": "Ours",
        "ingested_user_list_info": {"upload_key_types": ["CONTACT_ID"]},
    }
    request = {"parent": parent(customer), "user_list": wanted | fields}
    return google.lists().create_user_list(request=request)


def request_for(customer: str, list_id: int, members: list[Any], **fields: Any) -> Any:
    wanted: dict[str, Any] = {
        "destinations": [destination(customer, list_id)],
        "encoding": "HEX",
        "consent": GRANTED,
        "terms_of_service": ACCEPTED,
    }
    request = dm.IngestAudienceMembersRequest(wanted | fields)
    request.audience_members.extend(members)
    return request


def ingest(google: GoogleClients, customer: str, list_id: int, members: list[Any], **fields: Any) -> str:
    answer = google.ingestion().ingest_audience_members(request_for(customer, list_id, members, **fields), retry=None)
    return str(answer.request_id)


def remove(google: GoogleClients, customer: str, list_id: int, members: list[Any]) -> str:
    request = dm.RemoveAudienceMembersRequest(destinations=[destination(customer, list_id)], encoding="HEX")
    request.audience_members.extend(members)
    return str(google.ingestion().remove_audience_members(request, retry=None).request_id)


def status(google: GoogleClients, request_id: str) -> Any:
    answer = google.ingestion().retrieve_request_status(dm.RetrieveRequestStatusRequest(request_id=request_id))
    return answer.request_status_per_destination[0]


def refusal(google: GoogleClients, customer: str, list_id: int, members: list[Any], **fields: Any) -> Any:
    with pytest.raises(GoogleAPICallError) as raised:
        ingest(google, customer, list_id, members, **fields)
    return raised.value


class TestUploads:
    def test_an_upload_is_processing_until_it_settles_and_then_counts(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        request_id = ingest(google, customer, list_id, people(0, 150))
        waiting = status(google, request_id)
        assert waiting.request_status.name == "PROCESSING"
        assert sandbox.member_count("google", str(list_id)) == 0
        clock.sleep(SETTLE_SECONDS + 1)
        done = status(google, request_id)
        counts = done.audience_members_ingestion_status.user_data_ingestion_status
        assert done.request_status.name == "SUCCESS"
        assert (counts.record_count, counts.user_identifier_count) == (150, 300)
        assert sandbox.member_count("google", str(list_id)) == 150

    def test_the_same_upload_twice_changes_nothing(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        for _ in range(2):
            ingest(google, customer, list_id, people(0, 20))
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 20

    def test_a_removal_takes_out_whoever_shares_an_identifier(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        ingest(google, customer, list_id, people(0, 20))
        leaving = [member({"email_address": digest("3@example.org").upper()})]
        request_id = remove(google, customer, list_id, leaving)
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 19
        counts = status(google, request_id).audience_members_removal_status.user_data_removal_status
        assert counts.record_count == 1

    def test_members_without_consent_are_counted_and_do_not_join(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        denied = dm.Consent(ad_user_data="CONSENT_GRANTED", ad_personalization="CONSENT_DENIED")
        half = dm.Consent(ad_user_data="CONSENT_GRANTED")
        members = [
            *people(0, 5),
            member(EMAIL, consent=denied),
            member({"email_address": digest("b")}, consent=half),
            member({"email_address": digest("c")}, consent=dm.Consent()),
        ]
        request_id = ingest(google, customer, list_id, members)
        clock.sleep(SETTLE_SECONDS + 1)
        done = status(google, request_id)
        errors = {error.reason.name: error.record_count for error in done.error_info.error_counts}
        prefix = "PROCESSING_ERROR_REASON_"
        assert done.request_status.name == "PARTIAL_SUCCESS"
        assert errors == {f"{prefix}DENIED_CONSENT": 1, f"{prefix}NO_CONSENT": 1, f"{prefix}UNKNOWN_CONSENT": 1}
        assert sandbox.member_count("google", str(list_id)) == 5

    def test_without_any_consent_the_request_fails(
        self, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        request_id = ingest(google, customer, list_id, people(0, 5), consent=None)
        clock.sleep(SETTLE_SECONDS + 1)
        assert status(google, request_id).request_status.name == "FAILED"

    def test_several_lists_take_their_own_members_from_one_request(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        other = int(create(google, customer, "Others").id)
        first, second = people(0, 2)
        first.destination_references.append("a")
        second.destination_references.append("b")
        everywhere = people(2, 5)
        destinations = [destination(customer, list_id, "a"), destination(customer, other, "b")]
        request_id = ingest(google, customer, list_id, [first, second, *everywhere], destinations=destinations)
        clock.sleep(SETTLE_SECONDS + 1)
        assert [sandbox.member_count("google", str(number)) for number in (list_id, other)] == [4, 4]
        answer = google.ingestion().retrieve_request_status(dm.RetrieveRequestStatusRequest(request_id=request_id))
        assert [part.destination.reference for part in answer.request_status_per_destination] == ["a", "b"]

    def test_base64_is_the_same_member_as_hex(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        ingest(google, customer, list_id, [member(EMAIL)])
        raw = hashlib.sha256(b"jane@example.org").digest()
        encoded = {"email_address": base64.b64encode(raw).decode()}
        ingest(google, customer, list_id, [member(encoded)], encoding="BASE64")
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 1

    def test_replacing_all_keeps_whoever_was_uploaded_since(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        ingest(google, customer, list_id, people(0, 10))
        clock.sleep(SETTLE_SECONDS + 1)
        start = clock.now()
        ingest(google, customer, list_id, people(5, 15))
        clock.sleep(SETTLE_SECONDS + 1)
        request: Any = dm.RemoveAllAudienceMembersRequest(destinations=[destination(customer, list_id)])
        request.remove_as_of_time = start
        answer = google.ingestion().remove_all_audience_members(request)
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 10
        done = status(google, answer.request_id)
        assert "remove_all_audience_members_status" in done
        request.remove_as_of_time = clock.now() + timedelta(hours=1)
        with pytest.raises(InvalidArgument) as raised:
            google.ingestion().remove_all_audience_members(request)
        assert violations_of(raised.value) == {"remove_as_of_time": "INVALID_REMOVE_AS_OF_TIME"}

    def test_ten_thousand_members_are_one_request(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        ingest(google, customer, list_id, people(0, 10_000))
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 10_000
        error = refusal(google, customer, list_id, people(0, 10_001))
        assert violations_of(error) == {"audience_members": "TOO_MANY_AUDIENCE_MEMBERS"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("identifier", "field", "reason"),
        [
            ({"email_address": "jane@example.org"}, "email_address", "INVALID_HEX_ENCODING"),
            ({"phone_number": "+4930123456"}, "phone_number", "INVALID_HEX_ENCODING"),
            ({"email_address": "abc123"}, "email_address", "INVALID_SHA256_FORMAT"),
            ({"address": ADDRESS | {"region_code": "Germany"}}, "address.region_code", "INVALID_REGION_CODE"),
            ({"address": ADDRESS | {"region_code": "de"}}, "address.region_code", "INVALID_REGION_CODE"),
            ({"address": ADDRESS | {"given_name": "jane"}}, "address.given_name", "INVALID_HEX_ENCODING"),
            ({"address": ADDRESS | {"postal_code": ""}}, "address.postal_code", "REQUIRED_FIELD_MISSING"),
            ({"address": ADDRESS | {"postal_code": "1/2"}}, "address.postal_code", "INVALID_POSTAL_CODE"),
        ],
    )
    def test_one_malformed_identifier_refuses_the_whole_request(
        self,
        sandbox: Sandbox,
        google: GoogleClients,
        clock: ManualClock,
        customer: str,
        list_id: int,
        identifier: dict[str, Any],
        field: str,
        reason: str,
    ) -> None:
        error = refusal(google, customer, list_id, [*people(0, 3), member(EMAIL, identifier)])
        path = f"audience_members[3].user_data.user_identifiers[1].{field}"
        assert violations_of(error) == {path: reason}
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 0

    def test_a_refusal_carries_error_info_and_request_id_and_repeats_no_identifier(
        self, google: GoogleClients, customer: str, list_id: int
    ) -> None:
        error = refusal(google, customer, list_id, [member({"email_address": "jane@example.org"})])
        assert isinstance(error, InvalidArgument)
        assert (error.reason, error.domain) == ("INVALID_ARGUMENT", "datamanager.googleapis.com")
        [request_info] = [part for part in error.details if isinstance(part, error_details_pb2.RequestInfo)]
        assert error.metadata["requestId"] == request_info.request_id
        assert "jane@" not in str(error)

    @pytest.mark.parametrize(
        ("fields", "violations"),
        [
            ({"encoding": None}, {"encoding": "REQUIRED_FIELD_MISSING"}),
            ({"terms_of_service": None}, {"terms_of_service": "TERMS_AND_CONDITIONS_NOT_SIGNED"}),
            ({"destinations": []}, {"destinations": "REQUIRED_FIELD_MISSING"}),
        ],
    )
    def test_what_a_request_must_have(
        self,
        google: GoogleClients,
        customer: str,
        list_id: int,
        fields: dict[str, Any],
        violations: dict[str, str],
    ) -> None:
        assert violations_of(refusal(google, customer, list_id, people(0, 1), **fields)) == violations

    def test_terms_accepted_in_the_account_need_not_be_sent(
        self, sandbox: Sandbox, google: GoogleClients, customer: str, list_id: int
    ) -> None:
        accept_terms(sandbox.state, customer)
        ingest(google, customer, list_id, people(0, 1), terms_of_service=None)

    def test_counts_are_limited(self, google: GoogleClients, customer: str, list_id: int) -> None:
        many = member(*({"email_address": digest(n)} for n in range(11)))
        error = refusal(google, customer, list_id, [many])
        assert violations_of(error) == {"audience_members[0].user_data.user_identifiers": "TOO_MANY_USER_IDENTIFIERS"}
        destinations = [destination(customer, list_id, str(n)) for n in range(11)]
        error = refusal(google, customer, list_id, people(0, 1), destinations=destinations)
        assert violations_of(error) == {"destinations": "TOO_MANY_DESTINATIONS"}
        error = refusal(google, customer, list_id, [])
        assert violations_of(error) == {"audience_members": "REQUIRED_FIELD_MISSING"}

    def test_one_kind_of_data_for_lists_that_take_it(self, google: GoogleClients, customer: str, list_id: int) -> None:
        by_id = dm.AudienceMember(user_id_data={"user_id": "crm-1"})
        mixed = refusal(google, customer, list_id, [*people(0, 1), by_id])
        assert violations_of(mixed) == {"audience_members[1]": "MULTIPLE_DATA_TYPES_NOT_ALLOWED"}
        wrong = refusal(google, customer, list_id, [by_id])
        assert violations_of(wrong) == {"audience_members[0]": "INVALID_USER_LIST_TYPE"}

    def test_the_list_must_exist_in_the_account_named(self, google: GoogleClients, customer: str, list_id: int) -> None:
        stranger = str(next(_CUSTOMERS))
        error = refusal(google, stranger, list_id, people(0, 1))
        assert violations_of(error) == {"destinations[0].product_destination_id": "INVALID_USER_LIST_ID"}
        target = destination(customer, list_id)
        target.operating_account.account_type = dm.ProductAccount.AccountType.DATA_PARTNER
        error = refusal(google, customer, list_id, people(0, 1), destinations=[target])
        expected = {"destinations[0].operating_account.account_type": "DESTINATION_ACCOUNT_TYPE_MISMATCH"}
        assert violations_of(error) == expected

    def test_validate_only_refuses_likewise_but_has_no_effect_and_no_status(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        request_id = ingest(google, customer, list_id, people(0, 2), validate_only=True)
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 0
        with pytest.raises(InvalidArgument) as raised:
            status(google, request_id)
        assert violations_of(raised.value) == {"request_id": "INVALID_REQUEST_ID"}

    def test_access_is_checked(self, sandbox: Sandbox, google: GoogleClients, customer: str, list_id: int) -> None:
        deny(sandbox.state, customer)
        assert isinstance(refusal(google, customer, list_id, people(0, 1)), PermissionDenied)
        ads_only = GoogleClients(sandbox, scopes=["https://www.googleapis.com/auth/adwords"])
        with pytest.raises(PermissionDenied) as raised:
            list(ads_only.lists().list_user_lists(parent=parent(str(next(_CUSTOMERS)))))
        ads_only.close()
        assert raised.value.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"

    def test_a_rate_limit_names_the_quota_and_the_wait(
        self, sandbox: Sandbox, google: GoogleClients, customer: str, list_id: int
    ) -> None:
        sandbox.fault("rate_limited", "google", method="IngestAudienceMembers")
        error = refusal(google, customer, list_id, people(0, 1))
        assert isinstance(error, TooManyRequests)
        assert error.metadata["quota_limit"] == "IngestionMutateRequestsPerMinutePerProject"
        [retry] = [part for part in error.details if isinstance(part, error_details_pb2.RetryInfo)]
        assert retry.retry_delay.seconds > 0

    def test_a_lost_answer_leaves_the_effect(
        self, sandbox: Sandbox, google: GoogleClients, clock: ManualClock, customer: str, list_id: int
    ) -> None:
        sandbox.fault("timeout_after_effect", "google", method="IngestAudienceMembers")
        assert refusal(google, customer, list_id, people(0, 7)).code == 504
        clock.sleep(SETTLE_SECONDS + 1)
        assert sandbox.member_count("google", str(list_id)) == 7


class TestLists:
    def test_a_list_made_here_is_seen_by_google_ads_and_the_other_way_round(
        self, google: GoogleClients, customer: str
    ) -> None:
        made = create(google, customer, membership_duration={"seconds": 30 * 86_400})
        [row] = google.search(customer, "SELECT user_list.id, user_list.membership_life_span FROM user_list")
        assert (row.user_list.id, row.user_list.membership_life_span) == (made.id, 30)
        create_ads = {"name": "From Ads", "crm_based_user_list": {"upload_key_type": "CONTACT_INFO"}}
        google.mutate(customer, {"user_list_operation": {"create": create_ads}})
        names = [found.display_name for found in google.lists().list_user_lists(parent=parent(customer))]
        assert names == ["Best customers", "From Ads"]

    def test_unset_duration_is_the_longest(self, google: GoogleClients, customer: str) -> None:
        assert create(google, customer).membership_duration == timedelta(days=540)

    @pytest.mark.parametrize(
        ("fields", "violations"),
        [
            ({"display_name": ""}, {"user_list.display_name": "REQUIRED_FIELD_MISSING"}),
            ({"description": ""}, {"user_list.description": "REQUIRED_FIELD_MISSING"}),
            (
                {"membership_duration": {"seconds": 541 * 86_400}},
                {"user_list.membership_duration": "MEMBERSHIP_DURATION_TOO_LONG"},
            ),
            ({"membership_duration": {"seconds": 90_000}}, {"user_list.membership_duration": "INVALID_FORMAT"}),
            (
                {"ingested_user_list_info": {}},
                {"user_list.ingested_user_list_info.upload_key_types": "REQUIRED_FIELD_MISSING"},
            ),
            (
                {"ingested_user_list_info": {"upload_key_types": ["MOBILE_ID"]}},
                {"user_list.ingested_user_list_info.mobile_id_info.app_id": "REQUIRED_FIELD_MISSING"},
            ),
        ],
    )
    def test_what_a_list_must_have(
        self, google: GoogleClients, customer: str, fields: dict[str, Any], violations: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidArgument) as raised:
            create(google, customer, **fields)
        assert violations_of(raised.value) == violations

    def test_a_display_name_is_used_once_and_free_again_after_delete(
        self, google: GoogleClients, customer: str
    ) -> None:
        made = create(google, customer)
        with pytest.raises(InvalidArgument) as raised:
            create(google, customer)
        assert violations_of(raised.value) == {"user_list.display_name": "DISPLAY_NAME_ALREADY_USED"}
        google.lists().delete_user_list(name=made.name)
        with pytest.raises(NotFound):
            google.lists().get_user_list(name=made.name)
        assert create(google, customer).id != made.id

    def test_lists_are_filtered_and_paged(self, google: GoogleClients, customer: str) -> None:
        for number in range(5):
            create(google, customer, f"Tier {number}")

        def names(**fields: Any) -> list[str]:
            request = {"parent": parent(customer), **fields}
            return [found.display_name for found in google.lists().list_user_lists(request=request)]

        assert names(page_size=2) == [f"Tier {number}" for number in range(5)]
        assert names(filter='display_name = "Tier 3"') == ["Tier 3"]
        assert names(filter='displayName : "tier" AND display_name != "Tier 0"') == [f"Tier {n}" for n in (1, 2, 3, 4)]
        assert names(filter='IN(display_name, "Tier 1", "Tier 4")') == ["Tier 1", "Tier 4"]
        assert names(filter='membership_status = "CLOSED"') == []
        with pytest.raises(InvalidArgument) as raised:
            names(filter="colour = 3")
        assert violations_of(raised.value) == {"filter": "INVALID_FILTER"}

    def test_only_mutable_fields_change(self, google: GoogleClients, customer: str) -> None:
        made = create(google, customer)
        change = {"name": made.name, "description": "New", "membership_status": "CLOSED"}
        mask = {"paths": ["description", "membership_status"]}
        updated = google.lists().update_user_list(user_list=change, update_mask=mask)
        assert (updated.description, updated.membership_status.name) == ("New", "CLOSED")
        assert updated.display_name == "Best customers"
        with pytest.raises(InvalidArgument) as raised:
            google.lists().update_user_list(
                user_list=change, update_mask={"paths": ["ingested_user_list_info.upload_key_types"]}
            )
        assert list(violations_of(raised.value).values()) == ["IMMUTABLE_FIELD_FOR_UPDATE"]

    def test_sizes_are_rounded_and_zero_below_what_can_serve(
        self, google: GoogleClients, clock: ManualClock, customer: str
    ) -> None:
        small, large = create(google, customer, "small"), create(google, customer, "large")
        ingest(google, customer, small.id, people(0, 99))
        ingest(google, customer, large.id, people(0, 1_234))
        clock.sleep(SETTLE_SECONDS + 1)
        sizes = [
            google.lists().get_user_list(name=made.name).size_info.search_network_members_count
            for made in (small, large)
        ]
        assert sizes == [0, 1_200]

    def test_a_login_account_in_the_header_must_be_well_formed(self, google: GoogleClients, customer: str) -> None:
        good = [("login-account", parent("9876543210"))]
        assert list(google.lists().list_user_lists(parent=parent(customer), metadata=good)) == []
        with pytest.raises(InvalidArgument):
            google.lists().list_user_lists(parent=parent(customer), metadata=[("login-account", "9876543210")])
