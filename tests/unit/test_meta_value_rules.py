"""Value rules: a tier's own bid adjustment on Meta, made once, brought in line, attached and taken off."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError
from activator.model.ads import Bid, BidStrategy, GroupSpec, RemoteObject
from connectors.meta.destination import MetaDestination
from tests.unit.meta_account import ACCOUNT, GRAPH, GROUP, IDS, body, named, opened, page, query, request, script

SETS = f"{ACCOUNT}/value_rule_set"
OPTIONS = {"audience_labels": {"gold": "HIGH_VALUE_CUSTOMERS"}}
RULE = {
    "name": "HIGH_VALUE",
    "adjust_sign": "INCREASE",
    "adjust_value": 30,
    "criterias": [
        {
            "criteria_type": "AUDIENCE_LABEL",
            "operator": "CONTAINS",
            "criteria_values": ["HIGH_VALUE"],
            "criteria_value_types": ["NONE"],
        }
    ],
}
OURS = {"id": "77", "name": named("gold by value", "value_rules/gold"), "rules": [RULE]}


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def group(value_bp: int | None = 13_000) -> GroupSpec:
    return replace(GROUP, bid=Bid(BidStrategy.LOWEST_COST, value_bp=value_bp))


def remote(destination: MetaDestination, **changed: Any) -> RemoteObject:
    fields = {**destination.comparable(group()), **changed}
    return RemoteObject("group", GROUP.key, "700", GROUP.name, "PAUSED", fields)


def test_a_new_ad_set_goes_by_a_rule_set_of_its_tier(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", SETS, page({"id": "1", "name": "Somebody's", "rules": [RULE]}))
    script(graph, "POST", SETS, {"id": "77"})
    script(graph, "POST", f"{ACCOUNT}/adsets", {"id": "700"})

    opened(tmp_path, options=OPTIONS).create(group(), IDS)

    made, ad_set = (body(request(graph.calls, position)) for position in (1, 2))
    assert made == {"name": OURS["name"], "rules": [RULE]}
    assert (ad_set["value_rule_set_id"], ad_set["value_rules_applied"]) == ("77", True)


def test_a_rule_set_left_by_an_interrupted_run_is_used_again(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "GET", SETS, page(OURS))
    script(graph, "POST", f"{ACCOUNT}/adsets", {"id": "700"})

    opened(tmp_path, options=OPTIONS).create(group(), IDS)

    assert body(request(graph.calls))["value_rule_set_id"] == "77"


@pytest.mark.parametrize(
    ("value_bp", "sign", "percent"), [(5_000, "DECREASE", 50), (110_000, "INCREASE", 1_000), (1_000, "DECREASE", 90)]
)
def test_a_rule_that_changed_is_brought_in_line(
    tmp_path: Path, graph: responses.RequestsMock, value_bp: int, sign: str, percent: int
) -> None:
    script(graph, "GET", SETS, page(OURS))
    script(graph, "POST", f"{GRAPH}/77", {"success": True})
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path, options=OPTIONS)

    destination.update(group(value_bp), remote(destination), IDS)

    changed = body(request(graph.calls, 1))
    assert changed["name"] == OURS["name"]
    assert [(rule["adjust_sign"], rule["adjust_value"]) for rule in changed["rules"]] == [(sign, percent)]


def test_a_rule_that_is_no_longer_wanted_is_taken_off(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination = opened(tmp_path, options=OPTIONS)

    destination.update(group(None), remote(destination), IDS)

    assert body(request(graph.calls)) == {"value_rules_applied": False}


@pytest.mark.parametrize(
    ("ad_set", "shown"),
    [
        ({"value_rule_set_id": "77", "value_rules_applied": True}, "HIGH_VALUE +30 %"),
        ({"value_rule_set_id": "77", "value_rules_applied": False}, ""),
        ({"value_rule_set_id": "9"}, "set 9"),
        ({}, ""),
    ],
)
def test_the_rule_of_an_ad_set_is_read_back(
    tmp_path: Path, graph: responses.RequestsMock, ad_set: dict[str, Any], shown: str
) -> None:
    for edge in ("customaudiences", "campaigns", "ads"):
        graph.add("GET", f"{ACCOUNT}/{edge}", json=page())
    script(graph, "GET", f"{ACCOUNT}/adsets", page({"id": "700", "name": GROUP.name, **ad_set}))
    if ad_set.get("value_rules_applied") is not False and ad_set:
        script(graph, "GET", SETS, page({**OURS, "rules": {"data": [RULE]}}))

    (seen,) = opened(tmp_path, options=OPTIONS).observe().objects

    assert seen.fields["value_rule"] == shown


def test_without_labels_nothing_is_asked_or_compared(tmp_path: Path, graph: responses.RequestsMock) -> None:
    for edge in ("customaudiences", "campaigns", "adsets", "ads"):
        graph.add("GET", f"{ACCOUNT}/{edge}", json=page())
    destination = opened(tmp_path)

    destination.observe()

    assert all("value_rule" not in query(call.request)["fields"] for call in graph.calls)
    assert "value_rule" not in destination.comparable(group(None))


@pytest.mark.parametrize(
    ("value_bp", "options", "said"),
    [
        (13_000, {}, "audience_labels"),
        (999, OPTIONS, "0.1 to 11"),
        (110_100, OPTIONS, "0.1 to 11"),
        (12_345, OPTIONS, "whole percents"),
    ],
)
def test_a_rule_meta_does_not_have_is_refused_while_planning(
    tmp_path: Path, value_bp: int, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        opened(tmp_path, options=options).comparable(group(value_bp))

    assert said in f"{raised.value.message} {raised.value.next_step}"
