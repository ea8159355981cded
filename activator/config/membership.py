"""How memberships are kept true over time."""

from pydantic import Field

from activator.config.sections import Section


class MembershipSection(Section):
    """What is done about lists that changed without our knowing."""

    assert_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="So often everybody who belongs in an audience, or has left it, is sent once more; 0: never",
    )
