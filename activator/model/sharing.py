"""What sources share, in numbers: identifiers that are nobody's, rows that contradict each other, and match rates."""

from dataclasses import dataclass
from enum import StrEnum

# From the eleventh person on, an e-mail address or phone is a reception, a shop or a filler. Nobody has ten names or
# addresses; a household, or one person's duplicates in a CRM, stays far below.
SHARED_CONTACTS_MAX = 10


class HubKind(StrEnum):
    """Why an identifier is nobody's. See docs/explanation/consolidation.md."""

    EMAIL = "e-mail address of many"
    ROLE_EMAIL = "role address of several"
    PHONE = "phone of many"
    STRANGERS_PHONE = "phone of different names"


@dataclass(frozen=True, slots=True)
class HubCount:
    """How many identifiers of one kind are nobody's, and how many rows carried them. Never which."""

    kind: HubKind
    identifiers: int
    rows: int


@dataclass(frozen=True, slots=True)
class ConflictCount:
    """What birth dates took apart: groups of linked rows, the people they became, and identifiers both sides claim.

    rows: rows that lost such an identifier to the stronger claim.
    """

    groups: int
    people: int
    identifiers: int
    rows: int


@dataclass(frozen=True, slots=True)
class MatchRate:
    """How many people of one source are found in another. People without any usable identifier are not counted.

    found: in both, through any chain of identifiers; by_email, by_phone, by_id: sharing that very identifier. One
    person may be counted in several of them, or in none where only a third source links the two.
    """

    source: str
    other: str
    people: int
    found: int
    by_email: int
    by_phone: int
    by_id: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a run found about identifiers that several rows share."""

    hubs: tuple[HubCount, ...] = ()
    conflicts: ConflictCount = ConflictCount(0, 0, 0, 0)
    matches: tuple[MatchRate, ...] = ()
