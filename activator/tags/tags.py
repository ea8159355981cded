"""Who carries which tag: `tier:high`, `segment:at_risk`. One relation, whatever the tags come from."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.config.workspace import Workspace
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import People
from activator.plan.inputs import read_people
from activator.segments.audit import refuse_blocked
from activator.segments.declared import declared
from activator.segments.kept import KeptMemberships
from activator.segments.study import keep, study

TIER, SEGMENT = "tier", "segment"
KINDS = {"person": "uuid", "tag": "string"}


@dataclass(frozen=True)
class Tagged:
    """Everyone, and their tags: (person, tag), one row per tag of a person."""

    engine: Engine
    people: People
    tags: ir.Table


@contextmanager
def tagged(workspace: Workspace, today: date, only: Collection[str] = ()) -> Iterator[Tagged]:
    """Read the exports and find everybody's tier and segments; memberships are kept, as `activator segments` does.

    today: later orders do not count yet; only: names of segments; default: all.

    Raises:
        ActivatorError: an export, the project file or the kept memberships cannot be used.
    """
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        people = read_people(workspace, engine, today)
        segments = _segments(workspace, engine, people)
        if segments is not None and only:
            segments = segments.filter(segments.segment.isin(sorted(only)))
        yield Tagged(engine, people, engine.materialise("tags", tags_of(people.known, segments)))


def _segments(workspace: Workspace, engine: Engine, people: People) -> ir.Table | None:
    if not workspace.project.segments:
        return None
    sections, document = declared(workspace)
    kept = KeptMemberships(engine, workspace.state)
    made = study(engine, people, sections, kept, document)
    refuse_blocked(workspace.project, made)
    keep(made, kept)
    return made.members


def tags_of(known: ir.Table, segments: ir.Table | None = None) -> ir.Table:
    """(person, tag) of tiers and segments.

    known: person, tier; segments: person, segment.
    """
    tiers = known.filter(known.tier.notnull())
    parts = [tiers.select("person", tag=ibis.literal(f"{TIER}:") + tiers.tier)]
    if segments is not None:
        parts.append(segments.select("person", tag=ibis.literal(f"{SEGMENT}:") + segments.segment))
    return ibis.union(*parts, distinct=False)
