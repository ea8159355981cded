"""Who buys without a discount: customers who first ordered within days of their first visit, counted by tier.

Ads are shown to a tier, not to a person, so a discount cannot be kept from one customer and given to the next; what can
be kept is the tier whose customers mostly need none.
"""

from activator.config.project import PROJECT_FILE
from activator.config.segment_fields import QUICK_DAYS, TO_FIRST_ORDER
from activator.errors import ConfigurationError
from activator.people.pipeline import People
from activator.segments.happenings import happenings
from activator.segments.subjects import with_time_to_order


def quick_buyers(people: People, line: int) -> dict[str, tuple[int, int]]:
    """By tier, of its customers: those whose first visit is known, and how many of them ordered soon after it.

    line: of the text in the project file that asks for it.

    Raises:
        ConfigurationError: no export says when people first came.
    """
    events = happenings(people, {"events"}).get("events")
    if events is None:
        raise ConfigurationError(
            f"{PROJECT_FILE}, line {line}: copy: a text has `discount: true`, and no export of the project says how "
            "soon people order",
            "Add an export of events to `sources`, or remove `discount`: the text is then shown in every tier.",
        )
    standing = people.standing()
    timed = with_time_to_order(standing.filter(standing.tier.notnull()), events)
    days = timed[TO_FIRST_ORDER]
    counted = timed.group_by("tier").agg(
        first_visits=days.notnull().sum().cast("int64"),
        quick_buyers=(days <= QUICK_DAYS).fill_null(False).sum().cast("int64"),
    )
    rows = counted.to_pyarrow().to_pylist()
    return {row["tier"]: (row["first_visits"], row["quick_buyers"]) for row in rows}
