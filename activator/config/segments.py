"""Segments as rules in the project file: who belongs, who stays, and what is done for them. A closed set of tests.

There are no expressions: a test names a field or a kind of happening and a limit, and tests combine with all, any and
not. What the fields are is known where the rules are compiled (activator/segments/fields.py).
"""

import re
from collections import abc
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from activator.config.sections import Name, Section

Value: TypeAlias = str | int | float | bool | date
Happening: TypeAlias = Literal["orders", "tickets", "responses", "events"]
Miles = Annotated[float, Field(gt=0, le=12_500)]
KILOMETRES_PER_MILE = 1.609344  # exact, international mile of 1959

LIMITS = ("is", "is_not", "one_of", "at_least", "more_than", "at_most", "less_than", "filled")


class Limits(Section):
    """What a value is held against. Several limits must all hold: `at_least: 25` with `at_most: 34` is a range."""

    is_: Value | None = Field(default=None, alias="is", description="Equal; text is compared whatever its case")
    is_not: Value | None = Field(default=None, description="Known and not equal")
    one_of: tuple[Value, ...] = Field(default=(), description="Equal to any of these")
    at_least: Value | None = Field(default=None, description="This or more")
    more_than: Value | None = None
    at_most: Value | None = Field(default=None, description="This or less")
    less_than: Value | None = None
    filled: bool | None = Field(default=None, description="Known (true) or not known (false)")

    def limits(self) -> Iterator[tuple[str, Any]]:
        """(limit, value) of those given, in the order of LIMITS."""
        for limit in LIMITS:
            value = getattr(self, "is_" if limit == "is" else limit)
            if value is not None and value != ():
                yield limit, value


class RowTest(Limits):
    """A test on one row of a happening: its field, and limits."""

    field: Name

    @model_validator(mode="after")
    def _has_limit(self) -> Self:
        if not dict(self.limits()):
            message = f"say at least one of {', '.join(LIMITS)}"
            raise ValueError(message)
        return self


class Sequence(Section):
    """Events that must have happened in this order."""

    events: tuple[str, ...] = Field(min_length=2, max_length=5)
    within_days: int | None = Field(default=None, ge=0, description="From the first to the last")


