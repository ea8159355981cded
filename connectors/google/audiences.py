"""Lists of customers through the Data Manager API: find, create, send members, learn what became of them.

Lists are also read here and not through GAQL: reading them costs nothing of the Google Ads API's daily operations
(2,880 for a new Cloud project), and both APIs use the same list ids.
"""

from typing import TYPE_CHECKING, Any

from activator.errors import (
    DestinationError,
    PermanentRefusalError,
    RowRejectedError,
)
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation, Receipt, Settlement
from connectors.google.enums import enum_name
from connectors.google.errors import DUPLICATE_NAMES, UNKNOWN_REQUESTS
from connectors.google.members import to_members, to_request
from connectors.google.transport import GoogleTransport
from connectors.google.version import BATCH_ROWS_MAX, RESEND_ROUNDS_MAX

if TYPE_CHECKING:
    import pyarrow as pa

_REFERENCE = "list"
_SECONDS_PER_DAY = 86_400


class Audiences:
    """The lists of one advertiser."""

    def __init__(
        self, transport: GoogleTransport, *, membership_days: int, description: str, terms_accepted: bool
    ) -> None:
        self._transport = transport
        self._membership_days = membership_days
        self._description = description
        self._terms_accepted = terms_accepted
        self._parent = f"accountTypes/GOOGLE_ADS/accounts/{transport.customer_id}"

    def all(self) -> list[Any]:
        """Every list of the account, all pages, as raw protobuf."""
        from google.ads.datamanager_v1.types.user_list_service import ListUserListsRequest

        found: list[Any] = []
        request = ListUserListsRequest.pb()(parent=self._parent)
        while True:
            page = self._transport.list_page(request)
            found.extend(page.user_lists)
            if not page.next_page_token:
                return found
            request = ListUserListsRequest.pb()(parent=self._parent, page_token=page.next_page_token)

    def create(self, spec: AudienceSpec) -> Any:
        """The list of this spec: a new one, or the one that already has its name (which carries our marker)."""
        from google.ads.datamanager_v1.types.user_list_service import CreateUserListRequest

        described = " ".join(part for part in (self._description, spec.description) if part)
        request = CreateUserListRequest.pb()(
            parent=self._parent,
            user_list={
                "display_name": spec.name,
                "description": described or spec.name,
                "membership_duration": {"seconds": self._membership_days * _SECONDS_PER_DAY},
                "ingested_user_list_info": {
                    "upload_key_types": ["CONTACT_ID"],
                    "contact_id_info": {"data_source_type": "DATA_SOURCE_TYPE_FIRST_PARTY"},
                },
            },
        )
        try:
            return self._transport.create_list(request)
        except PermanentRefusalError as error:
            if error.fault.code not in DUPLICATE_NAMES:
                raise
            existing = [found for found in self.all() if found.display_name == spec.name]
            if len(existing) != 1:
                raise
            return existing[0]

    def send(self, operation: Operation, audience_id: str, members: "pa.Table") -> Receipt:
        """Send one batch; the receipt is PROCESSING, since Google only checks the form before it answers.

        A request is taken whole or not at all, so rows Google objects to are set aside and the rest is sent again.
        Raises DestinationError; RowRejectedError when it keeps objecting.
        """
        assert members.num_rows <= BATCH_ROWS_MAX, "a batch has at most 10,000 rows"
        messages, rejected = to_members(members)
        positions = sorted(set(range(members.num_rows)) - set(rejected))
        for _ in range(RESEND_ROUNDS_MAX):
            if not messages:
                return _nobody_taken(members.num_rows, rejected)
            request = to_request(
                operation, self._destination(audience_id), messages, terms_accepted=self._terms_accepted
            )
            try:
                answer = self._transport.ingestion(_METHODS[operation], request, writes=True)
            except RowRejectedError as error:
                refused = {row for row in error.rows if row < len(messages)}
                if not refused:
                    raise
                rejected += [positions[row] for row in refused]
                kept = [row for row in range(len(messages)) if row not in refused]
                messages, positions = [messages[row] for row in kept], [positions[row] for row in kept]
            else:
                return _accepted(answer.request_id, members.num_rows, rejected)
        raise RowRejectedError(
            f"Google keeps refusing members of this upload, {len(rejected)} so far",
            "Check the mapping of e-mail addresses and phone numbers.",
            rows=tuple(sorted(rejected)),
        )

    def settle(self, request_id: str, sent: int) -> Receipt:
        """What has become of an upload of `sent` rows. Asks once."""
        from google.ads.datamanager_v1.types.ingestion_service import RetrieveRequestStatusRequest

        platform_id, _, aside = request_id.partition("~")
        rejected = int(aside or 0)
        try:
            answer = self._transport.ingestion(
                "retrieve_request_status", RetrieveRequestStatusRequest.pb()(request_id=platform_id), writes=False
            )
        except DestinationError as error:
            if not UNKNOWN_REQUESTS & {error.fault.code, error.fault.subcode}:
                raise
            return Receipt(
                Settlement.UNKNOWN,
                sent,
                rejected=rejected,
                unknown=sent - rejected,
                request_id=request_id,
                detail=f"Google does not know the upload ({error.fault.code})",
            )
        return _settled(answer, request_id, sent, rejected)

    def _destination(self, audience_id: str) -> dict[str, Any]:
        login = self._transport.login_customer_id
        account = {"operating_account": _account(self._transport.customer_id)}
        via = {"login_account": _account(login)} if login else {}
        return {"reference": _REFERENCE, "product_destination_id": audience_id, **account, **via}


