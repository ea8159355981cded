"""What every step of an apply needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activator.ledger import lease
from activator.ledger.store import Ledger
from activator.model.ads import RemoteObject
from activator.model.plan import Plan
from activator.ports import Clock, Destination

LEASE_NAME = "apply"


@dataclass(frozen=True, slots=True)
class ApplyContext:
    """folder: the plan's, with its batches; observed: destination -> spec key -> object, as of the start of the apply.

    report: told of progress, in words fit for a screen; should_stop: asked between sends.
    """

    plan: Plan
    folder: Path
    ledger: Ledger
    destinations: Mapping[str, Destination]
    observed: Mapping[str, Mapping[str, RemoteObject]]
    clock: Clock
    actor: str
    report: Callable[[str, int], None] = field(default=lambda _message, _advance: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)

    def renew_lease(self) -> None:
        """Show that we are alive, and stop at once if somebody else has taken over."""
        with self.ledger.writing() as connection:
            lease.take(connection, self.clock, LEASE_NAME, self.actor)
