"""Seeing PROCESSING batches through: platforms accept at once and settle later."""

from collections.abc import Mapping

from activator.errors import DestinationError
from activator.ledger import batches
from activator.ledger.store import Ledger
from activator.model.ledger import BatchState
from activator.ports import Clock, Destination

POLL_FIRST_SECONDS = 1.0
POLL_GROWTH = 1.3  # the documented back-off of Data Manager's status (DM/diagnostics, 2026-11-22)
POLL_MAX_SECONDS = 60.0


def poll_once(ledger: Ledger, destinations: Mapping[str, Destination], clock: Clock) -> int:
    """Ask once after every batch still processing; returns how many still are."""
    left = 0
    for record in ledger.open_batches():
        if record.state is not BatchState.PROCESSING or record.request_id is None:
            continue
        port = destinations.get(record.destination)
        if port is None:
            left += 1
            continue
        try:
            receipt = port.settle(record.request_id, record.rows)
        except DestinationError:
            left += 1  # asking is a read: the next poll tries again
            continue
        if receipt.processing:
            left += 1
            continue
        with ledger.writing() as connection:
            batches.record_settlement(connection, clock, record, receipt, port.quiet_window)
    return left


def wait(ledger: Ledger, destinations: Mapping[str, Destination], clock: Clock) -> int:
    """Poll with growing pauses until nothing is processing or the destinations' own patience is over."""
    patience = max((port.settle_wait_seconds for port in destinations.values()), default=0.0)
    pause, waited = POLL_FIRST_SECONDS, 0.0
    left = poll_once(ledger, destinations, clock)
    while left and waited < patience:
        clock.sleep(pause)
        waited += pause
        pause = min(pause * POLL_GROWTH, POLL_MAX_SECONDS)
        left = poll_once(ledger, destinations, clock)
    return left
