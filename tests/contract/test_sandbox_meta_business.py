"""The sandbox's value rules, studies, quotas and access token: refused as Meta's documentation says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import accounts
from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock
from tests.contract.sandbox_account import ACCOUNT, Advertiser

CRITERION = {
    "criteria_type": "AUDIENCE_LABEL",
    "operator": "CONTAINS",
    "criteria_values": ["HIGH_VALUE"],
    "criteria_value_types": ["NONE"],
}
RULE: dict[str, Any] = {"name": "High", "adjust_sign": "INCREASE", "adjust_value": 30, "criterias": [CRITERION]}
STUDIES = f"{accounts.META_BUSINESS_ID}/ad_studies"


class TestValueRules:
    def test_a_set_is_made_read_replaced_and_attached(self, meta: Advertiser) -> None:
        made = meta.post(f"{ACCOUNT}/value_rule_set", name="Tiers", rules=[RULE])["id"]
        meta.post(made, name="Tiers", rules=[{**RULE, "adjust_value": 40}])
        adset = meta.adset(meta.campaign(), value_rule_set_id=made, value_rules_applied="true")

        (shown,) = meta.get(f"{ACCOUNT}/value_rule_set", fields="id,name,rules")["data"]
        assert shown["rules"][0]["adjust_value"] == 40
        attached = meta.get(adset, fields="value_rule_set_id,value_rules_applied")
        assert (attached["value_rule_set_id"], attached["value_rules_applied"]) == (made, True)

    @pytest.mark.parametrize(
        "change",
        [
            {"adjust_sign": "UP"},
            {"adjust_value": 1_001},
            {"adjust_sign": "DECREASE", "adjust_value": 91},
            {"criterias": []},
            {"criterias": [CRITERION] * 5},
            {"criterias": [{**CRITERION, "criteria_values": ["RICH"]}]},
            {"criterias": [{**CRITERION, "operator": "IS"}]},
            {"colour": "red"},
            {"name": ""},
        ],
    )
    def test_a_wrong_rule_is_refused(self, meta: Advertiser, change: dict[str, Any]) -> None:
        assert meta.refusal("POST", f"{ACCOUNT}/value_rule_set", name="Tiers", rules=[{**RULE, **change}])[0] == 100

    def test_an_account_has_six_sets_of_ten_rules(self, meta: Advertiser) -> None:
        assert meta.refusal("POST", f"{ACCOUNT}/value_rule_set", name="Tiers", rules=[RULE] * 11)[0] == 100
        for number in range(6):
            meta.post(f"{ACCOUNT}/value_rule_set", name=f"Set {number}", rules=[RULE])
        assert meta.refusal("POST", f"{ACCOUNT}/value_rule_set", name="Seventh", rules=[RULE])[0] == 100

    def test_an_ad_set_goes_by_a_set_that_exists(self, meta: Advertiser) -> None:
        params = {"campaign_id": meta.campaign(), "value_rule_set_id": "42"}
        with pytest.raises(AssertionError, match="value_rule_set_id"):
            meta.adset(params.pop("campaign_id"), **params)


class TestStudies:
    def cells(self, meta: Advertiser, shares: tuple[int, ...] = (50, 50)) -> list[dict[str, Any]]:
        return [
            {"name": f"cell {place}", "treatment_percentage": share, "campaigns": [meta.campaign()]}
            for place, share in enumerate(shares)
        ]

    def test_a_study_belongs_to_the_business(self, meta: Advertiser) -> None:
        study = {"name": "Tiers", "type": "SPLIT_TEST", "start_time": 1, "end_time": 2, "cells": self.cells(meta)}
        made = meta.post(STUDIES, **study)["id"]

        assert [row["id"] for row in meta.get(STUDIES, fields="id,name")["data"]] == [made]

    @pytest.mark.parametrize(
        ("change", "shares"),
        [({}, (50, 40)), ({}, (100,)), ({"end_time": 1}, (50, 50)), ({"type": "GUESS"}, (50, 50))],
    )
    def test_a_wrong_study_is_refused(self, meta: Advertiser, change: dict[str, Any], shares: tuple[int, ...]) -> None:
        study = {"name": "Tiers", "type": "SPLIT_TEST", "start_time": 1, "end_time": 2, **change}

        assert meta.refusal("POST", STUDIES, **study, cells=self.cells(meta, shares))[0] == 100

    def test_an_object_is_in_one_cell_and_exists(self, meta: Advertiser) -> None:
        study = {"name": "Tiers", "type": "SPLIT_TEST", "start_time": 1, "end_time": 2}
        one, _ = self.cells(meta)
        missing = {**one, "campaigns": ["1"]}

        assert meta.refusal("POST", STUDIES, **study, cells=[one, one])[0] == 100
        assert meta.refusal("POST", STUDIES, **study, cells=[one, missing])[0] == 100


class TestToken:
    def test_what_is_changed_about_the_token_is_told_until_it_is_changed_back(
        self, meta: Advertiser, sandbox: Sandbox
    ) -> None:
        token = sandbox.settings()["ACTIVATOR_META__ACCESS_TOKEN"]
        sandbox.change_meta_token(scopes=["ads_read"])
        changed = meta.get("debug_token", input_token=token)["data"]["scopes"]
        sandbox.change_meta_token()

        assert changed == ["ads_read"]
        assert "ads_management" in meta.get("debug_token", input_token=token)["data"]["scopes"]


@pytest.fixture
def limited(tmp_path: Path, clock: ManualClock) -> Iterator[Advertiser]:
    options = MetaOptions(hourly_calls=4)
    with Sandbox(tmp_path / "s", clock=clock, tls=False, platforms=("meta",), meta_options=options) as sandbox:
        advertiser = Advertiser.of(sandbox)
        with advertiser.http:
            yield advertiser


class TestQuota:
    def test_calls_above_the_hours_are_refused_with_the_minutes_to_wait(
        self, limited: Advertiser, clock: ManualClock
    ) -> None:
        for _ in range(4):
            limited.get(ACCOUNT, fields="id")
        refused = limited.send("GET", ACCOUNT, fields="id")

        assert refused.json()["error"]["code"] == 80004
        usage = refused.headers["X-Business-Use-Case-Usage"]
        assert '"estimated_time_to_regain_access":60' in usage

        clock.advance(hours=1, seconds=1)
        limited.get(ACCOUNT, fields="id")
