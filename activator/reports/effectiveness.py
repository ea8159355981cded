"""Whether segmenting pays, month by month: advertising, revenue by tier and segment, and one thing that must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.config.clock import SystemClock
from activator.config.project import Project
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.ledger import performance
from activator.ledger.database import is_there
from activator.ledger.store import LedgerReader
from activator.model.performance import AdDay
from activator.people.engine import Engine
from activator.people.pipeline import People
from activator.performance.label import ad_days
from activator.plan.texts import written_texts
from activator.reports.advertising import Advertising, advertising
from activator.reports.comparison import Comparison
from activator.reports.growth import Growth, TierWorth, against_held_out, before, growth, tier_members, tier_worths
from activator.reports.month import Month
from activator.segments.kept import KeptMemberships
from activator.segments.study import Study


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """One month. against_held_out: None where nobody is held out; failure: why the assertion fails, if it does."""

    month: str
    currency: str
    advertising: Advertising
    against_held_out: Comparison | None
    tiers: tuple[Growth, ...]
    segments: tuple[Growth, ...]
    worths: tuple[TierWorth, ...]
    failure: str | None


def effectiveness(
    workspace: Workspace, engine: Engine, people: People, month: Month, made: Study | None, kept: KeptMemberships | None
) -> Effectiveness:
    """Compute all. made, kept: the project's segments, where it declares any.

    Raises:
        ConfigurationError: the exports do not reach the end of the month, or a text of the project cannot be published.
        LedgerError: the ledger or the kept memberships cannot be read.
    """
    if people.as_of < month.last:
        raise ConfigurationError(
            f"{month} is not over in the exports, which reach {people.as_of}",
            f"Ask for {Month.over(people.as_of)}, or export again.",
        )
    project = workspace.project
    names = [tier.name for tier in project.tiers]
    told = [tier.name for tier in project.tiers if not tier.suppress]
    worths = tier_worths(people, names)
    fixed = dict.fromkeys(names, people.as_of)
    return Effectiveness(
        month=str(month),
        currency=project.currency,
        advertising=advertising(_ads(workspace, month), motives(project), month),
        against_held_out=against_held_out(engine, people, month, told),
        tiers=tuple(growth(engine, people, month, tier_members(people, names), fixed)),
        segments=() if made is None or kept is None else tuple(_segments(engine, people, month, made, kept)),
        worths=tuple(worths),
        failure=failure(worths, names),
    )


def failure(worths: Sequence[TierWorth], tiers: Sequence[str]) -> str | None:
    """The best tier must be worth the most: says which is worth more, or None. tiers: best first."""
    best = next((worth for worth in worths if tiers and worth.tier == tiers[0]), None)
    top = max(worths, key=lambda worth: worth.lifetime_minor, default=None)
    if best is None or top is None or top.lifetime_minor <= best.lifetime_minor:
        return None
    return f"customers of `{top.tier}` are worth more over their lifetime than those of `{best.tier}`, the highest tier"


def motives(project: Project) -> dict[str, str]:
    """Name of every text -> the motivation it speaks to."""
    return {text.variant.name: text.variant.motivation for text in written_texts(project)}


def _segments(engine: Engine, people: People, month: Month, made: Study, kept: KeptMemberships) -> list[Growth]:
    """As they were before both months where that is kept, else as they are; a new one has no earlier people."""
    day = before(month)
    earlier = kept.on(day)
    fixed: dict[str, date] = {section.name: made.as_of for section in made.sections}
    members: ir.Table = made.members.select("person", "segment")
    if earlier is not None:
        there = engine.materialise("earlier_members", earlier)
        known = there.segment.name("segment").as_table().distinct().to_pyarrow().to_pylist()
        old = [row["segment"] for row in known if row["segment"] in fixed]
        fixed |= dict.fromkeys(old, day)
        members = ibis.union(
            members.filter(~members.segment.isin(old)), there.filter(there.segment.isin(old)), distinct=False
        )
    return growth(engine, people, month, members, fixed)


def _ads(workspace: Workspace, month: Month) -> list[AdDay]:
    """The ledger's newest figures of our ads in both months; none where there is no ledger yet."""
    if not is_there(workspace.ledger_place):
        return []
    ledger = LedgerReader(workspace.ledger_place, SystemClock())
    try:
        keys = {
            (name, owned.platform_id): key
            for name in workspace.project.destinations
            for key, owned in ledger.owned(name).items()
            if owned.kind == "ad" and owned.platform_id is not None
        }
        with ledger.reading() as connection:
            rows = performance.latest(connection, month.before.first, month.last)
    finally:
        ledger.close()
    return ad_days(rows, keys)
