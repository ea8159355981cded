"""Advertising to people who are no customers yet, next to the tiers and always bid below them."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from activator.config.sections import Name, Section, decimal_text

GROUP = "acquisition"  # in the place of a tier's name

Below = Annotated[Decimal, BeforeValidator(decimal_text), Field(ge=Decimal("0.1"), lt=1, decimal_places=4)]


class AcquisitionSection(Section):
    """One more delivery group, for segments of the platform's own. Every customer list is kept out of it."""

    in_market: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,20}$")], ...] = Field(
        min_length=1, description="Ids of the platform's In-Market segments (Google: user interests)"
    )
    texts: tuple[Name, ...] = Field(
        default=(), description="Names of the texts it shows; default: every generic one. They speak to strangers"
    )
    bid_share: Below = Field(default=Decimal("0.7"), description="Of the lowest bid among the customer tiers")
