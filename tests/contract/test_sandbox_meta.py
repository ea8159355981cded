"""The Graph half of the sandbox, by Meta's own client and by plain HTTP: objects, refusals, envelopes."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.exceptions import FacebookRequestError

from activator.errors import ConfigurationError
from connectors.sandbox import accounts
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.contract.sandbox_account import ACCOUNT, ADSET, CAMPAIGN, CREATIVE, Advertiser, official_client, sha256

OPEN = {"geo_locations": {"countries": ["US"]}, "targeting_automation": {"advantage_audience": 0}}
AUDIENCE = {"name": "x", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}


def without(params: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in names}


class TestThroughTheOfficialClient:
    def test_a_campaign_tree_is_made_as_asked_and_read_back(self, sandbox: Sandbox) -> None:
        api = official_client(sandbox)
        account = AdAccount(fbid=ACCOUNT, api=api)
        campaign = account.create_campaign(params=dict(CAMPAIGN))
        adset = AdSet(account.create_ad_set(params={**ADSET, "campaign_id": campaign["id"]})["id"], api=api)
        creative = account.create_ad_creative(params=dict(CREATIVE))
        ad = account.create_ad(
            params={
                "name": "A",
                "adset_id": adset["id"],
                "creative": {"creative_id": creative["id"]},
                "status": "PAUSED",
            }
        )

        found = adset.api_get(fields=["daily_budget", "bid_strategy", "campaign_id", "effective_status"])
        assert found["daily_budget"] == "4000"  # money is read back as text
        assert found["bid_strategy"] == "LOWEST_COST_WITHOUT_CAP"
        assert found["campaign_id"] == campaign["id"]
        assert found["effective_status"] == "PAUSED"
        shown = Ad(ad["id"], api=api).api_get(fields=["creative", "adset_id"])
        assert (shown["creative"]["id"], shown["adset_id"]) == (creative["id"], adset["id"])

    def test_a_list_is_walked_page_by_page(self, sandbox: Sandbox) -> None:
        account = AdAccount(fbid=ACCOUNT, api=official_client(sandbox))
        made = {account.create_custom_audience(params={**AUDIENCE, "name": f"a{n}"})["id"] for n in range(7)}
        cursor = account.get_custom_audiences(fields=["name"], params={"limit": 3})
        assert {row["id"] for row in cursor} == made

    def test_members_go_in_and_out(self, sandbox: Sandbox) -> None:
        api = official_client(sandbox)
        made = AdAccount(fbid=ACCOUNT, api=api).create_custom_audience(params=AUDIENCE)
        audience = CustomAudience(made["id"], api=api)
        payload = {"schema": ["EMAIL", "PHONE"], "data": [[sha256("a"), sha256("1")], [sha256("b"), ""]]}
        audience.create_user(params={"payload": payload})
        sandbox.settle()
        assert sandbox.state.members("meta", made["id"]) == {
            frozenset({f"EMAIL:{sha256('a')}", f"PHONE:{sha256('1')}"}),
            frozenset({f"EMAIL:{sha256('b')}"}),
        }
        audience.delete_users(params={"payload": {"schema": ["PHONE"], "data": [[sha256("1")]]}})
        sandbox.settle()
        assert sandbox.member_count("meta", made["id"]) == 1

    def test_a_refusal_arrives_as_the_client_s_own_error(self, sandbox: Sandbox) -> None:
        account = AdAccount(fbid=ACCOUNT, api=official_client(sandbox))
        with pytest.raises(FacebookRequestError) as caught:
            account.create_campaign(params=without(CAMPAIGN, "is_adset_budget_sharing_enabled"))
        assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (100, 4834011)
        assert caught.value.api_blame_field_specs() == [["is_adset_budget_sharing_enabled"]]
        error = caught.value.body()["error"]
        assert error["fbtrace_id"]
        assert error["error_user_title"]
        assert error["error_user_msg"]

    def test_a_batch_of_calls_is_answered_in_order(self, sandbox: Sandbox) -> None:
        api = official_client(sandbox)
        batch = api.new_batch()
        made: list[str] = []
        for name in ("one", "two"):
            AdAccount(fbid=ACCOUNT, api=api).create_campaign(
                params={**CAMPAIGN, "name": name}, batch=batch, success=lambda answer: made.append(answer.json()["id"])
            )
        batch.execute()
        assert [Campaign(found, api=api).api_get(fields=["name"])["name"] for found in made] == ["one", "two"]

    def test_it_is_served_over_tls_that_only_its_own_authority_vouches_for(self, tmp_path: Path) -> None:
        with Sandbox(tmp_path, platforms=("meta",)) as running:
            api = official_client(running)
            assert AdAccount(fbid=ACCOUNT, api=api).api_get(fields=["currency"])["currency"] == "EUR"
            api._session.requests.verify = True
            with pytest.raises(requests.exceptions.SSLError):
                AdAccount(fbid=ACCOUNT, api=api).api_get(fields=["currency"])


class TestAccess:
    @pytest.mark.parametrize("place", ["header", "query", "form"])
    def test_the_token_may_stand_in_a_header_or_a_parameter(self, meta: Advertiser, place: str) -> None:
        token = meta.sandbox.settings()["ACTIVATOR_META__ACCESS_TOKEN"]
        parts: dict[str, Any] = {
            "header": {"headers": {"Authorization": f"Bearer {token}"}},
            "query": {"params": {"access_token": token}},
            "form": {"data": {"access_token": token, "method": "GET"}},
        }[place]
        answer = requests.request("POST" if place == "form" else "GET", meta.url(ACCOUNT), timeout=20, **parts)
        assert answer.json() == {"id": ACCOUNT}

    @pytest.mark.parametrize("token", [None, "EAAwrong"])
    def test_without_a_good_token_nothing_is_told(self, meta: Advertiser, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = requests.get(meta.url(ACCOUNT), headers=headers, timeout=20)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 190
        assert "invalid_token" in answer.headers["WWW-Authenticate"]

    def test_a_wrong_proof_is_refused_and_the_right_one_is_not(self, meta: Advertiser) -> None:
        settings = meta.sandbox.settings()
        secret, token = settings["ACTIVATOR_META__APP_SECRET"], settings["ACTIVATOR_META__ACCESS_TOKEN"]
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        assert meta.get(ACCOUNT, appsecret_proof=proof)["id"] == ACCOUNT
        assert meta.refusal("GET", ACCOUNT, appsecret_proof="0" * 64) == (100, None)

    def test_old_versions_are_gone(self, meta: Advertiser) -> None:
        meta.version = "v25.0"
        assert meta.get(ACCOUNT)["id"] == ACCOUNT
        meta.version = "v24.0"
        assert meta.refusal("GET", ACCOUNT) == (2635, None)

    def test_debug_token_tells_what_a_token_is_good_for(self, meta: Advertiser) -> None:
        token = meta.sandbox.settings()["ACTIVATOR_META__ACCESS_TOKEN"]
        good = meta.get("debug_token", input_token=token)["data"]
        assert good["is_valid"]
        assert "ads_management" in good["scopes"]
        assert good["app_id"] == accounts.META_APP_ID
        assert not meta.get("debug_token", input_token="other")["data"]["is_valid"]

    def test_usage_is_told_on_every_answer(self, meta: Advertiser) -> None:
        for answer in (meta.send("GET", ACCOUNT), meta.send("GET", "1")):
            business = json.loads(answer.headers["X-Business-Use-Case-Usage"])
            assert business[accounts.META_ACCOUNT_ID][0]["type"] == "ads_management"
            assert "acc_id_util_pct" in json.loads(answer.headers["X-Ad-Account-Usage"])


@pytest.mark.parametrize(
    ("edge", "params", "expected"),
    [
        ("customaudiences", without(AUDIENCE, "customer_file_source"), (2654, None)),
        ("customaudiences", without(AUDIENCE, "name"), (100, None)),
        ("customaudiences", {**AUDIENCE, "retention_days": 200}, (100, None)),
        ("campaigns", without(CAMPAIGN, "special_ad_categories"), (100, None)),
        ("campaigns", without(CAMPAIGN, "is_adset_budget_sharing_enabled"), (100, 4834011)),
        ("campaigns", {**CAMPAIGN, "objective": "CONVERSIONS"}, (100, None)),
        ("campaigns", {**CAMPAIGN, "name": "n" * 401}, (100, None)),
        ("campaigns", {**CAMPAIGN, "spend_cap": 500}, (100, 2446307)),
        ("campaigns", {**CAMPAIGN, "special_ad_categories": ["CREDIT"]}, (100, None)),
        ("campaigns", {**CAMPAIGN, "status": "DELETED"}, (100, None)),
        ("adsets", {**ADSET, "targeting": {"geo_locations": {"countries": ["DE"]}}}, (100, 1870227)),
        ("adsets", {**ADSET, "targeting": {"targeting_automation": {"advantage_audience": 0}}}, (100, None)),
        ("adsets", {**ADSET, "targeting": {**OPEN, "custom_audiences": [{"id": "1"}]}}, (100, None)),
        ("adsets", without(ADSET, "dsa_payor"), (100, 3858152)),
        ("adsets", without(ADSET, "promoted_object"), (100, None)),
        ("adsets", {**ADSET, "promoted_object": {"pixel_id": "1", "custom_event_type": "PURCHASE"}}, (100, None)),
        ("adsets", without(ADSET, "daily_budget"), (100, None)),
        ("adsets", {**ADSET, "daily_budget": 99}, (100, 1885272)),
        ("adsets", {**ADSET, "name": "n" * 401}, (100, None)),
        ("adsets", {**ADSET, "bid_strategy": "LOWEST_COST_WITHOUT_CAP", "bid_amount": 100}, (100, 1885204)),
        ("adsets", {**ADSET, "bid_strategy": "COST_CAP"}, (100, 1815857)),
        ("adsets", {**ADSET, "bid_strategy": "LOWEST_COST_WITH_BID_CAP"}, (100, 1815857)),
        (
            "adsets",
            {**ADSET, "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS", "bid_constraints": {"roas_average_floor": 20000}},
            (100, None),
        ),
        (
            "adsets",
            {
                **ADSET,
                "optimization_goal": "VALUE",
                "bid_strategy": "LOWEST_COST_WITH_MIN_ROAS",
                "bid_constraints": {"roas_average_floor": 10_000_001},
            },
            (100, None),
        ),
        ("adcreatives", without(CREATIVE, "object_story_spec"), (100, None)),
        ("adcreatives", {"object_story_spec": {"page_id": accounts.META_PAGE_ID, "link_data": {}}}, (100, None)),
        (
            "adcreatives",
            {"object_story_spec": {"page_id": "1", "link_data": {"link": "https://x.example"}}},
            (100, None),
        ),
        ("adcreatives", {**CREATIVE, "url_tags": "?a=b"}, (100, None)),
        ("adcreatives", {**CREATIVE, "asset_feed_spec": {"bodies": [{"text": str(n)} for n in range(6)]}}, (100, None)),
        ("adcreatives", {**CREATIVE, "asset_feed_spec": {"titles": [{"text": "x"}, {"text": "x"}]}}, (100, 1815629)),
        ("ads", {"name": "A", "adset_id": "1", "creative": {"creative_id": "1"}}, (100, None)),
    ],
)
def test_what_the_platform_refuses_is_refused(
    meta: Advertiser, edge: str, params: dict[str, Any], expected: tuple[int, int | None]
) -> None:
    if edge == "adsets":
        params = {**params, "campaign_id": meta.campaign()}
    assert meta.refusal("POST", f"{ACCOUNT}/{edge}", **params) == expected
    assert meta.get(f"{ACCOUNT}/{edge}")["data"] == []


class TestCampaignTree:
    def test_a_budget_on_both_levels_is_refused(self, meta: Advertiser) -> None:
        campaign = meta.campaign(daily_budget=5000, bid_strategy="LOWEST_COST_WITHOUT_CAP")
        params = {**ADSET, "campaign_id": campaign}
        assert meta.refusal("POST", f"{ACCOUNT}/adsets", **params) == (100, 1885621)
        assert meta.post(f"{ACCOUNT}/adsets", **without(params, "daily_budget"))["id"]

    def test_a_campaign_budget_without_strategy_becomes_a_bid_cap(self, meta: Advertiser) -> None:
        campaign = meta.campaign(daily_budget=5000)
        params = {**without(ADSET, "daily_budget"), "campaign_id": campaign}
        assert meta.refusal("POST", f"{ACCOUNT}/adsets", **params) == (100, 1815857)

    def test_a_minimum_roas_stands_as_a_constraint(self, meta: Advertiser) -> None:
        adset = meta.adset(
            meta.campaign(),
            optimization_goal="VALUE",
            bid_strategy="LOWEST_COST_WITH_MIN_ROAS",
            bid_constraints={"roas_average_floor": 30000},
        )
        assert meta.get(adset, fields="bid_constraints")["bid_constraints"] == {"roas_average_floor": 30000}

    def test_account_defaults_name_beneficiary_and_payer(self, meta: Advertiser) -> None:
        meta.sandbox.change_meta_account(default_dsa_beneficiary="L", default_dsa_payor="L")
        params = {**without(ADSET, "dsa_payor", "dsa_beneficiary"), "campaign_id": meta.campaign()}
        assert meta.post(f"{ACCOUNT}/adsets", **params)["id"]

    def test_outside_the_union_nobody_need_be_named(self, meta: Advertiser) -> None:
        params = {**without(ADSET, "dsa_payor", "dsa_beneficiary"), "campaign_id": meta.campaign(), "targeting": OPEN}
        assert meta.post(f"{ACCOUNT}/adsets", **params)["id"]

    def test_only_what_is_given_changes(self, meta: Advertiser) -> None:
        adset = meta.adset(meta.campaign(), bid_strategy="COST_CAP", bid_amount=700)
        assert meta.post(adset, daily_budget=4500) == {"success": True}
        assert meta.post(adset, bid_amount=800) == {"success": True}
        shown = meta.get(adset, fields="daily_budget,bid_amount,bid_strategy,name")
        assert shown == {
            "daily_budget": "4500",
            "bid_amount": 800,
            "bid_strategy": "COST_CAP",
            "name": "High",
            "id": adset,
        }

    def test_a_budget_changes_at_most_four_times_an_hour(self, meta: Advertiser, clock: ManualClock) -> None:
        adset = meta.adset(meta.campaign())
        for step in range(4):
            meta.post(adset, daily_budget=4100 + step)
        assert meta.refusal("POST", adset, daily_budget=5000) == (613, 1487632)
        clock.advance(hours=1, seconds=1)
        assert meta.post(adset, daily_budget=5000) == {"success": True}

    def test_deleted_objects_are_hidden_and_keep_only_their_name(self, meta: Advertiser) -> None:
        campaign = meta.campaign()
        assert meta.delete(campaign) == {"success": True}
        assert meta.get(f"{ACCOUNT}/campaigns")["data"] == []
        asked = meta.get(f"{ACCOUNT}/campaigns", effective_status=["DELETED"], fields="status")
        assert asked["data"] == [{"status": "DELETED", "id": campaign}]
        assert meta.refusal("POST", campaign, status="ACTIVE") == (100, 1487566)
        assert meta.post(campaign, name="Old") == {"success": True}

    def test_the_status_above_counts(self, meta: Advertiser) -> None:
        campaign = meta.campaign()
        adset = meta.adset(campaign, status="ACTIVE")
        assert meta.get(adset, fields="effective_status")["effective_status"] == "CAMPAIGN_PAUSED"
        meta.post(campaign, status="ACTIVE")
        assert meta.get(adset, fields="effective_status")["effective_status"] == "ACTIVE"

    def test_names_are_searched_and_not_unique(self, meta: Advertiser) -> None:
        for _ in range(2):
            meta.campaign(name="Winter [act:0123456789ab]")
        meta.campaign(name="Other")
        for operator, value in (("CONTAIN", "[act:0123456789ab]"), ("EQUAL", "Winter [act:0123456789ab]")):
            found = meta.get(
                f"{ACCOUNT}/campaigns", filtering=[{"field": "name", "operator": operator, "value": value}]
            )
            assert len(found["data"]) == 2
        wrong = [{"field": "name", "operator": "LIKE", "value": "x"}]
        assert meta.refusal("GET", f"{ACCOUNT}/campaigns", filtering=wrong) == (100, None)

    def test_labels_are_made_by_name_and_searched_by_id(self, meta: Advertiser) -> None:
        campaign = meta.campaign(adlabels=[{"name": "run 1"}])
        meta.campaign()
        label = meta.get(f"{ACCOUNT}/adlabels", fields="name")["data"][0]
        assert label["name"] == "run 1"
        found = meta.get(f"{ACCOUNT}/campaignsbylabels", ad_label_ids=[label["id"]])
        assert [row["id"] for row in found["data"]] == [campaign]

    def test_a_dry_run_is_checked_and_leaves_nothing(self, meta: Advertiser) -> None:
        dry = {"execution_options": ["validate_only"]}
        assert meta.post(f"{ACCOUNT}/campaigns", **CAMPAIGN, **dry) == {"success": True}
        assert meta.refusal("POST", f"{ACCOUNT}/campaigns", **without(CAMPAIGN, "special_ad_categories"), **dry)
        assert meta.get(f"{ACCOUNT}/campaigns")["data"] == []

    def test_creatives_stay_as_they_were_made(self, meta: Advertiser) -> None:
        creative = meta.post(f"{ACCOUNT}/adcreatives", **CREATIVE)["id"]
        assert meta.refusal("POST", creative, url_tags="a=b") == (100, None)
        assert meta.post(creative, name="New name") == {"success": True}

    def test_an_image_is_named_by_its_hash(self, meta: Advertiser) -> None:
        image = meta.post(f"{ACCOUNT}/adimages", bytes="aGVsbG8=")["images"]["bytes"]["hash"]
        story = json.loads(json.dumps(CREATIVE["object_story_spec"]))
        story["link_data"]["image_hash"] = image
        assert meta.post(f"{ACCOUNT}/adcreatives", object_story_spec=story)["id"]
        story["link_data"]["image_hash"] = "0" * 32
        assert meta.refusal("POST", f"{ACCOUNT}/adcreatives", object_story_spec=story) == (100, None)

    def test_an_image_may_come_as_a_file(self, meta: Advertiser) -> None:
        answer = meta.http.post(
            meta.url(f"{ACCOUNT}/adimages"), files={"filename": ("cup.png", b"\x89PNG\r\n\x00")}, timeout=20
        )
        assert set(answer.json()["images"]) == {"cup.png"}


class TestReading:
    def test_only_the_id_is_told_unless_fields_are_asked(self, meta: Advertiser) -> None:
        audience = meta.audience()
        assert meta.get(audience) == {"id": audience}
        assert meta.get(audience, fields="name") == {"id": audience, "name": "Best customers"}

    def test_fields_of_what_it_names_are_told_with_it(self, meta: Advertiser) -> None:
        ad = meta.ad(meta.adset(meta.campaign()), "A")
        shown = meta.get(f"{ACCOUNT}/ads", fields="creative{id,url_tags},campaign{name}")["data"][0]
        assert shown["id"] == ad
        assert shown["creative"]["url_tags"] == "utm_source=meta"
        assert shown["campaign"]["name"] == "Winter"

    def test_a_field_that_does_not_exist_is_refused(self, meta: Advertiser) -> None:
        assert meta.refusal("GET", meta.audience(), fields="approximate_count") == (100, None)

    @pytest.mark.parametrize("path", ["1", "act_1", "act_1/campaigns"])
    def test_an_unknown_id_is_not_told_from_a_forbidden_one(self, meta: Advertiser, path: str) -> None:
        assert meta.refusal("GET", path) == (100, 33)

    def test_an_unknown_edge_is_a_wrong_path(self, meta: Advertiser) -> None:
        assert meta.refusal("GET", f"{ACCOUNT}/nonsense") == (2500, None)

    def test_too_large_a_page_is_refused_as_too_much_data(self, meta: Advertiser) -> None:
        assert meta.refusal("GET", f"{ACCOUNT}/campaigns", limit=5001)[0] == 1

    def test_the_account_tells_what_a_preflight_needs(self, meta: Advertiser) -> None:
        fields = "name,currency,timezone_name,account_status,tos_accepted,user_tos_accepted,min_daily_budget,business"
        account = meta.get(ACCOUNT, fields=fields)
        assert set(account) == {*fields.split(","), "id"}
        accepted = {"custom_audience_tos", "web_custom_audience_tos", "value_based_custom_audience_tos"}
        assert account["tos_accepted"] == dict.fromkeys(accepted, 1)


class TestBatches:
    def test_more_than_fifty_calls_are_refused(self, meta: Advertiser) -> None:
        calls = [{"method": "GET", "relative_url": ACCOUNT}] * 51
        assert meta.refusal("POST", "", batch=calls)[0] == 100
        assert len(meta.send("POST", "", batch=calls[:50]).json()) == 50

    def test_each_call_has_its_own_answer_and_may_name_an_earlier_one(self, meta: Advertiser) -> None:
        body = "name=T&subtype=CUSTOM&customer_file_source=USER_PROVIDED_ONLY"
        calls = [
            {"method": "POST", "name": "made", "relative_url": f"{ACCOUNT}/customaudiences", "body": body},
            {"method": "GET", "relative_url": "{result=made:$.id}?fields=name"},
            {"method": "GET", "relative_url": "1"},
        ]
        replies = meta.send("POST", "", batch=calls).json()
        assert [reply["code"] for reply in replies] == [200, 200, 400]
        assert json.loads(replies[1]["body"])["name"] == "T"
        assert json.loads(replies[2]["body"])["error"]["error_subcode"] == 33


class TestFaults:
    def test_a_page_instead_of_an_answer(self, meta: Advertiser) -> None:
        meta.sandbox.fault("http_500_html", "meta")
        answer = meta.send("GET", ACCOUNT)
        assert answer.status_code == 500
        assert answer.headers["Content-Type"].startswith("text/html")
        assert meta.get(ACCOUNT)["id"] == ACCOUNT

    def test_a_limit_tells_how_long_to_wait(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.sandbox.fault("rate_limited", "meta", method="POST users")
        answer = meta.send("POST", f"{audience}/users", payload={"schema": "EMAIL_SHA256", "data": [sha256("a")]})
        assert answer.json()["error"]["code"] == 80003
        usage = json.loads(answer.headers["X-Business-Use-Case-Usage"])[accounts.META_ACCOUNT_ID][0]
        assert usage["estimated_time_to_regain_access"] == 1
        meta.sandbox.settle()
        assert meta.members(audience) == set()

    @pytest.mark.parametrize(("kind", "made"), [("timeout_after_effect", 1), ("timeout_before_effect", 0)])
    def test_no_answer_says_nothing_of_the_effect(self, meta: Advertiser, kind: str, made: int) -> None:
        meta.sandbox.fault(kind, "meta", method="POST campaigns")
        with pytest.raises(requests.exceptions.ReadTimeout):
            meta.http.post(
                meta.url(f"{ACCOUNT}/campaigns"),
                data={name: json.dumps(value).strip('"') for name, value in CAMPAIGN.items()},
                timeout=0.5,
            )
        assert len(meta.get(f"{ACCOUNT}/campaigns")["data"]) == made

    def test_a_reset_cuts_the_connection(self, meta: Advertiser) -> None:
        meta.sandbox.fault("reset", "meta", count=2)
        for _ in range(2):
            with pytest.raises(requests.exceptions.ConnectionError):
                meta.send("GET", ACCOUNT)
        assert meta.get(ACCOUNT)["id"] == ACCOUNT


class TestAdmin:
    def url(self, meta: Advertiser, path: str) -> str:
        return f"{meta.sandbox.settings()['ACTIVATOR_META__GRAPH_URL']}/_sandbox/{path}"

    def test_calls_are_told_without_members_or_tokens(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.upload(audience, ["anna@example.com"])
        text = requests.get(self.url(meta, "calls"), timeout=20).text
        assert json.loads(text)[-1] == {
            "platform": "meta",
            "method": "POST users",
            "detail": {"path": f"{audience}/users", "rows": 1},
        }
        assert sha256("anna@example.com") not in text
        assert meta.sandbox.settings()["ACTIVATOR_META__ACCESS_TOKEN"] not in text

    def test_uploads_settle_on_demand_and_are_counted(self, meta: Advertiser) -> None:
        audience = meta.audience()
        meta.upload(audience, ["a", "b"])
        assert requests.post(self.url(meta, "settle"), timeout=20).json() == {"settled": 1}
        assert requests.get(self.url(meta, f"members/meta/{audience}"), timeout=20).json() == {"members": 2}

    def test_everything_is_switched_on(self, meta: Advertiser) -> None:
        meta.ad(meta.adset(meta.campaign()), "A")
        answer = requests.post(self.url(meta, "activate"), json={"platform": "meta", "days_ago": 7}, timeout=20)
        assert answer.json() == {"activated": 3}
        assert meta.get(f"{ACCOUNT}/ads", fields="effective_status")["data"][0]["effective_status"] == "ACTIVE"

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("faults", {"kind": "nonsense", "platform": "meta"}),
            ("faults", {"kind": "reset", "platform": "bing"}),
            ("faults", {"kind": "reset", "platform": "meta", "count": 0}),
            ("activate", {"days_ago": -1}),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, meta: Advertiser, path: str, body: dict[str, Any]) -> None:
        assert requests.post(self.url(meta, path), json=body, timeout=20).status_code == 400


def test_a_stopped_sandbox_remembers(tmp_path: Path) -> None:
    with Sandbox(tmp_path, tls=False, platforms=("meta",)) as first:
        advertiser = Advertiser.of(first)
        audience = advertiser.audience()
        advertiser.upload(audience, ["a"])
        token = first.settings()["ACTIVATOR_META__ACCESS_TOKEN"]
        advertiser.http.close()
    with Sandbox(tmp_path, tls=False, platforms=("meta",)) as second:
        second.settle()
        assert second.member_count("meta", audience) == 1
        assert second.settings()["ACTIVATOR_META__ACCESS_TOKEN"] == token


def test_accounts_keep_the_currency_and_time_zone_of_the_first_start(tmp_path: Path) -> None:
    def opened(**wishes: Any) -> Sandbox:
        return Sandbox(tmp_path, tls=False, platforms=("meta",), **wishes)

    with opened(currency="GBP", time_zone="Europe/London") as first:
        assert first.identities()["currency"] == "GBP"
        advertiser = Advertiser.of(first)
        with advertiser.http:
            shown = advertiser.get(ACCOUNT, fields="currency,timezone_name")
        assert (shown["currency"], shown["timezone_name"]) == ("GBP", "Europe/London")
    with opened() as second:
        assert second.identities()["time_zone"] == "Europe/London"
    with pytest.raises(ConfigurationError, match="GBP"):
        opened(currency="EUR").start()


@pytest.mark.parametrize("wishes", [{"currency": "euros"}, {"time_zone": "Mars/Olympus"}])
def test_accounts_need_a_currency_and_time_zone_that_exist(tmp_path: Path, wishes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Sandbox(tmp_path, tls=False, platforms=("meta",), **wishes).start()


def test_only_the_owner_can_read_what_the_sandbox_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with Sandbox(folder, tls=False, platforms=("meta",)):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "sandbox.sqlite").stat().st_mode & 0o777 == 0o600
