"""How long what is no longer needed is kept."""

from pydantic import Field

from activator.config.sections import Section


class RetentionSection(Section):
    """After how many days things are deleted, by every sync and by `activator purge`.

    Of people who left an audience see membership.keep_left_days.
    """

    plans_days: int = Field(
        default=30, ge=1, le=3650, description="Saved plans; the batches of those applied or overtaken go at once"
    )
    performance_days: int = Field(
        default=800, ge=120, le=3650, description="Reports of platforms by ad and day; two years can be compared"
    )
