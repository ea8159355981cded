"""Lookalikes: people Google finds similar to a tier's, for Demand Gen campaigns, grown once the tier's list is ready.

developers.google.com/google-ads/api/docs/remarketing/audience-segments/lookalike-audiences (read 2026-11-22). They are
made, found again by a marker of their own, and left to the marketer: Search campaigns cannot use them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from activator.model.ads import AudienceSpec
from activator.model.naming import marked_name, marker, marker_in
from connectors.google.options import GoogleOptions
from connectors.google.transport import GoogleTransport
from connectors.google.version import MEMBERS_MIN

_LISTS = "SELECT user_list.id, user_list.name FROM user_list WHERE user_list.type = 'LOOKALIKE'"


def wanted_lookalike(options: GoogleOptions, tier: str) -> str | None:
    """What a tier's lookalike is to be, e.g. "narrow in AT, DE"; None where there is to be none."""
    level = options.lookalikes.get(tier)
    return None if level is None else f"{level} in {', '.join(sorted(options.countries))}"


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Which tiers seed one, and how far it reaches."""

    transport: GoogleTransport
    options: GoogleOptions
    project_id: str
    destination: str

    def there(self) -> frozenset[str]:
        """Markers of the lookalikes of the account; looked up only where the project wants any. One operation."""
        if not self.options.lookalikes:
            return frozenset()
        names = (row.user_list.name for row in self.transport.search(_LISTS))
        return frozenset(found for name in names if (found := marker_in(name)))

    def shown(self, tier: str, found: Any, there: Collection[str]) -> str | None:
        """What a tier's list is seen to have; nothing is missing while the list is too small to seed one."""
        wanted = wanted_lookalike(self.options, tier)
        if wanted is None:
            return None
        sizes = found.size_info
        ready = max(sizes.search_network_members_count, sizes.display_network_members_count) >= MEMBERS_MIN
        return wanted if not ready or self._marker(tier) in there else ""

    def create(self, seed: AudienceSpec, seed_id: str) -> None:
        """Make a tier's lookalike from its list. Raises DestinationError."""
        label = seed.name.rpartition(" [")[0] or seed.name
        lookalike = {
            "name": marked_name(f"{label}, alike", self.project_id, self.destination, self._key(seed.tier)),
            "description": f"Kept by activator: people like those of {label}.",
            "lookalike_user_list": {
                "seed_user_list_ids": [int(seed_id)],
                "expansion_level": self.options.lookalikes[seed.tier].upper(),
                "country_codes": sorted(self.options.countries),
            },
        }
        self.transport.mutate([{"user_list_operation": {"create": lookalike}}])

    def _key(self, tier: str) -> str:
        """What it is to be is part of it: a lookalike cannot be changed, so another one is made."""
        return f"lookalike/{tier}/{wanted_lookalike(self.options, tier)}"

    def _marker(self, tier: str) -> str:
        return marker(self.project_id, self.destination, self._key(tier))
