"""The wire: one HTTP session to the Graph API that sends and accepts only what is fit to be sent and read.

No redirect is followed and no environment obeyed. Sizes, status and content type are checked before anybody parses;
what is unusable is raised as FailedCall, which the transport turns into our error tree.
"""

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

from connectors.meta.errors import Failure, FailureKind
from connectors.meta.pacing import told_wait_seconds
from connectors.meta.version import ANSWER_BYTES_MAX, BODY_BYTES_MAX, URL_CHARACTERS_MAX

_FORM = "application/x-www-form-urlencoded"
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Quoted:
    """A parameter's value that is form-encoded already, in pieces. No text and no sequence, so the SDK hands it on."""

    pieces: tuple[bytes | memoryview, ...] = field(repr=False)


class FailedCall(Exception):  # noqa: N818 - not an error of ours yet: GraphApi says which one it is
    """A call without a usable answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind.name)
        self.failure = failure


class CheckedRequests(requests.Session):
    """An HTTP session that follows no redirect, obeys no environment, and returns Graph answers only.

    learn: is told the headers of every answer.
    """

    def __init__(self, token: str, learn: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {token}"
        self._learn = learn

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """One HTTP call. Raises FailedCall unless a JSON object without an error came back."""
        options["allow_redirects"] = False  # a redirect would turn a POST into a GET and could take the token elsewhere
        options["stream"] = True  # so that an endless answer is cut off instead of filling the memory
        if options.get("data"):
            options["data"] = form(options["data"])
            options["headers"] = {**(options.get("headers") or {}), "Content-Type": _FORM}
            if len(options["data"]) > BODY_BYTES_MAX:
                raise FailedCall(Failure(FailureKind.TOO_LARGE))
        failure = None
        try:
            response = super().request(method, url, *args, **options)
            failure = None if _read(response) else Failure(FailureKind.NOT_GRAPH, response.status_code)
        except requests.RequestException as error:
            failure = _no_response(error)
        if failure is None:
            self._learn(response.headers)
            failure = _unusable(response)
        if failure is not None:
            raise FailedCall(failure)
        return response

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Refuse a URL that servers on the way would cut or refuse with a page of their own."""
        prepared = super().prepare_request(request)
        if len(prepared.url or "") > URL_CHARACTERS_MAX:
            raise FailedCall(Failure(FailureKind.TOO_LARGE))
        return prepared


def form(params: Mapping[str, Any]) -> bytes:
    """A form body; byte for byte what urllib makes of it, save that a space is %20."""
    pieces: list[bytes | memoryview] = []
    for name, value in params.items():
        pieces += (b"&", *_quoted(name), b"=", *_quoted(value))
    return b"".join(pieces[1:])  # copied once: a payload has megabytes


def _quoted(value: Any) -> tuple[bytes | memoryview, ...]:
    if isinstance(value, Quoted):
        return value.pieces
    raw = value if isinstance(value, bytes) else str(value).encode()
    reserved = set(raw.translate(None, _UNRESERVED))
    for byte in sorted(reserved, key=lambda byte: byte != ord("%")):  # the sign itself first
        raw = raw.replace(bytes((byte,)), b"%%%02X" % byte)
    return (raw,)


def _read(response: requests.Response) -> bool:
    """Take the whole body in, unless it is larger than any answer of Graph's."""
    parts, size = [], 0
    with response:
        for part in response.iter_content(_CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES_MAX:
                return False
    response._content = b"".join(parts)  # what Response.content itself would have kept
    response.encoding = "utf-8"  # Graph's, always; guessing it costs a second per megabyte
    return True


def _no_response(error: requests.RequestException) -> Failure:
    """Was anything sent? Only where that is certainly not so may a create be repeated."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(error, requests.exceptions.SSLError):
        inner = reason.args[0] if isinstance(reason, Exception) and reason.args else None
        refused = isinstance(inner, ssl.SSLCertVerificationError)
        return Failure(FailureKind.CERTIFICATE if refused else FailureKind.NO_ANSWER)
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError | ProxyError
    ):
        return Failure(FailureKind.NOT_SENT)
    if isinstance(error, ValueError):  # InvalidURL, MissingSchema, InvalidHeader ...: refused before anything is sent
        return Failure(FailureKind.BAD_ADDRESS)
    return Failure(FailureKind.NO_ANSWER)


def _unusable(response: requests.Response) -> Failure | None:
    """None for a Graph answer that reports success; otherwise what is wrong with it."""
    wait_seconds = told_wait_seconds(response.headers)
    stranger = Failure(FailureKind.NOT_GRAPH, response.status_code, wait_seconds=wait_seconds)
    if "html" in response.headers.get("Content-Type", "").lower():
        return stranger
    try:
        body = json.loads(response.content)
    except ValueError:  # also UnicodeDecodeError
        return stranger
    if not isinstance(body, dict):
        return stranger
    if "error" in body:
        error = body["error"] if isinstance(body["error"], dict) else {}
        return Failure(FailureKind.GRAPH_ERROR, response.status_code, error, wait_seconds)
    return None if response.ok and response.status_code < 300 and body.get("success") is not False else stranger
