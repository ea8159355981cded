"""Receipts both ways of sending members have in common."""

from collections.abc import Sequence

from activator.errors import PermanentRefusalError
from activator.model.delivery import Receipt, Settlement
from connectors.google.tickets import Ticket
from connectors.google.version import BATCH_ROWS_MAX


def refused_size(rows: int) -> Receipt | None:
    """The receipt of a batch of nobody, else None. Raises PermanentRefusalError for more than a batch."""
    if rows > BATCH_ROWS_MAX:
        raise PermanentRefusalError(
            f"Google takes {BATCH_ROWS_MAX:,} members a request, and {rows:,} were to be sent", "Send them in batches."
        )
    return None if rows else Receipt(Settlement.SETTLED, 0)


def others(count: int, kept: Sequence[int]) -> tuple[int, ...]:
    """The positions below count that were not kept."""
    return tuple(sorted(set(range(count)).difference(kept)))


def nobody_taken(sent: int) -> Receipt:
    """No row could be sent at all."""
    return Receipt(
        Settlement.REJECTED,
        sent,
        rejected=sent,
        detail="no row has an identifier Google takes",
        rejected_rows=tuple(range(sent)),
    )


def accepted(ticket: Ticket, sent: int, kept: Sequence[int]) -> Receipt:
    """Google has taken the rows that were kept, and works on them; the others were set aside and are named."""
    aside = others(sent, kept)
    return Receipt(
        Settlement.PROCESSING,
        sent,
        rejected=len(aside),
        processing=len(kept),
        request_id=str(ticket),
        detail=f"{len(aside)} rows set aside" if aside else "",
        rejected_rows=aside,
    )


def processing(request_id: str, sent: int, ticket: Ticket, detail: str) -> Receipt:
    """Google still works on every row that was sent."""
    rows = sent - ticket.aside
    return Receipt(
        Settlement.PROCESSING, sent, rejected=ticket.aside, processing=rows, request_id=request_id, detail=detail
    )


def unknown(request_id: str, sent: int, ticket: Ticket, detail: str) -> Receipt:
    """It cannot be told what became of the rows that were sent."""
    rows = sent - ticket.aside
    return Receipt(Settlement.UNKNOWN, sent, rejected=ticket.aside, unknown=rows, request_id=request_id, detail=detail)
