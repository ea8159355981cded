"""POST /: several calls in one request, each with its own answer, in order."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters, read_parameters
from connectors.sandbox.state import Document

if TYPE_CHECKING:
    from connectors.sandbox.meta.graph import Answer, GraphCall

_REFERENCE = re.compile(r"\{result=([A-Za-z0-9_-]+):\$\.id\}")


def run_batch(
    handle: "Callable[[GraphCall], Answer]",
    requests: list[Any],
    version: str | None,
    token: str | None,
    outer: Parameters,
) -> list[Document]:
    """Run the calls one after another. A later call may name the id an earlier, named one has made."""
    from connectors.sandbox.meta.graph import GraphCall

    made: dict[str, str] = {}
    replies = []
    for request in requests:
        if not isinstance(request, dict) or "relative_url" not in request or "method" not in request:
            raise invalid("batch", "Each request of a batch needs method and relative_url")
        path, _, query = _resolve(str(request["relative_url"]), made).partition("?")
        body = _resolve(str(request.get("body") or ""), made).encode()
        values = dict(read_parameters(query, "application/x-www-form-urlencoded", body).values)
        proof = outer.text("appsecret_proof")
        if proof is not None:
            values.setdefault("appsecret_proof", proof)
        full = path if path.lstrip("/").startswith("v") or version is None else f"{version}/{path.lstrip('/')}"
        answer = handle(GraphCall(str(request["method"]).upper(), full, Parameters(values, url=outer.url), token))
        if "name" in request and isinstance(answer.document, dict) and "id" in answer.document:
            made[str(request["name"])] = str(answer.document["id"])
        replies.append(_reply(answer, with_headers=outer.flag("include_headers") is not False))
    return replies


def _resolve(text: str, made: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda match: made.get(match.group(1), ""), text)


def _reply(answer: "Answer", *, with_headers: bool) -> Document:
    reply: Document = {"code": int(HTTPStatus(answer.status)), "body": orjson.dumps(answer.document).decode()}
    if with_headers:
        reply["headers"] = [{"name": name, "value": value} for name, value in answer.headers.items()]
    return reply
