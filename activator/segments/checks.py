"""Whether segments hold water: five questions for each, and advice on merging and splitting.

Measurable: what the rule asks is known of people. Accessible: a platform may be sent enough of them. Substantial: there
are enough of them. Differentiable: their numbers differ from everybody else's. Actionable: something is done for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import ibis.expr.types as ir

from activator.config.segment_fields import PERSON_FIELDS
from activator.config.segments import SegmentChecks, SegmentSection
from activator.errors import ConfigurationError
from activator.model.checks import Severity
from activator.segments.differences import Difference, Pair, differences, mergeable
from activator.segments.figures import CONVERSION, MEASURES, Figures, Sums
from activator.segments.lints import CODES, SegmentFinding
from activator.segments.splits import Split

EVERYBODY_ELSE = "everybody else"
SAME_PEOPLE = 0.9  # shared by two segments, of those in either
COMPARED_FOR_MERGE = ("value", "response")
_OF_ANYBODY = frozenset({"country", "score", "tickets", "industry", "employees", "account_country"})


@dataclass(frozen=True, slots=True)
class Criteria:
    """The five answers for one segment; None where it cannot be told (yet). Shares are 0 to 1.

    reachable_share, accessible: None where nobody is in it.
    """

    segment: str
    known_share: float
    reachable_share: float | None
    people: int
    measurable: bool
    accessible: bool | None
    substantial: bool
    differentiable: bool | None
    actionable: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """All that was computed. against_rest: each segment against everybody else; between: pairs of segments."""

    criteria: Sequence[Criteria]
    findings: Sequence[SegmentFinding]
    against_rest: Sequence[Difference]
    between: Sequence[Difference]

    @property
    def is_blocked(self) -> bool:
        """Whether something must be mended or accepted first."""
        return any(each.severity is Severity.ERROR and each.accepted is None for each in self.findings)


def check(
    figures: Figures,
    sections: Sequence[SegmentSection],
    limits: SegmentChecks,
    known: Mapping[str, float],
    lints: Sequence[SegmentFinding] = (),
    splits: Mapping[str, Split] | None = None,
) -> Checked:
    """Everything about segments.

    figures: of sections; limits: of the project; known: see known_shares; lints: of how segments are written; splits:
    what was found in each.

    Raises:
        ConfigurationError: something is accepted that is not a finding.
    """
    names = [section.name for section in sections]
    against_rest = differences(
        [_pair(name, EVERYBODY_ELSE, figures.segments[name], figures.without(name)) for name in names]
    )
    between = differences(_pairs(figures, names))
    criteria = [_criteria(figures.segments[each.name], limits, each, known, against_rest) for each in sections]
    found = [
        *lints,
        *(finding for one in criteria for finding in _unmet(one, limits, against_rest)),
        *_merges(figures, between),
        *(_split_advice(name, split) for name, split in (splits or {}).items()),
    ]
    return Checked(criteria, _accepted(found, limits.accept), against_rest, between)


def _pairs(figures: Figures, names: Sequence[str]) -> list[Pair]:
    """Every two segments by the people only one of them has."""
    pairs = []
    for first, second in combinations(names, 2):
        one, other = figures.segments[first], figures.segments[second]
        shared = figures.shared.get((first, second))
        if shared is not None:
            one, other = one.minus(shared), other.minus(shared)
        pairs.append(_pair(first, second, one, other))
    return pairs


def _pair(first: str, second: str, one: Sums, other: Sums) -> Pair:
    names = [name for name in (*MEASURES, CONVERSION) if _is_told(name, one, other)]
    return Pair(first, second, {name: (one.measure(name), other.measure(name)) for name in names})


def _is_told(name: str, one: Sums, other: Sums) -> bool:
    """Whether there is anything to compare: nobody's tickets cost anything where there are no tickets."""
    return name == CONVERSION or bool(one.totals[name] or other.totals[name])


def _criteria(
    own: Sums,
    limits: SegmentChecks,
    section: SegmentSection,
    known_shares: Mapping[str, float],
    against_rest: Sequence[Difference],
) -> Criteria:
    known = known_shares.get(section.name, 1.0)
    reachable = round(own.reachable / own.people, 4) if own.people else None
    outcomes = {each.outcome for each in against_rest if each.first == section.name}
    return Criteria(
        segment=section.name,
        known_share=round(known, 4),
        reachable_share=reachable,
        people=own.people,
        measurable=known >= limits.known_share_min,
        accessible=None if reachable is None else reachable >= limits.reachable_share_min,
        substantial=own.people >= limits.people_min,
        differentiable=True if "differ" in outcomes else False if outcomes == {"equivalent"} else None,
        actionable=section.action is not None,
    )


