"""Everything about a project's segments in one run: rules, who is in which, since when, who moved, and the figures."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir

from activator.config.documents import Document
from activator.config.segment_fields import Kind
from activator.config.segments import SegmentSection
from activator.people.accounting import Ending
from activator.people.consent import PLATFORMS
from activator.people.engine import Engine
from activator.people.pipeline import People
from activator.segments.compile import Compiler
from activator.segments.fields import Subjects
from activator.segments.figures import Figures, base, figures
from activator.segments.kept import KeptMemberships, LastTime, rules_digest
from activator.segments.limits import RuleError
from activator.segments.membership import memberships, moved, moves
from activator.segments.subjects import subjects_of


@dataclass(frozen=True)
class Study:
    """The segments of one run.

    sections: with what they take from shipped ones; members: person, segment, since; moved: on, person, segment, came;
    last_time: the day moves are counted from; rules_changed: whether some of the moves come of new rules.
    """

    engine: Engine
    people: People
    sections: tuple[SegmentSection, ...]
    subjects: Subjects
    members: ir.Table
    moved: ir.Table
    last_time: date | None
    rules_changed: bool
    rules: str

    @cached_property
    def moves(self) -> dict[str, tuple[int, int]]:
        """Segment -> (came in, left) since last_time."""
        return moves(self.moved)

    @cached_property
    def rows(self) -> ir.Table:
        """Everyone with what is summed: see figures.base."""
        return base(self.engine, self.subjects.people, _reachable(self.people))

    @cached_property
    def figures(self) -> Figures:
        """Of everybody and of every segment; computed when asked, since a list of members needs none."""
        names = [section.name for section in self.sections]
        return figures(self.engine, self.rows, self.members, names, _trait_fields(self.subjects))

    @property
    def as_of(self) -> date:
        """The day segments are of."""
        return self.subjects.as_of


def study(
    engine: Engine, people: People, sections: tuple[SegmentSection, ...], kept: KeptMemberships, document: Document
) -> Study:
    """Who is in which segment. Writes nothing: see `KeptMemberships.keep`.

    document: the project file, for the lines of errors.

    Raises:
        ConfigurationError: a rule makes no sense; names line and fix.
        LedgerError: the kept memberships are damaged.
    """
    subjects = subjects_of(people, sections)
    last = kept.last_time(people.as_of)
    before = None if last is None else engine.materialise("before", last.members)
    try:
        truths = engine.materialise("truths", Compiler(engine, subjects, before).table(sections))
    except RuleError as error:
        raise document.error(("segments", *error.path), error.message, error.fix) from None
    members = memberships(engine, truths, sections, before, people.as_of)
    moved_rows = engine.materialise("moved", moved(before, members, people.as_of))
    said = [section.model_dump(include={"name", "who", "stay", "scheme"}) for section in sections]
    rules = rules_digest([said, [section.name for section in sections if section.spares_quick_buyers]])
    last_day = last.as_of if last else None
    return Study(engine, people, sections, subjects, members, moved_rows, last_day, _changed(last, rules), rules)


def keep(made: Study, kept: KeptMemberships) -> bool:
    """Keep the memberships of a study; False where a later day is kept already."""
    if not kept.is_kept(made.as_of):
        return False
    kept.keep(made.members, made.moved, made.as_of, made.rules)
    return True


def _changed(last: LastTime | None, rules: str) -> bool:
    return last is not None and last.rules != rules


def _reachable(people: People) -> ir.Table:
    """Those some platform may be sent."""
    known = people.known
    somewhere = ibis.or_(*[known[f"ending_{platform}"] == Ending.MEMBER.value for platform in PLATFORMS])
    return known.filter(somewhere).select("person")


def _trait_fields(subjects: Subjects) -> list[str]:
    """Fields whose values tell kinds of people apart."""
    kinds = subjects.person_fields
    return ["tier", *(name for name, kind in kinds.items() if kind in (Kind.TEXT, Kind.FLAG))]
