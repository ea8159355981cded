"""The preview of a plan and the account of an apply, in words and tables. Walks the very list apply executes."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import assert_never

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activator.apply.result import ApplyResult, ChangeState, subject
from activator.cli.amounts import hundredths, money
from activator.cli.bidding import notice_lines, print_terms
from activator.cli.console import printable
from activator.cli.outcomes import outcomes_table, suppressions_table
from activator.cli.sharing import matches_table, sharing_lines
from activator.cli.value_words import basis_lines
from activator.model.ads import AdSpec, AudienceSpec, Bid, CampaignSpec, GroupSpec, ObjectSpec
from activator.model.delivery import Operation
from activator.model.plan import (
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    Plan,
    ReplaceMembers,
    StartTest,
    UpdateObject,
)
from activator.model.split_test import SplitCell
from activator.plan.guards import CEILINGS, to_accept


def show_plan(plan: Plan, folder: Path, currency: str) -> None:
    """Print the whole preview. currency: the project's, which values are in."""
    console = Console()
    console.print(f"[bold]Plan {plan.plan_id}[/bold]  {plan.created_at:%Y-%m-%d %H:%M} UTC", highlight=False)
    for table in (
        _people(plan, currency),
        outcomes_table(plan.sources),
        suppressions_table(plan.suppressions),
        matches_table(plan.sharing),
        _movements(plan),
        _audiences(plan),
    ):
        if table.row_count:
            console.print()
            console.print(table)
    for line in chain(basis_lines(plan.valuing, plan.tiers), sharing_lines(plan.sharing)):
        console.print(line, highlight=False)
    print_terms(console, plan)
    console.print()
    if not plan.changes:
        console.print("[green]Nothing to change:[/green] the platforms are as the project wants them.", highlight=False)
    for line in chain(_change_lines(plan), _withdrawn_lines(plan), notice_lines(plan)):
        console.print(line, highlight=False, soft_wrap=True)
    for finding in plan.guards:
        mark = "[yellow]accepted[/yellow]" if finding.accepted else "[bold red]refused[/bold red]"
        console.print(f"{mark} by guard {finding.guard}: {_text(finding.subject)}: {_text(finding.message)}")
        console.print(f"  {_text(finding.accepted or finding.fix)}", highlight=False)
    for line in chain(_unread_lines(plan), _approval_lines(plan), [""], _next_lines(plan, folder)):
        console.print(line, highlight=False, soft_wrap=True)


def _next_lines(plan: Plan, folder: Path) -> Iterator[str]:
    """What to do with it."""
    if plan.refused:
        yield _way_on(plan)
        if len(plan.withheld) < len(plan.changes):
            yield f"Take out now who withdrew, and nothing else: activator apply {plan.plan_id}"
    elif plan.changes:
        yield f"Saved in {_text(str(folder))}"
        yield f"Do exactly this with: activator apply {plan.plan_id}"


def _unread_lines(plan: Plan) -> Iterator[str]:
    for unread in plan.unread:
        yield f"[bold red]not planned[/bold red] {_text(unread.destination)}: {_text(unread.message)}"
        if unread.next_step:
            yield f"  what to do: {_text(unread.next_step)}"


def _withdrawn_lines(plan: Plan) -> Iterator[str]:
    """What the word means, once, and that nothing elsewhere holds these removals back."""
    withdrawn = {
        n for n, change in enumerate(plan.changes, start=1) if isinstance(change, ChangeMembers) and change.withdrawn
    }
    if withdrawn:
        held = withdrawn & plan.withheld.keys()
        rest = "; taken out even where something else is refused or not approved" if not held else ""
        yield f"withdrawn: people who object or no longer consent{rest}."


def _approval_lines(plan: Plan) -> Iterator[str]:
    """What waits for whom."""
    if plan.approval is not None:
        people = " or ".join(person for person in plan.approval.by if person != plan.planned_by)
        covers = " and ".join(plan.approval.covers)
        waiting = f"[yellow]needs approval[/yellow] of {covers} by {_text(people) or 'somebody else'}"
        yield f"{waiting}: activator approve {plan.plan_id}"


