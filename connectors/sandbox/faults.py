"""Faults to order: what goes wrong with the next calls, so that resuming and retrying can be tested for real."""

import threading
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens instead of a proper answer.

    HTTP_500_HTML: an error page that is not JSON (over gRPC: INTERNAL), no effect. TIMEOUT_AFTER_EFFECT: the request
    takes effect, no answer comes. TIMEOUT_BEFORE_EFFECT: neither. RATE_LIMITED: refused with the time to wait.
    RESET: the connection is cut (over gRPC: UNAVAILABLE), no effect.
    """

    HTTP_500_HTML = "http_500_html"
    TIMEOUT_AFTER_EFFECT = "timeout_after_effect"
    TIMEOUT_BEFORE_EFFECT = "timeout_before_effect"
    RATE_LIMITED = "rate_limited"
    RESET = "reset"


@dataclass(slots=True)
class Fault:
    """One order: kind, for how many calls, on which platform, for methods whose name contains `method`."""

    kind: FaultKind
    platform: str
    count: int = 1
    method: str = ""


class Faults:
    """The open orders, oldest first. Thread-safe; forgotten when the sandbox stops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Fault] = []

    def order(self, kind: str, platform: str, count: int = 1, method: str = "") -> None:
        """Let the next `count` matching calls fail.

        method: part of the call's name, any case, e.g. "POST users" (Meta: HTTP verb and edge) or
        "IngestAudienceMembers" (Google: RPC); empty matches every call. Raises ValueError for an unknown kind.
        """
        with self._lock:
            self._open.append(Fault(FaultKind(kind), platform, count, method))

    def take(self, platform: str, method: str) -> FaultKind | None:
        """The fault this call is to suffer, if any; it counts as used."""
        with self._lock:
            for fault in self._open:
                if fault.platform == platform and fault.method.lower() in method.lower():
                    fault.count -= 1
                    if fault.count <= 0:
                        self._open.remove(fault)
                    return fault.kind
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._open.clear()
