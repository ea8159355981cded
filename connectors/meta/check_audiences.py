"""What `activator doctor` looks at of the audiences: how many there are, and how ours are.

DOC/marketing-api/audiences/reference/custom-audience, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activator.model.checks import Finding, Severity
from connectors.meta.audiences import code_of
from connectors.meta.errors import scrub
from connectors.meta.findings import finding, ok
from connectors.meta.listing import Listing
from connectors.meta.version import COUNT_FLOOR, CUSTOMER_FILES_MAX, OPERATION_FLAGGED, OPERATION_REPLACE_FAILED

_BOUNDS = ("approximate_count_lower_bound", "approximate_count_upper_bound")
_FIELDS = ("id", "name", "subtype", "operation_status", "delivery_status", *_BOUNDS)
# This near to the limit a new tier may not find room.
_NEAR_LIMIT = 20
_LOOK = "Look at it in Audience Manager."
# operation_status -> what it means, and what helps.
_TROUBLES: dict[int, tuple[Severity, str, str]] = {
    100: (Severity.WARNING, "was not used for two years and will be deleted", "Use it in an ad set that runs."),
    410: (Severity.WARNING, "has had no upload yet", "Run `activator plan` and apply it."),
    411: (
        Severity.WARNING,
        "has a low match rate",
        "Map more identifiers: e-mail and phone first, then names and places.",
    ),
    412: (Severity.WARNING, "has had many invalid rows", _LOOK),
    OPERATION_REPLACE_FAILED: (Severity.ERROR, "could not be replaced", "Replace it again; part of it may be new."),
    470: (Severity.ERROR, "belongs to an inactive account", "Open Account Quality and billing at Meta."),
    OPERATION_FLAGGED: (
        Severity.ERROR,
        "is flagged: it takes no members and no ads",
        "Rename its tier, or appeal there.",
    ),
    500: (Severity.ERROR, "is in error", _LOOK),
}


def audience_findings(listing: Listing) -> Iterator[Finding]:
    """The account's room for customer lists, and one finding for each list of ours."""
    rows = list(listing.api.rows((listing.account, "customaudiences"), _FIELDS))
    yield _room(sum(row.get("subtype") == "CUSTOM" for row in rows))
    for row in rows:
        key = listing.key_of(row)
        if key is not None:
            yield _state(key, row)


def _room(lists: int) -> Finding:
    message = f"{lists:,} of {CUSTOMER_FILES_MAX:,} customer lists are used"
    if lists <= CUSTOMER_FILES_MAX - _NEAR_LIMIT:
        return ok("audience_limit", message)
    severity = Severity.ERROR if lists >= CUSTOMER_FILES_MAX else Severity.WARNING
    return finding("audience_limit", severity, message, "Delete lists nobody uses in Audience Manager.")


def _state(key: str, row: Mapping[str, Any]) -> Finding:
    trouble = _TROUBLES.get(code_of(row.get("operation_status")))
    name = f"{key} ({scrub(str(row.get('id')))})"
    if trouble is not None:
        severity, message, fix = trouble
        return finding("audience", severity, f"{name} {message}", fix)
    if code_of(row.get("delivery_status")) == 300:
        message = f"{name} is too small to be shown ads: Meta knows fewer than about 100 of its people"
        return finding("audience", Severity.WARNING, message, "Wait a day after an upload; then widen the tier.")
    return ok("audience", f"{name} {_size(row)}")


def _size(row: Mapping[str, Any]) -> str:
    """Meta rounds for privacy, and tells no number below 1,000: never to be compared with what was sent."""
    lower, upper = (row.get(name) for name in _BOUNDS)
    if not isinstance(lower, int) or not isinstance(upper, int) or upper < 0:
        return "is in order; Meta does not tell its size"
    if upper <= COUNT_FLOOR:
        return f"is in order; Meta knows at most {COUNT_FLOOR:,} of its people, and tells no smaller number"
    return f"is in order; Meta knows {lower:,} to {upper:,} of its people"
