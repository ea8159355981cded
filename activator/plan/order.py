"""The order of a plan: what must not be missing comes first, should a platform not take everything today (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from activator.model.ads import AudienceSpec
from activator.model.plan import Change, ChangeMembers, PauseObject, ReplaceMembers, Urgency


def with_urgency(changes: Iterable[ChangeMembers], audiences: Sequence[AudienceSpec]) -> tuple[ChangeMembers, ...]:
    """Changes that know how urgent adds to their audience are. audiences: of the destination, highest tier first."""
    highest = next((spec.key for spec in audiences if not spec.suppress), None)
    urgent = {spec.key: Urgency.KEEPING_OUT for spec in audiences if spec.suppress}
    urgent |= {} if highest is None else {highest: Urgency.HIGHEST_TIER}
    return tuple(replace(change, adding=urgent.get(change.audience_key, change.adding)) for change in changes)


def in_order(
    members: Sequence[ChangeMembers],
    audiences: Sequence[Change],
    delivery: Sequence[Change],
    replaced: Sequence[ReplaceMembers] = (),
) -> tuple[Change, ...]:
    """All changes of a plan, of whatever destination.

    Taking out comes before putting in, audiences before who is put into them and what delivers to them, whole lists
    before single people, and what is to stop before what is to start.
    """
    by_urgency = sorted(members, key=lambda change: change.urgency)
    return (
        *(change for change in by_urgency if change.urgency <= Urgency.REMOVAL),
        *audiences,
        *replaced,
        *(change for change in by_urgency if change.urgency > Urgency.REMOVAL),
        *sorted(delivery, key=lambda change: not isinstance(change, PauseObject)),
    )
