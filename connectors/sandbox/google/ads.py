"""Rules of responsive search ads: counts, widths, links and the automatic review (sources: rules.py)."""

import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.google import rules
from connectors.sandbox.google.change import Change, check_custom_parameters, check_status, required
from connectors.sandbox.google.refusal import PolicyFinding, Refusal
from connectors.sandbox.google.wire import enum_word, set_default


def check_ad(change: Change) -> None:
    """An ad in an ad group. Only responsive search ads are known here."""
    group_ad, account = change.resource, change.account
    account.refer("ad_group", group_ad.ad_group, "ad_group")
    check_status(change)
    if change.is_new:
        ad = group_ad.ad
        if ad.WhichOneof("ad_data") != "responsive_search_ad":
            raise Refusal("ad_error", "INVALID_AD_TYPE", "Unsupported ad type.", "ad.ad_data")
        try:
            check_content(ad, change.ignored_topics)
        except Refusal as refusal:
            raise refusal.below("ad") from None
        set_default(ad, "type_", "RESPONSIVE_SEARCH_AD")
        set_default(group_ad, "ad_strength", "PENDING")
        set_default(group_ad.policy_summary, "review_status", "REVIEWED")
        set_default(group_ad.policy_summary, "approval_status", "APPROVED")
    if enum_word(group_ad, "status") == "ENABLED":
        _check_enabled_count(change)


def check_content(ad: Any, ignored_topics: frozenset[str]) -> None:
    """Links and texts of a responsive search ad, new or changed."""
    _check_urls(ad)
    check_custom_parameters(ad.url_custom_parameters, "url_custom_parameters")
    _check_search_ad(ad.responsive_search_ad)
    _review(ad.responsive_search_ad, ignored_topics)


def _check_enabled_count(change: Change) -> None:
    group_ad = change.resource
    enabled = [
        other
        for other in change.account.live("ad_group_ad")
        if other.ad_group == group_ad.ad_group
        and other.resource_name != group_ad.resource_name
        and enum_word(other, "status") == "ENABLED"
    ]
    if len(enabled) >= rules.ENABLED_RSA_MAX:
        text = "At most 3 enabled responsive search ads are allowed in an ad group."
        raise Refusal("resource_count_limit_exceeded_error", "RESOURCE_LIMIT", text)


def _check_urls(ad: Any) -> None:
    if not ad.final_urls:
        raise required("final_urls")
    for position, url in enumerate(ad.final_urls):
        path = f"final_urls[{position}]"
        parts = urlsplit(url)
        code = ""
        if parts.scheme == "":
            code = "MISSING_PROTOCOL_IN_FINAL_URL"
        elif parts.scheme not in {"http", "https"}:
            code = "INVALID_PROTOCOL_IN_FINAL_URL"
        elif not parts.hostname:
            code = "MISSING_HOST_IN_FINAL_URL"
        elif any(character.isspace() for character in url):
            code = "MALFORMED_FINAL_URL"
        if code:
            raise Refusal("url_field_error", code, "The final url is invalid.", path, url)
    if ad.final_url_suffix.startswith(("?", "&")):
        text = "The final url suffix is malformed."
        raise Refusal("url_field_error", "FINAL_URL_SUFFIX_MALFORMED", text, "final_url_suffix")


def _check_search_ad(search_ad: Any) -> None:
    base = "responsive_search_ad"
    headlines, descriptions = search_ad.headlines, search_ad.descriptions
    _check_count(headlines, rules.HEADLINES_MIN, rules.HEADLINES_MAX, f"{base}.headlines")
    _check_count(descriptions, rules.DESCRIPTIONS_MIN, rules.DESCRIPTIONS_MAX, f"{base}.descriptions")
    _check_texts(headlines, rules.HEADLINE_WIDTH_MAX, rules.HEADLINE_PINS, f"{base}.headlines")
    _check_texts(descriptions, rules.DESCRIPTION_WIDTH_MAX, rules.DESCRIPTION_PINS, f"{base}.descriptions")
    if search_ad.path2 and not search_ad.path1:
        text = "Cannot set path2 without path1."
        raise Refusal("ad_error", "CANNOT_SET_PATH2_WITHOUT_PATH1", text, f"{base}.path2")
    for field in ("path1", "path2"):
        if display_width(getattr(search_ad, field)) > rules.PATH_WIDTH_MAX:
            raise Refusal("string_length_error", "TOO_LONG", "Too long.", f"{base}.{field}")


def _check_count(assets: Sequence[Any], low: int, high: int, path: str) -> None:
    # Which code a wrong number of texts gets is not documented (looked up 2026-11-22): our assumption.
    if len(assets) < low:
        raise Refusal("collection_size_error", "TOO_FEW", "Too few.", path)
    if len(assets) > high:
        raise Refusal("collection_size_error", "TOO_MANY", "Too many.", path)


def _check_texts(assets: Sequence[Any], width_max: int, pins: frozenset[str], path: str) -> None:
    seen: set[str] = set()
    for position, asset in enumerate(assets):
        here = f"{path}[{position}]"
        if not asset.text.strip():
            raise required(f"{here}.text")
        if display_width(asset.text) > width_max:
            raise Refusal("string_length_error", "TOO_LONG", "Too long.", f"{here}.text", asset.text)
        if asset.text in seen:
            text = "Assets are duplicated across operations."
            raise Refusal("asset_error", "DUPLICATE_ASSET", text, f"{here}.text", asset.text)
        if asset.pinned_field and enum_word(asset, "pinned_field") not in pins:
            raise Refusal("field_error", "INVALID_VALUE", "The field's value is invalid.", f"{here}.pinned_field")
        seen.add(asset.text)


def display_width(text: str) -> int:
    """Characters as Google counts them: double-width ones are two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _review(search_ad: Any, ignored_topics: frozenset[str]) -> None:
    findings = [
        *(finding for asset in search_ad.headlines for finding in _findings(asset.text, is_headline=True)),
        *(finding for asset in search_ad.descriptions for finding in _findings(asset.text, is_headline=False)),
    ]
    open_findings = tuple(finding for finding in findings if finding.topic not in ignored_topics)
    if open_findings:
        text = "The resource has been disapproved since the policy summary includes policy topics of type PROHIBITED."
        raise Refusal("policy_finding_error", "POLICY_FINDING", text, policy=open_findings)


def _findings(text: str, *, is_headline: bool) -> list[PolicyFinding]:
    topics = []
    if (is_headline and "!" in text) or rules.REPEATED_PUNCTUATION.search(text):
        topics.append(rules.PUNCTUATION_TOPIC)
    if rules.GIMMICK_SYMBOLS.search(text):
        topics.append(rules.SYMBOLS_TOPIC)
    if rules.PHONE_NUMBER.search(text):
        topics.append(rules.PHONE_TOPIC)
    return [PolicyFinding(topic, text) for topic in topics]
