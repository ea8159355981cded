"""How close to Meta's allowed rate calls come, and how often they are throttled: `python -m benchmarks.meta_pacing`.

Against the sandbox over real HTTP, on a clock that passes only by waiting: some hours of calls as fast as they may go,
by several threads that share one account.
"""

import argparse
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activator.errors import RateLimitedError
from connectors.meta.settings import load
from connectors.meta.transport import GraphApi
from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox


class SharedClock:
    """Time passes when every worker waits, and then as far as the first of them wakes up."""

    def __init__(self, workers: int) -> None:
        self._now = datetime(2026, 11, 25, tzinfo=UTC)
        self._condition = threading.Condition()
        self._awake = workers
        self._wakes: list[datetime] = []

    def now(self) -> datetime:
        """The present instant."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait until the others have waited, too."""
        with self._condition:
            wake = self._now + timedelta(seconds=seconds)
            self._wakes.append(wake)
            self._awake -= 1
            self._move_on()
            self._condition.wait_for(lambda: self._now >= wake)
            self._wakes.remove(wake)
            self._awake += 1

    def leave(self) -> None:
        """A worker has ended."""
        with self._condition:
            self._awake -= 1
            self._move_on()

    def _move_on(self) -> None:
        if self._awake == 0 and self._wakes:
            self._now = max(self._now, min(self._wakes))
            self._condition.notify_all()


def measure(folder: Path, hourly_calls: int, hours: int, workers: int) -> None:
    """Print the share of the allowed rate that was used, and the throttles that were met."""
    clock = SharedClock(workers)
    options = MetaOptions(hourly_calls=hourly_calls)
    with Sandbox(folder, clock=clock, tls=False, platforms=("meta",), meta_options=options) as sandbox:
        lines = "".join(f"{name}={value}\n" for name, value in sandbox.settings().items())
        (folder / ".env").write_text(lines, encoding="utf-8")
        account = f"act_{sandbox.identities()['meta_account_id']}"
        start = clock.now()
        end = start + timedelta(hours=hours)

        def work(_worker: int) -> tuple[int, int]:
            api, done, limited = GraphApi(load(folder), clock, account), 0, 0
            while clock.now() < end:
                try:
                    api.get((account,), fields="id")
                    done += 1
                except RateLimitedError as error:
                    limited += 1
                    clock.sleep(error.retry_after_seconds)
            clock.leave()
            return done, limited

        with ThreadPoolExecutor(workers) as pool:
            totals = list(pool.map(work, range(workers)))
        throttled = sum(call.detail.get("code") == 80004 for call in sandbox.calls("meta"))
    done = sum(total for total, _ in totals)
    # Every rolling hour may hold the limit: one full hour's worth at the start, and then one for each hour that passes.
    allowed = hourly_calls * hours
    print(
        f"{workers} workers, {hourly_calls:,} calls an hour allowed, {hours} hours: {done:,} calls made"
        f" ({done / allowed:.1%} of {allowed:,}), {throttled} throttled"
    )


def main() -> None:
    """Several quotas, one and several workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=3)
    hours = parser.parse_args().hours
    for hourly_calls, workers in ((300, 1), (300, 4), (2_000, 4)):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), hourly_calls, hours, workers)


if __name__ == "__main__":
    main()
