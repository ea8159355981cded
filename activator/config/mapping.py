"""A mapping file as a model: which column of an export is which field, in a closed list of verbs.

There are no expressions: a mapping can pick, choose, translate, parse, multiply and subtract, and nothing else, so it
is data that anyone may review. Every verb is described in docs/reference/mappings.md.
"""

from collections.abc import Iterator
from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from activator.config.attributes import ATTRIBUTE, Attribute, check_attributes
from activator.config.sections import Name, Section
from activator.config.verbs import (
    FORMAT_DIRECTIVES,
    Column,
    Condition,
    Duration,
    Moment,
    Money,
    Permission,
    Score,
    Take,
    Text,
    Verb,
    Whole,
)
from activator.model.people import Entity

__all__ = [
    "FORMAT_DIRECTIVES", "MODELS", "Condition", "Duration", "Ignore",
    "Mapping", "Moment", "Money", "Permission", "Score", "Take", "Text", "Verb", "Whole",
]  # fmt: skip

IDENTITY = ("email", "phone", "external_id", "account_id")


class Ignore(Section):
    """Rows that are set aside on purpose, counted under their reason."""

    when: Condition
    reason: str = Field(min_length=3, max_length=80, pattern=r"^[^:\n]+$")
    optional: bool = Field(default=False, description="The export may lack the columns; no row is then set aside")


class Columns(Section):
    """The fields of an entity."""

    def verbs(self) -> Iterator[tuple[str, Verb]]:
        """The fields that are mapped, in the order of the model."""
        for field in type(self).model_fields:
            verb = getattr(self, field)
            if verb is not None:
                yield field, verb


class IdentityColumns(Columns):
    """Fields by which a row says whose it is."""

    email: Text | None = None
    phone: Text | None = None
    external_id: Text | None = None


class PersonColumns(IdentityColumns):
    """Name and place."""

    first_name: Text | None = None
    last_name: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class ContactColumns(PersonColumns):
    """One row per contact."""

    email_2: Text | None = None
    email_3: Text | None = None
    email_4: Text | None = None
    email_5: Text | None = None
    phone_2: Text | None = None
    phone_3: Text | None = None
    mobile_advertiser_id: Text | None = None
    account_id: Text | None = None
    birth_date: Moment | None = None
    gender: Text | None = None
    consent_ad_user_data: Permission | None = None
    consent_ad_personalization: Permission | None = None
    consent_meta: Permission | None = None
    consent_google: Permission | None = None
    consent_email: Permission | None = None
    consent_sms: Permission | None = None


class OrderColumns(PersonColumns):
    """One row per order, or per line of an order."""

    account_id: Text | None = None
    order_id: Text
    ordered_at: Moment
    amount: Money
    currency: Text


class ResponseColumns(IdentityColumns):
    """One row per answer of a survey."""

    answered_at: Moment
    score: Score | None = None
    comment: Text | None = None
    language: Text | None = None


class TicketColumns(IdentityColumns):
    """One row per support ticket."""

    ticket_id: Text | None = None
    opened_at: Moment
    closed_at: Moment | None = None
    minutes: Duration | None = None
    subject: Text | None = None
    comment: Text | None = None
    score: Score | None = None
    language: Text | None = None


class SubscriptionColumns(IdentityColumns):
    """One row per subscription: what is charged is counted as orders, never from here."""

    subscription_id: Text
    started_on: Moment
    ended_on: Moment | None = None
    status: Text | None = None
    amount: Money | None = None
    currency: Text | None = None
    interval: Text | None = None


class EventColumns(IdentityColumns):
    """One row per thing somebody did, other than buying."""

    event: Text
    happened_at: Moment
    amount: Money | None = None
    currency: Text | None = None
    quantity: Whole | None = None


class AccountColumns(Columns):
    """One row per company that contacts belong to."""

    account_id: Text
    account_name: Text | None = None
    account_country: Text | None = None
    industry: Text | None = None
    employees: Whole | None = None
    onboarding_minutes: Duration | None = None
    management_minutes: Duration | None = None


