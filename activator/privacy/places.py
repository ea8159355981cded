"""One place of an erasure: what its removal is called, and what an answer makes of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.erasure import Erasure, Place, PlaceState
from activator.model.plan import Bindings, ChangeMembers, Plan, PlannedBatch


def plan_id(erasure: Erasure, attempt: int) -> str:
    """The same attempt has the same id, so that after a crash its identical batches go on."""
    return f"forget-{erasure.erasure_id}-{attempt}"


def batch_id(erasure: Erasure, place: Place) -> str:
    """Of one removal from an account as a whole."""
    text = f"{erasure.erasure_id}\n{place.destination}\n{place.attempts}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def plan_of(
    erasure: Erasure,
    attempt: int,
    places: Sequence[tuple[Place, PlannedBatch]],
    project_id: str,
    lineage: str,
    now: datetime,
) -> Plan:
    """Removals from audiences as a plan, so that they go by the membership protocol like all others."""
    changes = tuple(
        ChangeMembers(
            destination=place.destination,
            audience_key=place.audience_key,
            operation=Operation.REMOVE,
            after_removals=False,
            rows=batch.rows,
            batches=(batch,),
        )
        for place, batch in places
    )
    return Plan(
        plan_id=plan_id(erasure, attempt),
        created_at=now,
        project_id=project_id,
        bindings=Bindings(lineage, 0, "", "", "", "", {}, now),
        changes=changes,
        audiences=(),
        movements=(),
        guards=(),
        sources=(),
        tiers=(),
        motivations=(),
    )


def settled(place: Place) -> Place:
    """Done, unless what was sent before may still take effect after it."""
    early = place.again_after is not None and (place.sent_at is None or place.sent_at < place.again_after)
    return replace(place, state=PlaceState.WAITING if early else PlaceState.DONE)


def of_receipt(place: Place, receipt: Receipt) -> Place:
    """The place after an answer about the account as a whole."""
    answered = replace(place, request_id=receipt.request_id or place.request_id, detail=receipt.detail)
    match receipt.settlement:
        case Settlement.SETTLED:
            return settled(answered)
        case Settlement.PROCESSING:
            return replace(answered, state=PlaceState.PROCESSING)
        case Settlement.REJECTED:
            return replace(answered, state=PlaceState.REFUSED)
        case _:
            return replace(answered, state=PlaceState.PENDING)
