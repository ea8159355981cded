"""What advertising to each tier cost lately, and what is in place: what a plan's bids go by besides the people."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from activator.config.project import Project
from activator.ledger import performance, terms
from activator.ledger.store import LedgerReader
from activator.model.bidding import BiddingFacts, TierSpend
from activator.performance.label import ad_days
from activator.performance.segments import by_tier
from activator.ports import Clock

SPEND_DAYS = 28


def bidding_facts(project: Project, ledger: LedgerReader, clock: Clock) -> BiddingFacts:
    """Read from the ledger; the platforms are not asked. Performance comes in with `activator briefing`."""
    today = clock.now().astimezone(ZoneInfo(project.time_zone)).date()
    keys = {
        (name, owned.platform_id): key
        for name in project.destinations
        for key, owned in ledger.owned(name).items()
        if owned.kind == "ad" and owned.platform_id is not None
    }
    with ledger.reading() as connection:
        rows = performance.latest(connection, today - timedelta(days=SPEND_DAYS), today - timedelta(days=1))
        applied, verdicts = terms.applied(connection), terms.newest_verdicts(connection)
        recorded = terms.verdicts_recorded(connection)
    spend = tuple(
        TierSpend(total.destination, total.tier or "", total.spend_micros, total.conversions_milli, total.currency)
        for total in by_tier(ad_days(rows, keys))
    )
    return BiddingFacts(today, applied, spend, verdicts, recorded)
