"""Refusals and the envelope the Graph API puts them in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

# HTTP status by code, as seen in public threads; Meta documents none (looked up 2026-11-22).
_STATUS = {1: 500, 2: 503, 4: 403, 10: 403, 200: 403, 270: 403, 294: 403}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason the platform gives, by its code and subcode. title and explanation are what a user is shown."""

    code: int
    subcode: int | None
    message: str
    title: str = ""
    explanation: str = ""
    is_transient: bool = False
    type: str = "OAuthException"

    def about(self, field: str, message: str | None = None) -> "GraphError":
        """The refusal of one request because of one field."""
        return GraphError(self if message is None else replace(self, message=message), (field,))

    def error(self, message: str | None = None) -> "GraphError":
        """The refusal of one request."""
        return GraphError(self if message is None else replace(self, message=message))


class GraphError(Exception):
    """A request refused for a reason; fields: the parameters to blame."""

    def __init__(self, refusal: Refusal, fields: Sequence[str] = ()) -> None:
        super().__init__(f"{refusal.code}/{refusal.subcode}")
        self.refusal = refusal
        self.fields = tuple(fields)

    @property
    def http_status(self) -> int:
        """The status of the answer."""
        return _STATUS.get(self.refusal.code, 400)

    def envelope(self, trace_id: str) -> dict[str, Any]:
        """The answer's body."""
        refusal = self.refusal
        error: dict[str, Any] = {"message": refusal.message, "type": refusal.type, "code": refusal.code}
        if self.fields:
            error["error_data"] = {"blame_field_specs": [[field] for field in self.fields]}
        if refusal.subcode is not None:
            error["error_subcode"] = refusal.subcode
        error["is_transient"] = refusal.is_transient
        if refusal.title:
            error["error_user_title"] = refusal.title
            error["error_user_msg"] = refusal.explanation or refusal.message
        error["fbtrace_id"] = trace_id
        return {"error": error}


def invalid(field: str, message: str) -> GraphError:
    """The plain validation error, 100 without a subcode: what Graph answers where no more specific one is known."""
    return GraphError(Refusal(100, None, f"(#100) {message}"), (field,))
