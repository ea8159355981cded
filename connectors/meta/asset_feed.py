"""Asset feeds: one ad with all headlines and descriptions of a text, which Meta combines; where the options ask for it.

DOC/marketing-api/ad-creative/asset-feed-spec/options, checked 2026-11-22.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from activator.errors import ConfigurationError
from activator.model.ads import AdSpec
from connectors.meta.options import MetaOptions
from connectors.meta.version import ASSET_BODY_CHARACTERS_MAX, ASSET_LINE_CHARACTERS_MAX, ASSETS_OF_A_KIND_MAX


def asset_feed(spec: AdSpec, options: MetaOptions) -> dict[str, Any]:
    """The feed of one text: its lines in order, one link, one picture. Raises ConfigurationError as refuse_unfit."""
    refuse_unfit(spec)
    variant = spec.variant
    feed: dict[str, Any] = {
        "ad_formats": ["SINGLE_IMAGE"],
        "bodies": _texts([variant.message]),
        "titles": _texts(variant.headlines),
        "link_urls": [{"website_url": spec.landing_url}],
        "call_to_action_types": [options.call_to_action],
        "images": [{"hash": options.image_hash}],
    }
    return feed | ({"descriptions": _texts(variant.descriptions)} if variant.descriptions else {})


def refuse_unfit(spec: AdSpec) -> None:
    """Meta takes each line once, five of a kind, and not too long. Raises ConfigurationError naming the text."""
    variant = spec.variant
    kinds = {
        "message": ((variant.message,), ASSET_BODY_CHARACTERS_MAX),
        "headlines": (variant.headlines, ASSET_LINE_CHARACTERS_MAX),
        "descriptions": (variant.descriptions, ASSET_LINE_CHARACTERS_MAX),
    }
    for kind, (lines, longest) in kinds.items():
        where = f"copy {variant.name}, {kind}"
        if len(lines) > ASSETS_OF_A_KIND_MAX:
            raise ConfigurationError(f"{where}: Meta takes at most {ASSETS_OF_A_KIND_MAX}", "Remove the weakest.")
        if len(set(lines)) != len(lines):
            raise ConfigurationError(f"{where}: Meta takes no line twice", "Remove one of them.")
        if any(len(line) > longest for line in lines):
            raise ConfigurationError(f"{where}: Meta takes at most {longest} characters", "Shorten it.")


def lines_of(feed: Mapping[str, Any], kind: str, field: str = "text") -> str:
    """What a feed says of one kind, a line each, for comparison."""
    return "\n".join(str(asset.get(field, "")) for asset in feed.get(kind) or ())


def _texts(lines: Sequence[str]) -> list[dict[str, str]]:
    return [{"text": line} for line in lines]
