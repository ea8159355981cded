"""Split tests to be started: those of the project file that this ledger has not started yet (pure)."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from activator.config.project import DestinationSection
from activator.config.split_tests import SplitTestSection
from activator.errors import ConfigurationError
from activator.model.ads import RemoteObject
from activator.model.bidding import Notice
from activator.model.ledger import OwnedObject
from activator.model.plan import StartTest
from activator.model.split_test import SplitCell, SplitTest
from activator.ports import DestinationReader, SplitTesting


def split_tests_to_start(
    name: str,
    section: DestinationSection,
    zone: ZoneInfo,
    reader: DestinationReader,
    observed: Mapping[str, RemoteObject],
    owned: Mapping[str, OwnedObject],
    now: datetime,
) -> tuple[list[StartTest], list[Notice]]:
    """Changes, and test-not-started of those that cannot be started (any more).

    Raises:
        ConfigurationError: the connector knows no split tests.
    """
    if section.tests and not isinstance(reader, SplitTesting):
        raise ConfigurationError(
            f"destinations.{name}.tests: the connector `{section.connector}` has no split tests", "Remove them."
        )
    changes, notices = [], []
    campaign = observed.get("campaign")
    for test in section.tests:
        mine = owned.get(f"test/{test.name}")
        if mine is not None and mine.platform_id is not None:
            continue
        if test.starts_on <= now.astimezone(zone).date():
            why = f"its first day, {test.starts_on}, is here or over; to start it, give it a day to come"
            notices.append(Notice("test-not-started", f"{name}/{test.name}", why))
        elif campaign is None:
            why = "our campaign is to be made first; it is started by the next plan"
            notices.append(Notice("test-not-started", f"{name}/{test.name}", why))
        else:
            changes.append(StartTest(name, f"test/{test.name}", _test(test, campaign.platform_id, zone)))
    return changes, notices


def _test(section: SplitTestSection, campaign_id: str, zone: ZoneInfo) -> SplitTest:
    against = () if section.against is None else (section.against,)
    return SplitTest(
        key=section.name,
        name=f"Test {section.name}",
        cells=(
            SplitCell("value tiers", section.share_percent, (campaign_id,)),
            SplitCell("baseline", 100 - section.share_percent, against),
        ),
        starts_at=datetime.combine(section.starts_on, time(), zone),
        ends_at=datetime.combine(section.ends_on + timedelta(days=1), time(), zone) - timedelta(seconds=1),
    )
