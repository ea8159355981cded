"""Connectors are found through entry points, ours like strangers', and loaded only when the project file names them."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from activator.errors import ConfigurationError

DESTINATIONS = "activator.destinations"
SOURCES = "activator.sources"


def load_extension(group: str, name: str) -> Any:
    """The object an entry point names.

    Raises:
        ConfigurationError: nobody provides it, two distributions do, or it cannot be imported.
    """
    found = tuple(entry_points(group=group, name=name))
    if not found:
        known = ", ".join(sorted(point.name for point in entry_points(group=group))) or "none"
        raise ConfigurationError(f"there is no connector `{name}` in {group}", f"Installed: {known}.")
    owners = sorted({_owner(point) for point in found})
    if len(owners) > 1:
        raise ConfigurationError(
            f"the connector `{name}` is provided twice: {', '.join(owners)}", "Uninstall one of the two packages."
        )
    try:
        return found[0].load()
    except ImportError as error:
        raise ConfigurationError(
            f"the connector `{name}` of {owners[0]} cannot be loaded: {error}", "Install its package again."
        ) from None


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
