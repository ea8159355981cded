"""Asset feeds at Meta: all lines of a text in one dynamic ad, where the options ask for it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.errors import ConfigurationError
from activator.model.ads import AdSpec, RemoteObject
from tests.unit.meta_account import ACCOUNT, AD, GRAPH, GROUP, IDS, body, opened, page, query, request, script

IMAGE = "0123456789abcdef0123456789abcdef"
OPTIONS = {"asset_feed": True, "image_hash": IMAGE}
FEED = {
    "ad_formats": ["SINGLE_IMAGE"],
    "bodies": [{"text": "Made for winter."}],
    "titles": [{"text": "Stay warm"}, {"text": "Other"}],
    "descriptions": [{"text": "Wool for years"}],
    "link_urls": [{"website_url": "https://shop.example/winter"}],
    "call_to_action_types": ["SHOP_NOW"],
    "images": [{"hash": IMAGE}],
}


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def with_text(**changed: Any) -> AdSpec:
    return replace(AD, variant=replace(AD.variant, **changed))


def test_all_lines_go_into_one_dynamic_ad(tmp_path: Path, graph: responses.RequestsMock) -> None:
    script(graph, "POST", f"{ACCOUNT}/adsets", {"id": "700"})
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page())
    script(graph, "POST", f"{ACCOUNT}/adcreatives", {"id": "60"})
    script(graph, "POST", f"{ACCOUNT}/ads", {"id": "800"})
    destination = opened(tmp_path, options=OPTIONS)

    destination.create(GROUP, IDS)
    destination.create(AD, IDS)

    assert body(request(graph.calls, 0))["is_dynamic_creative"] is True
    creative = body(request(graph.calls, 2))
    assert creative["asset_feed_spec"] == FEED
    assert creative["object_story_spec"] == {"page_id": "111"}
    assert creative["url_tags"] == AD.url_tags


def test_a_feed_reads_back_as_it_was_wanted_and_only_a_changed_line_is_a_difference(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    for edge in ("customaudiences", "campaigns", "adsets"):
        graph.add("GET", f"{ACCOUNT}/{edge}", json=page())
    creative = {"id": "60", "object_story_spec": {"page_id": "111"}, "asset_feed_spec": FEED, "url_tags": AD.url_tags}
    script(
        graph, "GET", f"{ACCOUNT}/ads", page({"id": "800", "name": AD.name, "status": "PAUSED", "creative": creative})
    )
    destination = opened(tmp_path, options=OPTIONS)

    (seen,) = destination.observe().objects

    assert "asset_feed_spec" in query(request(graph.calls))["fields"]
    assert seen.fields == destination.comparable(AD)
    changed = destination.comparable(with_text(headlines=("Stay warm", "Another")))
    assert {name for name in changed if changed[name] != seen.fields[name]} == {"headline"}


def test_a_creative_left_behind_with_the_same_feed_is_used_again(tmp_path: Path, graph: responses.RequestsMock) -> None:
    left = {"id": "61", "name": AD.name, "status": "ACTIVE", "object_story_spec": {"page_id": "111"}}
    script(graph, "GET", f"{ACCOUNT}/adcreatives", page({**left, "asset_feed_spec": FEED, "url_tags": AD.url_tags}))
    script(graph, "POST", f"{GRAPH}/800", {"success": True})
    destination = opened(tmp_path, options=OPTIONS)
    remote = RemoteObject("ad", AD.key, "800", AD.name, "PAUSED", {**destination.comparable(AD), "message": "Old"})

    destination.update(AD, remote, IDS)

    assert body(request(graph.calls))["creative"] == {"creative_id": "61"}


@pytest.mark.parametrize(
    "changed",
    [
        {"headlines": tuple(f"Line {number}" for number in range(6))},
        {"headlines": ("Twice", "Twice")},
        {"descriptions": ("x" * 256,)},
        {"message": "x" * 1025},
    ],
)
def test_lines_meta_does_not_take_are_refused_while_planning(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="copy warm"):
        opened(tmp_path, options=OPTIONS).comparable(with_text(**changed))


def test_a_feed_needs_a_picture(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="image_hash"):
        opened(tmp_path, options={"asset_feed": True})
