"""What the data plane says about people, in numbers; people themselves stay rows in relations."""

from dataclasses import dataclass
from enum import StrEnum


class Entity(StrEnum):
    """What one row of an export stands for."""

    CONTACTS = "contacts"
    ORDERS = "orders"
    RESPONSES = "responses"
    TICKETS = "tickets"
    SUBSCRIPTIONS = "subscriptions"
    EVENTS = "events"
    ACCOUNTS = "accounts"


class Consent(StrEnum):
    """A person's answer for one purpose. Only GRANTED is ever sent; unknown is unknown, not granted."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """Where one source row ends. Every row has exactly one; the counts balance."""

    MEMBER = "member"
    MERGED = "merged"
    INVALID = "invalid"
    NO_IDENTIFIER = "no_identifier"
    NO_CONSENT = "no_consent"
    NOT_A_CUSTOMER = "not_a_customer"


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many rows of one source ended in one outcome, with the reason for those set aside."""

    source: str
    outcome: Outcome
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class TierSummary:
    """One value tier over consolidated customers. Money in minor units of the project currency."""

    tier: str
    people: int
    value_minor: int
    value_min_minor: int
    value_max_minor: int
