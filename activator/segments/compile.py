"""From rules to expressions: one boolean per person and segment, computed in the engine.

What counts happenings becomes one relation per distinct test, joined to the people once; everything else is an
expression over a person's columns. What is not known makes a test fail, never pass: a rule selects only people it can
speak of, and so does its negation (`not` of an unknown field selects nobody).
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from activator.config.attributes import PLACE
from activator.config.documents import KeyPath
from activator.config.segment_fields import QUICK_DAYS, TO_FIRST_ORDER
from activator.config.segments import COUNTING, Near, Rule, SegmentSection
from activator.people.engine import Engine
from activator.segments.attributes import FIRMOGRAPHIC
from activator.segments.fields import PERSON_FIELDS, Kind, Subjects
from activator.segments.limits import RuleError, unknown, within
from activator.segments.measures import measured, measured_kind
from activator.segments.membership import ahead, belongs, holds

EARTH_KM = 6371.0088  # mean radius (IUGG, 1980)
MEASURES = (*COUNTING, "sequence")
_BY_ACCOUNTS = "Add an export of accounts to `sources`, and map `account_id` in the contacts'."
_BY_PLACE = (
    "Map latitude and longitude under `attributes` in a mapping, or postal_code under `columns` and name a file of "
    "where postcodes lie: `geography: {centroids: FILE}`."
)
_GIVEN_BY = {
    **dict.fromkeys(FIRMOGRAPHIC, _BY_ACCOUNTS),
    **dict.fromkeys(PLACE, _BY_PLACE),
    TO_FIRST_ORDER: "Add an export of events to `sources`.",
}
_BEGINS = {"who": "in", "stay": "stay"}


class Compiler:
    """Compiles the rules of one project over one set of people."""

    def __init__(self, engine: Engine, subjects: Subjects, before: ir.Table | None = None) -> None:
        """before: the memberships of the last time; who was in then counts as in while `stay` holds."""
        self._engine, self._subjects, self._before = engine, subjects, before
        self._segments: Sequence[SegmentSection] = ()
        self._kinds: dict[str, Callable[[Rule, ir.Table, KeyPath], ir.BooleanValue]] = {
            "all": self._all,
            "any": self._any,
            "not": self._not,
            "field": self._field,
            "count": self._measure,
            "sum": self._measure,
            "share": self._measure,
            "sequence": self._measure,
            "near": self._near,
            "segment": self._segment,
            "tier": self._tier,
        }

    def table(self, segments: Sequence[SegmentSection]) -> ir.Table:
        """One row per person: `person`, `in_<segment>` for each with `who`, and `stay_<segment>` for each with `stay`.

        Raises:
            RuleError: says where (number of the segment, key, ...), what and how to mend it.
        """
        self._segments = segments
        ordered = in_order(segments)
        people = self._with_measures(segments)
        for number in ordered:
            section = segments[number]
            columns = {
                f"{_BEGINS[key]}_{section.name}": self._holds(rule, people, (number, key)).fill_null(False)
                & self._may_have_discount(section, people, number)
                for key, rule in section.rules()
            }
            if columns:
                people = self._engine.staged(people, **columns)
                held = holds(people, section, self._before)
                people = self._engine.staged(people, **{f"holds_{section.name}": held})
        kept = [column for column in people.columns if column.startswith(("in_", "stay_"))]
        return people.select("person", *kept)

    def _may_have_discount(self, section: SegmentSection, people: ir.Table, number: int) -> ir.BooleanValue:
        """Nobody who is known to have decided quickly, where the segment's offer is a discount."""
        if not section.spares_quick_buyers:
            return ibis.literal(True)
        if TO_FIRST_ORDER not in people.columns:
            raise RuleError(
                (number, "action", "discount"),
                "no export of the project says how soon people order, so quick buyers cannot be left out",
                _GIVEN_BY[TO_FIRST_ORDER],
            )
        return (people[TO_FIRST_ORDER] > QUICK_DAYS).fill_null(True)

    def _with_measures(self, segments: Sequence[SegmentSection]) -> ir.Table:
        """People with a column for every distinct thing that is counted; 0 for those it never happened to.

        A share of nothing is not known.
        """
        people, known = self._subjects.people, set[str]()
        for rule, path in _every_rule(segments):
            name = _measure_name(rule)
            if rule.kind in MEASURES and name not in known:
                known.add(name)
                counted = measured(rule, self._subjects, path)
                table = self._engine.materialise("measure", counted.select("person", **{name: counted.measure}))
                people = people.left_join(table, "person").drop("person_right")
                if rule.share is None:
                    people = self._engine.staged(people, **{name: people[name].fill_null(0)})
        return people

    def _holds(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        """Three-valued: NULL where what is asked is not known of a person."""
        return self._kinds[rule.kind](rule, people, path)

    def _all(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        return ibis.and_(*[self._holds(part, people, (*path, "all", n)) for n, part in enumerate(rule.all_ or ())])

    def _any(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        return ibis.or_(*[self._holds(part, people, (*path, "any", n)) for n, part in enumerate(rule.any_ or ())])

    def _not(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        assert rule.not_ is not None
        return ~self._holds(rule.not_, people, (*path, "not"))

    def _field(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        known, name = self._subjects.person_fields, rule.field or ""
        if name not in known and name in PERSON_FIELDS:
            raise RuleError(
                (*path, "field"), f"no export of the project says `{name}` of people", _GIVEN_BY.get(name, "")
            )
        if name not in known:
            raise unknown((*path, "field"), "field", name, known)
        value, kind = people[name], known[name]
        limited = within(rule, value, kind, self._subjects.money_unit, path) if dict(rule.limits()) else None
        if rule.within_days is None:
            assert limited is not None, "the rule was checked when it was read"
            return limited
        if kind is not Kind.DATE:
            raise RuleError(
                (*path, "within_days"), f"`{name}` is no date", f"Use at_least or at_most with a {kind.value}."
            )
        today = self._subjects.as_of
        recent = value.between(today - timedelta(days=rule.within_days), today)
        return recent if limited is None else recent & limited

    def _measure(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        value = people[_measure_name(rule)]
        if rule.sequence is not None:
            return value > 0
        return within(rule, value, measured_kind(rule, self._subjects), self._subjects.money_unit, path)

    def _segment(self, rule: Rule, people: ir.Table, _path: KeyPath) -> ir.BooleanValue:
        """Whether the person really is in it: by its rule or staying, and not taken by another of its scheme."""
        section = next(each for each in self._segments if each.name == rule.segment)
        return belongs(people, section, self._segments)

    def _tier(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        tiers = self._subjects.tiers
        if tiers and rule.tier not in tiers:
            raise unknown((*path, "tier"), "tier", rule.tier or "", tiers)
        return (people.tier == rule.tier).fill_null(False)

    def _near(self, rule: Rule, people: ir.Table, path: KeyPath) -> ir.BooleanValue:
        assert rule.near is not None
        if not set(PLACE) <= set(people.columns):
            raise RuleError((*path, "near"), "no export gives latitude and longitude", _BY_PLACE)
        return _inside(rule.near, people.latitude, people.longitude)


def _inside(circle: Near, latitude: ir.NumericValue, longitude: ir.NumericValue) -> ir.BooleanValue:
    """Great-circle distance by the haversine formula."""
    north, east = latitude.cast("float64").radians(), longitude.cast("float64").radians()
    centre_north, centre_east = ibis.literal(circle.latitude).radians(), ibis.literal(circle.longitude).radians()
    half = ((north - centre_north) / 2).sin() ** 2
    half = half + centre_north.cos() * north.cos() * ((east - centre_east) / 2).sin() ** 2
    root = half.sqrt()
    capped = ibis.cases((root > 1, 1.0), else_=root)  # not `least`, which takes 1 for a place that is not known
    return 2 * EARTH_KM * capped.asin() <= circle.radius_km


def _measure_name(rule: Rule) -> str:
    """Equal for equal tests, whatever they are held against."""
    test = rule.model_dump_json(include={"count", "sum", "of", "share", "where", "among", "within_days", "sequence"})
    return f"measure_{hashlib.sha256(test.encode()).hexdigest()[:16]}"


def _every_rule(segments: Sequence[SegmentSection]) -> list[tuple[Rule, KeyPath]]:
    found: list[tuple[Rule, KeyPath]] = []

    def add(rule: Rule, path: KeyPath) -> None:
        found.append((rule, path))
        for kind in ("all", "any"):
            for number, child in enumerate(rule.part(kind) or ()):
                add(child, (*path, kind, number))
        if rule.not_ is not None:
            add(rule.not_, (*path, "not"))

    for number, section in enumerate(segments):
        for key, rule in section.rules():
            add(rule, (number, key))
    return found


def in_order(segments: Sequence[SegmentSection]) -> list[int]:
    """Positions so that every segment comes after those it refers to, and after what comes first in their schemes.

    Raises:
        RuleError: a segment that does not exist, or segments that refer to each other in a circle.
    """
    position = {segment.name: number for number, segment in enumerate(segments)}
    done: list[int] = []
    entered: list[int] = []

    def visit(number: int) -> None:
        if number in entered:
            circle = " -> ".join(segments[each].name for each in (*entered[entered.index(number) :], number))
            raise RuleError((number,), f"segments refer to each other in a circle: {circle}", "Break the circle.")
        entered.append(number)
        for key, rule in segments[number].rules():
            for name in sorted(rule.named_segments()):
                if name not in position:
                    raise unknown((number, key), "segment", name, position)
                named = segments[position[name]]
                for needed in (*[position[other.name] for other in ahead(named, segments)], position[name]):
                    if needed not in done:
                        visit(needed)
        entered.pop()
        done.append(number)

    for number in range(len(segments)):
        if number not in done:
            visit(number)
    return done
