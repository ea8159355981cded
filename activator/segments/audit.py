"""`activator segments check`: a study's figures, the lints and the searches, put together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from activator.config.project import Project
from activator.config.segment_fields import QUICK_DAYS, TO_FIRST_ORDER
from activator.errors import UnsafePlanError
from activator.model.checks import Severity
from activator.segments.checks import Checked, check, known_shares
from activator.segments.kept import KeptMemberships
from activator.segments.lints import SegmentFinding, lints
from activator.segments.samples import splits
from activator.segments.study import Study

_REVIEW_NOTICE_DAYS = 7
_SEE_SHARE = "Nothing, if they do. The share is `motivation.quick_buyers_share_max` in the project file."


@dataclass(frozen=True, slots=True)
class Drift:
    """How a segment's size has changed since it is kept. people_then: at the beginning."""

    segment: str
    people_then: int
    people_now: int


@dataclass(frozen=True, slots=True)
class Audit:
    """checked: findings and figures; drift: since first_kept; review_on: when the segments are to be reviewed next."""

    checked: Checked
    drift: tuple[Drift, ...]
    first_kept: date | None
    review_on: date | None


@dataclass(frozen=True, slots=True)
class TierFigures:
    """One tier's customers: how many, and what they are worth on average, in minor units."""

    tier: str
    customers: int
    mean_value_minor: float
    mean_predicted_minor: float


def audit(
    made: Study,
    project: Project,
    kept: KeptMemberships,
    motivated: Mapping[str, bool],
    left_out: Sequence[tuple[str, str]] = (),
) -> Audit:
    """Everything.

    motivated: whether a tier is told something of its own, by tier; left_out: (destination/tier, why) where texts that
    offer a discount are not shown.

    Raises:
        ConfigurationError: the project file accepts something that is not a finding.
    """
    tiers = tier_figures(made)
    customers = sum(tier.customers for tier in tiers)
    shares = {tier.tier: tier.customers / customers for tier in tiers} if customers else {}
    drift, review_on = _drift(made, kept), _review_on(made.as_of, kept.first_kept, project.segment_checks.review_days)
    written = [
        *lints(project, made.sections, made.figures.everybody.customers, shares, motivated),
        *_tier_order(project, tiers),
        *_discounts(made),
        *(SegmentFinding("discount_left_out", tier, Severity.OK, why, _SEE_SHARE) for tier, why in left_out),
        *_review(made.as_of, kept.first_kept, project.segment_checks.review_days, drift),
    ]
    known = known_shares(made.rows, made.sections)
    checked = check(made.figures, made.sections, project.segment_checks, known, written, splits(made))
    return Audit(checked, drift, kept.first_kept, review_on)


def refuse_blocked(project: Project, made: Study) -> None:
    """What stops a file about segments from being written.

    Raises:
        UnsafePlanError: there are too many segments, and nobody has said why.
    """
    everybody = made.figures.everybody.customers
    for finding in lints(project, made.sections, everybody, {}, {}):
        if finding.severity is Severity.ERROR and finding.code not in project.segment_checks.accept:
            raise UnsafePlanError(f"{finding.code}: {finding.message}", finding.fix)


def tier_figures(made: Study) -> tuple[TierFigures, ...]:
    """Of every tier that has people."""
    rows = made.rows.filter(made.rows.tier.notnull())
    grouped = rows.group_by("tier").agg(
        customers=rows.count(),
        mean_value_minor=rows.value_minor.mean(),
        mean_predicted_minor=rows.predicted_minor.mean(),
    )
    return tuple(TierFigures(**row) for row in grouped.order_by("tier").to_pyarrow().to_pylist())


def _tier_order(project: Project, tiers: tuple[TierFigures, ...]) -> Iterator[SegmentFinding]:
    """The highest tier must have the highest value, or everything built on it is upside down."""
    known = {tier.tier: tier for tier in tiers}
    ordered = [known[tier.name] for tier in project.tiers if tier.name in known]
    for better, worse in pairwise(ordered):
        is_past_less = better.mean_value_minor < worse.mean_value_minor
        if is_past_less and better.mean_predicted_minor < worse.mean_predicted_minor:
            yield SegmentFinding(
                "tier_order",
                better.tier,
                Severity.ERROR,
                f"its customers have brought less, and will bring less, than those of `{worse.tier}` after it",
                "See by what tiers are cut, and the back-test of the prediction: `activator segments --report FILE`.",
            )


def _discounts(made: Study) -> Iterator[SegmentFinding]:
    """Offers that lower the price for people who bought quickly, and so without it."""
    offering = [
        section.name
        for section in made.sections
        if section.action is not None and section.action.reads_as_discount and not section.action.discount
    ]
    if not offering or TO_FIRST_ORDER not in made.rows.columns:
        return
    quick = made.rows.filter(made.rows[TO_FIRST_ORDER] <= QUICK_DAYS).select("person")
    counted = made.members.filter(made.members.segment.isin(offering)).join(quick, "person").group_by("segment")
    for row in counted.agg(people=lambda t: t.count()).order_by("segment").to_pyarrow().to_pylist():
        yield SegmentFinding(
            "discount_for_quick",
            row["segment"],
            Severity.WARNING,
            f"its offer lowers the price, and {row['people']:,} of its people first ordered within {QUICK_DAYS} days "
            "of their first visit: they buy without it",
            "Say `discount: true` in its `action`, and they are left out.",
        )


def _drift(made: Study, kept: KeptMemberships) -> tuple[Drift, ...]:
    history = kept.history()
    if history is None:
        return ()
    net = history.group_by("segment").agg(net=(2 * history.came.cast("int64") - 1).sum().cast("int64"))
    moved = {row["segment"]: row["net"] for row in net.to_pyarrow().to_pylist()}
    now = {section.name: made.figures.segments[section.name].people for section in made.sections}
    return tuple(Drift(name, people - moved.get(name, 0), people) for name, people in now.items())


def _review_on(as_of: date, first_kept: date | None, review_days: int) -> date | None:
    """The next day of review from as_of on."""
    if first_kept is None:
        return None
    periods = max(1, -(-(as_of - first_kept).days // review_days))
    return first_kept + timedelta(days=periods * review_days)


def _review(
    as_of: date, first_kept: date | None, review_days: int, drift: tuple[Drift, ...]
) -> Iterator[SegmentFinding]:
    """Due in the week before the day of review and on it."""
    due = _review_on(as_of, first_kept, review_days)
    if due is None or as_of < due - timedelta(days=_REVIEW_NOTICE_DAYS):
        return
    changed = [f"{each.segment} {each.people_now - each.people_then:+,}" for each in drift if each.people_then]
    yield SegmentFinding(
        "review",
        "",
        Severity.WARNING,
        f"the segments are to be reviewed by {due}; since {first_kept}: {', '.join(changed) or 'no change'}",
        "Go through the findings above, and drop what led to nothing.",
    )
