"""Members through the Data Manager API: send them, and learn hours later what became of them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activator.errors import DestinationError, RowRejectedError
from activator.model.delivery import Operation, Receipt, Settlement
from activator.ports import Clock
from connectors.google.enums import enum_name
from connectors.google.errors import UNKNOWN_REQUESTS
from connectors.google.members import COLUMNS, to_request, usable
from connectors.google.receipts import accepted, nobody_taken, others, processing, unknown
from connectors.google.schedule import PollSchedule
from connectors.google.tickets import Ticket, read_ticket
from connectors.google.transport import GoogleTransport
from connectors.google.version import DESTINATIONS_MAX, PROCESSING_MAX, RESEND_ROUNDS_MAX

if TYPE_CHECKING:
    import pyarrow as pa

_METHODS = {Operation.ADD: "ingest_audience_members", Operation.REMOVE: "remove_audience_members"}


class Uploads:
    """Uploads to the lists of one advertiser."""

    def __init__(self, transport: GoogleTransport, clock: Clock, poll_first_seconds: float, *, terms: bool) -> None:
        """terms: whether the Customer Match terms are accepted with every upload."""
        self._transport = transport
        self._clock = clock
        self._schedule = PollSchedule(clock, poll_first_seconds)
        self._terms = terms

    def send(self, operation: Operation, audience_ids: Sequence[str], members: "pa.Table") -> Receipt:
        """Send one batch to lists, ten of them a request; PROCESSING, since Google only checks the form at first.

        A request is taken whole or not at all: rows Google would object to are left out, rows it does object to are
        set aside and the rest is sent again. Raises DestinationError; RowRejectedError when it keeps objecting.
        """
        kept = usable(members).nonzero()[0].tolist()
        request_ids = []
        for first in range(0, len(audience_ids), DESTINATIONS_MAX):
            lists = audience_ids[first : first + DESTINATIONS_MAX]
            request_id, kept = self._send(operation, lists, members, kept)
            if request_id is None:
                return nobody_taken(members.num_rows)
            request_ids.append(request_id)
        return self._accepted(request_ids, members.num_rows, kept)

    def clear(self, audience_id: str, added_before: datetime) -> Receipt:
        """Take out everybody who was last added before a moment; a receipt of no rows, PROCESSING."""
        from google.ads.datamanager_v1.types.ingestion_service import RemoveAllAudienceMembersRequest

        request = RemoveAllAudienceMembersRequest.pb()(destinations=[self._destination(audience_id, 0)])
        request.remove_as_of_time.FromDatetime(added_before)
        answer = self._transport.ingestion("remove_all_audience_members", request, writes=True)
        return self._accepted([answer.request_id], 0, [])

    def rehearse(self, audience_id: str) -> None:
        """Let Google check an upload without taking it. Raises DestinationError with what it objects to."""
        import pyarrow as pa

        blank: dict[str, Any] = {name: [[]] if name in ("emails", "phones") else [""] for name in COLUMNS}
        nobody = pa.table({**blank, "emails": [[hashlib.sha256(b"nobody@example.com").hexdigest()]]})
        destinations = [self._destination(audience_id, 0)]
        request = to_request(Operation.ADD, destinations, nobody, terms_accepted=self._terms)
        request.validate_only = True
        self._transport.ingestion(_METHODS[Operation.ADD], request, writes=False)

    def settle(self, request_id: str, sent: int) -> Receipt:
        """What has become of an upload of `sent` rows. Asks at most once, and not before there can be an answer."""
        ticket = read_ticket(request_id)
        if not self._schedule.due(request_id, ticket.accepted_at):
            return processing(request_id, sent, ticket, "Google is given time")
        try:
            found = [part for platform_id in ticket.request_ids for part in self._statuses(platform_id)]
        except DestinationError as error:
            if not UNKNOWN_REQUESTS & {error.fault.code, error.fault.subcode}:
                raise
            return unknown(request_id, sent, ticket, f"Google does not know the upload ({error.fault.code})")
        receipt = _settled(found, request_id, sent, ticket)
        if receipt.settlement is Settlement.PROCESSING and self._too_long(ticket):
            return unknown(request_id, sent, ticket, f"{receipt.detail} for {PROCESSING_MAX.days} days")
        if receipt.settlement is not Settlement.PROCESSING:
            self._schedule.over(request_id)
        return receipt

    def _too_long(self, ticket: Ticket) -> bool:
        return ticket.accepted_at is not None and self._clock.now() - ticket.accepted_at > PROCESSING_MAX

    def _send(
        self, operation: Operation, lists: Sequence[str], members: "pa.Table", kept: list[int]
    ) -> tuple[str | None, list[int]]:
        """Google's id of the accepted request, None where no row is left; and the rows it holds."""
        destinations = [self._destination(list_id, place) for place, list_id in enumerate(lists)]
        for _ in range(RESEND_ROUNDS_MAX):
            if not kept:
                return None, kept
            rows = members if len(kept) == members.num_rows else members.take(kept)
            request = to_request(operation, destinations, rows, terms_accepted=self._terms)
            try:
                return self._transport.ingestion(_METHODS[operation], request, writes=True).request_id, kept
            except RowRejectedError as error:
                refused = {row for row in error.rows if row < len(kept)}
                if not refused:
                    raise
            kept = [row for place, row in enumerate(kept) if place not in refused]
        raise RowRejectedError(
            f"Google keeps refusing members of this upload, {members.num_rows - len(kept)} so far",
            "Check the mapping of e-mail addresses and phone numbers.",
            rows=others(members.num_rows, kept),
        )

    def _accepted(self, request_ids: Sequence[str], sent: int, kept: Sequence[int]) -> Receipt:
        ticket = Ticket(tuple(request_ids), sent - len(kept), self._clock.now())
        return accepted(ticket, sent, kept)

    def _statuses(self, platform_id: str) -> list[Any]:
        from google.ads.datamanager_v1.types.ingestion_service import RetrieveRequestStatusRequest

        request = RetrieveRequestStatusRequest.pb()(request_id=platform_id)
        answer = self._transport.ingestion("retrieve_request_status", request, writes=False)
        return list(answer.request_status_per_destination) or [None]

    def _destination(self, audience_id: str, place: int) -> dict[str, Any]:
        login = self._transport.login_customer_id
        account = {"operating_account": _account(self._transport.customer_id)}
        via = {"login_account": _account(login)} if login else {}
        return {"reference": f"list{place}", "product_destination_id": audience_id, **account, **via}


