"""Data Manager IngestionService: ingest, remove, remove all, and what became of a request."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.audience_members import Identifiers, consent_problem
from connectors.sandbox.google.calls import Call, Gate
from connectors.sandbox.google.refusal import DataFault, Status, Violation
from connectors.sandbox.google.wire import data_class, enum_word
from connectors.sandbox.state import PlatformState

STATUS_KEPT = timedelta(days=50)  # DM/diagnostics
GOOGLE_ADS = "GOOGLE_ADS"
_REASON = "PROCESSING_ERROR_REASON_"
_MISSING = "Required field is missing."
_DATA_OF_LIST = {"CONTACT_INFO": "user_data", "MOBILE_ADVERTISING_ID": "mobile_data", "CRM_ID": "user_id_data"}
# dm types/request_status_per_destination.py: the part of the answer for each kind of data, and its counter.
_COUNTED = {"user_data": "user_identifier_count", "mobile_data": "mobile_id_count", "user_id_data": "user_id_count"}


def invalid(*violations: Violation) -> DataFault:
    """INVALID_ARGUMENT with field violations: the useful reason is in the violation, as in DM's error model."""
    text = "There was a problem with the request."
    return DataFault(Status.INVALID_ARGUMENT, "INVALID_ARGUMENT", text, violations)


