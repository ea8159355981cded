"""Which audiences are to be refreshed as a whole: asked for by name, and what a full refresh has to be accepted for."""

from collections.abc import Collection, Mapping, Sequence

from activator.config.project import Project
from activator.errors import ConfigurationError
from activator.model.ads import RemoteObject
from activator.model.plan import AudienceState, GuardFinding, ReplaceMembers
from activator.plan.desired import audience_key, delivered_tiers
from activator.ports import DestinationReader, ReplacingDestination

FULL_REFRESH = "full-refresh"


def read_refreshes(project: Project, names: Collection[str]) -> dict[str, frozenset[str]]:
    """Destination -> spec keys of its audiences named. names: `TIER`, on every destination, or `DESTINATION/TIER`.

    Raises:
        ConfigurationError: there is no such destination or tier, or the tier has no audience there.
    """
    there = {
        name: {tier.name for tier in delivered_tiers(project, section)}
        for name, section in project.destinations.items()
    }
    found: dict[str, set[str]] = {name: set() for name in there}
    for asked in names:
        destination, _, tier = asked.rpartition("/")
        places = [name for name, tiers in there.items() if destination in ("", name) and tier in tiers]
        if not places:
            known = sorted({f"{name}/{each}" for name, tiers in there.items() for each in tiers})
            raise ConfigurationError(f"--refresh {asked}: there is no such audience", f"Audiences: {', '.join(known)}.")
        for name in places:
            found[name].add(audience_key(tier))
    return {name: frozenset(keys) for name, keys in found.items()}


def check_refreshes(
    name: str, reader: DestinationReader, keys: Collection[str], observed: Mapping[str, RemoteObject]
) -> None:
    """Refuse what cannot be done. Raises ConfigurationError."""
    if keys and not isinstance(reader, ReplacingDestination):
        raise ConfigurationError(
            f"--refresh: the connector of {name} cannot replace a list", "Plan without it, or name other audiences."
        )
    for key in sorted(keys):
        if key not in observed:
            raise ConfigurationError(
                f"--refresh: {key.replace('/', ' ')} does not exist on {name} yet", "Plan without it: it is made whole."
            )


def refresh_guards(
    replaced: Sequence[ReplaceMembers], states: Sequence[AudienceState], members_min: int
) -> list[GuardFinding]:
    """full-refresh: nobody knows who is taken out, or the new list is too small to deliver."""
    believed = {state.audience_key: state.believed for state in states}
    findings = []
    for change in replaced:
        reasons = {
            f"the new list has {change.rows:,} people; the platform delivers from {members_min:,}": (
                change.rows < members_min
            ),
            "this ledger does not know who is in the list; whoever is not in the new one is taken out": (
                not believed[change.audience_key]
            ),
        }
        findings += [
            GuardFinding(
                FULL_REFRESH,
                f"{change.destination}/{change.audience_key}",
                reason,
                "Check that the exports are complete, and that nobody else fills this list.",
            )
            for reason, objects in reasons.items()
            if objects
        ]
    return findings