def show_result(result: ApplyResult) -> None:
    """Print what came of an apply: counts, and every change that is not done with its reason."""
    console = Console()
    done = sum(r.state in (ChangeState.DONE, ChangeState.ALREADY, ChangeState.PROCESSING) for r in result.results)
    console.print(f"[bold]{done} of {len(result.results)} changes done[/bold]", highlight=False)
    members = _sent(result)
    if members.row_count:
        console.print(members)
    for line in _open_lines(result):
        console.print(line, highlight=False)
    if any(row.state is ChangeState.PROCESSING for row in result.results):
        console.print("The platform accepted everything and still works on some; `activator status` shows how far.")
    if result.resumable:
        console.print(f"Go on with: activator apply {result.plan_id}", highlight=False)


def _open_lines(result: ApplyResult) -> Iterator[str]:
    """What is not done, each reason once, however many changes it holds up."""
    by_reason: dict[tuple[str, str, str], list[str]] = {}
    for row in result.results:
        if row.error is not None:
            reason = (str(row.state), row.error.message, row.error.next_step or "apply the plan again")
            by_reason.setdefault(reason, []).append(f"{row.destination}: {row.subject}")
    for (state, message, next_step), subjects in by_reason.items():
        about = subjects[0] if len(subjects) == 1 else f"{len(subjects)} changes"
        yield f"[red]{state}[/red] {_text(about)}: {_text(message)}"
        yield f"  what to do: {_text(next_step)}"
        if len(subjects) > 1:
            yield from (f"  [dim]{_text(subject)}[/dim]" for subject in subjects)


def _way_on(plan: Plan) -> str:
    """How a refused plan may come to be applied."""
    options = to_accept(plan.guards)
    if options:
        return f"If this is right: activator plan {options}"
    keys = sorted({CEILINGS[f.guard] for f in plan.guards if f.guard in CEILINGS and f.accepted is None})
    if not keys:
        return "No option lets this pass. Do what is said above, and plan again."
    return (
        f"A ceiling is not passed on the command line. If this is right, change {' and '.join(keys)}, and plan again."
    )


def _sent(result: ApplyResult) -> Table:
    table = Table(box=box.SIMPLE, title="Members", title_justify="left")
    for column in ("destination", "change"):
        table.add_column(column)
    for column in ("sent", "settled", "rejected", "processing"):
        table.add_column(column, justify="right")
    for row in result.results:
        if row.sent:
            counts = (row.sent, row.settled, row.rejected, row.processing)
            table.add_row(row.destination, row.subject, *(f"{count:,}" for count in counts))
    return table


def _people(plan: Plan, currency: str) -> Table:
    table = Table(box=box.SIMPLE, title=f"Customers by value, in {currency}", title_justify="left")
    table.add_column("tier", overflow="fold")
    for column in ("people", "value", "from", "to"):
        table.add_column(column, justify="right", no_wrap=True)  # words make room, amounts are never cut
    table.add_column("why they buy", overflow="fold")
    motives = {motivation.tier: motivation for motivation in plan.motivations}
    for tier in plan.tiers:
        motive = motives.get(tier.tier)
        why = ""
        if motive is not None:
            words = {"none": "no dominant motivation", "too_few": "too few answers to say"}
            why = words.get(motive.outcome, " and ".join(motive.motivations)) + f" ({motive.answers} answers)"
        table.add_row(
            tier.tier,
            f"{tier.people:,}",
            *(money(value, currency) for value in (tier.value_minor, tier.value_min_minor, tier.value_max_minor)),
            why,
        )
    return table


def _movements(plan: Plan) -> Table:
    """One line per kind of move, one column per destination: they mostly agree, and differ where somebody looks."""
    table = Table(box=box.SIMPLE, title="Who moves", title_justify="left")
    for column in ("from", "to", "why"):
        table.add_column(column)
    destinations = list(dict.fromkeys(state.destination for state in plan.audiences))
    for destination in destinations:
        table.add_column(destination, justify="right")
    people = {(m.from_tier, m.to_tier, m.reason, m.destination): m.people for m in plan.movements}
    for move in dict.fromkeys(key[:3] for key in people):
        counts = [people.get((*move, destination), 0) for destination in destinations]
        table.add_row(move[0] or "—", move[1] or "—", move[2], *(f"{count:,}" if count else "" for count in counts))
    return table


