"""`activator approve`: a second person says yes to a saved plan."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say
from activator.cli.saved import find_plan


def approve(
    plan: Annotated[
        str | None, typer.Argument(help="Id or folder of a saved plan; default: the newest.", show_default=False)
    ] = None,
    project: ProjectOption = Path(),
    reason: Annotated[str, typer.Option("--reason", help="What to remember about it, in the audit log.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a plan that needs approval, and approve it.

    You are who ACTIVATOR_PERSON says, else your login name; activator.yaml names who may approve. Nobody approves what
    they have planned. The approval is of exactly this plan, is kept in the ledger, and ends with the plan.
    """
    from activator.apply.approval import approve as record
    from activator.apply.approval import check_approver
    from activator.cli.preview import show_plan
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.store import Ledger
    from activator.plan.files import load_plan
    from activator.sync import Runner

    runner = Runner(open_workspace(project), SystemClock())
    loaded, folder = load_plan(find_plan(runner.workspace.plans, plan))
    person = runner.workspace.person
    check_approver(loaded, person)
    if not as_json:
        show_plan(loaded, folder, runner.workspace.project.currency)
    if not yes and not typer.confirm(f"Approve this as {person}?", err=True):
        raise typer.Exit(2)
    with closing(Ledger(runner.workspace.ledger_place, runner.clock)) as ledger:
        given = record(ledger, loaded, person, runner.who, reason)
    if as_json:
        print_json(given)
    else:
        say(f"Approved by {given.person}. Now: activator apply {given.plan_id}")
