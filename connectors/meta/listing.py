"""Finding what is ours: objects of the account whose names carry one of our markers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from activator.errors import PermanentRefusalError
from activator.model.naming import marker_in
from connectors.meta.transport import GraphApi
from connectors.meta.version import PAGE_ROWS

MARKER_START = "[act:"
GONE = frozenset({"DELETED", "ARCHIVED"})


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a list that is ours, and the spec key its marker stands for."""

    key: str
    row: Mapping[str, Any]

    @property
    def platform_id(self) -> str:
        """The object's id, as text."""
        return str(self.row["id"])

    @property
    def name(self) -> str:
        """The name, marker included."""
        return str(self.row["name"])


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists of one account. markers: marker -> spec key."""

    api: GraphApi
    account: str
    markers: Mapping[str, str]

    def ours(self, kinds: tuple[str, ...], edge: str, fields: tuple[str, ...]) -> Iterator[Found]:
        """Every living object of these kinds that carries our marker. Meta filters by name, and we check again."""
        contains = [{"field": "name", "operator": "CONTAIN", "value": MARKER_START}]
        for row in self.api.rows((self.account, edge), fields, PAGE_ROWS, filtering=contains):
            key = self.key_of(row)
            gone = row.get("status") in GONE or row.get("effective_status") in GONE
            if key is not None and key.split("/")[0] in kinds and not gone:
                yield Found(key, row)

    def key_of(self, row: Mapping[str, Any]) -> str | None:
        """The spec key a row's name is marked with, or None if it is not ours."""
        return self.markers.get(marker_in(str(row.get("name", ""))) or "")


def needed(ids: Mapping[str, str], key: str) -> str:
    """The platform id of what a new object refers to."""
    if key not in ids:
        raise PermanentRefusalError(f"{key} does not exist on Meta, but something refers to it", "Plan again.")
    return ids[key]
