"""What of a plan a second person must approve (pure)."""

from collections.abc import Iterable, Sequence

from activator.config.approvals import ApprovalSection
from activator.model.ads import AudienceSpec
from activator.model.approval import Approval, ApprovalNeeded, Covered
from activator.model.plan import (
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    Plan,
    ReplaceMembers,
    StartTest,
    UpdateObject,
)


def covered_by(change: Change) -> Covered:
    """Which kind of approval a change needs, if any is needed."""
    match change:
        case ChangeMembers() | ReplaceMembers():
            return Covered.AUDIENCES
        case CreateObject() | UpdateObject():
            return Covered.AUDIENCES if isinstance(change.spec, AudienceSpec) else Covered.ADS
        case PauseObject() | StartTest():
            return Covered.ADS


def approval_needed(section: ApprovalSection | None, changes: Sequence[Change]) -> ApprovalNeeded | None:
    """What the project asks for, as far as this plan has such changes; None where nothing waits."""
    if section is None:
        return None
    kinds = {covered_by(change) for change in changes}
    people = sum(change.rows for change in changes if isinstance(change, ChangeMembers | ReplaceMembers))
    if people < section.people_min:
        kinds.discard(Covered.AUDIENCES)
    covers = tuple(kind for kind in Covered if kind in kinds and kind in section.covers)
    return ApprovalNeeded(covers, section.by) if covers else None


def waits(plan: Plan, given: Iterable[Approval]) -> frozenset[Covered]:
    """What of a plan nobody entitled has approved yet."""
    needed = plan.approval
    if needed is None:
        return frozenset()
    entitled = {person for person in needed.by if person != plan.planned_by}
    return frozenset() if any(approval.person in entitled for approval in given) else frozenset(needed.covers)
