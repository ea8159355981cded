"""Calls to both APIs through the official service clients, over channels of our own.

`GoogleAdsClient.get_service` opens its channel with gRPC's process-wide root certificates and lets gRPC fetch tokens.
Here every destination has its own channels with its own roots, proxy and credentials, so several accounts can live in
one process; the generated clients, their routing headers and google-ads' metadata interceptor are used as they are.
The libraries' own retries are off: only this module knows which calls may be repeated.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import grpc
from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_exponential, wait_random

from activator.errors import ConfigurationError, RateLimitedError, RetryableError
from activator.ports import Clock
from connectors.google.credentials import AccessTokens, Metadata
from connectors.google.errors import translate
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

_PAUSE = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0.0, 0.5)


class GoogleTransport:
    """One account's connections. Everything it raises is a DestinationError; nothing is called before it is needed."""

    def __init__(self, settings: GoogleSettings, customer_id: str, clock: Clock) -> None:
        """Check settings and files. Raises ConfigurationError."""
        self.customer_id = customer_id
        self._settings = settings
        self._clock = clock
        self._tokens = AccessTokens(settings)
        self._roots = _roots(settings)
        self._clients: dict[str, Any] = {}
        for name in _LOUD_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)

    @property
    def login_customer_id(self) -> str | None:
        """The manager account whose access is used, if it is not the advertiser itself."""
        login = self._settings.login_customer_id
        return login if login != self.customer_id else None

    def authorize(self) -> None:
        """Get an access token, if there is none yet."""
        self._retrying(self._tokens.metadata)

    def search(self, query: str) -> list[Any]:
        """All rows of a GAQL query, as raw protobuf. One operation of the daily quota, however many rows."""
        types = self._types("google_ads_service")
        client = self._google_ads()
        request = types.SearchGoogleAdsStreamRequest(customer_id=self.customer_id, query=query)

        def stream(metadata: Metadata) -> list[Any]:
            answers = client.search_stream(
                request=request, retry=None, timeout=self._settings.read_timeout_seconds, metadata=metadata
            )
            unwrap = types.SearchGoogleAdsStreamResponse.pb
            return [row for answer in answers for row in unwrap(answer).results]

        return self._call(stream, writes=False)

    def mutate(self, operations: Iterable[Mapping[str, Any]]) -> list[str]:
        """Carry out all operations or none; the resource names, in order. Operations are MutateOperation as dicts."""
        types = self._types("google_ads_service")
        request = types.MutateGoogleAdsRequest.pb()(customer_id=self.customer_id, mutate_operations=list(operations))
        client, wrapped = self._google_ads(), types.MutateGoogleAdsRequest.wrap(request)

        def send(metadata: Metadata) -> list[str]:
            answer = client.mutate(
                request=wrapped, retry=None, timeout=self._settings.write_timeout_seconds, metadata=metadata
            )
            responses = types.MutateGoogleAdsResponse.pb(answer).mutate_operation_responses
            return [_resource_name(item) for item in responses]

        return self._call(send, writes=True)

    def ingestion(self, method: str, request: Any, *, writes: bool) -> Any:
        """One call of the Data Manager IngestionService; request is a raw protobuf, so is the answer."""
        return self._data_manager("ingestion_service", "IngestionService", method, request, writes=writes)

    def create_list(self, request: Any) -> Any:
        """UserListService.CreateUserList."""
        return self._data_manager("user_list_service", "UserListService", "create_user_list", request, writes=True)

    def list_page(self, request: Any) -> Any:
        """One page of UserListService.ListUserLists."""
        request.page_size = LIST_PAGE_ROWS
        return self._data_manager("user_list_service", "UserListService", "list_user_lists", request, writes=False)

    def close(self) -> None:
        """Close the connections; the next call would open new ones."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.transport.close()

    def _data_manager(self, module: str, service: str, method: str, request: Any, *, writes: bool) -> Any:
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

        return self._call(send, writes=writes)

    def _call(self, send: Callable[[Metadata], Result], *, writes: bool) -> Result:
        return self._retrying(lambda: self._once(send, writes=writes, renewed=False))

    def _once(self, send: Callable[[Metadata], Result], *, writes: bool, renewed: bool) -> Result:
        from google.api_core.exceptions import GoogleAPIError

        metadata = self._tokens.metadata()
        try:
            return send(metadata)
        # ValueError: api_core refuses details that contradict the status (grpc_status.rpc_status.from_call).
        except (GoogleAPIError, grpc.RpcError, ValueError) as error:
            fault = translate(error, self._settings.api_version, writes=writes)
        # Raised outside the handler, so that no exception chain holds the original with its payload.
        if fault.fault.subcode == grpc.StatusCode.UNAUTHENTICATED.name and not renewed:
            self._tokens.forget()
            return self._once(send, writes=writes, renewed=True)
        raise fault

    def _retrying(self, attempt: Callable[[], Result]) -> Result:
        """Repeat what is certain to have had no effect; a write of unknown outcome is never repeated here."""
        policy = Retrying(
            retry=_worth_repeating,
            wait=_wait_seconds,
            stop=stop_after_attempt(ATTEMPTS_MAX),
            sleep=self._clock.sleep,
            reraise=True,
        )
        return policy(attempt)

    def _google_ads(self) -> Any:
        if "google_ads" not in self._clients:
            from google.ads.googleads.client import _CLIENT_INFO
            from google.ads.googleads.interceptors import MetadataInterceptor

            settings = self._settings
            module = f"google.ads.googleads.{settings.api_version}.services.services.google_ads_service"
            client_class = import_module(module).GoogleAdsServiceClient
            token = settings.developer_token.get_secret_value() if settings.developer_token else None
            interceptor = MetadataInterceptor(token, settings.login_customer_id)
            channel = grpc.intercept_channel(self._channel(settings.endpoint), interceptor)
            transport = client_class.get_transport_class("grpc")(channel=channel, client_info=_CLIENT_INFO)
            self._clients["google_ads"] = client_class(transport=transport)
        return self._clients["google_ads"]

    def _data_manager_client(self, module: str, service: str) -> Any:
        if module not in self._clients:
            client_class = getattr(import_module(f"google.ads.datamanager_v1.services.{module}"), f"{service}Client")
            channel = self._channel(self._settings.data_manager_endpoint)
            self._clients[module] = client_class(transport=client_class.get_transport_class("grpc")(channel=channel))
        return self._clients[module]

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
    error = state.outcome.exception() if state.outcome else None
    told = error.retry_after_seconds if isinstance(error, RateLimitedError) else 0.0
    return told + _PAUSE(state)
