"""Requests in flight: each waits for its platform on a thread of its own; the run takes up what comes back.

Threads do nothing but the call. What was sent and what came of it is written down by the run alone, one at a time.
"""

import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from activator.model.delivery import Receipt

Sent = TypeVar("Sent")


class Flights(Generic[Sent]):
    """What has been sent and not been answered, or not been taken up yet."""

    def __init__(self) -> None:
        self._landed: SimpleQueue[tuple[Sent, Receipt | BaseException]] = SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._open = 0

    def __len__(self) -> int:
        return self._open

    def start(self, sent: Sent, call: Callable[[], Receipt]) -> None:
        """Make the call. sent: what `land` gives back with its answer."""
        self._open += 1
        # A daemon, so that a second Ctrl-C ends the process: what it leaves unanswered is written down as such.
        thread = threading.Thread(target=self._fly, args=(sent, call), name="upload", daemon=True)
        self._threads = {each for each in self._threads if each.is_alive()} | {thread}
        thread.start()

    def land(self, patience_seconds: float) -> tuple[Sent, Receipt | BaseException] | None:
        """The next that is answered, with its receipt or error; None where none was for so long."""
        try:
            landed = self._landed.get(timeout=patience_seconds)
        except Empty:
            return None
        self._open -= 1
        return landed

    def rest(self) -> Iterator[tuple[Sent, Receipt | BaseException]]:
        """Everything that is still under way, to its end. Goes by the threads: Ctrl-C may have upset the count."""
        for thread in self._threads:
            if thread.ident is not None:  # started
                thread.join()
        while not self._landed.empty():
            yield self._landed.get()

    def _fly(self, sent: Sent, call: Callable[[], Receipt]) -> None:
        try:
            self._landed.put((sent, call()))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever takes it up
            self._landed.put((sent, error))
