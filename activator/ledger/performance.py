"""Performance by ad and day, each pull kept with its as-of instant: platforms restate for weeks."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, delete, exists, func, insert, select

from activator.ledger.schema import performance
from activator.model.performance import PerformanceRow
from activator.ports import Clock

ROWS_PER_INSERT = 1_000
RESTATED = timedelta(days=90)  # how long it can be seen what a platform said before


def record(connection: Connection, clock: Clock, rows: Iterable[PerformanceRow]) -> int:
    """Keep one pull; returns the number of rows."""
    now = clock.now()
    values = [
        {
            "destination": row.destination,
            "ad_id": row.ad_id,
            "day": row.day,
            "as_of": now,
            "campaign_id": row.campaign_id,
            "group_id": row.group_id,
            "spend_micros": row.spend_micros,
            "impressions": row.impressions,
            "clicks": row.clicks,
            "conversions_milli": row.conversions_milli,
            "value_micros": row.value_micros,
            "currency": row.currency,
        }
        for row in rows
    ]
    for start in range(0, len(values), ROWS_PER_INSERT):
        connection.execute(insert(performance), values[start : start + ROWS_PER_INSERT])
    return len(values)


def latest(connection: Connection, since: date, until: date) -> tuple[PerformanceRow, ...]:
    """The newest figures of each ad and day, both days included."""
    within = performance.c.day.between(since, until)
    newest = (
        select(
            performance.c.destination, performance.c.ad_id, performance.c.day, func.max(performance.c.as_of).label("at")
        )
        .where(within)
        .group_by(performance.c.destination, performance.c.ad_id, performance.c.day)
        .subquery()
    )
    on = and_(
        performance.c.destination == newest.c.destination,
        performance.c.ad_id == newest.c.ad_id,
        performance.c.day == newest.c.day,
        performance.c.as_of == newest.c.at,
    )
    query = (
        select(performance).join(newest, on).order_by(performance.c.destination, performance.c.ad_id, performance.c.day)
    )
    return tuple(
        PerformanceRow(
            destination=row.destination,
            campaign_id=row.campaign_id,
            group_id=row.group_id,
            ad_id=row.ad_id,
            day=row.day,
            spend_micros=row.spend_micros,
            impressions=row.impressions,
            clicks=row.clicks,
            conversions_milli=row.conversions_milli,
            value_micros=row.value_micros,
            currency=row.currency,
        )
        for row in connection.execute(query)
    )


def purge(connection: Connection, before: date, now: datetime) -> int:
    """Delete figures of days before one, and pulls that a newer one overtook long ago. Returns how many rows."""
    newer = performance.alias("newer")
    overtaken = exists().where(
        newer.c.destination == performance.c.destination,
        newer.c.ad_id == performance.c.ad_id,
        newer.c.day == performance.c.day,
        newer.c.as_of > performance.c.as_of,
    )
    old = connection.execute(delete(performance).where(performance.c.day < before)).rowcount
    past = performance.c.as_of < now - RESTATED
    return int(old + connection.execute(delete(performance).where(past, overtaken)).rowcount)
