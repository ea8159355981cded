"""Which segments to begin with: what they are for, or what holds growth back, chooses the basis; the exports the rest.

Two or three are suggested. More cannot be looked after before the first have shown whether they are worth it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from activator.config.segment_bases import BASES, Basis, Constraint, Purpose
from activator.config.segments import SegmentSection
from activator.segments.subjects import wanted
from mappings.segment_library import shipped_segments

SUGGESTED_MAX = 3
_TOLD_BY_FIELD = {"score": "responses"}  # fields a person has only where an export of this kind is read


@dataclass(frozen=True, slots=True)
class Suggestion:
    """segments: to begin with; lacking: (segment, kind of export it needs) of others that would fit."""

    question: str
    basis: Basis
    segments: tuple[SegmentSection, ...]
    lacking: tuple[tuple[str, str], ...]


def suggest(answer: Purpose | Constraint, exports: Collection[str] | None = None) -> Suggestion:
    """What to begin with. exports: kinds that are read ("events", "tickets", ...); None: any may come."""
    basis = BASES[answer]
    known = [shipped_segments()[name] for name in basis.segments]
    lacking = {section.name: _lacking(section, exports) for section in known}
    usable = [section for section in known if not lacking[section.name]][:SUGGESTED_MAX]
    return Suggestion(
        question="purpose" if isinstance(answer, Purpose) else "constraint",
        basis=basis,
        segments=tuple(usable),
        lacking=tuple((name, kinds[0]) for name, kinds in lacking.items() if kinds),
    )


def _lacking(section: SegmentSection, exports: Collection[str] | None) -> Sequence[str]:
    """Kinds of exports its rule asks for that are not read; orders always are."""
    if exports is None:
        return ()
    fields = {rule.field for _, each in section.rules() for rule in each.every() if rule.field}
    asked = wanted([section]) | {_TOLD_BY_FIELD[field] for field in fields & _TOLD_BY_FIELD.keys()}
    return sorted(asked - {"orders", *exports})
