"""Seeing PROCESSING batches through: platforms accept at once and settle later."""

from collections.abc import Iterator, Mapping

from activator.errors import DestinationError
from activator.ledger import batches
from activator.ledger.store import Ledger, LedgerReader
from activator.model.delivery import Receipt, Settlement
from activator.model.ledger import BatchRecord, BatchState
from activator.ports import Clock, Destination

POLL_FIRST_SECONDS = 1.0
POLL_GROWTH = 1.3  # the documented back-off of Data Manager's status (DM/diagnostics, 2026-11-22)
POLL_MAX_SECONDS = 60.0


def poll_once(ledger: Ledger, destinations: Mapping[str, Destination], clock: Clock) -> int:
    """Ask once after every batch still processing; returns how many still are."""
    left = 0
    for record, receipt in _asked(ledger, destinations):
        if receipt is None:
            left += 1
            continue
        with ledger.writing() as connection:
            window = destinations[record.destination].quiet_window
            batches.record_settlement(connection, clock, record, receipt, window)
    return left


def settled_by_now(ledger: LedgerReader, destinations: Mapping[str, Destination]) -> dict[str, BatchState]:
    """Which batches the ledger has as processing are done, by their id: what a plan may go by without writing it down.

    Those of which some rows may yet land are left out.
    """
    states = {Settlement.SETTLED: BatchState.SETTLED, Settlement.REJECTED: BatchState.REJECTED}
    return {
        record.batch_id: states[receipt.settlement]
        for record, receipt in _asked(ledger, destinations)
        if receipt is not None and receipt.settlement in states and not receipt.unknown
    }


def _asked(
    ledger: LedgerReader, destinations: Mapping[str, Destination]
) -> Iterator[tuple[BatchRecord, Receipt | None]]:
    """Every batch still processing, with its final receipt where there is one by now."""
    for record in ledger.open_batches():
        if record.state is not BatchState.PROCESSING or record.request_id is None:
            continue
        port = destinations.get(record.destination)
        try:
            receipt = None if port is None else port.settle(record.request_id, record.rows)
        except DestinationError:
            receipt = None  # asking is a read: the next poll tries again
        yield record, receipt if receipt is not None and not receipt.processing else None


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
