"""The answer of `activator explain`: one person's rows, standing and sends. Identifiers are masked, or left out."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from activator.model.valuing import Basis, TierRule


class Whereabouts(StrEnum):
    """What the ledger believes of a person and an audience."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """One source row. place: file and line; by and to: the kind of identifier it shares, and with which row before it.

    A row that holds the identifier asked for has no link.
    """

    source: str
    place: str
    by: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a person. Money in minor units; consent and outcome by purpose and platform.

    worth_minor: the value that decided the tier, and cost_minor what was subtracted for it; tier_rule: what it takes,
    or, in the last tier, what it would take to be in the next better one;
    stayed: whether a newcomer of the same worth would be in another tier.
    """

    person_key: str
    tier: str | None
    value_minor: int | None
    orders: int | None
    first_order_on: date | None
    last_order_on: date | None
    country: str | None
    consent: dict[str, str]
    outcome: dict[str, str]
    tier_value_min_minor: int | None
    tier_value_max_minor: int | None
    basis: Basis = Basis.PAST
    horizon_days: int = 365
    worth_minor: int | None = None
    cost_minor: int = 0
    predicted_minor: int | None = None
    rfm: str | None = None
    tier_rule: TierRule | None = None
    stayed: bool = False


@dataclass(frozen=True, slots=True)
class ExplainedPerson:
    """One person of the exports. rows_total may exceed the rows listed; hubs, contested: identifiers lost, by kind.

    segments: those they were in on segments_on, the day kept last, and since when; None where none are kept.
    """

    standing: Standing
    rows: tuple[LinkedRow, ...]
    rows_total: int
    hubs: dict[str, int]
    contested: dict[str, int]
    segments: dict[str, date] = field(default_factory=dict)
    segments_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch that named the person. receipt: the platform's own id of the request, where it gave one."""

    destination: str
    audience_key: str
    batch_id: str
    operation: str
    state: str
    sends: int
    sent_at: datetime | None
    receipt: str
    detail: str


@dataclass(frozen=True, slots=True)
class AudienceStanding:
    """Whether the person is believed to be in one audience, and every batch that named the person, oldest first."""

    destination: str
    audience_key: str
    believed: Whereabouts
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. asked: the identifier, masked, by what it was read as; hub: why it is nobody's, if it is."""

    asked: dict[str, str]
    hub: str
    hub_rows: int
    rows_without_person: tuple[LinkedRow, ...]
    people: tuple[ExplainedPerson, ...]
    audiences: tuple[AudienceStanding, ...]

    @property
    def found(self) -> bool:
        """Whether anything is known about the identifier."""
        return bool(self.hub or self.rows_without_person or self.people or self.audiences)
