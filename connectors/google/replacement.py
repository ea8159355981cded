"""Putting a whole new list in the old one's place in two phases, so that it is never empty in between.

developers.google.com/data-manager/api/devguides/audiences/google-ads/customer-match/remove-all-members (read
2026-11-22): note the time, send everybody, wait until Google has processed it, then take out whoever was last added
before that time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from activator.model.delivery import Operation, Receipt, ReplacementPart, Settlement
from connectors.google.transport import GoogleTransport
from connectors.google.uploads import Uploads

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class _Session:
    """parts: the newest receipt of each part by its number; clearing: of the second phase."""

    parts: dict[int, Receipt] = field(default_factory=dict)
    clearing: Receipt | None = None


class Replacements:
    """Replacements of one advertiser's lists. Knows the parts this process has sent; the ledger knows the others."""

    def __init__(self, transport: GoogleTransport, uploads: Uploads) -> None:
        self._transport = transport
        self._uploads = uploads
        self._sessions: dict[tuple[str, datetime], _Session] = defaultdict(_Session)

    def send(self, audience_id: str, members: "pa.Table", part: ReplacementPart) -> Receipt:
        """The first phase: an upload like any other."""
        receipt = self._uploads.send(Operation.ADD, [audience_id], members)
        self._sessions[audience_id, part.started_at].parts[part.ordinal] = receipt
        return receipt

    def complete(self, audience_id: str, started_at: datetime) -> Receipt:
        """The second phase, once every part this process sent is settled; parts of others the caller has seen settle.

        PROCESSING: ask again. UNKNOWN, or REJECTED where nobody was taken: nobody is taken out either, and the list
        holds the old members next to the new ones.
        """
        session = self._sessions[audience_id, started_at]
        for ordinal, receipt in session.parts.items():
            if receipt.settlement is Settlement.PROCESSING:
                session.parts[ordinal] = self._uploads.settle(receipt.request_id or "", receipt.sent)
        parts = session.parts.values()
        states = {receipt.settlement for receipt in parts}
        if Settlement.PROCESSING in states:
            return _total(parts, Settlement.PROCESSING, "Google still processes the new members")
        if Settlement.UNKNOWN in states:
            return _total(parts, Settlement.UNKNOWN, "nobody was taken out, since it is not known who was put in")
        if states == {Settlement.REJECTED}:
            return _total(parts, Settlement.REJECTED, "nobody was taken out, since nobody was put in")
        return self._cleared(audience_id, started_at, session)

    def _cleared(self, audience_id: str, started_at: datetime, session: _Session) -> Receipt:
        if session.clearing is None:
            # A clock that is ahead would take out those who were just put in.
            ahead = timedelta(seconds=max(self._transport.clock_ahead_seconds, 0.0))
            session.clearing = self._uploads.clear(audience_id, started_at - ahead)
        else:
            session.clearing = self._uploads.settle(session.clearing.request_id or "", 0)
        state = session.clearing.settlement
        if state is Settlement.SETTLED:
            return _total(session.parts.values(), state, "")
        return _total(session.parts.values(), state, "Google takes out the members of before")


def _total(parts: Iterable[Receipt], state: Settlement, detail: str) -> Receipt:
    """All parts as one receipt. While the whole is open, so is everybody who was taken."""
    known = list(parts)
    taken = sum(receipt.settled for receipt in known)
    open_rows = taken if state is Settlement.PROCESSING else 0
    return Receipt(
        state,
        sum(receipt.sent for receipt in known),
        settled=taken - open_rows,
        rejected=sum(receipt.rejected for receipt in known),
        processing=sum(receipt.processing for receipt in known) + open_rows,
        unknown=sum(receipt.unknown for receipt in known),
        detail=detail,
    )
