"""Calendar months: what is counted in one, and the one before."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from activator.errors import ConfigurationError

_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A whole month. first: its first day."""

    first: date

    @classmethod
    def read(cls, text: str) -> Self:
        """E.g. 2026-10.

        Raises:
            ConfigurationError: it is no month.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or int(found[1]) == 0:
            raise ConfigurationError(f"`{text[:20]}` is no month", "Write year and month, e.g. 2026-10.")
        return cls(date(int(found[1]), int(found[2]), 1))

    @classmethod
    def over(cls, as_of: date) -> Self:
        """The newest month that is over at the end of a day."""
        return cls(((as_of + timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=1))

    @property
    def days(self) -> int:
        """How many it has."""
        return calendar.monthrange(self.first.year, self.first.month)[1]

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=self.days)

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month((self.first - timedelta(days=1)).replace(day=1))

    def __str__(self) -> str:
        """E.g. 2026-10."""
        return f"{self.first:%Y-%m}"
