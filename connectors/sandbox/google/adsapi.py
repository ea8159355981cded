"""The Google Ads API: Search, SearchStream, Mutate, the per-resource services and ListAccessibleCustomers."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox import accounts
from connectors.sandbox.google import rules
from connectors.sandbox.google.account import PLATFORM, Account
from connectors.sandbox.google.calls import Call, Gate
from connectors.sandbox.google.experiments import Schedule
from connectors.sandbox.google.gaql import Query, parse
from connectors.sandbox.google.jobs import Jobs, show_progress
from connectors.sandbox.google.kinds import AD, JOB, KIND, KINDS, Kind
from connectors.sandbox.google.mutate import Mutation, Operation
from connectors.sandbox.google.refusal import AdsFault, Refusal, Status, ads_fault, partial_failure
from connectors.sandbox.google.rows import evaluate
from connectors.sandbox.google.wire import LONG_RUNNING, NEWEST, ads_class, translated
from connectors.sandbox.state import PlatformState

_GOOGLE_ADS = "services.types.google_ads_service"
_CUSTOMERS = "services.types.customer_service"
_EXPERIMENTS = "services.types.experiment_service"
_JOBS = "services.types.offline_user_data_job_service"
_JOB_ANSWERS = {"RunOfflineUserDataJob": LONG_RUNNING}
STREAM_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC. types: module and names of its messages; act gets the call and the newest version's request."""

    types: str
    request: str
    response: str
    act: Callable[[Call, Any], Any]
    streams: bool = False