def _unmet(one: Criteria, limits: SegmentChecks, against_rest: Sequence[Difference]) -> Iterator[SegmentFinding]:
    if not one.measurable:
        yield SegmentFinding(
            "not_measurable",
            one.segment,
            Severity.WARNING,
            f"what its rule asks is known of {one.known_share:.0%} of people (limit {limits.known_share_min:.0%})",
            "Ask for it, map another column, or use a rule about what people do.",
        )
    if not one.substantial:
        yield SegmentFinding(
            "not_substantial",
            one.segment,
            Severity.WARNING,
            f"{one.people:,} people (limit {limits.people_min:,})" if one.people else "nobody is in it",
            "Widen the rule, or merge it with another.",
        )
    if one.reachable_share is not None and not one.accessible:
        yield SegmentFinding(
            "not_accessible",
            one.segment,
            Severity.WARNING,
            f"a platform may be sent {one.reachable_share:.0%} of them (limit {limits.reachable_share_min:.0%})",
            "Ask them for consent and an address, or reach them another way.",
        )
    if one.differentiable is not True and one.people:
        yield _not_different(one, against_rest)


def _not_different(one: Criteria, against_rest: Sequence[Difference]) -> SegmentFinding:
    own = [each for each in against_rest if each.first == one.segment]
    if one.differentiable is False:
        return SegmentFinding(
            "does_not_differ",
            one.segment,
            Severity.WARNING,
            "the numbers do not differ: conversion, value, response and retention are those of everybody else",
            "Drop it, or find what really divides these people.",
        )
    needed = [each.needed for each in own if each.needed is not None]
    more = f"about {min(needed):,} customers would tell" if needed else "too few have bought to tell"
    return SegmentFinding(
        "does_not_differ",
        one.segment,
        Severity.OK,
        f"it cannot be told yet whether it differs from everybody else: {more}",
        "Wait for more customers.",
    )


def _merges(figures: Figures, between: Sequence[Difference]) -> Iterator[SegmentFinding]:
    for (first, second), shared in figures.shared.items():
        one, other = figures.segments[first].people, figures.segments[second].people
        either = one + other - shared.people
        if shared.people >= SAME_PEOPLE * either:
            yield SegmentFinding(
                "same_people",
                first,
                Severity.WARNING,
                f"{shared.people / either:.0%} of the people in it or in `{second}` are in both",
                f"Keep one of `{first}` and `{second}`.",
            )
    compared = [each for each in between if each.measure in COMPARED_FOR_MERGE]
    both = {name: [each for each in compared if (each.first, each.second) == name] for name in mergeable(compared)}
    for (first, second), own in both.items():
        if {each.measure for each in own} == set(COMPARED_FOR_MERGE):
            told = ", ".join(f"{each.measure} {each.low:.2f} to {each.high:.2f} times" for each in own)
            yield SegmentFinding(
                "merge",
                first,
                Severity.WARNING,
                f"it behaves as `{second}` does, within a tenth: {told} (90 % intervals)",
                f"Merge `{first}` and `{second}`.",
            )


def _split_advice(name: str, split: Split) -> SegmentFinding:
    group = f"{split.field} {split.word}" if split.word is not None else f"{split.field} of {split.limit:g} or more"
    return SegmentFinding(
        "split",
        name,
        Severity.WARNING,
        f"{split.customers:,} customers with {group} have {split.ratio:g} times the {split.outcome} of the other "
        f"{split.others:,} (p {split.p:.2g} on the half that was not searched)",
        "Split it there, if you would do something else for them.",
    )


def _accepted(found: Sequence[SegmentFinding], reasons: Mapping[str, str]) -> list[SegmentFinding]:
    for name in reasons:
        if name not in CODES:
            raise ConfigurationError(
                f"segment_checks.accept: there is no finding `{name}`", f"Findings: {', '.join(CODES)}."
            )
    return [replace(each, accepted=reasons.get(each.code)) for each in found]


def known_shares(rows: ir.Table, sections: Sequence[SegmentSection]) -> dict[str, float]:
    """Of each segment, the share of people of whom the scarcest field of its rule is known.

    What comes of orders is asked of customers only: that somebody never bought is known.
    """
    fields = {section.name: sorted(_fields(section) & set(rows.columns)) for section in sections}
    asked = sorted({name for names in fields.values() for name in names})
    if not asked:
        return {}
    counts = {name: rows[name].notnull().mean(where=_asked_of(rows, name)) for name in asked}
    shares = rows.agg(**counts).to_pyarrow().to_pylist()[0]
    return {
        name: min(shares[field] if shares[field] is not None else 0.0 for field in own)
        for name, own in fields.items()
        if own
    }


def _fields(section: SegmentSection) -> set[str]:
    rules = [rule for _, each in section.rules() for rule in each.every()]
    named = {rule.field for rule in rules if rule.field and rule.filled is None}
    return named | ({"latitude"} if any(rule.near for rule in rules) else set())


def _asked_of(rows: ir.Table, name: str) -> ir.BooleanValue:
    everybody: ir.BooleanValue = rows.person.notnull()
    return rows.is_customer if name in PERSON_FIELDS.keys() - _OF_ANYBODY and name != "latitude" else everybody