class Ingestion:
    """Uploads are checked at once, all or nothing, and take effect later."""

    def __init__(self, state: PlatformState, gate: Gate, settle_seconds: float) -> None:
        self._state = state
        self._gate = gate
        self._settle_seconds = settle_seconds

    def ingest(self, call: Call, request: Any) -> Any:
        """IngestAudienceMembers."""
        return self._upload(call, request, "ingest", "IngestAudienceMembersResponse")

    def remove(self, call: Call, request: Any) -> Any:
        """RemoveAudienceMembers."""
        return self._upload(call, request, "remove", "RemoveAudienceMembersResponse")

    def _upload(self, call: Call, request: Any, operation: str, response: str) -> Any:
        call.detail.update(members=len(request.audience_members), destinations=len(request.destinations))
        identifiers = Identifiers(request)
        violations, targets = self._destinations(request.destinations)
        members = identifiers.read(request.audience_members)
        violations += identifiers.violations or self._fit(request, targets, identifiers.data, operation)
        if violations:
            raise invalid(*violations[:20])
        call.detail["lists"] = [list_id for list_id, _ in targets]
        if not request.validate_only:
            with self._state.transaction():
                self._accept(call, request, operation, identifiers.data, members)
        return data_class(response)(request_id=call.request_id)

    def _accept(self, call: Call, request: Any, operation: str, data: str, members: list[list[str]]) -> None:
        problems = [
            consent_problem(member, request) if operation == "ingest" else "" for member in request.audience_members
        ]
        parts = []
        for destination in request.destinations:
            chosen = [
                position
                for position, member in enumerate(request.audience_members)
                if not member.destination_references or destination.reference in member.destination_references
            ]
            errors = Counter(problems[position] for position in chosen if problems[position])
            accepted = [members[position] for position in chosen if not problems[position]]
            change = self._state.add_members if operation == "ingest" else self._state.remove_members
            change(PLATFORM, destination.product_destination_id, accepted, call.request_id, self._settle_seconds)
            identifiers = sum(len(members[position]) for position in chosen)
            parts.append(_part(destination, operation, data, len(chosen), identifiers, dict(errors)))
        self._remember(call, parts)

    def remove_all(self, call: Call, request: Any) -> Any:
        """RemoveAllAudienceMembers: everybody who was last added before a moment, by default now."""
        violations, targets = self._destinations(request.destinations)
        now = self._state.clock.now()
        before = request.remove_as_of_time.ToDatetime(now.tzinfo) if request.HasField("remove_as_of_time") else None
        if before is not None and before > now:
            text = "The remove as of time must not be in the future."
            violations.append(Violation("remove_as_of_time", "INVALID_REMOVE_AS_OF_TIME", text))
        if violations:
            raise invalid(*violations)
        call.detail["lists"] = [list_id for list_id, _ in targets]
        if not request.validate_only:
            with self._state.transaction():
                for list_id, _ in targets:
                    self._state.clear_members(PLATFORM, list_id, call.request_id, self._settle_seconds, before)
                parts = [_part(destination, "remove_all", "", 0, 0, {}) for destination in request.destinations]
                self._remember(call, parts)
        return data_class("RemoveAllAudienceMembersResponse")(request_id=call.request_id)

    def status(self, call: Call, request: Any) -> Any:
        """RetrieveRequestStatus: per destination PROCESSING, then SUCCESS, PARTIAL_SUCCESS or FAILED."""
        known = self._state.get(PLATFORM, "data_request", request.request_id)
        now = self._state.clock.now()
        if known is None or datetime.fromisoformat(known["accepted_at"]) + STATUS_KEPT < now:
            text = "The request ID used to retrieve the status of a request is not valid."
            raise invalid(Violation("request_id", "INVALID_REQUEST_ID", text))
        is_pending = self._state.is_pending(PLATFORM, request.request_id)
        call.detail["pending"] = is_pending
        response = data_class("RetrieveRequestStatusResponse")()
        for part in known["parts"]:
            _describe(response.request_status_per_destination.add(), part, is_pending=is_pending)
        return response

    def _remember(self, call: Call, parts: list[dict[str, Any]]) -> None:
        accepted_at = self._state.clock.now().isoformat()
        document = {"id": call.request_id, "accepted_at": accepted_at, "parts": parts}
        self._state.put(PLATFORM, "data_request", call.request_id, document)

    # Checks

    def _destinations(self, destinations: Any) -> tuple[list[Violation], list[tuple[str, Any]]]:
        """What is wrong with the destinations, and the lists they name."""
        violations: list[Violation] = []
        targets: list[tuple[str, Any]] = []
        if not destinations:
            violations.append(Violation("destinations", "REQUIRED_FIELD_MISSING", _MISSING))
        if len(destinations) > rules.DESTINATIONS_MAX:
            text = "Maximum number of destinations allowed per request is 10."
            violations.append(Violation("destinations", "TOO_MANY_DESTINATIONS", text))
        references: set[str] = set()
        for position, destination in enumerate(destinations):
            path = f"destinations[{position}]"
            if destination.reference and destination.reference in references:
                text = "Two or more destinations in the request have the same reference."
                violations.append(Violation(f"{path}.reference", "DUPLICATE_DESTINATION_REFERENCE", text))
            references.add(destination.reference)
            problem = self._target(destination, path, targets)
            violations += [problem] if problem else []
        return violations, targets

    def _target(self, destination: Any, path: str, targets: list[tuple[str, Any]]) -> Violation | None:
        account = destination.operating_account
        here = f"{path}.operating_account"
        if not account.account_id:
            return Violation(f"{here}.account_id", "REQUIRED_FIELD_MISSING", _MISSING)
        if enum_word(account, "account_type") != GOOGLE_ADS and enum_word(account, "product") != GOOGLE_ADS:
            text = "The destination account type does not match the specified account id."
            return Violation(f"{here}.account_type", "DESTINATION_ACCOUNT_TYPE_MISMATCH", text)
        if not rules.CUSTOMER_ID.fullmatch(account.account_id):
            return Violation(f"{here}.account_id", "INVALID_DESTINATION", "This Destination is not valid.")
        for used in (account.account_id, destination.login_account.account_id):
            if used and not self._gate.may_use(used):
                text = "The caller does not have permission."
                raise DataFault(Status.PERMISSION_DENIED, "PERMISSION_DENIED", text)
        list_id = destination.product_destination_id
        if not list_id:
            return Violation(f"{path}.product_destination_id", "REQUIRED_FIELD_MISSING", _MISSING)
        customer = Account(self._state, account.account_id)
        user_list = customer.find("user_list", f"{customer.name}/userLists/{list_id}")
        if user_list is None:
            return Violation(f"{path}.product_destination_id", "INVALID_USER_LIST_ID", "User list is not valid.")
        targets.append((list_id, user_list))
        return None

    def _fit(self, request: Any, targets: list[tuple[str, Any]], data: str, operation: str) -> list[Violation]:
        """Data that the lists take, references that exist, terms that are accepted."""
        violations = []
        for _, user_list in targets:
            if _DATA_OF_LIST.get(enum_word(user_list.crm_based_user_list, "upload_key_type")) != data:
                text = "Type of the user list is not applicable for this request."
                violations.append(Violation("audience_members[0]", "INVALID_USER_LIST_TYPE", text))
        known = {destination.reference for destination in request.destinations}
        for position, member in enumerate(request.audience_members):
            if set(member.destination_references) - known:
                path = f"audience_members[{position}].destination_references"
                violations.append(Violation(path, "INVALID_DESTINATION", "This Destination is not valid."))
        if operation == "ingest" and data in {"user_data", "mobile_data"} and not self._terms(request):
            text = "Required terms and conditions are not accepted."
            violations.append(Violation("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED", text))
        return violations

    def _terms(self, request: Any) -> bool:
        """Accepted with the request, or in the account's own settings (see `accept_terms`)."""
        if enum_word(request.terms_of_service, "customer_match_terms_of_service_status") == "ACCEPTED":
            return True
        accounts = {destination.operating_account.account_id for destination in request.destinations}
        return all(self._state.get(PLATFORM, "terms", account) is not None for account in accounts)


