"""A study as plain figures: what the terminal, JSON and the page show. Money in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from activator.config.segments import Action
from activator.segments.figures import Sums, Typical
from activator.segments.places import Places
from activator.segments.study import Study
from activator.segments.traits import Trait
from activator.segments.words import sentence


@dataclass(frozen=True, slots=True)
class Overlap:
    """People in two segments; share: of the smaller one."""

    first: str
    second: str
    people: int
    share: float


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """One segment. mean_value_minor: per customer; came, left: since the last time."""

    name: str
    title: str
    scheme: str | None
    people: int
    people_share: float
    customers: int
    reachable: int
    value_minor: int
    value_share: float
    mean_value_minor: int
    predicted_minor: int
    came: int
    left: int
    typical: Typical
    traits: Sequence[Trait]
    sentence: str
    action: Action | None
    persona: str
    objections: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All of them.

    last_time: the day moves are counted from, None for the first time; places: where rules ask where people are.
    """

    as_of: date
    currency: str
    money_unit: int
    people: int
    customers: int
    value_minor: int
    last_time: date | None
    rules_changed: bool
    segments: Sequence[SegmentSummary]
    overlaps: Sequence[Overlap]
    places: Places | None = None


def summary(made: Study, currency: str) -> Summary:
    """The figures of a study."""
    everybody = made.figures.everybody
    return Summary(
        as_of=made.as_of,
        currency=currency,
        money_unit=made.subjects.money_unit,
        people=everybody.people,
        customers=everybody.customers,
        value_minor=round(everybody.totals["value"]),
        last_time=made.last_time,
        rules_changed=made.rules_changed,
        segments=[_one(made, number, everybody, currency) for number in range(len(made.sections))],
        overlaps=_overlaps(made),
        places=made.subjects.places,
    )


def _one(made: Study, number: int, everybody: Sums, currency: str) -> SegmentSummary:
    section = made.sections[number]
    own = made.figures.segments[section.name]
    came, left = made.moves.get(section.name, (0, 0))
    total = everybody.totals["value"]
    return SegmentSummary(
        name=section.name,
        title=section.title,
        scheme=section.scheme,
        people=own.people,
        people_share=round(own.people / everybody.people, 6) if everybody.people else 0.0,
        customers=own.customers,
        reachable=own.reachable,
        value_minor=round(own.totals["value"]),
        value_share=round(own.totals["value"] / total, 6) if total else 0.0,
        mean_value_minor=round(own.measure("value").mean),
        predicted_minor=round(own.totals["predicted value"]),
        came=came,
        left=left,
        typical=made.figures.typical[section.name],
        traits=made.figures.traits.get(section.name, ()),
        sentence=sentence(section.name, made.figures, made.subjects.money_unit, currency),
        action=section.action,
        persona=section.persona,
        objections=section.objections,
    )


def _overlaps(made: Study) -> list[Overlap]:
    found = []
    for (first, second), sums in made.figures.shared.items():
        smaller = min(made.figures.segments[first].people, made.figures.segments[second].people)
        found.append(Overlap(first, second, sums.people, round(sums.people / smaller, 4)))
    return sorted(found, key=lambda each: (-each.people, each.first, each.second))
