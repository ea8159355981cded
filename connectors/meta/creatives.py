"""Creatives: one link post per ad. They cannot be changed or filtered by name, and have no life without an ad.

DOC/marketing-api/reference/ad-account/adcreatives, checked 2026-11-22.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from activator.model.ads import AdSpec, GroupField
from activator.model.naming import marker_in
from connectors.meta.asset_feed import asset_feed, lines_of, refuse_unfit
from connectors.meta.listing import GONE
from connectors.meta.options import MetaOptions
from connectors.meta.transport import GraphApi
from connectors.meta.version import CREATIVE_NAME_LENGTH_MAX, CREATIVES_SEARCHED_MAX

# What is read of a creative; the feed only where the options ask for one.
CREATIVE_FIELDS = ("id", "object_story_spec", "url_tags")
FEED_FIELD = "asset_feed_spec"


class Creatives:
    """Finds or makes the creative of an ad.

    A run that dies between creative and ad leaves a creative nobody uses. So before the first create of a run the
    account's latest creatives are listed once; one with the ad's marker and exactly its text is used again.
    """

    def __init__(self, api: GraphApi, account: str, options: MetaOptions) -> None:
        self._api = api
        self._account = account
        self._options = options
        self._known: dict[tuple[GroupField, ...], str] | None = None

    def id_for(self, spec: AdSpec) -> str:
        """The id of a creative that says exactly this."""
        if self._known is None:
            self._known = self._search()
        identity = _identity(spec.name, self._params(spec))
        if identity not in self._known:
            known, self._known = self._known, None  # after an unknown outcome the next call searches again
            made = self._api.create((self._account, "adcreatives"), self._params(spec))
            self._known = {**known, identity: made}
        return self._known[identity]

    def _search(self) -> dict[tuple[GroupField, ...], str]:
        fields = ("name", "status", *creative_fields(self._options))
        rows = self._api.rows((self._account, "adcreatives"), fields)
        return {
            _identity(str(row["name"]), row): str(row["id"])
            for row in islice(rows, CREATIVES_SEARCHED_MAX)
            if marker_in(str(row.get("name", ""))) and row.get("status") not in GONE
        }

    def _params(self, spec: AdSpec) -> dict[str, Any]:
        story: dict[str, Any] = {"page_id": self._options.page_id}
        if self._options.instagram_user_id:
            story["instagram_user_id"] = self._options.instagram_user_id
        params: dict[str, Any] = {"name": creative_name(spec.name), "object_story_spec": story}
        if self._options.asset_feed:
            params[FEED_FIELD] = asset_feed(spec, self._options)
        else:
            story["link_data"] = self._link_data(spec)
        return params | ({"url_tags": spec.url_tags} if spec.url_tags else {})

    def _link_data(self, spec: AdSpec) -> dict[str, Any]:
        variant = spec.variant
        link_data: dict[str, Any] = {
            "link": spec.landing_url,
            "message": variant.message,
            "name": variant.headlines[0],
            "call_to_action": {"type": self._options.call_to_action, "value": {"link": spec.landing_url}},
        }
        if variant.descriptions:
            link_data["description"] = variant.descriptions[0]
        if self._options.image_hash:
            link_data["image_hash"] = self._options.image_hash
        return link_data


def creative_name(name: str) -> str:
    """The ad's name, its label cut to Meta's limit; the marker at the end stays whole."""
    marker = marker_in(name) or ""
    label = name.removesuffix(marker).rstrip()
    return f"{label[: CREATIVE_NAME_LENGTH_MAX - len(marker) - 1].rstrip()} {marker}".strip()


def creative_fields(options: MetaOptions) -> tuple[str, ...]:
    """What to ask for of a creative."""
    return (*CREATIVE_FIELDS, FEED_FIELD) if options.asset_feed else CREATIVE_FIELDS


def ad_fields(spec: AdSpec, options: MetaOptions) -> dict[str, GroupField]:
    """What of an ad is compared: everything people see, and where it leads. Raises ConfigurationError for a feed."""
    headlines, descriptions = spec.variant.headlines, spec.variant.descriptions
    if options.asset_feed:
        refuse_unfit(spec)
    else:
        headlines, descriptions = headlines[:1], descriptions[:1]
    return {
        "message": spec.variant.message,
        "headline": "\n".join(headlines),
        "description": "\n".join(descriptions),
        "link": spec.landing_url,
        "url_tags": spec.url_tags,
    }


def ad_fields_of(creative: Mapping[str, Any]) -> dict[str, GroupField]:
    """The same, read back from a creative."""
    feed = creative.get(FEED_FIELD) or {}
    link_data = (creative.get("object_story_spec") or {}).get("link_data") or {}
    said = (
        {
            "message": lines_of(feed, "bodies"),
            "headline": lines_of(feed, "titles"),
            "description": lines_of(feed, "descriptions"),
            "link": lines_of(feed, "link_urls", "website_url"),
        }
        if feed
        else {
            "message": str(link_data.get("message", "")),
            "headline": str(link_data.get("name", "")),
            "description": str(link_data.get("description", "")),
            "link": str(link_data.get("link", "")),
        }
    )
    return {**said, "url_tags": str(creative.get("url_tags", ""))}


def _identity(name: str, creative: Mapping[str, Any]) -> tuple[GroupField, ...]:
    """Marker, page, picture, button and texts: two creatives that agree in these are interchangeable."""
    story = creative.get("object_story_spec") or {}
    link_data, feed = story.get("link_data") or {}, creative.get(FEED_FIELD) or {}
    button = (link_data.get("call_to_action") or {}).get("type", "") or "".join(feed.get("call_to_action_types") or ())
    image = link_data.get("image_hash") or lines_of(feed, "images", "hash")
    shown = (story.get("page_id"), story.get("instagram_user_id"), image, button)
    return (marker_in(name), *(str(part or "") for part in shown), *ad_fields_of(creative).values())
