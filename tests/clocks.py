"""A clock that tests move."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Time passes only when told to, or when somebody sleeps."""

    def __init__(self, start: datetime = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)) -> None:
        self.instant = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)

    def advance(self, **parts: float) -> None:
        self.instant += timedelta(**parts)
