"""Members through offline user data jobs of the Google Ads API: for tokens that used Customer Match there before.

Closed to everybody else since 2026-04-01 (ads-developers.googleblog.com/2026/03, "Changes to Customer Match support in
the Google Ads API"). A job is made, filled and started; nothing happens before it is started, so whatever goes wrong
until then has had no effect. Google works on it for hours; jobs on one list may overtake each other.
"""

from typing import TYPE_CHECKING, Any

from activator.errors import OutcomeUnknownError, RetryableError
from activator.model.delivery import Operation, Receipt, Settlement
from activator.ports import Clock
from connectors.google.answers import failed_operations
from connectors.google.enums import enum_name
from connectors.google.members import JOB_CREATES, JOB_REMOVES, encoded, usable
from connectors.google.receipts import accepted, nobody_taken, processing, unknown
from connectors.google.schedule import PollSchedule
from connectors.google.tickets import Ticket, read_ticket
from connectors.google.transport import GoogleTransport
from connectors.google.version import PROCESSING_MAX

if TYPE_CHECKING:
    import pyarrow as pa

_SERVICE = "offline_user_data_job_service"
_SHAPES = {Operation.ADD: JOB_CREATES, Operation.REMOVE: JOB_REMOVES}
_GRANTED = {"ad_user_data": "GRANTED", "ad_personalization": "GRANTED"}
_STATUS = (
    "SELECT offline_user_data_job.status, offline_user_data_job.failure_reason FROM offline_user_data_job "
    "WHERE offline_user_data_job.id = {}"
)


class OfflineJobs:
    """Uploads to the lists of one advertiser, a job each."""

    def __init__(self, transport: GoogleTransport, clock: Clock, poll_first_seconds: float) -> None:
        self._transport = transport
        self._clock = clock
        self._schedule = PollSchedule(clock, poll_first_seconds)

    def send(self, operation: Operation, audience_id: str, members: "pa.Table") -> Receipt:
        """Send one batch. Rows Google objects to are left out of the job and named; the rest goes on.

        Raises DestinationError; OutcomeUnknownError only where the job may have been started.
        """
        kept = usable(members).nonzero()[0].tolist()
        if not kept:
            return nobody_taken(members.num_rows)
        try:
            job = self._created(operation, audience_id)
            refused = self._filled(job, operation, members.take(kept))
        except OutcomeUnknownError as lost:
            error = RetryableError(f"{lost.message}; the job was not started", "Run the sync again.", lost.fault)
        else:
            kept = [row for place, row in enumerate(kept) if place not in refused]
            if not kept:
                return nobody_taken(members.num_rows)
            request = self._transport.request(_SERVICE, "RunOfflineUserDataJobRequest")(resource_name=job)
            self._transport.ads_call(_SERVICE, "run_offline_user_data_job", request, operations=1)
            return self._started(job, members.num_rows, kept)
        raise error

    def settle(self, request_id: str, sent: int) -> Receipt:
        """What has become of a job that was sent `sent` rows. Asks at most once, and not too early."""
        ticket = read_ticket(request_id)
        if not self._schedule.due(request_id, ticket.accepted_at):
            return processing(request_id, sent, ticket, "Google is given time")
        number = ticket.request_ids[0].rsplit("/", 1)[-1]
        rows = self._transport.search(_STATUS.format(int(number))) if number.isdigit() else []
        if not rows:
            return unknown(request_id, sent, ticket, "Google does not know the job")
        return self._settled(rows[0].offline_user_data_job, request_id, sent, ticket)

    def _settled(self, job: Any, request_id: str, sent: int, ticket: Ticket) -> Receipt:
        rows, status = sent - ticket.aside, enum_name(job, "status")
        if status == "SUCCESS":
            self._schedule.over(request_id)
            return Receipt(Settlement.SETTLED, sent, settled=rows, rejected=ticket.aside, request_id=request_id)
        if status == "FAILED":
            self._schedule.over(request_id)
            reason = enum_name(job, "failure_reason")
            return Receipt(Settlement.REJECTED, sent, rejected=sent, request_id=request_id, detail=reason)
        late = ticket.accepted_at is not None and self._clock.now() - ticket.accepted_at > PROCESSING_MAX
        if late:
            return unknown(request_id, sent, ticket, f"{status} for {PROCESSING_MAX.days} days")
        return processing(request_id, sent, ticket, status)

    def _created(self, operation: Operation, audience_id: str) -> str:
        """A new job's resource name. Consent belongs on the job (OPERATION_LEVEL_CONSENT_PROVIDED, v26)."""
        customer = self._transport.customer_id
        metadata: dict[str, Any] = {"user_list": f"customers/{customer}/userLists/{audience_id}"}
        if operation is Operation.ADD:
            metadata["consent"] = _GRANTED
        request = self._transport.request(_SERVICE, "CreateOfflineUserDataJobRequest")(
            customer_id=customer,
            job={"type_": "CUSTOMER_MATCH_USER_LIST", "customer_match_user_list_metadata": metadata},
        )
        answer = self._transport.ads_call(_SERVICE, "create_offline_user_data_job", request, operations=1)
        return str(answer.resource_name)

    def _filled(self, job: str, operation: Operation, members: "pa.Table") -> set[int]:
        """Put members into a job; the places of those Google does not take."""
        request = self._transport.request(_SERVICE, "AddOfflineUserDataJobOperationsRequest")(
            resource_name=job, enable_partial_failure=True
        )
        request.MergeFromString(encoded(members, _SHAPES[operation]))
        answer = self._transport.ads_call(_SERVICE, "add_offline_user_data_job_operations", request, operations=1)
        if not answer.HasField("partial_failure_error"):
            return set()
        return set(failed_operations(answer.partial_failure_error, self._transport.api_version))

    def _started(self, job: str, sent: int, kept: list[int]) -> Receipt:
        ticket = Ticket((job,), sent - len(kept), self._clock.now())
        return accepted(ticket, sent, kept)
