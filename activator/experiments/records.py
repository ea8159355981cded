"""What tests have said, kept in the ledger: plans let a tier's budget grow only after a confirmed verdict."""

from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.experiments.verdict import Verdict
from activator.ledger import plans, terms
from activator.ledger.store import Ledger
from activator.model.bidding import TierVerdict
from activator.ports import Clock


def record_verdict(workspace: Workspace, clock: Clock, actor: str, tier: str, said: Verdict, figures: str) -> None:
    """Keep a verdict on the texts a tier is told by now; the newest counts. figures: what it was read from.

    Raises:
        ConfigurationError: there is no such tier, or nothing is told to it yet. LedgerError: the ledger cannot be used.
    """
    known = [section.name for section in workspace.project.tiers]
    if tier not in known:
        raise ConfigurationError(f"there is no tier `{tier}`", f"Name one of: {', '.join(known)}.")
    detail = f"{figures}; z {said.z:.2f}, bound {said.bound:.2f}"
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        with ledger.writing() as connection:
            tested = {row.destination: row.texts for row in terms.applied(connection) if row.tier == tier and row.texts}
            if not tested:
                raise ConfigurationError(
                    f"no applied plan tells tier `{tier}` anything, so no test can be about its texts",
                    "Apply a plan first. A verdict is about the texts in place, and counts until they change.",
                )
            terms.record_verdict(connection, actor, TierVerdict(tier, said.outcome.value, clock.now(), detail, tested))
            plans.note(connection, clock, workspace.who(actor), "verdict", tier, f"{said.outcome.value}: {detail}")
    finally:
        ledger.close()
