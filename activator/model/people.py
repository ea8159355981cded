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
    """A person's answer for one purpose, or for one platform. Unknown is unknown, never granted; a denial is final."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class ConsentRule(StrEnum):
    """What people outside the EEA, the UK and Switzerland must have said. OPT_OUT: nothing, as long as it was not no.

    Inside, both purposes must have been granted, and so on Google everywhere, which is told of a yes with every member.
    A denial keeps a person out whatever the rule.
    """

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class Outcome(StrEnum):
    """Where one source row ends. Every row has exactly one per destination; the counts balance."""

    MEMBER = "member"
    MERGED = "merged"
    INVALID = "invalid"
    NO_IDENTIFIER = "no_identifier"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    HELD_OUT = "held_out"
    BELOW_MINIMUM = "below_minimum"
    NOT_A_CUSTOMER = "not_a_customer"


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How many rows of one source ended in one outcome, with the reason for those set aside.

    destination: '' where every destination agrees on the number, else the one it holds for.
    """

    source: str
    outcome: Outcome
    reason: str
    rows: int
    destination: str = ""


@dataclass(frozen=True, slots=True)
class SuppressionCount:
    """What became of the rows of one suppression list: rows = matched + not_matched + unusable + left_out.

    matched: rows that share an identifier with somebody in the exports; people: how many persons those are.
    unusable: rows without a usable identifier; left_out: rows the list's mapping leaves out on purpose.
    """

    name: str
    rows: int
    matched: int
    not_matched: int
    unusable: int
    left_out: int
    people: int

    @property
    def usable(self) -> int:
        """Rows that can keep somebody out."""
        return self.matched + self.not_matched


@dataclass(frozen=True, slots=True)
class TierSummary:
    """One value tier over consolidated customers. Money in minor units of the project currency.

    value_minor: of the value that decides, past or predicted, all together; stayed: people who are in it because they
    were before, and would not enter now.
    """

    tier: str
    people: int
    value_minor: int
    value_min_minor: int
    value_max_minor: int
    stayed: int = 0
