"""`activator status`: what we believe, what is open, and what comes next."""

from pathlib import Path
from typing import Annotated, Any

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, show, steps


def status(
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    history: Annotated[
        bool, typer.Option("--history", help="Also who planned, applied and forgot what, and what platforms said.")
    ] = False,
) -> None:
    """Show audiences, open batches, the last plan and the schedule's slots.

    Asks the platforms what became of batches they were still processing, and records the answers.
    """
    from activator.cli.forget import erasure_json
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.ledger.overview import state_of
    from activator.plan.files import saved_accounts, saved_sharing
    from activator.sync import Runner, poll_processing

    workspace, clock = open_workspace(project), SystemClock()
    with steps(quiet=as_json) as report:
        report("asking the platforms", 0)
        poll_processing(Runner(workspace, clock))
    state = state_of(workspace, clock, with_history=history)
    last = state["last_plan"]
    accounts = saved_accounts(workspace.plans / last["plan_id"]) if last else None
    state["sources"], state["suppressions"] = accounts or ((), ())
    state["sharing"] = saved_sharing(workspace.plans / last["plan_id"]) if last else None
    if as_json:
        print_json({**state, "erasures": [erasure_json(erasure) for erasure in state["erasures"]]})
        return
    _show(state)


def _show(state: dict[str, Any]) -> None:
    last = state["last_plan"]
    say(f"Last plan: {last['plan_id']} {last['state']}, {last['summary']}" if last else "No plan has been applied yet.")
    for audience in state["audiences"]:
        say(
            f"  {audience['destination']:<8} {audience['audience_key']:<22} {audience['members']:>9,} believed "
            f"members, {audience['batches']} batches"
        )
    open_batches = state["open_batches"]
    if open_batches:
        say("Open batches:")
    for batch in open_batches:
        say(
            f"  {batch['destination']:<8} {batch['operation']} {batch['audience_key']}: {batch['rows']:,} rows, "
            f"{batch['state']} {batch['detail']}"
        )
    for refresh in state["refreshes"]:
        say(
            f"Full refresh of {refresh['audience_key']} on {refresh['destination']} since "
            f"{refresh['since']:%Y-%m-%d %H:%M} UTC, {refresh['rows']:,} people: `activator sync` sees to its end."
        )
    for wait in state["waits"]:
        platform = str(wait["quota"]).split()[0]
        say(printable(f"{platform} has asked us to wait until {wait['until']:%Y-%m-%d %H:%M} UTC ({wait['quota']})"))
    if state["refused_removals"]:
        say("Still in, who should be out:")
    for owed in state["refused_removals"]:
        people = "1 person" if owed["people"] == 1 else f"{owed['people']:,} people"
        place = f"  {owed['destination']:<8} {owed['audience_key']}: {people}"
        say(printable(f"{place} since {owed['since']:%Y-%m-%d %H:%M} UTC: {owed['detail']}"))
    _show_people(state)
    for slot in state["slots"]:
        say(f"  schedule {slot['schedule']}: {slot['instant']} {slot['state']} {slot['detail']}")
    _show_erasures(state)
    _show_history(state)
    if not any(state[name] for name in ("open_batches", "erasures", "refused_removals", "refreshes")):
        say("Nothing is open.")


def _show_erasures(state: dict[str, Any]) -> None:
    """People to be forgotten: what is still to be done, by when, and where somebody has to step in."""
    from activator.cli.forget import erasure_lines

    for erasure in state["erasures"]:
        for line in erasure_lines(erasure):
            say(printable(line))


def _show_history(state: dict[str, Any]) -> None:
    """Who did what, and what the platforms said to it; newest first."""
    for entry in state.get("history", ()):
        when = f"{entry['at']:%Y-%m-%d %H:%M:%S}"
        say(printable(f"  {when} {entry['actor']} {entry['action']} {entry['subject']} {entry['detail']}".rstrip()))
    for sent in state.get("sends", ()):
        receipt = f", receipt {sent['receipt']}" if sent["receipt"] else ""
        say(
            printable(
                f"  {sent['at']:%Y-%m-%d %H:%M:%S} {sent['destination']} {sent['operation']} {sent['audience_key']}: "
                f"{sent['rows']:,} rows, {sent['state']}{receipt} {sent['detail']}".rstrip()
            )
        )


def _show_people(state: dict[str, Any]) -> None:
    """Where every row of the last plan's exports ended, and what they share."""
    from activator.cli.outcomes import outcomes_table, suppressions_table
    from activator.cli.sharing import matches_table, sharing_lines

    for table in (outcomes_table(state["sources"]), suppressions_table(state["suppressions"])):
        if table.row_count:
            show(table)
    sharing = state["sharing"]
    if sharing is not None:
        if sharing.matches:
            show(matches_table(sharing))
        for line in sharing_lines(sharing):
            say(line)
