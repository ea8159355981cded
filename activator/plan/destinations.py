"""Opening the project's destinations through their connectors."""

from collections.abc import Iterator
from contextlib import contextmanager

from activator.config.bidding import from_value
from activator.config.extensions import DESTINATIONS, load_extension
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.ledger.database import is_there
from activator.ledger.store import LedgerReader
from activator.plan.desired import markers
from activator.ports import Allowances, Clock, Destination, DestinationConnector, DestinationContext


def open_destinations(workspace: Workspace, clock: Clock, allowances: Allowances | None) -> dict[str, Destination]:
    """Every destination of the project, in the file's order. No call is made to a platform.

    allowances: the ledger's, for all that makes calls; None where no call is made, or none is to be remembered.

    Raises:
        ConfigurationError: a connector, its options or its credentials are missing or wrong.
    """
    return {name: open_destination(workspace, name, clock, allowances) for name in workspace.project.destinations}


def open_destination(workspace: Workspace, name: str, clock: Clock, allowances: Allowances | None) -> Destination:
    """One destination by its name in the project file."""
    project = workspace.project
    section = project.destinations[name]
    connector: DestinationConnector = load_extension(DESTINATIONS, section.connector)
    destination = connector.open(
        DestinationContext(
            name=name,
            project_id=project.project.id,
            account_id=section.account_digits,
            currency=section.currency or project.currency,
            time_zone=section.time_zone or project.time_zone,
            project_dir=workspace.folder,
            options=section.options,
            clock=clock,
            countries=section.countries,
            markers=markers(project, name),
            in_market=section.acquisition.in_market if section.acquisition is not None else (),
            counts_new_customers=section.new_customer_value is not None,
            allowances=allowances,
        )
    )
    _check_budgets(workspace, name, destination.budget_level)
    return destination


@contextmanager
def known_allowances(workspace: Workspace, clock: Clock) -> Iterator[Allowances | None]:
    """What the ledger remembers of platforms; None where there is no ledger, since looking is no reason to make one."""
    if not is_there(workspace.ledger_place):
        yield None
        return
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        yield ledger.allowances
    finally:
        ledger.close()


def _check_budgets(workspace: Workspace, name: str, level: str) -> None:
    """Budgets must stand where the platform keeps them; one in the other place would silently do nothing."""
    section = workspace.project.destinations[name]
    where = f"activator.yaml: destinations.{name}"
    bidding = from_value(section.bidding)
    total = None if bidding is None else bidding.total_daily_budget
    if level == "group":
        lacking = (
            []
            if total is not None
            else [tier for tier, delivery in section.tiers.items() if delivery.daily_budget is None]
        )
        if lacking:
            raise ConfigurationError(
                f"{where}.tiers.{lacking[0]}: daily_budget is required",
                "This platform keeps a budget per tier. Or set bidding.total_daily_budget.",
            )
        if section.daily_budget is not None:
            raise ConfigurationError(f"{where}.daily_budget: not used here", "Set daily_budget on each tier instead.")
        return
    if total is not None:
        raise ConfigurationError(f"{where}.bidding.total_daily_budget: not used here", "Set daily_budget instead.")
    if section.daily_budget is None:
        raise ConfigurationError(f"{where}.daily_budget is required", "This platform keeps the budget per campaign.")
    given = [tier for tier, delivery in section.tiers.items() if delivery.daily_budget is not None]
    if given:
        raise ConfigurationError(
            f"{where}.tiers.{given[0]}.daily_budget: not used here", "Set daily_budget on the destination instead."
        )
