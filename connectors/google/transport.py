"""Calls to both APIs through the official service clients, over channels of our own.

`GoogleAdsClient.get_service` opens its channel with gRPC's process-wide root certificates and lets gRPC fetch tokens.
Here every destination has its own channels with its own roots, proxy and credentials, so several accounts can live in
one process; the generated clients, their routing headers and google-ads' metadata interceptor are used as they are.
The libraries' own retries are off: only this module knows which calls may be repeated. Safe to use from threads.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import grpc
from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_exponential, wait_random

from activator.config.allowances import ProcessAllowances
from activator.errors import ConfigurationError, RateLimitedError, RetryableError
from activator.ports import Allowances, Clock
from connectors.google.answers import ACCOUNT_SCOPE, Refused, failed_operations
from connectors.google.credentials import AccessTokens, Metadata
from connectors.google.errors import translate
from connectors.google.pacing import PACE, DailyOperations, Quota
from connectors.google.settings import PREFIX, GoogleSettings
from connectors.google.version import (
    ATTEMPTS_MAX,
    LIST_PAGE_ROWS,
    METADATA_BYTES_MAX,
    RATE_WAIT_SECONDS_MAX,
    RECEIVE_BYTES_MAX,
)

Result = TypeVar("Result")

# At lower levels these libraries log whole requests, hashed people included, and headers with the token
# (google-ads interceptors/logging_interceptor.py, datamanager_v1 transports/grpc.py; read 2026-11-22).
_LOUD_LOGGERS = ("google.ads.googleads", "google.ads.datamanager_v1", "google.auth", "google.api_core")

# Data Manager's quotas of a minute (…/devguides/limits): changes and reads of members apart, all else together.
_INGESTION_CHANGES, _INGESTION_READS, _OTHERS = "ingestion-mutate", "ingestion-read", "other"

_PAUSE = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0.0, 0.5)


class GoogleTransport:
    """One account's connections. Everything it raises is a DestinationError; nothing is called before it is needed."""

    def __init__(
        self, settings: GoogleSettings, customer_id: str, clock: Clock, allowances: Allowances | None = None
    ) -> None:
        """Check settings and files. allowances: what outlives the process. Raises ConfigurationError."""
        self.customer_id = customer_id
        self._settings = settings
        self._clock = clock
        self._tokens = AccessTokens(settings)
        self._roots = _roots(settings)
        self._allowances = allowances or ProcessAllowances(clock)
        quota = self._quota(settings.endpoint, per_minute=False)
        self.daily_operations = DailyOperations(self._allowances, quota, settings.daily_operations)
        PACE.recall({name: until for name, until in self._allowances.waits().items() if name.startswith("google ")})
        self._clients: dict[str, Any] = {}
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = threading.Lock()
        for name in _LOUD_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)

    @property
    def login_customer_id(self) -> str | None:
        """The manager account whose access is used, if it is not the advertiser itself."""
        login = self._settings.login_customer_id
        return login if login != self.customer_id else None

    @property
    def api_version(self) -> str:
        """Of the Google Ads API, e.g. v26."""
        return self._settings.api_version

    @property
    def clock_ahead_seconds(self) -> float:
        """How far this machine's clock is ahead of Google's, as the last token showed; to the second."""
        return self._tokens.clock_ahead_seconds

    def authorize(self) -> None:
        """Get an access token, if there is none yet."""
        self._retrying(self._tokens.metadata)

    def granted_scopes(self) -> frozenset[str] | None:
        """What the token may do, where the token endpoint has said so. Call `authorize` first."""
        return self._tokens.granted_scopes

    def search(self, query: str) -> list[Any]:
        """All rows of a GAQL query, as raw protobuf. One operation of the daily quota, however many rows."""
        types = self._types("google_ads_service")
        client = self.ads_client("google_ads_service")
        request = types.SearchGoogleAdsStreamRequest(customer_id=self.customer_id, query=query)

        def stream(metadata: Metadata) -> list[Any]:
            answers = client.search_stream(
                request=request, retry=None, timeout=self._settings.read_timeout_seconds, metadata=metadata
            )
            unwrap = types.SearchGoogleAdsStreamResponse.pb
            return [row for answer in answers for row in unwrap(answer).results]

        return self._call_ads(stream, writes=False, operations=1)

    def mutate(self, operations: Iterable[Mapping[str, Any]]) -> list[str]:
        """Carry out all operations or none; the resource names, in order. Operations are MutateOperation as dicts."""
        answer = self._mutate(list(operations))
        return [_resource_name(item) for item in answer.mutate_operation_responses]

    def rehearse(self, operations: Iterable[Mapping[str, Any]]) -> dict[int, Refused]:
        """What Google would refuse of operations, by position; nothing is changed."""
        answer = self._mutate(list(operations), validate_only=True, partial_failure=True)
        if not answer.HasField("partial_failure_error"):
            return {}
        return failed_operations(answer.partial_failure_error, self.api_version)

    def _mutate(self, operations: list[Mapping[str, Any]], **how: bool) -> Any:
        request = self.request("google_ads_service", "MutateGoogleAdsRequest")(
            customer_id=self.customer_id, mutate_operations=operations, **how
        )
        writes = not request.validate_only
        return self.ads_call("google_ads_service", "mutate", request, operations=len(operations), writes=writes)

    def ads_call(self, module: str, method: str, request: Any, *, operations: int, writes: bool = True) -> Any:
        """One unary call of any Google Ads service; request is a raw protobuf, so is the answer.

        module: e.g. `campaign_service`; operations: what it costs of the day's quota.
        """
        client = self.ads_client(module)
        wrapped = getattr(self._types(module), type(request).__name__).wrap(request)
        timeout = self._settings.write_timeout_seconds if writes else self._settings.read_timeout_seconds

        def send(metadata: Metadata) -> Any:
            answer = getattr(client, method)(request=wrapped, retry=None, timeout=timeout, metadata=metadata)
            return type(answer).pb(answer) if hasattr(type(answer), "pb") else answer

        return self._call_ads(send, writes=writes, operations=operations)

    def ingestion(self, method: str, request: Any, *, writes: bool) -> Any:
        """One call of the Data Manager IngestionService; request is a raw protobuf, so is the answer."""
        kind = _INGESTION_CHANGES if writes else _INGESTION_READS
        return self._data_manager("ingestion_service", "IngestionService", method, request, kind, writes=writes)

    def change_list(self, method: str, request: Any) -> Any:
        """UserListService: create_user_list or update_user_list; the list."""
        writes = not request.validate_only
        return self._data_manager("user_list_service", "UserListService", method, request, _OTHERS, writes=writes)

    def list_page(self, request: Any) -> Any:
        """One page of UserListService.ListUserLists."""
        request.page_size = LIST_PAGE_ROWS
        method = "list_user_lists"
        return self._data_manager("user_list_service", "UserListService", method, request, _OTHERS, writes=False)

    def close(self) -> None:
        """Close the connections; the next call would open new ones."""
        with self._lock:
            channels, self._channels, self._clients = self._channels, {}, {}
        for channel in channels.values():
            channel.close()

    def request(self, module: str, name: str) -> Any:
        """The raw class of a Google Ads message of the configured version, e.g. a request of a service's module."""
        return getattr(self._types(module), name).pb()

    def _data_manager(self, module: str, service: str, method: str, request: Any, kind: str, *, writes: bool) -> Any:
        client = self._data_manager_client(module, service)
        types = import_module(f"google.ads.datamanager_v1.types.{module}")
        wrapped = getattr(types, type(request).__name__).wrap(request)
        timeout = self._settings.write_timeout_seconds if writes else self._settings.read_timeout_seconds
        login = self.login_customer_id
        # user_list_service/client.py (0.9.4): header `login-account` when access goes through a manager.
        via = [("login-account", f"accountTypes/GOOGLE_ADS/accounts/{login}")] if login else []
        extra = via if module == "user_list_service" else []

        def send(metadata: Metadata) -> Any:
            answer = getattr(client, method)(request=wrapped, retry=None, timeout=timeout, metadata=[*metadata, *extra])
            # A pager asks for further pages by itself; only its first page is taken, so each is retried alone.
            first = next(iter(answer.pages)) if hasattr(answer, "pages") else answer
            return type(first).pb(first)

        quota = self._quota(f"{self._settings.data_manager_endpoint} {kind}", per_minute=True)
        return self._retrying(lambda: self._once(send, quota, writes=writes, renewed=False))

    def _call_ads(self, send: Callable[[Metadata], Result], *, writes: bool, operations: int) -> Result:
        quota = self._quota(self._settings.endpoint, per_minute=False)
        self.daily_operations.spend(operations, self._clock)
        return self._retrying(lambda: self._once(send, quota, writes=writes, renewed=False))

    def _quota(self, api: str, *, per_minute: bool) -> Quota:
        return Quota(self._tokens.project, api, self.customer_id, per_minute)

    def _once(self, send: Callable[[Metadata], Result], quota: Quota, *, writes: bool, renewed: bool) -> Result:
        from google.api_core.exceptions import GoogleAPIError

        metadata = self._tokens.metadata()
        PACE.admit(quota, self._clock)
        try:
            return send(metadata)
        # ValueError: api_core refuses details that contradict the status (grpc_status.rpc_status.from_call).
        except (GoogleAPIError, grpc.RpcError, ValueError) as error:
            fault = translate(error, self._settings.api_version, writes=writes)
        # Raised outside the handler, so that no exception chain holds the original with its payload.
        if fault.fault.subcode == grpc.StatusCode.UNAUTHENTICATED.name and not renewed:
            self._tokens.forget()
            return self._once(send, quota, writes=writes, renewed=True)
        if isinstance(fault, RateLimitedError):
            of_account = fault.fault.quota_scope == ACCOUNT_SCOPE
            PACE.hold(quota, self._clock, fault.retry_after_seconds, self._allowances, account_only=of_account)
        raise fault

    def _retrying(self, attempt: Callable[[], Result]) -> Result:
        """Repeat what is certain to have had no effect; a write of unknown outcome is never repeated here."""
        policy = Retrying(
            retry=_worth_repeating,
            wait=_wait_seconds,
            stop=stop_after_attempt(ATTEMPTS_MAX),
            sleep=self._sleep,
            reraise=True,
        )
        return policy(attempt)

    def _sleep(self, seconds: float) -> None:
        if seconds:
            self._clock.sleep(seconds)

    def ads_client(self, module: str) -> Any:
        """The official client of one Google Ads service, e.g. `google_ads_service`; they share one channel."""
        with self._lock:
            if module not in self._clients:
                self._clients[module] = self._new_ads_client(module)
            return self._clients[module]

    def _new_ads_client(self, module: str) -> Any:
        from google.ads.googleads.client import _CLIENT_INFO

        found = import_module(f"google.ads.googleads.{self._settings.api_version}.services.services.{module}")
        name = "".join(part.capitalize() for part in module.split("_"))
        client_class = getattr(found, f"{name}Client")
        transport = client_class.get_transport_class("grpc")(channel=self._ads_channel(), client_info=_CLIENT_INFO)
        return client_class(transport=transport)

    def _ads_channel(self) -> grpc.Channel:
        from google.ads.googleads.interceptors import MetadataInterceptor

        settings = self._settings
        if settings.endpoint not in self._channels:
            token = settings.developer_token.get_secret_value() if settings.developer_token else None
            interceptor = MetadataInterceptor(token, settings.login_customer_id)
            channel = grpc.intercept_channel(self._channel(settings.endpoint), interceptor)
            self._channels[settings.endpoint] = channel
        return self._channels[settings.endpoint]

    def _data_manager_client(self, module: str, service: str) -> Any:
        key = f"data manager {module}"  # both APIs have a service of this name
        with self._lock:
            if key not in self._clients:
                found = import_module(f"google.ads.datamanager_v1.services.{module}")
                client_class = getattr(found, f"{service}Client")
                transport = client_class.get_transport_class("grpc")(channel=self._data_channel())
                self._clients[key] = client_class(transport=transport)
            return self._clients[key]

    def _data_channel(self) -> grpc.Channel:
        if "data manager" not in self._channels:
            self._channels["data manager"] = self._channel(self._settings.data_manager_endpoint)
        return self._channels["data manager"]

    def _types(self, module: str) -> Any:
        return import_module(f"google.ads.googleads.{self._settings.api_version}.services.types.{module}")

    def _channel(self, target: str) -> grpc.Channel:
        options: list[tuple[str, Any]] = [
            ("grpc.max_metadata_size", METADATA_BYTES_MAX),
            ("grpc.max_receive_message_length", RECEIVE_BYTES_MAX),
            # Off, gRPC ignores HTTPS_PROXY and its kin: which way people's data goes is a setting, not an accident.
            ("grpc.enable_http_proxy", int(self._settings.proxy is not None)),
        ]
        if self._settings.proxy is not None:
            options.append(("grpc.http_proxy", self._settings.proxy.get_secret_value()))
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(self._roots), options)


def _resource_name(response: Any) -> str:
    kind = response.WhichOneof("response")
    return str(getattr(response, kind).resource_name) if kind else ""


def _roots(settings: GoogleSettings) -> bytes | None:
    if settings.ca_file is None:
        return None
    try:
        return settings.ca_file.expanduser().read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{PREFIX}CA_FILE cannot be read: {error.strerror}", "Check the path.") from None


def _worth_repeating(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimitedError):
        return error.retry_after_seconds <= RATE_WAIT_SECONDS_MAX
    return isinstance(error, RetryableError)


def _wait_seconds(state: RetryCallState) -> float:
    """What Google has told to wait is waited out before the next call, by everybody (pacing)."""
    error = state.outcome.exception() if state.outcome else None
    return 0.0 if isinstance(error, RateLimitedError) else _PAUSE(state)
