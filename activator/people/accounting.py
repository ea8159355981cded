"""Where every source row ends: exactly one outcome each, and the counts add up to the rows that were read.

A person's first row carries the person's ending and the others were merged into it. Endings differ between platforms
where consent does, and between destinations where an audience is too small to be made; the rest of a row's fate is the
same everywhere, and is counted once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.errors import AccountingError
from activator.model.people import Outcome, SourceCount, SuppressionCount
from activator.people.consent import PLATFORMS, ConsentPolicy, allowed, denied
from activator.people.rows import NumberedSource, source_code


class Ending(IntEnum):
    """How a row or a person ends on one platform; small, since tens of millions of them are kept."""

    MEMBER = 0
    MERGED = 1
    SUPPRESSED = 2
    NO_ORDER = 3
    CONSENT_DENIED = 4
    CONSENT_UNKNOWN = 5
    UNREACHABLE = 6
    UNREACHABLE_SHARED = 7
    HELD_OUT = 8
    NOTHING_GIVEN = 9
    NOTHING_USABLE = 10
    ONLY_SHARED = 11


NOTHING_GIVEN = "no e-mail address, phone or customer id"
NOTHING_USABLE = "no usable e-mail address, phone or customer id"
ONLY_SHARED = "only an e-mail address or phone of several people"
UNREACHABLE = "no e-mail address or phone that can be sent"
UNREACHABLE_SHARED = f"{UNREACHABLE}: theirs is several people's"
SUPPRESSED = "on a suppression list"
HELD_OUT = "held out"
# What each ending is called, and why. The order of precedence is that of `person_ending` and `_row_ending`.
MEANING: Mapping[Ending, tuple[Outcome, str]] = {
    Ending.MEMBER: (Outcome.MEMBER, ""),
    Ending.MERGED: (Outcome.MERGED, ""),
    Ending.SUPPRESSED: (Outcome.SUPPRESSED, SUPPRESSED),
    Ending.NO_ORDER: (Outcome.NOT_A_CUSTOMER, "no order"),
    Ending.CONSENT_DENIED: (Outcome.NO_CONSENT, "consent denied"),
    Ending.CONSENT_UNKNOWN: (Outcome.NO_CONSENT, "consent unknown"),
    Ending.UNREACHABLE: (Outcome.NO_IDENTIFIER, UNREACHABLE),
    Ending.UNREACHABLE_SHARED: (Outcome.NO_IDENTIFIER, UNREACHABLE_SHARED),
    Ending.HELD_OUT: (Outcome.HELD_OUT, HELD_OUT),
    Ending.NOTHING_GIVEN: (Outcome.NO_IDENTIFIER, NOTHING_GIVEN),
    Ending.NOTHING_USABLE: (Outcome.NO_IDENTIFIER, NOTHING_USABLE),
    Ending.ONLY_SHARED: (Outcome.NO_IDENTIFIER, ONLY_SHARED),
}


def person_ending(persons: ir.Table, platform: str, policy: ConsentPolicy) -> ir.IntegerValue:
    """The ending of each person on one platform: the first question that fails names it.

    persons: tier, listed, reachable, shared, held_out and the columns of consent.ANSWERS.
    """
    ending = ibis.cases(
        (persons.listed, Ending.SUPPRESSED.value),
        (persons.tier.isnull(), Ending.NO_ORDER.value),
        (denied(persons, platform), Ending.CONSENT_DENIED.value),
        (~allowed(persons, platform, policy), Ending.CONSENT_UNKNOWN.value),
        (~persons.reachable & persons.shared, Ending.UNREACHABLE_SHARED.value),
        (~persons.reachable, Ending.UNREACHABLE.value),
        (persons.held_out, Ending.HELD_OUT.value),
        else_=Ending.MEMBER.value,
    )
    return ending.cast("int8")


def outcome_word(ending: ir.IntegerValue) -> ir.StringValue:
    """The outcome of an ending, as text."""
    words = [(ending == code.value, ibis.literal(outcome.value)) for code, (outcome, _) in MEANING.items()]
    return ibis.cases(*words, else_="")


def row_endings(rows: ir.Table, people: ir.Table) -> ir.Table:
    """(row_id, tier, ending_<platform>) of every valid row. people: person, first_row, tier, ending_<platform>."""
    joined = rows.left_join(people, rows.person == people.person)
    nobody, first = joined.person.isnull(), joined.row_id == joined.first_row
    endings = {
        f"ending_{platform}": ibis.cases(
            (nobody & joined.shared, Ending.ONLY_SHARED.value),
            (nobody & joined.shown, Ending.NOTHING_USABLE.value),
            (nobody, Ending.NOTHING_GIVEN.value),
            (first, joined[f"ending_{platform}"]),
            else_=Ending.MERGED.value,
        ).cast("int8")
        for platform in PLATFORMS
    }
    return joined.select("row_id", "tier", **endings)


@dataclass(frozen=True, slots=True)
class Place:
    """What rows are counted for: a destination, or a platform as such. small: tier -> why its audience is not made."""

    name: str
    platform: str
    small: Mapping[str, str] = field(default_factory=dict)


EVERY_PLATFORM = tuple(Place(platform, platform) for platform in PLATFORMS)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Rows of one source that end alike on every platform."""

    source: str
    tier: str | None
    endings: Mapping[str, Ending]
    rows: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every row of every source, counted by how it ends. read: rows of each source, whatever became of them."""

    read: Mapping[str, int]
    suppressions: tuple[SuppressionCount, ...]
    _cells: tuple[_Cell, ...]
    _invalid: tuple[SourceCount, ...]

    @property
    def alike(self) -> bool:
        """Whether the same people are members on every platform."""
        return all(len({ending is Ending.MEMBER for ending in cell.endings.values()}) == 1 for cell in self._cells)

    def members(self, platform: str) -> dict[str, int]:
        """How many people each tier would send to a platform. A person has one first row, so rows are people here."""
        people: Counter[str] = Counter()
        for cell in self._cells:
            if cell.endings[platform] is Ending.MEMBER and cell.tier is not None:
                people[cell.tier] += cell.rows
        return dict(people)

    def counts(self, places: Sequence[Place] = EVERY_PLATFORM) -> tuple[SourceCount, ...]:
        """The outcomes as they are on each place; what all agree on is said once, with an empty destination.

        Raises:
            AccountingError: a source's rows do not add up.
        """
        told = {place.name: self._told(place) for place in places}
        every = dict.fromkeys(key for counter in told.values() for key in counter)
        counts = list(self._invalid)
        for source, outcome, reason in every:
            rows = {name: counter[source, outcome, reason] for name, counter in told.items()}
            if len(set(rows.values())) == 1:
                counts.append(SourceCount(source, outcome, reason, next(iter(rows.values()))))
            else:
                counts += [SourceCount(source, outcome, reason, n, name) for name, n in rows.items() if n]
        refuse_imbalance(self.read, counts, [place.name for place in places])
        return tuple(sorted(counts, key=self._position))

    def _told(self, place: Place) -> Counter[tuple[str, Outcome, str]]:
        counter: Counter[tuple[str, Outcome, str]] = Counter()
        for cell in self._cells:
            ending = cell.endings[place.platform]
            outcome, reason = MEANING[ending]
            if ending is Ending.MEMBER and (small := place.small.get(cell.tier or "")):
                outcome, reason = Outcome.BELOW_MINIMUM, small
            counter[cell.source, outcome, reason] += cell.rows
        return +counter  # a source whose every row is somebody's first has none that were merged

    def _position(self, count: SourceCount) -> tuple[int, int, int, str, str]:
        sources, outcomes = list(self.read), list(Outcome)
        place = (sources.index(count.source), outcomes.index(count.outcome))
        return (*place, -count.rows, count.reason, count.destination)


def accounts(
    sources: Sequence[NumberedSource],
    rows: ir.Table,
    people: ir.Table,
    suppressions: tuple[SuppressionCount, ...] = (),
) -> Accounts:
    """Count the rows of all sources.

    rows: person, stands_for, shared and shown; people: person, first_row, tier and ending_<platform>.
    """
    names = {source.code: source.source.name for source in sources}
    firsts = [_first_cell(names, row) for row in _first_of(people).to_pyarrow().to_pylist()]
    people_of = Counter[str]()
    for cell in firsts:
        people_of[cell.source] += cell.rows
    others = [_other_cell(names, row, people_of) for row in _rest_of(rows).to_pyarrow().to_pylist()]
    read = {source.source.name: int(source.source.table.count().to_pyarrow().as_py()) for source in sources}
    invalid = tuple(count for source in sources for count in _invalid(source))
    return Accounts(read, suppressions, (*firsts, *others), invalid)


def _first_of(people: ir.Table) -> ir.Table:
    endings = [f"ending_{platform}" for platform in PLATFORMS]
    coded = people.select("tier", *endings, code=source_code(people.first_row))
    return coded.group_by("code", "tier", *endings).agg(rows=lambda t: t.count())


def _first_cell(names: Mapping[int, str], row: Mapping[str, Any]) -> _Cell:
    endings = {platform: Ending(row[f"ending_{platform}"]) for platform in PLATFORMS}
    return _Cell(names[row["code"]], row["tier"], endings, row["rows"])


def _rest_of(rows: ir.Table) -> ir.Table:
    """Rows by what they come to unless they are somebody's first: merged, or nobody's for one of three reasons."""
    ending = ibis.cases(
        (rows.person.notnull(), Ending.MERGED.value),
        (rows.shared, Ending.ONLY_SHARED.value),
        (rows.shown, Ending.NOTHING_USABLE.value),
        else_=Ending.NOTHING_GIVEN.value,
    )
    coded = rows.select("stands_for", code=source_code(rows.row_id), ending=ending.cast("int8"))
    return coded.group_by("code", "ending").agg(rows=coded.stands_for.sum().cast("int64"))


def _other_cell(names: Mapping[int, str], row: Mapping[str, Any], people_of: Counter[str]) -> _Cell:
    name, ending = names[row["code"]], Ending(row["ending"])
    first = people_of[name] if ending is Ending.MERGED else 0  # those stand in cells of their own
    return _Cell(name, None, dict.fromkeys(PLATFORMS, ending), row["rows"] - first)


def _invalid(source: NumberedSource) -> list[SourceCount]:
    grouped = source.faults.group_by("reason").agg(rows=lambda t: t.count())
    return [
        SourceCount(source.source.name, Outcome.INVALID, row["reason"], row["rows"])
        for row in grouped.to_pyarrow().to_pylist()
    ]


def refuse_imbalance(read: Mapping[str, int], counts: Sequence[SourceCount], destinations: Sequence[str]) -> None:
    """Rows read = rows accounted for, for every source on every destination.

    Raises:
        AccountingError: they differ; a defect of ours, found here and not in somebody's account.
    """
    for destination in destinations:
        here = [count for count in counts if count.destination in ("", destination)]
        for source, rows in read.items():
            ended = sum(count.rows for count in here if count.source == source)
            if ended != rows:
                raise AccountingError(
                    f"{source}: {rows:,} rows were read and {ended:,} accounted for ({destination})",
                    "This is a defect of activator. Nothing was planned or sent; please report it with this message.",
                )
