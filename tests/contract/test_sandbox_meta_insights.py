"""Insights of the sandbox: who delivers, what is told of it, and what history keeps."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.clocks import ManualClock
from tests.contract.sandbox_account import ACCOUNT, ADSET, Advertiser

TODAY = date(2026, 11, 25)  # ManualClock
FIELDS = "campaign_id,adset_id,ad_id,ad_name,spend,impressions,clicks,actions,action_values,purchase_roas"


def window(first_days_ago: int, last_days_ago: int = 1) -> dict[str, str]:
    return {
        "since": (TODAY - timedelta(days=first_days_ago)).isoformat(),
        "until": (TODAY - timedelta(days=last_days_ago)).isoformat(),
    }


@pytest.fixture
def tree(meta: Advertiser) -> dict[str, str]:
    """Three ad sets with falling budgets and bids, two ads each: names to ids."""
    ids = {"campaign": meta.campaign()}
    for tier, budget, bid in (("high", 5000, 900), ("mid", 3000, 500), ("low", 2000, 200)):
        ids[tier] = meta.adset(ids["campaign"], name=tier, daily_budget=budget, bid_strategy="COST_CAP", bid_amount=bid)
        for variant in ("quality", "speed"):
            ids[f"{tier}/{variant}"] = meta.ad(ids[tier], variant)
    return ids


def by_ad(meta: Advertiser, **more: Any) -> list[dict[str, Any]]:
    params = {"level": "ad", "fields": FIELDS, "time_increment": "1", "time_range": window(28), "limit": 500, **more}
    rows: list[dict[str, Any]] = meta.get(f"{ACCOUNT}/insights", **params)["data"]
    return rows


def purchases(row: dict[str, Any], kind: str = "actions") -> float:
    values = {entry["action_type"]: float(entry["value"]) for entry in row.get(kind, [])}
    return values.get("omni_purchase", 0.0)


def roas(rows: list[dict[str, Any]]) -> float:
    return sum(purchases(row, "action_values") for row in rows) / sum(float(row["spend"]) for row in rows)


class TestDelivery:
    def test_paused_objects_bring_nothing(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.post(tree["campaign"], status="ACTIVE")
        meta.post(tree["high"], status="ACTIVE")
        assert by_ad(meta) == []

    def test_each_day_since_everything_is_on_has_a_row_per_ad(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(14, "meta")
        rows = by_ad(meta)
        assert len(rows) == 14 * 6
        assert {row["date_start"] for row in rows} == {(TODAY - timedelta(days=n)).isoformat() for n in range(1, 15)}
        assert all(row["date_start"] == row["date_stop"] for row in rows)

    def test_a_flagged_audience_is_shown_nothing(self, meta: Advertiser) -> None:
        targeting = {**ADSET["targeting"], "custom_audiences": [{"id": meta.audience("Credit score")}]}
        meta.ad(meta.adset(meta.campaign(), targeting=targeting), "A")
        meta.sandbox.activate(7, "meta")
        assert by_ad(meta) == []

    def test_pausing_ends_delivery_and_keeps_what_was(
        self, meta: Advertiser, tree: dict[str, str], clock: ManualClock
    ) -> None:
        meta.sandbox.activate(7, "meta")
        before = by_ad(meta)
        meta.post(tree["campaign"], status="PAUSED")
        clock.advance(days=3)
        assert by_ad(meta) == before

    def test_a_new_budget_or_bid_does_not_rewrite_the_past(
        self, meta: Advertiser, tree: dict[str, str], clock: ManualClock
    ) -> None:
        meta.sandbox.activate(7, "meta")
        before = by_ad(meta)
        meta.post(tree["low"], daily_budget=50_000, bid_amount=5_000)
        meta.ad(tree["high"], "another")
        assert by_ad(meta) == before
        clock.advance(days=2)
        later = by_ad(meta, time_range=window(-1, -1))
        spend = {row["ad_id"]: float(row["spend"]) for row in later}
        assert spend[tree["low/quality"]] > 100

    def test_deleted_ads_keep_their_figures(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(7, "meta")
        before = by_ad(meta)
        meta.delete(tree["high/speed"])
        meta.delete(tree["mid"])
        assert by_ad(meta) == before


class TestFigures:
    def test_numbers_are_text_and_purchases_stand_under_several_names(
        self, meta: Advertiser, tree: dict[str, str]
    ) -> None:
        meta.sandbox.activate(7, "meta")
        row = next(row for row in by_ad(meta) if row["ad_id"] == tree["high/quality"])
        assert all(isinstance(row[name], str) for name in ("spend", "impressions", "clicks"))
        kinds = {entry["action_type"]: entry["value"] for entry in row["actions"]}
        assert kinds["omni_purchase"] == kinds["purchase"] == kinds["offsite_conversion.fb_pixel_purchase"]
        assert row["purchase_roas"][0]["action_type"] == "omni_purchase"

    def test_the_last_text_of_the_best_tier_beats_the_campaign_and_lags_its_tier(
        self, meta: Advertiser, tree: dict[str, str]
    ) -> None:
        meta.sandbox.activate(90, "meta")
        rows = by_ad(meta, time_range=window(90), limit=5000)
        weak = roas([row for row in rows if row["ad_id"] == tree["high/speed"]])
        strong = roas([row for row in rows if row["ad_id"] == tree["high/quality"]])
        assert weak > roas(rows)
        assert 0.5 < weak / strong < 0.7

    def test_daily_rows_add_up_to_the_period(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(28, "meta")
        daily = by_ad(meta)
        whole = meta.get(f"{ACCOUNT}/insights", fields="spend,impressions", time_range=window(28))["data"]
        assert len(whole) == 1
        assert int(whole[0]["impressions"]) == sum(int(row["impressions"]) for row in daily)
        assert float(whole[0]["spend"]) == pytest.approx(sum(float(row["spend"]) for row in daily), abs=1)

    @pytest.mark.parametrize(("level", "rows"), [("account", 1), ("campaign", 1), ("adset", 3), ("ad", 6)])
    def test_levels_group_what_was_delivered(
        self, meta: Advertiser, tree: dict[str, str], level: str, rows: int
    ) -> None:
        meta.sandbox.activate(7, "meta")
        found = meta.get(f"{ACCOUNT}/insights", level=level, fields="spend,ad_id,adset_id", time_range=window(7))
        assert len(found["data"]) == rows
        assert all(("ad_id" in row) == (level == "ad") for row in found["data"])

    def test_one_object_tells_its_own(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(7, "meta")
        for node, rows in ((tree["campaign"], 6), (tree["high"], 2), (tree["low/speed"], 1)):
            found = meta.get(f"{node}/insights", level="ad", fields="ad_id", time_range=window(7))["data"]
            assert len(found) == rows

    def test_rows_can_be_filtered_by_name(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(7, "meta")
        wanted = [{"field": "ad.name", "operator": "CONTAIN", "value": "speed"}]
        assert {row["ad_name"] for row in by_ad(meta, filtering=wanted)} == {"speed"}

    def test_windows_split_actions_and_dead_ones_bring_none(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(7, "meta")
        split = by_ad(meta, action_attribution_windows=["7d_click", "1d_view"])
        action = next(entry for row in split for entry in row["actions"] if entry["action_type"] == "link_click")
        assert int(action["7d_click"]) + int(action["1d_view"]) == int(action["value"])
        assert all("actions" not in row for row in by_ad(meta, action_attribution_windows=["7d_view"]))

    def test_the_same_seed_and_days_give_the_same_figures(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(28, "meta")
        assert by_ad(meta) == by_ad(meta)

    @pytest.mark.parametrize(
        "params",
        [
            {"time_range": {"since": "2026-11-02", "until": "2026-11-01"}},
            {"time_range": {"since": "yesterday", "until": "today"}},
            {"fields": "spend,nonsense"},
            {"level": "person"},
            {"time_increment": "91"},
            {"action_attribution_windows": ["3d_click"]},
        ],
    )
    def test_a_wrong_question_is_refused(self, meta: Advertiser, params: dict[str, Any]) -> None:
        assert meta.refusal("GET", f"{ACCOUNT}/insights", **params) == (100, None)

    def test_more_than_37_months_ago_is_gone(self, meta: Advertiser) -> None:
        long_ago = {"since": "2023-01-01", "until": "2023-01-02"}
        assert meta.refusal("GET", f"{ACCOUNT}/insights", time_range=long_ago) == (3018, None)


class TestReports:
    def test_running_at_a_hundred_per_cent_is_not_done(self, meta: Advertiser, tree: dict[str, str]) -> None:
        meta.sandbox.activate(7, "meta")
        run = meta.post(f"{ACCOUNT}/insights", level="ad", fields="ad_id,spend", time_range=window(7))["report_run_id"]
        assert meta.refusal("GET", f"{run}/insights") == (2601, 1815107)
        seen = [meta.get(run, fields="async_status,async_percent_completion") for _ in range(4)]
        assert [(poll["async_status"], poll["async_percent_completion"]) for poll in seen][-2:] == [
            ("Job Running", 100),
            ("Job Completed", 100),
        ]
        first = meta.get(f"{run}/insights", limit=4)
        rest = meta.get(f"{run}/insights", limit=4, after=first["paging"]["cursors"]["after"])
        assert len(first["data"]) + len(rest["data"]) == 6
        assert "next" not in rest["paging"]
