"""The Graph API over HTTP: bodies, pages of HTML where the platform answers with them, and faults to order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from connectors.sandbox.faults import FaultKind
from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import PLATFORM
from connectors.sandbox.meta.errors import GraphError
from connectors.sandbox.meta.graph import Answer, Graph, GraphCall, name_of
from connectors.sandbox.meta.parameters import read_parameters
from connectors.sandbox.serving import Server, abort

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

# How long a caller is left without an answer before the connection is cut
HANG_SECONDS = 120.0
_POLL_SECONDS = 0.05
_PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>{}</h1><p>{}</p></body></html>"


def graph_endpoint(graph: Graph, server: Callable[[], Server | None]) -> Endpoint:
    """The handler of every path. server: what serves it, asked whether it is closing while a caller is left waiting."""

    async def endpoint(request: Request) -> Response:
        refused = _refused_before_reading(request)
        if refused is not None:
            return refused
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            call = _read_call(request, body)
        except GraphError as error:
            return _json(Answer(error.envelope("A0"), error.http_status))
        fault = graph.context.state.faults.take(PLATFORM, name_of(call))
        if fault is not None:
            return await _faulty(fault, graph, call, request, server)
        return _json(await run_in_threadpool(graph.handle, call))

    return endpoint


def _refused_before_reading(request: Request) -> Response | None:
    """What a front server refuses by itself, as a page."""
    query = request.scope["query_string"]
    if len(request.scope["raw_path"]) + len(query) > rules.URL_BYTES_MAX:
        text = _PAGE.format("414 Request-URI Too Large", "The requested URL is too large to process.")
        return HTMLResponse(text, status_code=414)
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > rules.BODY_BYTES_MAX:
        return HTMLResponse(_PAGE.format("413 Request Entity Too Large", "The body is too large."), status_code=413)
    return None


def _read_call(request: Request, body: bytes) -> GraphCall:
    parameters = read_parameters(request.url.query, request.headers.get("content-type", ""), body)
    url = str(request.url.replace(query=""))
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() in ("bearer", "oauth") and token.strip() else None
    with_url = type(parameters)(parameters.values, parameters.files, url)
    return GraphCall(request.method, request.url.path.lstrip("/"), with_url, bearer)


async def _faulty(
    fault: FaultKind, graph: Graph, call: GraphCall, request: Request, server: Callable[[], Server | None]
) -> Response:
    if fault is FaultKind.RATE_LIMITED:
        return _json(await run_in_threadpool(graph.throttled, call))
    if fault is FaultKind.HTTP_500_HTML:
        return HTMLResponse(_PAGE.format("Sorry, something went wrong.", "We're working on it."), status_code=500)
    if fault is FaultKind.TIMEOUT_AFTER_EFFECT:
        await run_in_threadpool(graph.handle, call)
    if fault is not FaultKind.RESET:
        await _hang(request, server)
    await abort(request)
    return Response(status_code=500)  # never seen: the connection is gone


async def _hang(request: Request, server: Callable[[], Server | None]) -> None:
    """No answer, until the caller gives up, the sandbox stops, or HANG_SECONDS are over."""
    for _ in range(round(HANG_SECONDS / _POLL_SECONDS)):
        running = server()
        if await request.is_disconnected() or running is None or running.closing:
            return
        await asyncio.sleep(_POLL_SECONDS)


def _json(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.status in (400, 401) and isinstance(answer.document, dict):
        code = answer.document.get("error", {}).get("code")
        if code in (102, 190):
            headers["www-authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return Response(
        orjson.dumps(answer.document),
        status_code=answer.status,
        headers=headers,
        media_type="application/json; charset=UTF-8",
    )
