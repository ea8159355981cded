"""Lookalikes: lists of people Meta finds similar to a tier's, grown once the tier's own list is ready.

DOC/marketing-api/audiences/guides/lookalike-audiences, checked 2026-11-22. They are made, found again by a marker of
their own, and left to the marketer: no ad set of ours uses them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from activator.model.ads import AudienceSpec
from activator.model.naming import marked_name, marker, marker_in
from connectors.meta.transport import GraphApi

KIND = "lookalike"


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Which tiers seed one, and how large. percents: tier -> percent of the people of countries, 1 to 20."""

    api: GraphApi
    account: str
    project_id: str
    destination: str
    countries: tuple[str, ...]
    percents: Mapping[str, int]

    def wanted(self, tier: str) -> str | None:
        """What a tier's lookalike is to be, e.g. "1 % of AT, DE"; None where there is to be none."""
        percent = self.percents.get(tier)
        return None if percent is None else f"{percent} % of {', '.join(sorted(self.countries))}"

    def key(self, tier: str) -> str:
        """Its spec key. What it is to be is part of it: a lookalike cannot be changed, so another one is made."""
        return f"{KIND}/{tier}/{self.wanted(tier)}"

    def markers(self) -> dict[str, str]:
        """Marker -> spec key of all that are wanted."""
        keys = (self.key(tier) for tier in self.percents)
        return {marker(self.project_id, self.destination, key): key for key in keys}

    def create(self, seed: AudienceSpec, seed_id: str) -> str:
        """Make a tier's lookalike from its list, once; returns its id. Raises as GraphApi.create."""
        label = seed.name.removesuffix(marker_in(seed.name) or "").rstrip()
        name = marked_name(f"{label}, alike", self.project_id, self.destination, self.key(seed.tier))
        countries = sorted(self.countries)
        place = (
            {"country": countries[0]}
            if len(countries) == 1
            else {"location_spec": {"geo_locations": {"countries": countries}}}
        )
        params = {
            "name": name,
            "description": f"Kept by activator: people like those of {label}.",
            "subtype": "LOOKALIKE",
            "origin_audience_id": seed_id,
            "lookalike_spec": json.dumps({"ratio": self.percents[seed.tier] / 100, **place}),
        }
        return self.api.create((self.account, "customaudiences"), params)
