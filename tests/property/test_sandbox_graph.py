"""Whatever is sent to the Graph half, the answer is a document or the platform's error envelope, never a crash."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.meta import activation
from connectors.sandbox.meta.context import Context
from connectors.sandbox.meta.graph import Answer, Credentials, Graph, GraphCall
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import PlatformState
from tests.clocks import ManualClock
from tests.contract.sandbox_account import ACCOUNT, ADSET, CAMPAIGN, CREATIVE, sha256

TOKEN = "t"
TREE = {**ADSET["targeting"], "custom_audiences": [{"id": "AUDIENCE"}], "age_max": 65}
PAYLOAD = {"schema": ["EMAIL", "PHONE"], "data": [[sha256("a"), ""], [sha256("b"), sha256("1")]]}
SESSION = {"session_id": 1, "batch_seq": 1, "last_batch_flag": False}
INSIGHTS = {
    "level": "ad",
    "fields": "spend,actions",
    "time_range": {"since": "2026-11-01", "until": "2026-11-03"},
    "time_increment": "1",
    "filtering": [{"field": "spend", "operator": "GREATER_THAN", "value": 1}],
    "action_attribution_windows": ["7d_click"],
    "limit": 3,
}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "ACCOUNT/customaudiences", {"name": "x", "customer_file_source": "USER_PROVIDED_ONLY"}),
    ("POST", "AUDIENCE", {"name": "y", "audience_labels": ["AT_RISK"]}),
    ("POST", "AUDIENCE/users", {"payload": PAYLOAD, "session": SESSION}),
    ("POST", "AUDIENCE/users", {"payload": PAYLOAD, "method": "DELETE"}),
    ("POST", "AUDIENCE/usersreplace", {"payload": PAYLOAD, "session": {**SESSION, "session_id": 2}}),
    ("GET", "AUDIENCE/sessions", {"session_id": 1}),
    ("POST", "ACCOUNT/campaigns", {**CAMPAIGN, "daily_budget": 900, "adlabels": [{"name": "x"}]}),
    ("POST", "ACCOUNT/adsets", {**ADSET, "campaign_id": "CAMPAIGN", "targeting": TREE, "bid_amount": 4}),
    ("POST", "ADSET", {"daily_budget": 5000, "targeting": TREE, "bid_strategy": "COST_CAP", "bid_amount": 3}),
    ("POST", "ACCOUNT/adcreatives", {**CREATIVE, "asset_feed_spec": {"bodies": [{"text": "a"}], "ad_formats": ["X"]}}),
    ("POST", "ACCOUNT/ads", {"name": "a", "adset_id": "ADSET", "creative": dict(CREATIVE)}),
    ("POST", "ACCOUNT/adimages", {"bytes": "aGVsbG8=", "name": "x"}),
    ("GET", "ACCOUNT/ads", {"fields": "creative{id},name", "effective_status": ["ACTIVE"], "after": "cm93MA=="}),
    ("GET", "ACCOUNT/insights", INSIGHTS),
    ("POST", "", {"batch": [{"method": "GET", "relative_url": "me", "name": "a", "body": "x=y"}]}),
]
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
anything = st.recursive(
    leaves | st.sampled_from(["[", "{}", "null", "AUDIENCE", "9" * 400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("id"), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The value with one part, at any depth, replaced, added or taken away."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(anything)
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    key = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
    if draw(st.integers(0, 5)) == 0:
        del copy[key]
    else:
        copy[key] = draw(spoiled(value[key]))
    return copy


@st.composite
def hostile_calls(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    verb, path, params = draw(st.sampled_from(CALLS))
    return verb, path, draw(spoiled(params).filter(lambda made: isinstance(made, dict)))


class Platform:
    """A Graph without its transport, with one object of each kind."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.ids = {"ACCOUNT": ACCOUNT}
        self.ids["AUDIENCE"] = self.made("ACCOUNT/customaudiences", CALLS[0][2])
        self.ids["CAMPAIGN"] = self.made("ACCOUNT/campaigns", CAMPAIGN)
        self.ids["ADSET"] = self.made("ACCOUNT/adsets", {**ADSET, "campaign_id": "CAMPAIGN"})

    def made(self, path: str, params: Any) -> str:
        return str(self.call("POST", path, dict(params)).document["id"])

    def call(self, verb: str, path: str, params: dict[str, Any]) -> Answer:
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        for word, object_id in self.ids.items():
            path = path.replace(word, object_id)
            form = {name: text.replace(word, object_id) for name, text in form.items()}
        return self.graph.handle(GraphCall(verb, f"v26.0/{path}", Parameters(form), TOKEN))


@pytest.fixture(scope="class")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    state = PlatformState(tmp_path_factory.mktemp("graph"), ManualClock())
    activation.open_account(state)
    yield Platform(Graph(Context(state, 7), Credentials(TOKEN, "s")))
    state.close()


class TestGoodCalls:
    def test_the_calls_that_are_to_be_spoiled_are_good(self, platform: Platform) -> None:
        for verb, path, params in CALLS:
            assert platform.call(verb, path, params).status == 200, path


class TestSpoiledCalls:
    @given(call=hostile_calls())
    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    def test_every_call_is_answered(self, platform: Platform, call: tuple[str, str, dict[str, Any]]) -> None:
        answer = platform.call(*call)
        text = json.dumps(answer.document)
        if answer.status != 200:
            error = json.loads(text)["error"]
            assert isinstance(error["code"], int)
            assert error["message"]
            assert error["fbtrace_id"]
