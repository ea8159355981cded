"""How a daemon is asked to stop: a flag that runs look at between batches, set by SIGTERM or SIGINT."""

import contextlib
import signal
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from types import FrameType


class RunParkedError(Exception):
    """A run stopped early because it was asked to; what is left goes on at the next start. Text: how far it got."""


class StopSignal:
    """Set once, never cleared. A run that sees it finishes or parks its batch and returns.

    threading.Event is not used: setting one inside a signal handler can deadlock with the thread that waits on it,
    while SimpleQueue.put is documented to be safe there.
    """

    def __init__(self) -> None:
        self._requested = False
        self._wakeups: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Ask to stop. Safe in signal handlers and from any thread."""
        self._requested = True
        self._wakeups.put(None)

    def is_set(self) -> bool:
        """True once a stop has been asked for."""
        return self._requested

    def wait(self, seconds: float) -> bool:
        """Sleep for at most `seconds`, less when a stop is asked for; True when it is."""
        if not self._requested:
            with contextlib.suppress(Empty):
                self._wakeups.get(timeout=max(0.0, seconds))
                self._wakeups.put(None)  # let other waiters wake as well
        return self._requested


@contextlib.contextmanager
def stop_on_signals(stop: StopSignal) -> Iterator[None]:
    """Within the block SIGTERM and SIGINT set `stop`; a second one has its usual effect. Main thread only."""
    watched = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.getsignal(number) for number in watched}

    def request(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number in watched:
            signal.signal(number, signal.SIG_DFL)

    for number in watched:
        signal.signal(number, request)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
