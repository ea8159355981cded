"""The wall clock the sandbox runs by when it is not given another one."""

import time
from datetime import UTC, datetime


class WallClock:
    """A Clock that tells the machine's time."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(seconds)
