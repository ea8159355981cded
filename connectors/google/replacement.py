"""Putting a whole new list in the old one's place in two phases, so that it is never empty in between.

developers.google.com/data-manager/api/devguides/audiences/google-ads/customer-match/remove-all-members (read
2026-11-22): note the time, send everybody, wait until Google has processed it, then take out whoever was last added
before that time. The first phase is an upload like any other; here is the second.
"""

from datetime import timedelta

from activator.model.delivery import Receipt, ReplacementPart
from connectors.google.transport import GoogleTransport
from connectors.google.uploads import Uploads


def clear_before(
    transport: GoogleTransport, uploads: Uploads, audience_id: str, last: ReplacementPart, request_id: str
) -> Receipt:
    """Take out whoever was last added before the replacement began, or say how far that is. Twice is once.

    A clock that is ahead of Google's would take out those who were just put in: the time is put back by as much.
    """
    if not request_id:
        ahead = timedelta(seconds=max(transport.clock_ahead_seconds, 0.0))
        return uploads.clear(audience_id, last.started_at - ahead)
    return uploads.settle(request_id, 0)
