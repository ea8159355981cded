"""The sandbox's own paths under /_sandbox/, for demos and tests in other processes. No platform has them.

Each is one method of `Sandbox`, spoken over HTTP with JSON bodies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from connectors.sandbox.server import Sandbox

PREFIX = "/_sandbox"


class _BadRequestError(Exception):
    """A body this sandbox cannot use; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request: what its path and query name, and its JSON body."""

    names: dict[str, str]
    body: dict[str, Any]

    def number(self, name: str, default: int, least: int) -> int:
        """A whole number of the body, at least `least`."""
        value = self.body.get(name, default)
        if not isinstance(value, int) or value < least:
            raise _BadRequestError(f"{name} must be a whole number of at least {least}")
        return value

    def text(self, name: str, default: str = "") -> str:
        """A text of the body."""
        return str(self.body.get(name, default))


def admin_routes(sandbox: "Sandbox") -> list[Route]:
    """GET calls and members, POST activate, faults and settle."""

    def calls(asked: _Asked) -> Any:
        found = sandbox.calls(asked.names.get("platform"))
        return [{"platform": call.platform, "method": call.method, "detail": call.detail} for call in found]

    def members(asked: _Asked) -> Any:
        return {"members": sandbox.member_count(asked.names["platform"], asked.names["audience"])}

    def activate(asked: _Asked) -> Any:
        return {"activated": sandbox.activate(asked.number("days_ago", 0, 0), asked.body.get("platform"))}

    def faults(asked: _Asked) -> Any:
        count = asked.number("count", 1, 1)
        try:
            sandbox.fault(asked.text("kind"), asked.text("platform"), count, asked.text("method"))
        except ValueError as error:
            raise _BadRequestError(str(error)) from None
        return {"ordered": count}

    def settle(_asked: _Asked) -> Any:
        return {"settled": sandbox.settle()}

    return [
        Route(f"{PREFIX}/calls", _endpoint(calls), methods=["GET"]),
        Route(f"{PREFIX}/members/{{platform}}/{{audience}}", _endpoint(members), methods=["GET"]),
        Route(f"{PREFIX}/activate", _endpoint(activate), methods=["POST"]),
        Route(f"{PREFIX}/faults", _endpoint(faults), methods=["POST"]),
        Route(f"{PREFIX}/settle", _endpoint(settle), methods=["POST"]),
    ]


def _endpoint(act: Callable[[_Asked], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            asked = _Asked({**request.query_params, **request.path_params}, _read_body(raw))
            return _json(await run_in_threadpool(act, asked))
        except _BadRequestError as error:
            return _json({"error": str(error)}, 400)

    return endpoint


def _read_body(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        raise _BadRequestError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise _BadRequestError("the body must be a JSON object")
    return body


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status_code=status, media_type="application/json")
