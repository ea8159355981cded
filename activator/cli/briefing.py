"""`activator briefing`: how each tier did, and what needs attention."""

from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, say, show, steps


def briefing(
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    pull: Annotated[bool, typer.Option(help="Fetch performance from the platforms first.")] = True,
    deliver: Annotated[bool, typer.Option(help="Also send it where activator.yaml says (Slack, e-mail).")] = False,
) -> None:
    """Pull performance, judge it tier by tier, print the briefing and write its page.

    Figures run through yesterday, in each account's time zone. A flag needs credible evidence, not a bad day.
    """
    from activator.briefing.render_terminal import render_terminal
    from activator.briefing.run import brief, page_path
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace

    workspace = open_workspace(project)
    with steps(quiet=as_json) as report:
        report("pulling performance" if pull else "reading the ledger", 0)
        built = brief(workspace, SystemClock(), pull=pull, deliver=deliver)
    if as_json:
        print_json(built)
        return
    show(render_terminal(built))
    say(f"Page: {page_path(workspace)}")
