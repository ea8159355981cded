"""A test in which the platform itself divides people at random between campaigns or delivery groups."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SplitCell:
    """One arm. share_percent: of the people; campaign_ids, group_ids: the platform's ids of what they see."""

    name: str
    share_percent: int
    campaign_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitTest:
    """key: names the test in this project, e.g. "spring"; starts_at, ends_at: timezone-aware."""

    key: str
    name: str
    cells: tuple[SplitCell, ...]
    starts_at: datetime
    ends_at: datetime
