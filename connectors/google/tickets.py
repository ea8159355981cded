"""What is remembered of an upload between runs, as the one piece of text a ledger keeps: `3@1764424000.125:ID,ID`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_TEXT = re.compile(r"([0-9]+)@([0-9]+(?:\.[0-9]+)?):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Google's ids of an upload's requests, how many rows were set aside before, and when it was accepted."""

    request_ids: tuple[str, ...]
    aside: int = 0
    accepted_at: datetime | None = None

    def __str__(self) -> str:
        """As the ledger keeps it."""
        assert self.accepted_at is not None, "only accepted uploads are remembered"
        return f"{self.aside}@{self.accepted_at.timestamp():.3f}:{','.join(self.request_ids)}"


def read_ticket(text: str) -> Ticket:
    """The ticket of a receipt's request_id; any other text is taken for Google's own id."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return Ticket((text,))
    aside, accepted, ids = found.groups()
    return Ticket(tuple(ids.split(",")), int(aside), datetime.fromtimestamp(float(accepted), UTC))
