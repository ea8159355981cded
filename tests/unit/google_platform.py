"""A loopback Google for tests: both APIs over gRPC with TLS and a token endpoint, each answer scripted.

It knows nothing of Google's rules (the contract tests have the sandbox for that); it records what was really sent.
"""

import datetime as dt
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from activator.ports import DestinationContext
from connectors.google.destination import GoogleDestination
from connectors.google.settings import GoogleSettings
from tests.clocks import ManualClock

ACCOUNT = "1234567890"
REFRESH_TOKEN = "canary-refresh-token"
ACCESS_TOKEN = "canary-access-token"
DIGEST = "c0ffee" * 10 + "c0fe"
FAILURE_KEY = "google.ads.googleads.v26.errors.googleadsfailure-bin"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error. details: google.rpc messages; failure: GoogleAdsFailure as a dict."""

    status: grpc.StatusCode
    message: str = f"refused {DIGEST}"
    details: tuple[Any, ...] = ()
    failure: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One received call."""

    method: str
    request: bytes
    metadata: dict[str, str]

    def read(self, message: type) -> Any:
        return message.pb().FromString(self.request)  # type: ignore[attr-defined]


@dataclass(slots=True)
class Platform:
    """What tests talk to: script answers, read calls."""

    target: str = ""
    token_uri: str = ""
    calls: list[Call] = field(default_factory=list)
    tokens: int = 0
    token_answer: tuple[int, dict[str, Any]] = (
        200,
        {"access_token": ACCESS_TOKEN, "expires_in": 3600, "token_type": "Bearer"},
    )
    scripts: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def answer(self, method: str, *answers: Any) -> None:
        """Queue answers of one method: raw or proto-plus messages, lists of them (streams), Failures, or callables."""
        self.scripts[method].extend(answers)

    def methods(self) -> list[str]:
        return [call.method for call in self.calls]

    def only(self, method: str, message: type) -> Any:
        found = [call for call in self.calls if call.method == method]
        assert len(found) == 1, self.methods()
        return found[0].read(message)

    def handle(self, call: Call, context: grpc.ServicerContext) -> list[bytes]:
        self.calls.append(call)
        queue = self.scripts[call.method]
        assert queue, f"no answer is scripted for {call.method}"
        answer = queue.pop(0)
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer()
        if isinstance(answer, Failure):
            _fail(answer, context)
        return [_serialize(item) for item in (answer if isinstance(answer, list) else [answer])]


def _serialize(message: Any) -> bytes:
    raw = type(message).pb(message) if hasattr(type(message), "pb") else message
    return bytes(raw.SerializeToString())


def _fail(answer: Failure, context: grpc.ServicerContext) -> None:
    from google.protobuf.any_pb2 import Any as AnyMessage
    from google.rpc.status_pb2 import Status

    trailing: list[tuple[str, str | bytes]] = [("request-id", "req-77")]
    if answer.failure is not None:
        errors = import_module("google.ads.googleads.v26.errors.types.errors")
        trailing.append((FAILURE_KEY, errors.GoogleAdsFailure.pb()(**answer.failure).SerializeToString()))
    if answer.details:
        status = Status(code=answer.status.value[0], message=answer.message)
        for detail in answer.details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        trailing.append(("grpc-status-details-bin", status.SerializeToString()))
    context.set_trailing_metadata(tuple(trailing))
    context.abort(answer.status, answer.message)


class _Handler(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method.rsplit("/", 1)[-1]
        metadata = {key: value for key, value in handler_call_details.invocation_metadata if isinstance(value, str)}

        def unary(request: bytes, context: grpc.ServicerContext) -> bytes:
            return self._platform.handle(Call(method, request, metadata), context)[0]

        def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            yield from self._platform.handle(Call(method, request, metadata), context)

        if method == "SearchStream":
            return grpc.unary_stream_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)


@cache
def certificate() -> tuple[bytes, bytes]:
    """A self-signed certificate for localhost and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), _private_pem(key)


def _private_pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@cache
def service_account_key() -> str:
    """A private key as a service account file holds it."""
    return _private_pem(rsa.generate_private_key(public_exponent=65_537, key_size=2048)).decode()


@contextmanager
def running() -> Iterator[Platform]:
    """The loopback platform, stopped afterwards."""
    platform = Platform()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((_Handler(platform),))
    chain, key = certificate()
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(key, chain)]))
    server.start()
    platform.target = f"localhost:{port}"
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), _token_handler(platform))
    platform.token_uri = f"http://127.0.0.1:{tokens.server_address[1]}/token"
    thread = threading.Thread(target=tokens.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        tokens.shutdown()
        tokens.server_close()
        thread.join()
        server.stop(None).wait()


def _token_handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            platform.tokens += 1
            self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = platform.token_answer
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Silence."""

    return Tokens


def credentials_file(folder: Path, platform: Platform, kind: str = "authorized_user") -> Path:
    """A credentials file whose token_uri is the loopback's."""
    content = {"type": kind, "token_uri": platform.token_uri}
    if kind == "service_account":
        content |= {"client_email": "sync@project.example", "private_key": service_account_key()}
    else:
        content |= {"client_id": "id", "client_secret": "canary-secret", "refresh_token": REFRESH_TOKEN}
    path = folder / f"{kind}.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def settings(folder: Path, platform: Platform, **changes: Any) -> GoogleSettings:
    """Settings pointing at the loopback."""
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(certificate()[0])
    values: dict[str, Any] = {
        "endpoint": platform.target,
        "data_manager_endpoint": platform.target,
        "credentials_file": credentials_file(folder, platform),
        "ca_file": ca_file,
        **changes,
    }
    return GoogleSettings(**values)


OPTIONS: dict[str, Any] = {
    "contains_eu_political_advertising": False,
    "targeting": "targeting",
    "keywords": [{"text": "coffee beans"}, {"text": "espresso", "match": "exact"}],
    "languages": ["de"],
    "countries": ("DE", "AT"),
}


def context(
    folder: Path, clock: ManualClock, markers: dict[str, str] | None = None, **options: Any
) -> DestinationContext:
    """What the planner would open the destination with."""
    return DestinationContext(
        name="google",
        project_id="roastery",
        account_id=ACCOUNT,
        currency="EUR",
        time_zone="Europe/Berlin",
        project_dir=folder,
        options={**OPTIONS, **options},
        clock=clock,
        markers=markers or {},
    )


def destination(folder: Path, platform: Platform, clock: ManualClock, **changes: Any) -> GoogleDestination:
    """The real destination, talking to the loopback."""
    return GoogleDestination(context(folder, clock), settings(folder, platform, **changes))
