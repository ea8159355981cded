"""Split tests of the project file: people divided at random by the platform, to see what bidding by tier brings."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from activator.config.sections import Name, ObjectId, Section


class SplitTestSection(Section):
    """One test of a destination's campaign, started once by the plan that comes before its first day."""

    name: Name = Field(description="Never change it: it tells this test from others")
    against: ObjectId | None = Field(
        default=None, description="Meta: id of the campaign to compare with. Google copies ours, without adjustments"
    )
    share_percent: int = Field(default=50, ge=1, le=99, description="Of the people: who sees our campaign as it is")
    starts_on: date = Field(description="First day, in the account's time zone; after today when it is planned")
    ends_on: date = Field(description="Last day")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            message = f"ends on {self.ends_on}, before it starts on {self.starts_on}"
            raise ValueError(message)
        return self