def accept_terms(state: PlatformState, customer_id: str) -> None:
    """Accept the Customer Match terms in the account, as an advertiser does in the Google Ads pages."""
    state.put(PLATFORM, "terms", customer_id, {"id": customer_id})


def _part(
    destination: Any, operation: str, data: str, records: int, identifiers: int, errors: dict[str, int]
) -> dict[str, Any]:
    """What is remembered of one destination of a request."""
    return {
        "reference": destination.reference,
        "customer_id": destination.operating_account.account_id,
        "list_id": destination.product_destination_id,
        "operation": operation,
        "data": data,
        "records": records,
        "identifiers": identifiers,
        "errors": errors,
    }


def _describe(status: Any, part: dict[str, Any], *, is_pending: bool) -> None:
    destination = status.destination
    destination.reference = part["reference"]
    destination.operating_account.account_id = part["customer_id"]
    destination.operating_account.account_type = 1
    destination.product_destination_id = part["list_id"]
    failed = sum(part["errors"].values())
    word = "SUCCESS" if not failed else "FAILED" if failed == part["records"] else "PARTIAL_SUCCESS"
    values = status.DESCRIPTOR.fields_by_name["request_status"].enum_type.values_by_name
    status.request_status = values["PROCESSING" if is_pending else word].number
    _count(status, part)
    if is_pending:
        return
    for reason, count in sorted(part["errors"].items()):
        error = status.error_info.error_counts.add(record_count=count)
        reasons = error.DESCRIPTOR.fields_by_name["reason"].enum_type.values_by_name
        error.reason = reasons[_REASON + reason].number


def _count(status: Any, part: dict[str, Any]) -> None:
    """Records and identifiers of the request, whether or not they were taken (dm: "regardless of")."""
    data, operation = part["data"], part["operation"]
    if operation == "remove_all":
        status.remove_all_audience_members_status.SetInParent()
        return
    if operation == "ingest":
        counts = getattr(status.audience_members_ingestion_status, f"{data}_ingestion_status")
    else:
        counts = getattr(status.audience_members_removal_status, f"{data}_removal_status")
    counts.record_count = part["records"]
    setattr(counts, _COUNTED[data], part["identifiers"])
