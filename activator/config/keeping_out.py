"""Sections of the project file that say who is kept out of audiences: consent, suppression lists, the holdout."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from activator.config.sections import Name, Section, decimal_text
from activator.model.people import ConsentRule

ProperShare = Annotated[Decimal, BeforeValidator(decimal_text), Field(gt=0, lt=1, decimal_places=4)]


class ConsentSection(Section):
    """Whose consent is needed. In the EEA, the UK and Switzerland always a yes to both purposes."""

    elsewhere: ConsentRule = Field(
        default=ConsentRule.OPT_IN,
        description="Outside the EEA, the UK and Switzerland: opt_in needs two yeses; opt_out, on Meta only, no no",
    )


class SuppressionSection(Section):
    """One list of people who are never sent anywhere, whatever the exports say. Hashed values count too."""

    name: Name
    path: str = Field(min_length=1, description="File, relative to this file")
    mapping: str | None = Field(
        default=None,
        min_length=1,
        description="How to read it; default: columns called email, email_2, phone, phone_2, customer_id, country",
    )
    id_space: Name = Field(default="customer", description="Whose numbers customer_id holds, as mappings call it")


class HoldoutSection(Section):
    """A share of people kept out of every audience by lot, to measure what the ads add."""

    share: ProperShare = Field(description="Of people who would be members; growing it keeps whom it already kept")
    name: Name = Field(default="holdout", description="Another name draws other people")