class MappingFile(Section):
    """What every mapping says."""

    name: Name
    title: str = Field(min_length=3, max_length=80, description="Shown where exports are recognised")
    recognise: tuple[Column, ...] = Field(min_length=1, description="Columns by which such an export is recognised")
    id_space: Name | None = Field(
        default=None, description="Whose numbers external_id holds; equal spaces are compared"
    )
    ignore: tuple[Ignore, ...] = ()
    attributes: dict[Name, Attribute] = Field(
        default_factory=dict, description="Further columns that rules of segments may speak of"
    )

    @model_validator(mode="after")
    def _identified(self) -> Self:
        fields = dict(self.fields())
        if not fields.keys() & set(IDENTITY):
            message = f"columns: map at least one of {', '.join(IDENTITY[:-1])} and {IDENTITY[-1]}"
            raise ValueError(message)
        if bool(fields.keys() & {"external_id", "account_id"}) != (self.id_space is not None):
            message = "`id_space` and `columns.external_id` or `columns.account_id` go together"
            raise ValueError(message)
        if "amount" in fields and "currency" not in fields:
            message = "columns: an `amount` needs a `currency`"
            raise ValueError(message)
        check_attributes(self.attributes)
        return self

    def fields(self) -> Iterator[tuple[str, Verb]]:
        """The fields that are mapped, with their verbs; attributes under the names of their columns."""
        columns: IdentityColumns = getattr(self, "columns")  # noqa: B009 - declared by each entity
        yield from columns.verbs()
        yield from ((f"{ATTRIBUTE}{name}", attribute) for name, attribute in self.attributes.items())

    def needed_columns(self) -> tuple[tuple[str, ...], ...]:
        """What an export must have: of each group of columns one."""
        groups = [group for _, verb in self.fields() for group in verb.needed()]
        groups += [(column,) for rule in self.ignore if not rule.optional for column in rule.when.columns]
        return tuple(dict.fromkeys(groups))

    def known_columns(self) -> tuple[str, ...]:
        """Columns the mapping makes use of, each once."""
        needed = [column for group in self.needed_columns() for column in group]
        optional = [column for _, verb in self.fields() for column in verb.columns]
        optional += [column for rule in self.ignore for column in rule.when.columns]
        return tuple(dict.fromkeys([*needed, *optional]))


class ContactsMapping(MappingFile):
    """How contacts are read."""

    entity: Literal[Entity.CONTACTS]
    columns: ContactColumns


class OrdersMapping(MappingFile):
    """How orders, or order lines, are read."""

    entity: Literal[Entity.ORDERS]
    columns: OrderColumns
    one_row_per: Literal["order", "line"] = Field(
        default="line", description="`order` if no order takes several rows: orders are then counted without their ids"
    )


class ResponsesMapping(MappingFile):
    """How answers of a survey are read."""

    entity: Literal[Entity.RESPONSES]
    columns: ResponseColumns


class TicketsMapping(MappingFile):
    """How support tickets are read."""

    entity: Literal[Entity.TICKETS]
    columns: TicketColumns


class SubscriptionsMapping(MappingFile):
    """How subscriptions are read."""

    entity: Literal[Entity.SUBSCRIPTIONS]
    columns: SubscriptionColumns

    @model_validator(mode="after")
    def _no_attributes(self) -> Self:
        if self.attributes:
            message = "attributes: no rule speaks of single subscriptions; map the column with the contacts or accounts"
            raise ValueError(message)
        return self


class EventsMapping(MappingFile):
    """How events are read."""

    entity: Literal[Entity.EVENTS]
    columns: EventColumns


class AccountsMapping(MappingFile):
    """How accounts are read."""

    entity: Literal[Entity.ACCOUNTS]
    columns: AccountColumns


Mapping: TypeAlias = (
    ContactsMapping
    | OrdersMapping
    | ResponsesMapping
    | TicketsMapping
    | SubscriptionsMapping
    | EventsMapping
    | AccountsMapping
)
MODELS: dict[str, type[Mapping]] = {
    Entity.CONTACTS: ContactsMapping,
    Entity.ORDERS: OrdersMapping,
    Entity.RESPONSES: ResponsesMapping,
    Entity.TICKETS: TicketsMapping,
    Entity.SUBSCRIPTIONS: SubscriptionsMapping,
    Entity.EVENTS: EventsMapping,
    Entity.ACCOUNTS: AccountsMapping,
}
