"""`activator sync`: plan and apply in one go, for schedules."""

from pathlib import Path

import typer

from activator.cli.console import AcceptOption, JsonOption, ProjectOption, ReasonOption, acceptances, print_json, steps


def sync(
    project: ProjectOption = Path(),
    accept: AcceptOption = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plan, then apply that plan at once.

    What a person does with `plan` and `apply`, for schedulers: the same guards refuse the same plans (exit 4).
    """
    from activator.cli.preview import show_plan, show_result
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.schedule.stop import StopSignal, stop_on_signals
    from activator.sync import Runner, apply_plan, before_planning, make_plan

    with steps(quiet=as_json) as report:
        runner = Runner(open_workspace(project), SystemClock(), report=report)
        before_planning(runner)
        made, folder = make_plan(runner, acceptances(accept, reason))
    if not as_json:
        show_plan(made, folder, runner.workspace.project.currency)
    if made.refused and len(made.withheld) == len(made.changes):
        if as_json:
            print_json({"plan": made, "folder": folder, "refused": True})
        raise typer.Exit(4)
    stop = StopSignal()
    with steps(quiet=as_json) as report, stop_on_signals(stop):
        applying = Runner(runner.workspace, runner.clock, report=report, should_stop=stop.is_set)
        result = apply_plan(applying, made, folder)
    if as_json:
        print_json({"plan": made, "result": result})
    else:
        show_result(result)
    raise typer.Exit(result.exit_code or max((unread.exit_code for unread in made.unread), default=0))
