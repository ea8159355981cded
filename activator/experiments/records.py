"""What tests have said, kept in the ledger: plans let a tier's budget grow only after a confirmed verdict."""

from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.experiments.verdict import Verdict
from activator.ledger import plans, terms
from activator.ledger.store import Ledger
from activator.ports import Clock


def record_verdict(workspace: Workspace, clock: Clock, actor: str, tier: str, said: Verdict, figures: str) -> None:
    """Keep a verdict on a tier's motivated copy; the newest counts. figures: what it was read from.

    Raises:
        ConfigurationError: there is no such tier. LedgerError: the ledger cannot be used.
    """
    known = [section.name for section in workspace.project.tiers]
    if tier not in known:
        raise ConfigurationError(f"there is no tier `{tier}`", f"Name one of: {', '.join(known)}.")
    detail = f"{figures}; z {said.z:.2f}, bound {said.bound:.2f}"
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        with ledger.writing() as connection:
            terms.record_verdict(connection, clock, actor, tier, said.outcome.value, detail)
            plans.note(connection, clock, actor, "verdict", tier, f"{said.outcome.value}: {detail}")
    finally:
        ledger.close()
