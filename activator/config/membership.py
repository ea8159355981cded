"""How memberships are kept true over time."""

from pydantic import Field

from activator.config.sections import Section


class MembershipSection(Section):
    """How memberships are kept true, and for how long what was sent is remembered."""

    assert_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="So often everybody who belongs in an audience, or has left it, is sent once more; 0: never",
    )
    keep_left_days: int = Field(
        default=30,
        ge=2,
        le=365,
        description="So long it is remembered, as digests, who left; then it is forgotten at the next apply",
    )