def _account(account_id: str) -> dict[str, str]:
    return {"account_type": "GOOGLE_ADS", "account_id": account_id}


def _settled(found: Sequence[Any], request_id: str, sent: int, ticket: Ticket) -> Receipt:
    """One receipt over all destinations: a row counts as taken where every list has taken it."""
    rows = sent - ticket.aside
    outcomes = [_outcome(part, rows) for part in found]
    if None in outcomes:
        waiting = next(part for part, outcome in zip(found, outcomes, strict=True) if outcome is None)
        status = "REQUEST_STATUS_UNKNOWN" if waiting is None else enum_name(waiting, "request_status")
        return processing(request_id, sent, ticket, status)
    known = [outcome for outcome in outcomes if outcome is not None]
    taken, missing = min(outcome[0] for outcome in known), max(outcome[1] for outcome in known)
    details = list(dict.fromkeys(_reasons(part) for part in found if _reasons(part)))
    if missing:
        details.append(f"Google accounts for {rows - missing} of {rows} rows")
    nothing = not taken if rows else any(enum_name(part, "request_status") != "SUCCESS" for part in found)
    return Receipt(
        Settlement.UNKNOWN if missing else (Settlement.REJECTED if nothing else Settlement.SETTLED),
        sent,
        settled=taken,
        rejected=sent - taken - missing,
        unknown=missing,
        request_id=request_id,
        detail="; ".join(details),
    )


def _outcome(part: Any, rows: int) -> tuple[int, int] | None:
    """(rows taken, rows unaccounted for) by one list; None while it is being worked on.

    types/request_status_per_destination.py and processing_errors.py (0.9.4): error counts "may not be populated in
    all cases"; then it is open who was taken.
    """
    if part is None:
        return None
    counted = _record_count(part)
    missing = max(rows - counted, 0) if counted else 0
    failed = sum(count.record_count for count in part.error_info.error_counts)
    match enum_name(part, "request_status"):
        case "SUCCESS":
            return rows - missing, missing
        case "FAILED":
            return 0, missing
        case "PARTIAL_SUCCESS" if 0 < failed <= rows - missing:
            return rows - missing - failed, missing
        case "PARTIAL_SUCCESS":
            return 0, rows
        case _:
            return None


def _record_count(part: Any) -> int:
    """Rows of the request as Google counted them; 0 when it does not say."""
    kind = part.WhichOneof("status")
    inner = getattr(part, kind) if kind else None
    data = inner.WhichOneof("status") if inner is not None and "status" in inner.DESCRIPTOR.oneofs_by_name else None
    return int(getattr(inner, data).record_count) if data else 0


def _reasons(part: Any) -> str:
    """Why rows failed, with their counts."""
    counts = part.error_info.error_counts
    names = [enum_name(count, "reason").removeprefix("PROCESSING_ERROR_REASON_") for count in counts]
    return ", ".join(f"{name}: {count.record_count}" for name, count in zip(names, counts, strict=True))
