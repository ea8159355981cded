"""Flag episodes, so that a flag is told once as new and then as day n."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from activator.ledger.schema import flag_episodes
from activator.model.performance import FlagEpisode


def episodes(connection: Connection) -> tuple[FlagEpisode, ...]:
    """Every remembered episode, open or closed."""
    return tuple(
        FlagEpisode(row.destination, row.tier, row.variant or None, row.started_on, row.opened_on, row.closed_on)
        for row in connection.execute(select(flag_episodes).order_by(flag_episodes.c.opened_on))
    )


def replace(connection: Connection, kept: Sequence[FlagEpisode]) -> None:
    """Keep exactly these; performance.flags decides what is still worth remembering."""
    connection.execute(delete(flag_episodes))
    if kept:
        connection.execute(
            insert(flag_episodes),
            [
                {
                    "destination": episode.destination,
                    "tier": episode.tier,
                    "variant": episode.variant or "",
                    "opened_on": episode.opened_on,
                    "started_on": episode.started_on,
                    "closed_on": episode.closed_on,
                }
                for episode in kept
            ],
        )