def _audiences(plan: Plan) -> Table:
    table = Table(box=box.SIMPLE, title="Audiences", title_justify="left")
    for column in ("destination", "tier"):
        table.add_column(column)
    for column in ("now", "add", "remove", "waiting", "then"):
        table.add_column(column, justify="right")
    for state in plan.audiences:
        table.add_row(
            state.destination,
            state.tier,
            f"{state.believed:,}",
            f"+{state.adds:,}" if state.adds else "",
            f"-{state.removes:,}" if state.removes else "",
            f"{state.held_back:,}" if state.held_back else "",
            f"{state.believed + state.adds - state.removes:,}",
        )
    return table


def _change_lines(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        yield f"  {_sign(change)} [dim]{change.destination:<7}[/dim] {_text(subject(change))}{_detail(change)}"


def _sign(change: Change) -> str:
    match change:
        case CreateObject():
            return "[green]+[/green]"
        case UpdateObject():
            return "[yellow]~[/yellow]"
        case PauseObject():
            return "[yellow]‖[/yellow]"
        case ChangeMembers():
            return "[green]+[/green]" if change.operation is Operation.ADD else "[red]-[/red]"
        case ReplaceMembers():
            return "[yellow]=[/yellow]"
        case StartTest():
            return "[green]+[/green]"
        case _:
            assert_never(change)


def _detail(change: Change) -> str:
    match change:
        case CreateObject():
            return _text(_spec_words(change.spec))
        case UpdateObject():
            return _text(
                "".join(f"\n      {field}: {now} -> {wanted}" for field, (now, wanted) in change.differences.items())
            )
        case PauseObject():
            return " [dim](no longer wanted)[/dim]"
        case ChangeMembers():
            after = ", after the removals" * change.after_removals
            more = after + ", to be sure: nothing is known to differ" * change.asserted
            batches = f"{len(change.batches)} batch{'es' if len(change.batches) > 1 else ''}"
            people = "person" if change.rows == 1 else "people"
            return f"  [bold]{change.rows:,}[/bold] {people} in {batches}{more}"
        case StartTest():
            test = change.test
            cells = ", ".join(f"{cell.name} {cell.share_percent} % ({_cell_words(cell)})" for cell in test.cells)
            return f"  {test.starts_at:%Y-%m-%d} to {test.ends_at:%Y-%m-%d}, people divided at random: {_text(cells)}"
        case ReplaceMembers():
            gone = sum(batch.rows for batch in change.leaving)
            parts = f"{len(change.batches)} part{'s' * (len(change.batches) > 1)}"
            known = f"{gone:,} we know of and " if gone else ""
            return f"  [bold]{change.rows:,}[/bold] people in {parts}, and nobody else: {known}all others in it are out"
        case _:
            assert_never(change)


def _cell_words(cell: SplitCell) -> str:
    ids = " and ".join((*cell.campaign_ids, *cell.group_ids))
    return f"campaign {ids}" if ids else "a copy of it without adjustments"


def _spec_words(spec: ObjectSpec) -> str:
    match spec:
        case AudienceSpec():
            return "  kept out of every group" if spec.suppress else ""
        case CampaignSpec():
            budget = "" if spec.daily_budget_minor is None else f", {hundredths(spec.daily_budget_minor)} a day"
            first_sale = spec.new_customer_value_minor
            more = "" if first_sale is None else f", {hundredths(first_sale)} on top of a new customer's first sale"
            return f"  paused, {spec.strategy}{budget}{more}"
        case GroupSpec():
            budget = "" if spec.daily_budget_minor is None else f", {hundredths(spec.daily_budget_minor)} a day"
            return (
                f"  paused, {bid_words(spec.bid)}{budget}; keeps out {len(spec.excluded_audience_keys)} other audiences"
            )
        case AdSpec():
            return f"  paused, speaks to {spec.variant.motivation}: “{spec.variant.headlines[0]}”"


def bid_words(bid: Bid) -> str:
    """A bid as a person says it."""
    words = [str(bid.strategy).replace("_", " ")]
    if bid.amount_minor is not None:
        words.append(hundredths(bid.amount_minor))
    if bid.roas_bp is not None:
        words.append(f"{bid.roas_bp / 10_000:g}")
    if bid.modifier_bp is not None:
        words.append(f"x {bid.modifier_bp / 10_000:g} for this tier")
    if bid.value_bp is not None:
        words.append(f"its sales counted {bid.value_bp / 10_000:g} times")
    return " ".join(words)


def _text(value: str) -> str:
    return escape(printable(value))
