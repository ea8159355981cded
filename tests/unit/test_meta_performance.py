"""Insights: exact money, one purchase counted once, every page, and smaller questions where Meta asks for them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError, DestinationError, PermanentRefusalError, RetryableError
from activator.model.performance import PerformanceRow
from tests.unit.meta_account import (
    ACCOUNT,
    AD,
    GRAPH,
    HandClock,
    body,
    graph_error,
    opened,
    page,
    query,
    request,
    script,
)

EDGE = f"{ACCOUNT}/insights"
ROW: dict[str, Any] = {
    "campaign_id": "900",
    "adset_id": "700",
    "ad_id": "800",
    "ad_name": AD.name,
    "date_start": "2026-11-20",
    "date_stop": "2026-11-20",
    "spend": "12.34",
    "impressions": "1000",
    "clicks": "17",
    "account_currency": "EUR",
    "actions": [
        {"action_type": "link_click", "value": "15"},
        {"action_type": "offsite_conversion.fb_pixel_purchase", "value": "2"},
        {"action_type": "omni_purchase", "value": "3"},
        {"action_type": "purchase", "value": "2"},
    ],
    "action_values": [
        {"action_type": "purchase", "value": "80"},
        {"action_type": "omni_purchase", "value": "120.005"},
    ],
}


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def pulled(
    folder: Path,
    since: str = "2026-11-01",
    until: str = "2026-11-28",
    clock: HandClock | None = None,
    options: dict[str, Any] | None = None,
) -> list[PerformanceRow]:
    destination = opened(folder, clock, options=options)
    return list(destination.performance(date.fromisoformat(since), date.fromisoformat(until)))


def test_a_row_is_exact_and_counts_one_kind_of_purchase(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page(ROW))

    assert pulled(tmp_path) == [
        PerformanceRow(
            destination="meta",
            campaign_id="900",
            group_id="700",
            ad_id="800",
            day=date(2026, 11, 20),
            spend_micros=12_340_000,
            impressions=1000,
            clicks=17,
            conversions_milli=3000,
            value_micros=120_005_000,
            currency="EUR",
        )
    ]


def test_the_question_is_by_ad_and_day_for_ads_of_ours(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page())

    pulled(tmp_path)

    asked = query(request(graph.calls))
    assert (asked["level"], asked["time_increment"]) == ("ad", "1")
    assert asked["time_range"] == {"since": "2026-11-01", "until": "2026-11-28"}
    assert asked["filtering"] == [{"field": "ad.name", "operator": "CONTAIN", "value": "[act:"}]
    assert {"actions", "action_values", "spend", "account_currency"} <= set(asked["fields"].split(","))


@pytest.mark.parametrize(
    ("actions", "values", "milli", "micros"),
    [
        ([("purchase", "2")], [("purchase", "9.99")], 2000, 9_990_000),
        ([("offsite_conversion.fb_pixel_purchase", "0.5")], [], 500, 0),
        ([("purchase", "2")], [("omni_purchase", "5"), ("purchase", "4")], 0, 5_000_000),
        ([("link_click", "2")], [], 0, 0),
        (None, None, 0, 0),
    ],
)
def test_number_and_value_come_from_the_same_action_type(
    tmp_path: Path, graph: responses.RequestsMock, actions: Any, values: Any, milli: int, micros: int
) -> None:
    row = {name: value for name, value in ROW.items() if not name.startswith("action")}
    for name, pairs in (("actions", actions), ("action_values", values)):
        if pairs is not None:
            row[name] = [{"action_type": kind, "value": value} for kind, value in pairs]
    script(graph, "GET", EDGE, page(row))

    (result,) = pulled(tmp_path)

    assert (result.conversions_milli, result.value_micros) == (milli, micros)


def test_every_page_is_read(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page(ROW, after="p2"), page(after="p3"), page({**ROW, "date_start": "2026-11-21"}))

    assert [row.day.day for row in pulled(tmp_path)] == [20, 21]


def test_foreign_ads_do_not_count(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, page({**ROW, "ad_name": "Somebody else's"}))

    assert pulled(tmp_path) == []


TOO_MUCH = (400, graph_error(100, 1487534))
RUN = f"{GRAPH}/123"
STARTED = {"report_run_id": "123"}
DONE = {"id": "123", "async_status": "Job Completed", "async_percent_completion": 100}


def state(status: str, percent: int = 100, **more: Any) -> dict[str, Any]:
    return {"id": "123", "async_status": status, "async_percent_completion": percent, **more}


@pytest.mark.parametrize(("code", "subcode"), [(100, 1487534), (100, 1504018), (2, 1504038)])
def test_a_report_that_is_too_much_for_an_answer_is_run_waited_for_and_read(
    tmp_path: Path, graph: responses.RequestsMock, code: int, subcode: int
) -> None:
    clock = HandClock()
    script(graph, "GET", EDGE, (400, graph_error(code, subcode)))
    script(graph, "POST", EDGE, STARTED)
    running = (state("Job Not Started", 0), state("Job Running", 60), state("Job Running"), state("Job Completed", 99))
    script(graph, "GET", RUN, *running, DONE)
    script(graph, "GET", f"{RUN}/insights", page(ROW, after="p2"), page({**ROW, "date_start": "2026-11-21"}))

    assert [row.day.day for row in pulled(tmp_path, clock=clock)] == [20, 21]

    posted = body(graph.calls[1].request)
    assert (posted["level"], posted["time_increment"]) == ("ad", "1")
    assert posted["time_range"] == {"since": "2026-11-01", "until": "2026-11-28"}
    assert len(clock.slept) == 5
    assert clock.slept == sorted(clock.slept)


@pytest.mark.parametrize("ended", ["Job Failed", "Job Skipped"])
def test_a_run_that_failed_or_was_skipped_is_started_again(
    tmp_path: Path, graph: responses.RequestsMock, ended: str
) -> None:
    script(graph, "GET", EDGE, TOO_MUCH)
    script(graph, "POST", EDGE, STARTED, STARTED)
    script(graph, "GET", RUN, state(ended, 40, error_code=-2, error_subcode=2490547), DONE)
    script(graph, "GET", f"{RUN}/insights", page(ROW))

    assert [row.day.day for row in pulled(tmp_path)] == [20]


def test_a_run_that_fails_three_times_is_an_error_with_its_codes(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, TOO_MUCH)
    script(graph, "POST", EDGE, *[STARTED] * 3)
    script(graph, "GET", RUN, *[state("Job Failed", 0, error_code=-2, error_subcode=2490547)] * 3)

    with pytest.raises(RetryableError) as raised:
        pulled(tmp_path)

    assert (raised.value.fault.code, raised.value.fault.subcode) == ("-2", "2490547")


def test_a_run_that_never_ends_is_left_after_half_an_hour(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    script(graph, "GET", EDGE, TOO_MUCH)
    script(graph, "POST", EDGE, *[STARTED] * 3)
    graph.add("GET", RUN, json=state("Job Running"))

    with pytest.raises(RetryableError):
        pulled(tmp_path, clock=clock)

    assert 5400 <= sum(clock.slept) < 5700


def test_a_run_that_is_too_much_too_is_asked_for_in_halves(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, TOO_MUCH, page(ROW), page({**ROW, "date_start": "2026-11-27"}))
    script(graph, "POST", EDGE, STARTED)
    script(graph, "GET", RUN, state("Job Failed", 0, error_code=-3, error_subcode=1504045))

    assert [row.day.day for row in pulled(tmp_path)] == [20, 27]

    ranges = [query(call.request)["time_range"] for call in graph.calls[-2:]]
    assert [(one["since"], one["until"]) for one in ranges] == [
        ("2026-11-01", "2026-11-14"),
        ("2026-11-15", "2026-11-28"),
    ]


def test_a_single_day_that_is_too_much_even_for_a_run_is_an_error(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    script(graph, "GET", EDGE, TOO_MUCH)
    script(graph, "POST", EDGE, (400, graph_error(100, 1487534)))

    with pytest.raises(DestinationError):
        pulled(tmp_path, "2026-11-01", "2026-11-01")


def test_starting_a_report_is_repeated_after_a_lost_answer(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", EDGE, TOO_MUCH)
    script(graph, "POST", EDGE, (500, graph_error(2)), STARTED)
    script(graph, "GET", RUN, DONE)
    script(graph, "GET", f"{RUN}/insights", page())

    assert pulled(tmp_path) == []


def test_one_attribution_window_is_asked_for_and_counted(tmp_path: Path, graph: responses.RequestsMock) -> None:
    actions = [{"action_type": "omni_purchase", "value": "3", "7d_click": "2"}]
    values = [{"action_type": "omni_purchase", "value": "120"}]
    script(graph, "GET", EDGE, page({**ROW, "actions": actions, "action_values": values}))

    (row,) = pulled(tmp_path, options={"attribution_window": "7d_click"})

    assert query(request(graph.calls))["action_attribution_windows"] == ["7d_click"]
    assert (row.conversions_milli, row.value_micros) == (2000, 0)


@pytest.mark.parametrize("dead", ["7d_view", "28d_view"])
def test_windows_that_meta_has_emptied_without_a_word_are_no_option(tmp_path: Path, dead: str) -> None:
    with pytest.raises(ConfigurationError):
        opened(tmp_path, options={"attribution_window": dead})


@pytest.mark.parametrize("change", [{"spend": "12,34"}, {"spend": "NaN"}, {"date_start": "soon"}, {"actions": ["x"]}])
def test_a_row_that_cannot_be_read_is_never_counted_as_zero(
    tmp_path: Path, graph: responses.RequestsMock, change: dict[str, Any]
) -> None:
    script(graph, "GET", EDGE, page({**ROW, **change}))

    with pytest.raises(PermanentRefusalError):
        pulled(tmp_path)


def test_an_empty_span_is_no_call(tmp_path: Path, graph: responses.RequestsMock) -> None:
    assert pulled(tmp_path, "2026-11-02", "2026-11-01") == []
