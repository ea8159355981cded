"""OfflineUserDataJobService: customer uploads of the Google Ads API, open only to accounts that used it before.

Sources, read 2026-11-22: ads-developers.googleblog.com/2026/03 (allow-list); v26
services/types/offline_user_data_job_service.py, common/types/offline_user_data.py, errors/types/
offline_user_data_job_error.py; GADS/remarketing/audience-segments/customer-match/manage (order of operations).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.calls import Call
from connectors.sandbox.google.change import required
from connectors.sandbox.google.kinds import JOB
from connectors.sandbox.google.refusal import Refusal, ads_fault, partial_failure
from connectors.sandbox.google.wire import LONG_RUNNING, NEWEST, ads_class, enum_number, enum_word, resource_class
from connectors.sandbox.state import PlatformState

_TYPES = "services.types.offline_user_data_job_service"
_ERRORS = "offline_user_data_job_error"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"customers/([0-9]{10})/offlineUserDataJobs/[0-9]+")
_OPERATIONS = "job_operations"
IDENTIFIERS_MAX = 20  # of one user; 100,000 of one request
IDENTIFIERS_REQUEST_MAX = 100_000


class Jobs:
    """Create, fill and run. opened: the account of a call, access checked."""

    def __init__(self, state: PlatformState, settle_seconds: float, opened: Callable[[Call, str], Account]) -> None:
        self._state = state
        self._settle_seconds = settle_seconds
        self._opened = opened
        self.methods: Mapping[str, Callable[[Call, Any], Any]] = {
            "CreateOfflineUserDataJob": self.create,
            "AddOfflineUserDataJobOperations": self.add,
            "RunOfflineUserDataJob": self.run,
        }

    def create(self, call: Call, request: Any) -> Any:
        """CreateOfflineUserDataJob: for one list of contacts, with consent on the job."""
        account = self._opened(call, request.customer_id)
        if self._state.get(PLATFORM, "allowlist", request.customer_id) is None:
            text = "Customer is not allowlisted for accessing this feature."
            raise Refusal("not_allowlisted_error", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", text)
        job = resource_class(JOB.name)()
        job.CopyFrom(request.job)
        if enum_word(job, "type_") != "CUSTOMER_MATCH_USER_LIST":
            raise required("job.type")
        list_name = job.customer_match_user_list_metadata.user_list
        user_list = account.find("user_list", list_name)
        if user_list is None:
            raise Refusal(_ERRORS, "INVALID_USER_LIST_ID", "The user list ID is not valid.", "job", list_name)
        if self._state.get(PLATFORM, "terms", request.customer_id) is None:
            text = "The customer has not accepted the customer data terms."
            raise Refusal(_ERRORS, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", text)
        number = self._state.new_id()
        job.resource_name, job.id = f"{account.name}/{JOB.collection}/{number}", int(number)
        job.status = enum_number(job, "status", "PENDING")
        account.put(JOB.name, job)
        if not request.validate_only:
            account.commit()
        return ads_class(NEWEST, _TYPES, "CreateOfflineUserDataJobResponse")(resource_name=job.resource_name)

    def add(self, call: Call, request: Any) -> Any:
        """AddOfflineUserDataJobOperations: all or, with partial failure, those that are right."""
        account, job = self._job(call, request.resource_name)
        call.detail["operations"] = 1
        call.detail["members"] = len(request.operations)
        self._refuse_started(job)
        total = sum(len(_user(operation).user_identifiers) for operation in request.operations)
        if total > IDENTIFIERS_REQUEST_MAX:
            text = "There are too many user identifiers in the request."
            raise Refusal(_ERRORS, "TOO_MANY_USER_IDENTIFIERS", text, "operations")
        held = self._held(job)
        refusals = []
        for position, operation in enumerate(request.operations):
            try:
                _check_kind(held, operation)
                held["members"].append(list(_identifiers(_user(operation))))
            except Refusal as refusal:
                refusals.append(refusal.below(f"operations[{position}]"))
        if refusals and not request.enable_partial_failure:
            raise ads_fault(*refusals)
        if not request.validate_only:
            self._state.put(PLATFORM, _OPERATIONS, job.resource_name, held)
        response = ads_class(NEWEST, _TYPES, "AddOfflineUserDataJobOperationsResponse")()
        if refusals:
            response.partial_failure_error.CopyFrom(partial_failure(call.version, refusals, call.request_id))
        assert account.customer_id in job.resource_name
        return response

    def run(self, call: Call, request: Any) -> Any:
        """RunOfflineUserDataJob: takes effect later, without those for whom consent is missing."""
        account, job = self._job(call, request.resource_name)
        self._refuse_started(job)
        held = self._held(job)
        list_id = job.customer_match_user_list_metadata.user_list.rpartition("/")[2]
        consent = job.customer_match_user_list_metadata.consent
        granted = {enum_word(consent, name) for name in ("ad_user_data", "ad_personalization")} == {"GRANTED"}
        if not request.validate_only:
            with self._state.transaction():
                if held["kind"] == "remove":
                    members = held["members"]
                    self._state.remove_members(PLATFORM, list_id, members, job.resource_name, self._settle_seconds)
                else:
                    members = held["members"] if granted else []  # not consented is silently not processed
                    self._state.add_members(PLATFORM, list_id, members, job.resource_name, self._settle_seconds)
                self._state.delete(PLATFORM, _OPERATIONS, job.resource_name)
                job.status = enum_number(job, "status", "RUNNING")
                account.put(JOB.name, job)
                account.commit()
        return ads_class(NEWEST, _TYPES, LONG_RUNNING)(name=f"{account.name}/operations/{job.id}")

    def _job(self, call: Call, name: str) -> tuple[Account, Any]:
        found = _NAME.fullmatch(name)
        if found is None:
            text = f"Resource name '{name}' is malformed."
            raise Refusal("request_error", "RESOURCE_NAME_MALFORMED", text, "resource_name", name)
        account = self._opened(call, found.group(1))
        job = account.find(JOB.name, name)
        if job is None:
            raise Refusal("mutate_error", "RESOURCE_NOT_FOUND", "Resource was not found.", "resource_name", name)
        return account, job

    def _held(self, job: Any) -> dict[str, Any]:
        empty = {"id": job.resource_name, "kind": "", "members": []}
        return self._state.get(PLATFORM, _OPERATIONS, job.resource_name) or empty

    @staticmethod
    def _refuse_started(job: Any) -> None:
        if enum_word(job, "status") != "PENDING":
            raise Refusal(_ERRORS, "JOB_ALREADY_STARTED", "The job was already started.")


def allow(state: PlatformState, customer_id: str) -> None:
    """Let an account upload through jobs, as those may who did so before."""
    state.put(PLATFORM, "allowlist", customer_id, {"id": customer_id})


def show_progress(account: Account) -> None:
    """Jobs whose members have taken effect are done."""
    for job in account.all(JOB.name).values():
        is_running = enum_word(job, "status") == "RUNNING"
        if is_running and not account.state.is_pending(PLATFORM, job.resource_name):
            job.status = enum_number(job, "status", "SUCCESS")
            account.put(JOB.name, job)
    account.commit()


def _user(operation: Any) -> Any:
    return getattr(operation, operation.WhichOneof("operation") or "create")


def _check_kind(held: dict[str, Any], operation: Any) -> None:
    """Create and remove do not mix in one job; a job has at least one of them."""
    kind = operation.WhichOneof("operation")
    if kind not in {"create", "remove"}:
        raise Refusal("request_error", "OPERATION_REQUIRED", "The sandbox knows create and remove.")
    if held["kind"] not in {"", kind}:
        raise Refusal(_ERRORS, "CONFLICTING_OPERATION", "Create and remove operations cannot be mixed in a job.")
    held["kind"] = kind


def _identifiers(user: Any) -> Any:
    """The identifier strings of one user, in the form Data Manager uploads have them."""
    if not user.user_identifiers:
        raise Refusal(_ERRORS, "MISSING_USER_IDENTIFIER", "The user identifier is missing.")
    if len(user.user_identifiers) > IDENTIFIERS_MAX:
        text = "There are too many user identifiers."
        raise Refusal(_ERRORS, "TOO_MANY_USER_IDENTIFIERS", text, "user_identifiers")
    if user.HasField("consent"):
        raise Refusal(_ERRORS, "OPERATION_LEVEL_CONSENT_PROVIDED", "Consent belongs on the job.", "consent")
    for position, identifier in enumerate(user.user_identifiers):
        which = identifier.WhichOneof("identifier")
        path = f"user_identifiers[{position}]"
        if which in {"hashed_email", "hashed_phone_number"}:
            name = {"hashed_email": "email_address", "hashed_phone_number": "phone_number"}[which]
            yield f"{name}:{_digest(getattr(identifier, which), f'{path}.{which}')}"
        elif which == "address_info":
            yield _address(identifier.address_info, f"{path}.{which}")
        else:
            raise Refusal(_ERRORS, "INCOMPATIBLE_UPLOAD_KEY_TYPE", "The identifier does not fit the list.", path)


def _address(info: Any, path: str) -> str:
    parts = (info.hashed_first_name, info.hashed_last_name, info.country_code, info.postal_code)
    if not all(parts):
        raise Refusal(_ERRORS, "MISSING_USER_IDENTIFIER", "An address needs all four parts.", path)
    names = (_digest(parts[0], f"{path}.hashed_first_name"), _digest(parts[1], f"{path}.hashed_last_name"))
    if rules.REGION_CODE.fullmatch(parts[2]) is None:
        raise Refusal(_ERRORS, "INVALID_COUNTRY_CODE", "The country code is not valid.", f"{path}.country_code")
    return "|".join((f"address:{names[0]}", names[1], *parts[2:]))


def _digest(value: str, path: str) -> str:
    if _SHA256.fullmatch(value) is None:
        raise Refusal(_ERRORS, "INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed.", path)
    return value