class Near(Section):
    """A circle on the globe."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    kilometres: float | None = Field(default=None, gt=0, le=20_038)
    miles: Miles | None = None

    @model_validator(mode="after")
    def _one_radius(self) -> Self:
        if (self.kilometres is None) == (self.miles is None):
            message = "say the radius in either `kilometres` or `miles`"
            raise ValueError(message)
        return self

    @property
    def radius_km(self) -> float:
        """The radius in kilometres."""
        return self.kilometres if self.kilometres is not None else (self.miles or 0) * KILOMETRES_PER_MILE


KINDS = ("all", "any", "not", "field", "count", "sum", "share", "sequence", "near", "segment", "tier")
COUNTING = ("count", "sum", "share")


class Rule(Limits):
    """One test, or tests combined: exactly one of KINDS."""

    all_: tuple["Rule", ...] | None = Field(default=None, alias="all", min_length=1)
    any_: tuple["Rule", ...] | None = Field(default=None, alias="any", min_length=1)
    not_: "Rule | None" = Field(default=None, alias="not", description="The rule does not hold")
    field: Name | None = Field(default=None, description="A field of the person, held against limits")
    count: Happening | None = Field(default=None, description="How many happened, held against limits; 0 is absence")
    sum: Name | None = Field(default=None, description="With `of`: a number of each happening, added up")
    of: Happening | None = None
    share: Happening | None = Field(
        default=None, description="How many pass `where` for each that passes `among`; unknown where none does"
    )
    where: tuple[RowTest, ...] = Field(default=(), description="count, sum, share: only happenings that pass all")
    among: tuple[RowTest, ...] = Field(
        default=(), description="share: the happenings it is a share of, e.g. mails sent"
    )
    within_days: int | None = Field(
        default=None,
        ge=0,
        description="count, sum, share: only the last days, the day of valuation included; field: a date in them",
    )
    sequence: Sequence | None = None
    near: Near | None = Field(default=None, description="The person's latitude and longitude lie in a circle")
    segment: Name | None = Field(default=None, description="The person is in another segment")
    tier: Name | None = Field(default=None, description="The person is in a value tier")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in KINDS if self.part(kind) is not None]
        if len(given) != 1:
            message = f"say exactly one of {', '.join(KINDS)}" + (f"; here are {' and '.join(given)}" if given else "")
            raise ValueError(message)
        self._check_limits(given[0])
        return self

    def _check_limits(self, kind: str) -> None:
        needs_limit = kind in COUNTING or (kind == "field" and self.within_days is None)
        if needs_limit != bool(dict(self.limits())) and not (kind == "field" and self.within_days is not None):
            message = f"`{kind}` " + (f"needs one of {', '.join(LIMITS)}" if needs_limit else "takes no limit")
            raise ValueError(message)
        if (kind == "sum") != (self.of is not None):
            message = "`sum` and `of` go together, e.g. {sum: amount, of: orders, at_least: 100}"
            raise ValueError(message)
        if (kind == "share") != bool(self.among):
            message = "`share` and `among` go together, e.g. mails opened among mails sent"
            raise ValueError(message)
        if self.where and kind not in COUNTING:
            message = f"`where` belongs to `count`, `sum` and `share`, not to `{kind}`"
            raise ValueError(message)
        if self.within_days is not None and kind not in (*COUNTING, "field"):
            message = f"`within_days` belongs to `count`, `sum`, `share` and `field`, not to `{kind}`"
            raise ValueError(message)

    def part(self, kind: str) -> Any:
        """What stands under one of KINDS, or None."""
        return getattr(self, f"{kind}_" if kind in ("all", "any", "not") else kind)

    @property
    def kind(self) -> str:
        """Which of KINDS the rule is."""
        return next(kind for kind in KINDS if self.part(kind) is not None)

    def children(self) -> tuple["Rule", ...]:
        """The rules this one combines."""
        return (*(self.all_ or ()), *(self.any_ or ()), *((self.not_,) if self.not_ else ()))

    def every(self) -> Iterator["Rule"]:
        """This rule and all it combines, at any depth."""
        yield self
        for child in self.children():
            yield from child.every()

    def named_segments(self) -> frozenset[str]:
        """Every segment the rule refers to, at any depth."""
        return frozenset(rule.segment for rule in self.every() if rule.segment)


class Action(Section):
    """What is done for a segment. A segment without one is not yet a segment."""

    message: str = Field(min_length=3, max_length=300)
    frequency: str = Field(min_length=3, max_length=100, description="e.g. once a week, at most")
    owner: str = Field(min_length=2, max_length=100)
    offer: str = Field(min_length=2, max_length=200, description="`none` is an answer")
    success: str = Field(min_length=3, max_length=200, description="The number that says whether it worked")
    discount: bool = Field(
        default=False,
        description="The offer lowers the price: leaves out who first ordered within 3 days of their first visit, "
        "since they buy without it; needs an export of events",
    )

    @property
    def reads_as_discount(self) -> bool:
        """Whether the words of the offer promise a lower price."""
        return any(
            not _REFUSED.search(self.offer[: found.start()].rpartition(",")[2])
            for found in _PROMISED.finditer(self.offer)
        )


# Of the languages the product is used in most. "Access, not discounts" promises none.
_PROMISED = re.compile(
    r"\d\s?%|\bdiscount|\bvoucher|\bcoupon|\bmoney off|\breduced price|\bhalf price|\w*rabatt|\bgutschein|\bnachlass",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(?:no|not|never|none|without|instead of|kein\w*|nicht|statt|ohne)\b", re.IGNORECASE)


class SegmentSection(Section):
    """One segment."""

    name: Name
    like: Name | None = Field(
        default=None,
        description="A shipped segment; what is left out here is taken from it, `stay` only with its `who`",
    )
    title: str = Field(default="", max_length=80, description="Says what is done, not who they are")
    who: Rule | None = Field(default=None, description="Who belongs; absent in a scheme: the rest")
    stay: Rule | None = Field(
        default=None, description="Who is in leaves only when this no longer holds; default: when `who` does not"
    )
    scheme: Name | None = Field(
        default=None, description="Segments of one scheme share everybody out: the first that fits, in order"
    )
    action: Action | None = None
    persona: str = Field(default="", max_length=1000, description="Text for people; never decides who belongs")
    objections: str = Field(default="", max_length=500, description="What keeps them from buying; text for people")

    @model_validator(mode="after")
    def _someone(self) -> Self:
        if self.like is None and len(self.title) < 3:
            message = "needs a `title` that says what is done for these people"
            raise ValueError(message)
        if self.who is None and self.scheme is None and self.like is None:
            message = "needs `who`, unless it is `like` a shipped segment or the rest of a `scheme`"
            raise ValueError(message)
        if self.is_rest and self.action is not None and self.action.discount:
            message = "`discount` leaves people out, and the rest of a scheme takes all; give it a `who`"
            raise ValueError(message)
        return self

    @property
    def spares_quick_buyers(self) -> bool:
        """Whether those who buy without a discount are left out."""
        return self.action is not None and self.action.discount

    @property
    def is_rest(self) -> bool:
        """Whether it takes everybody its scheme's other segments leave."""
        return self.who is None and self.like is None

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """`who` and `stay`, where given."""
        yield from ((key, rule) for key, rule in (("who", self.who), ("stay", self.stay)) if rule is not None)


def scheme_faults(segments: abc.Sequence[SegmentSection]) -> list[tuple[int, str]]:
    """What keeps a scheme from sharing everybody out: no rest, two rests, or a rest that is not last.

    Each with the number of the segment to mend. Segments of one scheme exclude each other by construction: the first
    that fits takes a person.
    """
    faults = []
    for scheme in dict.fromkeys(section.scheme for section in segments if section.scheme):
        mine = [number for number, section in enumerate(segments) if section.scheme == scheme]
        rests = [number for number in mine if segments[number].is_rest]
        names = [segments[number].name for number in rests]
        if not rests:
            faults.append((mine[-1], f"scheme `{scheme}`: nobody takes the rest; add a last segment without `who`"))
        elif len(rests) > 1:
            faults.append((rests[1], f"scheme `{scheme}`: {' and '.join(names)} both take the rest; keep one"))
        elif mine[-1] != rests[0]:
            faults.append((rests[0], f"scheme `{scheme}`: `{names[0]}` takes the rest, so it must stand last"))
        elif len(mine) == 1:
            faults.append((rests[0], f"scheme `{scheme}`: has one segment, which is everybody; add others before it"))
    return faults


class SegmentChecks(Section):
    """What `activator segments check` asks of every segment, and what it is told to let pass."""

    people_min: int = Field(default=100, ge=1, description="A smaller segment is not substantial")
    reachable_share_min: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.3, description="Of a segment's people, those who may be sent to a platform, or it is not accessible"
    )
    known_share_min: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.5,
        description="Of all people, those of whom every field of the rule is known, or it is not measurable",
    )
    review_days: int = Field(default=91, ge=7, le=366, description="Days after which the segments are to be reviewed")
    accept: dict[Name, Annotated[str, Field(min_length=3, max_length=300)]] = Field(
        default_factory=dict, description="Name of a finding: why it may pass, e.g. {too_many: one per country team}"
    )
