"""Custom audiences of the sandbox: what an upload does, when, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.contract.sandbox_account import ACCOUNT, ADSET, Advertiser, sha256


def one(*people: str) -> dict[str, Any]:
    return {"schema": ["EMAIL"], "data": [[sha256(person)] for person in people]}


def emails(*people: str) -> set[frozenset[str]]:
    return {frozenset({f"EMAIL:{sha256(person)}"}) for person in people}


def session(batch_seq: int, *, last: bool = False, session_id: int = 77) -> dict[str, Any]:
    return {"session_id": session_id, "batch_seq": batch_seq, "last_batch_flag": last}


class TestUploads:
    def test_an_upload_takes_effect_after_a_while(self, meta: Advertiser, clock: ManualClock) -> None:
        audience = meta.audience()
        answer = meta.upload(audience, ["a", "b"])
        assert answer["num_received"] == 2
        assert answer["num_invalid_entries"] == 0
        assert answer["invalid_entry_samples"] == []
        assert meta.members(audience) == set()
        assert meta.get(audience, fields="operation_status")["operation_status"]["code"] == 441
        clock.advance(seconds=0.3)
        assert meta.members(audience) == emails("a", "b")
        assert meta.get(audience, fields="operation_status")["operation_status"]["code"] == 200

    def test_the_same_people_again_change_nothing(self, meta: Advertiser) -> None:
        audience = meta.audience()
        for _ in range(2):
            meta.upload(audience, ["a", "b"])
        meta.sandbox.settle()
        assert meta.members(audience) == emails("a", "b")

    def test_removal_needs_one_shared_identifier(self, meta: Advertiser) -> None:
        audience = meta.audience()
        payload = {"schema": ["EMAIL", "PHONE"], "data": [[sha256("a"), sha256("1")], [sha256("b"), sha256("2")]]}
        meta.post(f"{audience}/users", payload=payload)
        meta.post(f"{audience}/users", payload={"schema": "PHONE_SHA256", "data": [sha256("1")]}, method="DELETE")
        meta.sandbox.settle()
        assert meta.members(audience) == {frozenset({f"EMAIL:{sha256('b')}", f"PHONE:{sha256('2')}"})}

    def test_two_people_of_one_name_are_two_people(self, meta: Advertiser) -> None:
        audience = meta.audience()
        schema = ["EMAIL", "FN", "LN", "ZIP"]
        rows = [[sha256(email), sha256("anna"), sha256("berg"), sha256("10115")] for email in ("a", "b")]
        meta.post(f"{audience}/users", payload={"schema": schema, "data": rows})
        meta.post(f"{audience}/users", payload={"schema": schema, "data": rows[:1]}, method="DELETE")
        meta.sandbox.settle()
        assert meta.members(audience) == emails("b")

    def test_a_name_and_address_alone_can_be_added_and_removed(self, meta: Advertiser) -> None:
        audience = meta.audience()
        row = [sha256("anna"), sha256("berg"), sha256("10115"), sha256("de")]
        payload = {"schema": ["FN", "LN", "ZIP", "COUNTRY"], "data": [row]}
        meta.post(f"{audience}/users", payload=payload)
        meta.sandbox.settle()
        assert len(meta.members(audience)) == 1
        meta.post(f"{audience}/users", payload=payload, method="DELETE")
        meta.sandbox.settle()
        assert meta.members(audience) == set()

    def test_wrong_hashes_are_counted_and_answered_with_success(self, meta: Advertiser) -> None:
        audience = meta.audience()
        rows = [[sha256("a")], ["anna@example.com"], [sha256("b").upper()], [""]]
        answer = meta.post(f"{audience}/users", payload={"schema": ["EMAIL"], "data": rows})
        assert (answer["num_received"], answer["num_invalid_entries"]) == (4, 3)
        assert "anna@example.com" in answer["invalid_entry_samples"]
        meta.sandbox.settle()
        assert meta.members(audience) == emails("a")

    def test_the_hash_of_nothing_matches_nobody(self, meta: Advertiser) -> None:
        audience = meta.audience()
        answer = meta.upload(audience, [""])
        meta.sandbox.settle()
        assert answer["num_invalid_entries"] == 0
        assert meta.members(audience) == set()

    def test_ten_thousand_rows_are_taken_and_one_more_is_not(self, meta: Advertiser) -> None:
        audience = meta.audience()
        people = [str(number) for number in range(10_001)]
        assert meta.refusal("POST", f"{audience}/users", payload=one(*people)) == (100, None)
        assert meta.upload(audience, people[:-1])["num_received"] == 10_000
        meta.sandbox.settle()
        assert meta.sandbox.member_count("meta", audience) == 10_000

    @pytest.mark.parametrize(
        "payload",
        [
            {"schema": ["EMAIL", "PHONE"], "data": [[sha256("a")]]},
            {"schema": ["EMAIL_ADDRESS"], "data": [[sha256("a")]]},
            {"schema": [], "data": [[sha256("a")]]},
            {"schema": ["EMAIL"], "data": []},
            {"schema": ["EMAIL"]},
            {"schema": ["EMAIL"], "data": [[sha256("a")]], "consent": True},
            {"schema": ["EMAIL", "EMAIL"], "data": [[sha256("a"), sha256("a")]]},
            {"schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[sha256("a"), 5]]},
        ],
    )
    def test_a_payload_of_the_wrong_shape_is_refused(self, meta: Advertiser, payload: dict[str, Any]) -> None:
        audience = meta.audience()
        assert meta.refusal("POST", f"{audience}/users", payload=payload) == (100, None)
        assert meta.refusal("POST", f"{audience}/users") == (100, None)

    def test_external_ids_are_not_hashed(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.post(f"{audience}/users", payload={"schema": ["EXTERN_ID", "EMAIL"], "data": [["C-17", sha256("a")]]})
        meta.post(f"{audience}/users", payload={"schema": "EXTERN_ID", "data": ["C-17"]}, method="DELETE")
        meta.sandbox.settle()
        assert meta.members(audience) == set()

    def test_a_value_goes_with_value_based_audiences(self, meta: Advertiser) -> None:
        audience = meta.audience(is_value_based=True)
        payload = {"schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[sha256("a"), 12.5], [sha256("b"), -1]]}
        assert meta.post(f"{audience}/users", payload=payload)["num_invalid_entries"] == 1
        assert meta.refusal("POST", f"{audience}/users", payload=one("a")) == (100, None)

    def test_a_deletion_in_the_url_breaks_as_a_page(self, meta: Advertiser) -> None:
        audience = meta.audience()
        few, many = one("a"), one(*map(str, range(300)))
        assert meta.delete(f"{audience}/users", payload=few)["num_received"] == 1
        answer = meta.send("DELETE", f"{audience}/users", payload=many)
        assert answer.status_code == 414
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_leaving_everything_leaves_every_list_of_the_account(self, meta: Advertiser) -> None:
        lists = [meta.audience(name) for name in ("One", "Two")]
        for audience in lists:
            meta.upload(audience, ["a", "b"])
        meta.post(f"{ACCOUNT}/usersofanyaudience", payload=one("a"), method="DELETE")
        meta.sandbox.settle()
        assert [meta.members(audience) for audience in lists] == [emails("b")] * 2


class TestSessions:
    def test_received_rows_add_up_over_the_session(self, meta: Advertiser) -> None:
        audience = meta.audience()
        assert meta.upload(audience, ["a", "b"], session=session(1))["num_received"] == 2
        assert meta.upload(audience, ["c"], session=session(2, last=True))["num_received"] == 3
        meta.sandbox.settle()
        shown = meta.get(f"{audience}/sessions", session_id="77")["data"][0]
        assert (shown["num_received"], shown["num_matched"], shown["stage"]) == (3, 3, "completed")

    def test_the_identical_batch_again_counts_once(self, meta: Advertiser) -> None:
        audience = meta.audience()
        for _ in range(2):
            assert meta.upload(audience, ["a"], session=session(1, last=True))["num_received"] == 1

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (session(2), None),
            (session(0), None),
            (session(1, session_id=-5), None),
            (session(1, session_id=2**63), None),
            ({"session_id": 1, "batch_seq": 1}, None),
            ({**session(1), "surprise": 1}, None),
            (session(1), session(3)),
            (session(1), session(1)),
            (session(1, last=True), session(2)),
        ],
    )
    def test_batches_out_of_order_are_refused(
        self, meta: Advertiser, first: dict[str, Any], second: dict[str, Any] | None
    ) -> None:
        audience = meta.audience()
        if second is not None:
            meta.upload(audience, ["a"], session=first)
        refused = meta.refusal("POST", f"{audience}/users", payload=one("b"), session=second or first)
        assert refused == (100, None)
        meta.sandbox.settle()
        assert meta.members(audience) == (emails("a") if second else set())

    def test_a_session_belongs_to_one_audience(self, meta: Advertiser) -> None:
        meta.upload(meta.audience("One"), ["a"], session=session(1))
        other = meta.audience("Two")
        assert meta.refusal("POST", f"{other}/users", payload=one("b"), session=session(2)) == (100, None)


class TestReplacing:
    def test_the_last_batch_swaps_everybody_at_once(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.upload(audience, ["a", "b"])
        meta.sandbox.settle()
        meta.post(f"{audience}/usersreplace", payload=one("c"), session=session(1))
        meta.sandbox.settle()
        assert meta.members(audience) == emails("a", "b")
        assert meta.get(audience, fields="operation_status")["operation_status"]["code"] == 414
        meta.post(f"{audience}/usersreplace", payload=one("b", "d"), session=session(2, last=True))
        meta.sandbox.settle()
        assert meta.members(audience) == emails("b", "c", "d")

    def test_nothing_else_may_be_sent_meanwhile(self, meta: Advertiser) -> None:
        audience = meta.audience()
        replace = f"{audience}/usersreplace"
        assert meta.refusal("POST", replace, payload=one("a"), session=session(2)) == (2650, 1870147)
        meta.post(replace, payload=one("a"), session=session(1))
        assert meta.refusal("POST", f"{audience}/users", payload=one("x")) == (2650, 1870145)
        assert meta.refusal("POST", replace, payload=one("b"), session=session(1, session_id=5)) == (2650, 1870145)
        meta.post(replace, payload=one("b"), session=session(2, last=True))
        assert meta.refusal("POST", replace, payload=one("c"), session=session(3)) == (2650, 1870159)

    def test_after_ninety_minutes_it_ends_with_what_came(self, meta: Advertiser, clock: ManualClock) -> None:
        audience = meta.audience()
        meta.post(f"{audience}/usersreplace", payload=one("a"), session=session(1))
        clock.advance(minutes=91)
        late = meta.refusal("POST", f"{audience}/usersreplace", payload=one("b"), session=session(2))
        assert late == (2650, 1870158)
        meta.sandbox.settle()
        assert meta.members(audience) == emails("a")


class TestAudiences:
    def test_small_sizes_are_not_told_apart(self, meta: Advertiser) -> None:
        fields = "approximate_count_lower_bound,approximate_count_upper_bound,delivery_status"
        audience = meta.audience()
        meta.upload(audience, [str(number) for number in range(99)])
        meta.sandbox.settle()
        shown = meta.get(audience, fields=fields)
        assert shown["approximate_count_lower_bound"] == shown["approximate_count_upper_bound"] == 1000
        assert shown["delivery_status"]["code"] == 300
        meta.upload(audience, ["one more"])
        meta.sandbox.settle()
        assert meta.get(audience, fields=fields)["delivery_status"]["code"] == 200

    def test_a_name_that_speaks_of_wealth_is_flagged(self, meta: Advertiser) -> None:
        audience = meta.audience("High income people")
        shown = meta.get(audience, fields="operation_status,fields_violating_integrity_policy")
        assert shown["operation_status"]["code"] == 471
        assert shown["fields_violating_integrity_policy"] == ["name"]
        assert meta.refusal("POST", f"{audience}/users", payload=one("a")) == (100, 1713230)
        assert meta.refusal("POST", audience, description="x") == (100, 1713228)

    def test_a_word_inside_another_is_not_flagged(self, meta: Advertiser) -> None:
        shown = meta.get(meta.audience("Archived incoming customers"), fields="operation_status")
        assert shown["operation_status"]["code"] == 200

    def test_an_ad_set_for_a_flagged_audience_has_issues(self, meta: Advertiser) -> None:
        audience = meta.audience("Net worth")
        targeting = {**ADSET["targeting"], "custom_audiences": [{"id": audience}]}
        adset = meta.adset(meta.campaign(status="ACTIVE"), targeting=targeting, status="ACTIVE")
        assert meta.get(adset, fields="effective_status")["effective_status"] == "WITH_ISSUES"

    def test_an_audience_in_use_cannot_be_deleted(self, meta: Advertiser) -> None:
        audience = meta.audience()
        targeting = {**ADSET["targeting"], "excluded_custom_audiences": [{"id": audience}]}
        adset = meta.adset(meta.campaign(), targeting=targeting)
        assert meta.refusal("DELETE", audience)[0] == 2656
        meta.delete(adset)
        assert meta.delete(audience) == {"success": True}
        assert meta.refusal("GET", audience) == (100, 33)

    def test_terms_come_before_uploads(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.sandbox.change_meta_account(tos_accepted={})
        answer = meta.send("POST", f"{audience}/users", payload=one("a"))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["error_subcode"]) == (403, 200, 1870090)

    def test_removals_from_small_audiences_may_be_refused(self, tmp_path: Path) -> None:
        options = MetaOptions(refuse_small_removals=True)
        with Sandbox(tmp_path, tls=False, platforms=("meta",), meta_options=options) as running:
            advertiser = Advertiser.of(running)
            with advertiser.http:
                audience = advertiser.audience()
                advertiser.upload(audience, [str(number) for number in range(100)])
                running.settle()
                refused = advertiser.refusal("POST", f"{audience}/users", payload=one("1"), method="DELETE")
                assert refused == (200, 1870047)

    def test_the_name_can_be_searched_among_many(self, meta: Advertiser) -> None:
        for number in range(30):
            meta.audience(f"Tier {number} [act:{number:012x}]")
        wanted = [{"field": "name", "operator": "CONTAIN", "value": "[act:00000000000b]"}]
        found = meta.get(f"{ACCOUNT}/customaudiences", filtering=json.dumps(wanted), fields="name")
        assert [row["name"] for row in found["data"]] == ["Tier 11 [act:00000000000b]"]
        assert "next" not in found["paging"]