_METHODS = {Operation.ADD: "ingest_audience_members", Operation.REMOVE: "remove_audience_members"}


def _account(account_id: str) -> dict[str, str]:
    return {"account_type": "GOOGLE_ADS", "account_id": account_id}


def _nobody_taken(sent: int, rejected: list[int]) -> Receipt:
    return Receipt(
        Settlement.REJECTED,
        sent,
        rejected=sent,
        detail="no row has an identifier Google takes",
        rejected_rows=tuple(sorted(rejected)),
    )


def _accepted(request_id: str, sent: int, rejected: list[int]) -> Receipt:
    """How many rows were set aside travels in the request id, so that `settle` can balance its counts."""
    aside = f"~{len(rejected)}" if rejected else ""
    return Receipt(
        Settlement.PROCESSING,
        sent,
        rejected=len(rejected),
        processing=sent - len(rejected),
        request_id=f"{request_id}{aside}",
        detail=f"{len(rejected)} rows set aside" if rejected else "",
        rejected_rows=tuple(sorted(rejected)),
    )


def _settled(answer: Any, request_id: str, sent: int, rejected: int) -> Receipt:
    """Counts as Google tells them: SUCCESS for all, PARTIAL_SUCCESS less its error counts, FAILED for none.

    types/request_status_per_destination.py and processing_errors.py (0.9.4): error counts "may not be populated in
    all cases"; then it is open who was taken.
    """
    rows = sent - rejected
    found = list(answer.request_status_per_destination)
    status = enum_name(found[0], "request_status") if len(found) == 1 else "REQUEST_STATUS_UNKNOWN"
    failed, detail = _errors(found[0]) if found else (0, "")
    counted = _record_count(found[0]) if found else 0
    missing = max(rows - counted, 0) if counted else 0
    match status:
        case "SUCCESS":
            taken, refused = rows - missing, 0
        case "FAILED":
            taken, refused = 0, rows - missing
        case "PARTIAL_SUCCESS" if 0 < failed <= rows - missing:
            taken, refused = rows - missing - failed, failed
        case "PARTIAL_SUCCESS":
            taken, refused, missing = 0, 0, rows
        case _:
            return Receipt(
                Settlement.PROCESSING, sent, rejected=rejected, processing=rows, request_id=request_id, detail=status
            )
    if missing:
        detail = f"{detail}; " * bool(detail) + f"Google accounts for {rows - missing} of {rows} rows"
    return Receipt(
        Settlement.UNKNOWN if missing else (Settlement.SETTLED if taken else Settlement.REJECTED),
        sent,
        settled=taken,
        rejected=rejected + refused,
        unknown=missing,
        request_id=request_id,
        detail=detail,
    )


def _record_count(per_destination: Any) -> int:
    """Rows of the request as Google counted them; 0 when it does not say."""
    kind = per_destination.WhichOneof("status")
    inner = getattr(per_destination, kind) if kind else None
    data = inner.WhichOneof("status") if inner is not None and "status" in inner.DESCRIPTOR.oneofs_by_name else None
    return int(getattr(inner, data).record_count) if data else 0


def _errors(per_destination: Any) -> tuple[int, str]:
    """How many rows failed, and the reasons with their counts."""
    counts = per_destination.error_info.error_counts
    reasons = []
    for count in counts:
        name = enum_name(count, "reason").removeprefix("PROCESSING_ERROR_REASON_")
        reasons.append(f"{name}: {count.record_count}")
    return sum(count.record_count for count in counts), ", ".join(reasons)