class AdsApi:
    """All services of the Google Ads API the sandbox knows, by service and method name."""

    def __init__(self, state: PlatformState, gate: Gate, seed: int, settle_seconds: float) -> None:
        self._state = state
        self._gate = gate
        self._seed = seed
        self.methods: dict[tuple[str, str], Method] = {
            ("GoogleAdsService", "Search"): Method(
                _GOOGLE_ADS, "SearchGoogleAdsRequest", "SearchGoogleAdsResponse", self._search
            ),
            ("GoogleAdsService", "SearchStream"): Method(
                _GOOGLE_ADS, "SearchGoogleAdsStreamRequest", "SearchGoogleAdsStreamResponse", self._stream, streams=True
            ),
            ("GoogleAdsService", "Mutate"): Method(
                _GOOGLE_ADS, "MutateGoogleAdsRequest", "MutateGoogleAdsResponse", self._mutate
            ),
            ("CustomerService", "ListAccessibleCustomers"): Method(
                _CUSTOMERS, "ListAccessibleCustomersRequest", "ListAccessibleCustomersResponse", self._customers
            ),
        }
        for name, act in Jobs(state, settle_seconds, self._account).methods.items():
            request, response = f"{name}Request", _JOB_ANSWERS.get(name, f"{name}Response")
            self.methods["OfflineUserDataJobService", name] = Method(_JOBS, request, response, act)
        self.methods["ExperimentService", "ScheduleExperiment"] = Method(
            _EXPERIMENTS, "ScheduleExperimentRequest", LONG_RUNNING, Schedule(self._account).run
        )
        for kind in (*KINDS, AD):
            types = f"services.types.{kind.name}_service"
            self.methods[kind.service, kind.method] = Method(
                types, f"{kind.method}Request", f"{kind.method}Response", self._service(kind, types)
            )

    # Reading

    def _search(self, call: Call, request: Any) -> Any:
        if request.page_size:
            text = "Setting the page size is not supported. Search Responses have fixed page size of '10000' rows."
            raise Refusal("request_error", "PAGE_SIZE_NOT_SUPPORTED", text)
        query, rows = self._rows(call, request)
        start = _offset(request)
        page = rows[start : start + rules.SEARCH_PAGE_ROWS]
        response = ads_class(NEWEST, _GOOGLE_ADS, "SearchGoogleAdsResponse")(results=page)
        response.field_mask.paths.extend(_paths(query))
        if start + len(page) < len(rows):
            response.next_page_token = _page_token(request, start + len(page))
        if request.search_settings.return_total_results_count:
            response.total_results_count = len(rows)
        return response

    def _stream(self, call: Call, request: Any) -> Iterator[Any]:
        query, rows = self._rows(call, request)
        make = ads_class(NEWEST, _GOOGLE_ADS, "SearchGoogleAdsStreamResponse")
        answers = []
        for start in range(0, max(len(rows), 1), STREAM_ROWS):
            response = make(results=rows[start : start + STREAM_ROWS], request_id=call.request_id)
            response.field_mask.paths.extend(_paths(query))
            answers.append(response)
        return iter(answers)

    def _rows(self, call: Call, request: Any) -> tuple[Query, list[Any]]:
        account = self._account(call, request.customer_id)
        with self._state.transaction():
            query = parse(request.query, account.today())
            if query.resource == JOB.name:
                show_progress(account)
            call.detail["resource"] = query.resource
            rows = evaluate(account, query, self._seed)
        call.detail["rows"] = len(rows)
        return query, rows

    def _customers(self, call: Call, request: Any) -> Any:  # noqa: ARG002 - the request has no fields
        known = {document["customer_id"] for document in self._state.list(PLATFORM, "customer")}
        names = sorted(f"customers/{number}" for number in known | {accounts.GOOGLE_CUSTOMER_ID})
        return ads_class(NEWEST, _CUSTOMERS, "ListAccessibleCustomersResponse")(resource_names=names)

    # Changing

    def _mutate(self, call: Call, request: Any) -> Any:
        operations = []
        for position, message in enumerate(request.mutate_operations):
            field = str(message.WhichOneof("operation") or "")
            kind = AD if field == AD.operation else KIND.get(field.removesuffix("_operation"))
            if kind is None:
                text = f"The sandbox has no operation '{field}' (mutate_operations[{position}])."
                raise AdsFault(Status.UNIMPLEMENTED, text)
            operations.append(Operation(kind, getattr(message, field), f"mutate_operations[{position}].{field}"))
        response = ads_class(NEWEST, _GOOGLE_ADS, "MutateGoogleAdsResponse")()
        account, names = self._run(call, request, operations, response)
        for operation, name in zip(operations, names, strict=True):
            answer = response.mutate_operation_responses.add()
            _fill_result(account, operation, getattr(answer, operation.kind.result) if name else None, name, request)
        return response

    def _service(self, kind: Kind, types: str) -> Callable[[Call, Any], Any]:
        def mutate(call: Call, request: Any) -> Any:
            operations = [
                Operation(kind, message, f"operations[{position}]")
                for position, message in enumerate(request.operations)
            ]
            response = ads_class(NEWEST, types, f"{kind.method}Response")()
            account, names = self._run(call, request, operations, response)
            for operation, name in zip(operations, names, strict=True):
                _fill_result(account, operation, response.results.add(), name, request)
            return response

        return mutate

    def _run(
        self, call: Call, request: Any, operations: Sequence[Operation], response: Any
    ) -> tuple[Account, list[str]]:
        """Carry out all operations or, with partial_failure, those that can be. Nothing stays after validate_only."""
        call.detail["operations"] = len(operations)
        account = self._account(call, request.customer_id)
        if not operations:
            raise Refusal("field_error", "REQUIRED", "The required field was not present.", "operations")
        if len(operations) > rules.OPERATIONS_MAX:
            raise Refusal("request_error", "TOO_MANY_MUTATE_OPERATIONS", "Too many mutate operations.")
        with self._state.transaction():
            names, refusals = Mutation(account).run(operations)
            if refusals and not request.partial_failure:
                raise ads_fault(*refusals)
            if not request.validate_only:
                account.commit()
        if refusals:
            status = partial_failure(call.version, refusals, call.request_id)
            response.partial_failure_error.CopyFrom(status)
        if request.validate_only:
            names = [""] * len(names)
        return account, names

    def _account(self, call: Call, customer_id: str) -> Account:
        call.detail["customer_id"] = customer_id
        if not rules.CUSTOMER_ID.fullmatch(customer_id):
            text = f"Invalid customer ID '{customer_id}'."
            raise Refusal("request_error", "INVALID_CUSTOMER_ID", text)
        login = call.header("login-customer-id")
        if login and not rules.CUSTOMER_ID.fullmatch(login):
            text = "The login customer ID could not be validated."
            raise Refusal("header_error", "INVALID_LOGIN_CUSTOMER_ID", text)
        if not self._gate.may_use(customer_id):
            text = (
                "User doesn't have permission to access customer. Note: If you're accessing a client customer, "
                "the manager's customer id must be set in the 'login-customer-id' header."
            )
            raise Refusal("authorization_error", "USER_PERMISSION_DENIED", text)
        return Account(self._state, customer_id)


def in_version(call: Call, method: Method, message: Any, name: str) -> Any:
    """An answer as a message of the caller's version."""
    return translated(message, ads_class(call.version, method.types, name))


def _fill_result(account: Account, operation: Operation, result: Any, name: str, request: Any) -> None:
    """The resource's name and, when it was asked for, the resource."""
    if result is None or not name:
        return
    result.resource_name = name
    wants_resource = getattr(request, "response_content_type", 0) == 2  # MUTABLE_RESOURCE
    if wants_resource and operation.kind.name in result.DESCRIPTOR.fields_by_name:
        found = account.find(operation.kind.name, name)
        if found is not None:
            getattr(result, operation.kind.name).CopyFrom(found)


def _paths(query: Query) -> list[str]:
    return [field.name for field in query.select]


def _digest(request: Any) -> str:
    return hashlib.sha256(f"{request.customer_id}\n{request.query}".encode()).hexdigest()[:16]


def _page_token(request: Any, offset: int) -> str:
    return f"{_digest(request)}-{offset}"


def _offset(request: Any) -> int:
    if not request.page_token:
        return 0
    digest, _, offset = request.page_token.partition("-")
    if digest != _digest(request) or not offset.isdigit():
        raise Refusal("request_error", "INVALID_PAGE_TOKEN", "Page token is invalid.")
    return int(offset)
