"""Who is one person, the plain way: union-find and loops over a few rows. What the relations are held against."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]  # email, email_2, phone, external_id, name (two words), born (a comparable number)
ADDRESSES = ("email", "email_2", "phone")
STRENGTH = ("external_id", "email", "phone", "email_2")


def keys(row: Row, columns: Iterable[str] = STRENGTH) -> list[tuple[str, str]]:
    """The identifiers of a row; both e-mail columns hold the same kind."""
    return [(column.removesuffix("_2"), row[column]) for column in columns if row.get(column)]


def components(rows: Sequence[Row], places: Iterable[int]) -> list[list[int]]:
    """Places of rows linked by any chain of shared identifiers, without those that hold none."""
    parent: dict[Any, Any] = {}

    def root(node: Any) -> Any:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    held = [place for place in places if keys(rows[place])]
    for place in held:
        for key in keys(rows[place]):
            parent[root(key)] = root(place)
    groups: dict[Any, list[int]] = {}
    for place in held:
        groups.setdefault(root(place), []).append(place)
    return list(groups.values())


def hubs(rows: Sequence[Row], people_max: int) -> set[tuple[str, str]]:
    """Addresses behind which there is evidence of too many people."""
    found = set()
    for key in {key for row in rows for key in keys(row, ADDRESSES)}:
        mine = [row for row in rows if key in keys(row, ADDRESSES)]
        told: list[set[Any]] = [{row.get(field) for row in mine} - {None} for field in ("name", "born", "external_id")]
        told += [{other for row in mine for other in keys(row, [column])} - {key} for column in ADDRESSES]
        if max(map(len, told)) > people_max or (key[0] == "phone" and _strangers(mine)):
            found.add(key)
    return found


def _strangers(rows: Sequence[Row]) -> bool:
    named = [(row.get("email") or row.get("email_2"), set(row["name"].split())) for row in rows if row.get("name")]
    return any(
        one[0] and other[0] and one[0] != other[0] and not one[1] & other[1]
        for one, other in itertools.combinations(named, 2)
    )


def without(row: Row, gone: Callable[[tuple[str, str]], bool]) -> Row:
    """The row without some of its addresses."""
    return row | {column: None for column in ADDRESSES if any(map(gone, keys(row, [column])))}


def people(rows: Sequence[Row], people_max: int) -> list[frozenset[int]]:
    """The partition of the rows that hold an identifier of their own."""
    nobodys = hubs(rows, people_max)
    kept = [without(row, nobodys.__contains__) for row in rows]
    for group in components(kept, range(len(kept))):
        dates = _dates(kept, group)
        if len(set(dates.values())) < 2:
            continue
        claims = _claims(kept, group, dates)
        for place in group:
            others = {key for key, born in claims.items() if born != dates[place]}
            kept[place] = without(kept[place], others.__contains__)
    return [frozenset(group) for group in components(kept, range(len(kept)))]


def _record_dates(rows: Sequence[Row], group: Sequence[int]) -> dict[int, Any]:
    """The date of each row, by its record where it has one; rows without any are left out."""
    records: dict[str, Counter[Any]] = {}
    for place in group:
        if rows[place].get("external_id") and rows[place].get("born"):
            records.setdefault(rows[place]["external_id"], Counter())[rows[place]["born"]] += 1
    dates = {}
    for place in group:
        votes = records.get(rows[place].get("external_id") or "")
        born = _first(votes) if votes else rows[place].get("born")
        if born:
            dates[place] = born
    return dates


def _first(votes: Counter[Any]) -> Any:
    return min(votes, key=lambda born: (-votes[born], born))


def _dates(rows: Sequence[Row], group: Sequence[int]) -> dict[int, Any]:
    dates = _record_dates(rows, group)
    if len(set(dates.values())) < 2:
        return dates
    units: dict[Any, list[int]] = {}
    for place in group:
        if place not in dates:
            units.setdefault(rows[place].get("external_id") or place, []).append(place)
    owners = _claims(rows, group, dates)
    given = [(unit, _strongest(rows, unit, owners)) for unit in units.values()]
    dates = dates | {place: born for unit, born in given if born for place in unit}
    owners = _claims(rows, group, dates)
    for cluster in components(rows, [place for place in group if place not in dates]):
        dates |= dict.fromkeys(cluster, _strongest(rows, cluster, owners))
    return dates


def _claims(rows: Sequence[Row], group: Sequence[int], dates: dict[int, Any]) -> dict[tuple[str, str], Any]:
    """Whose each identifier is: rows that hold the date themselves first, then all rows, then the older person."""
    votes: dict[tuple[str, str], Counter[Any]] = {}
    firm: dict[tuple[str, str], Counter[Any]] = {}
    for place in group:
        for column in STRENGTH:
            for key in keys(rows[place], [column]):
                if place in dates:
                    votes.setdefault(key, Counter())[dates[place]] += 1
                    firm.setdefault(key, Counter())[dates[place]] += bool(rows[place].get("born"))
    return {key: min(found, key=lambda born: (-firm[key][born], -found[born], born)) for key, found in votes.items()}


def _strongest(rows: Sequence[Row], places: Sequence[int], owners: dict[tuple[str, str], Any]) -> Any:
    for column in STRENGTH:
        votes = Counter(owners[key] for place in places for key in keys(rows[place], [column]) if key in owners)
        if votes:
            return _first(votes)
    return None
