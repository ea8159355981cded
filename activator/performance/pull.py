"""Fetching performance from the platforms into the ledger."""

from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from activator.config.project import Project
from activator.errors import ActivatorError
from activator.ledger import performance
from activator.ledger.store import Ledger
from activator.ports import Clock, DestinationReader

RESTATEMENT_DAYS = 42  # late conversions land on the day of the click: Meta restates 28 days, Google up to its window


def pull_performance(
    ledger: Ledger, readers: Mapping[str, DestinationReader], project: Project, clock: Clock
) -> tuple[dict[str, date], list[str]]:
    """Fetch the trailing weeks of every destination, through yesterday in its account's own time zone.

    Returns the last day asked for, by destination, and a sentence for each destination that could not be read: one
    platform's trouble never hides the others.
    """
    reached: dict[str, date] = {}
    problems: list[str] = []
    for name, reader in readers.items():
        zone = ZoneInfo(project.destinations[name].time_zone or project.time_zone)
        until = clock.now().astimezone(zone).date() - timedelta(days=1)
        try:
            rows = list(reader.performance(until - timedelta(days=RESTATEMENT_DAYS - 1), until))
        except ActivatorError as error:
            problems.append(f"Performance of {name} could not be read: {error.message}.")
            continue
        with ledger.writing() as connection:
            performance.record(connection, clock, rows)
        reached[name] = until
    return reached, problems
