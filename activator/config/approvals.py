"""The section of the project file that says what needs a second person's approval."""

from typing import Annotated

from pydantic import Field

from activator.config.sections import Section
from activator.model.approval import Covered

PersonName = Annotated[str, Field(pattern=r"^[\w.@+-]{1,80}$")]


class ApprovalSection(Section):
    """Which plans are applied only after somebody else than whoever planned has approved them."""

    by: tuple[PersonName, ...] = Field(min_length=1, description="Who may approve, as ACTIVATOR_PERSON names them")
    covers: tuple[Covered, ...] = Field(
        default=(Covered.AUDIENCES, Covered.ADS),
        min_length=1,
        description="audiences: who is put in or taken out; ads: campaigns, groups, ads, their bids and budgets",
    )
    people_min: int = Field(
        default=1, ge=1, description="Of audiences: only when at least so many people come or go in all of them"
    )
