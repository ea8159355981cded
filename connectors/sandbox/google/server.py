"""Serves both Google APIs on one gRPC port with TLS, as googleads.googleapis.com and datamanager.googleapis.com do."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from activator.ports import Clock
from connectors.sandbox.google.adsapi import AdsApi, in_version
from connectors.sandbox.google.calls import Call, Gate
from connectors.sandbox.google.datalists import DataLists
from connectors.sandbox.google.ingestion import Ingestion
from connectors.sandbox.google.wire import NEWEST, VERSIONS, ads_class, data_class, translated
from connectors.sandbox.oauth import Authority
from connectors.sandbox.state import PlatformState

_ADS_METHOD = re.compile(r"/google\.ads\.googleads\.(v\d+)\.services\.(\w+)/(\w+)")
_DATA_METHOD = re.compile(r"/google\.ads\.datamanager\.v1\.(\w+)/(\w+)")
_THREADS = 8
_MESSAGE_BYTES_MAX = 64 * 1024 * 1024  # google-ads 34 client.py, _GRPC_CHANNEL_OPTIONS


class GoogleApis(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # grpc-stubs only: not generic at run time
    """Finds the method of a call, in whichever version of the API it is made. Unknown ones are UNIMPLEMENTED."""

    def __init__(self, state: PlatformState, seed: int, settle_seconds: float) -> None:
        self._gate = Gate(state, Authority(state))
        self._ads = AdsApi(state, self._gate, seed, settle_seconds)
        ingestion, lists = Ingestion(state, self._gate, settle_seconds), DataLists(state, self._gate)
        self._data: dict[tuple[str, str], Callable[[Call, Any], Any]] = {
            ("IngestionService", "IngestAudienceMembers"): ingestion.ingest,
            ("IngestionService", "RemoveAudienceMembers"): ingestion.remove,
            ("IngestionService", "RemoveAllAudienceMembers"): ingestion.remove_all,
            ("IngestionService", "RetrieveRequestStatus"): ingestion.status,
            ("UserListService", "CreateUserList"): lists.create,
            ("UserListService", "GetUserList"): lists.get,
            ("UserListService", "ListUserLists"): lists.page,
            ("UserListService", "UpdateUserList"): lists.update,
            ("UserListService", "DeleteUserList"): lists.delete,
        }

    def service(self, handler_call_details: Any) -> Any:
        """The handler of one call, or None."""
        found = _ADS_METHOD.fullmatch(handler_call_details.method)
        if found is not None:
            version, service, method = found.groups()
            known = version in VERSIONS and (service, method) in self._ads.methods
            return self._ads_handler(version, service, method) if known else None
        found = _DATA_METHOD.fullmatch(handler_call_details.method)
        if found is not None and (found.group(1), found.group(2)) in self._data:
            return self._data_handler(found.group(1), found.group(2))
        return None

    def _ads_handler(self, version: str, service: str, name: str) -> Any:
        method = self._ads.methods[service, name]
        newest = ads_class(NEWEST, method.types, method.request)

        def unary(request: Any, context: Any) -> Any:
            call = Call(context, service, name, version)
            answer = self._gate.answer(call, lambda: method.act(call, translated(request, newest)))
            return in_version(call, method, answer, method.response)

        def stream(request: Any, context: Any) -> Iterator[Any]:
            call = Call(context, service, name, version)
            answers = self._gate.answer(call, lambda: method.act(call, translated(request, newest)))
            for answer in answers:
                yield in_version(call, method, answer, method.response)

        read = ads_class(version, method.types, method.request).FromString
        write = ads_class(version, method.types, method.response).SerializeToString
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(stream, read, write)
        return grpc.unary_unary_rpc_method_handler(unary, read, write)

    def _data_handler(self, service: str, name: str) -> Any:
        act = self._data[service, name]

        def unary(request: Any, context: Any) -> Any:
            call = Call(context, service, name)
            return self._gate.answer(call, lambda: act(call, request))

        read = data_class(f"{name}Request").FromString
        return grpc.unary_unary_rpc_method_handler(unary, read, lambda answer: answer.SerializeToString())


def serve_google(
    state: PlatformState,
    seed: int,
    host: str,
    port: int,
    certificate: bytes | Path,
    key: bytes | Path,
    settle_seconds: float,
    clock: Clock,
) -> tuple[int, Callable[[], None]]:
    """Start serving; the port (a free one when 0 was asked for) and what stops it.

    certificate and key: PEM or files of it, for the host's name. settle_seconds: how long uploads are PROCESSING.
    """
    assert clock is state.clock, "the Google half lives by the state's clock"
    options = (("grpc.max_receive_message_length", _MESSAGE_BYTES_MAX), ("grpc.so_reuseport", 0))
    server = grpc.server(ThreadPoolExecutor(_THREADS, "sandbox-google"), options=options)
    server.add_generic_rpc_handlers((GoogleApis(state, seed, settle_seconds),))
    credentials = grpc.ssl_server_credentials([(_pem(key), _pem(certificate))])
    bound = server.add_secure_port(f"{host}:{port}", credentials)
    server.start()

    def stop() -> None:
        server.stop(grace=1.0).wait()

    return bound, stop


def _pem(source: bytes | Path) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source
