"""Who an ad set may reach, and what it must say about that."""

from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import AUDIENCE, Context
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import mapping_in, refuse_unknown_keys, sequence_in, whole_in
from connectors.sandbox.state import Document

_AGE_MAX = 65
_PLACES = ("regions", "cities", "zips")
_AUDIENCE_LISTS = ("custom_audiences", "excluded_custom_audiences")


def read_targeting(context: Context, account: Document, parameters: Parameters) -> Document:
    """A checked targeting with the names of its audiences filled in. Raises GraphError."""
    targeting = parameters.mapping("targeting")
    if targeting is None:
        raise invalid("targeting", "The parameter targeting is required.")
    _check_automation(targeting)
    locations = mapping_in(targeting, "geo_locations", "targeting")
    if not locations:
        raise invalid("targeting", "You must choose at least one location: targeting.geo_locations")
    _check_locations(locations)
    for name in _AUDIENCE_LISTS:
        entries = sequence_in(targeting, name, "targeting")
        if entries:
            targeting[name] = [_audience(context, account, name, entry) for entry in entries]
    included = {entry["id"] for entry in targeting.get("custom_audiences") or []}
    if included & {entry["id"] for entry in targeting.get("excluded_custom_audiences") or []}:
        raise invalid("targeting", "An audience cannot be both included and excluded")
    return targeting


def _check_automation(targeting: Document) -> None:
    automation = targeting.get("targeting_automation")
    advantage = automation.get("advantage_audience") if isinstance(automation, dict) else None
    if advantage not in (0, 1):
        raise rules.ADVANTAGE_AUDIENCE_MISSING.about("targeting")
    if advantage == 1 and "age_max" in targeting and whole_in(targeting, "age_max", "targeting") < _AGE_MAX:
        raise rules.ADVANTAGE_AGE.about("targeting")
    relaxation = mapping_in(targeting, "targeting_relaxation_types", "targeting") or {}
    refuse_unknown_keys(relaxation, ("custom_audience", "lookalike"), "targeting_relaxation_types")


def _check_locations(locations: Document) -> None:
    countries = sequence_in(locations, "countries", "geo_locations")
    if any(not isinstance(code, str) or len(code) != 2 for code in countries):
        raise invalid("targeting", "geo_locations.countries must be two-letter country codes")
    for group in _PLACES:
        if not all(isinstance(place, dict) for place in sequence_in(locations, group, "geo_locations")):
            raise invalid("targeting", f"Each of geo_locations.{group} must be a JSON object")


def _audience(context: Context, account: Document, name: str, entry: Any) -> Document:
    audience_id = str(entry.get("id", "")) if isinstance(entry, dict) else ""
    audience = context.get(AUDIENCE, audience_id)
    if audience is None or audience["account_id"] != account["account_id"]:
        raise invalid("targeting", f"{name}: the custom audience {audience_id[:20]} does not exist")
    return {"id": audience_id, "name": audience["name"]}


def check_transparency(account: Document, targeting: Document, beneficiary: str | None, payor: str | None) -> None:
    """Ads in the European Union name beneficiary and payer, on the ad set or by the account's defaults."""
    locations = targeting["geo_locations"]
    places = [place for group in _PLACES for place in locations.get(group) or []]
    countries = [*(locations.get("countries") or []), *(str(place.get("country")) for place in places)]
    reaches_union = not rules.EU_COUNTRIES.isdisjoint(countries)
    named = (beneficiary or account.get("default_dsa_beneficiary")) and (payor or account.get("default_dsa_payor"))
    if reaches_union and not named:
        raise rules.DSA_MISSING.about("dsa_beneficiary")
