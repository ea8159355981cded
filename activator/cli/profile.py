"""`activator profile`: why each tier buys, and what single comments speak of."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from activator.cli import profile_comments, profile_copy
from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps
from activator.config.segment_fields import QUICK_DAYS

if TYPE_CHECKING:
    from activator.model.plan import Statement
    from activator.motivation.learning import Learned
    from activator.plan.inputs import TierProfile

app = typer.Typer(help="Why each tier buys, in its own words.", rich_markup_mode=None)
app.command("classify")(profile_comments.classify)
app.command("correct")(profile_comments.correct)
app.command("copy")(profile_copy.copy)
OUTCOMES = {
    "one": "one driver",
    "two": "two drivers",
    "none": "no dominant motivation",
    "too_few": "too few answers",
}
KINDS = {
    "driver": "those who would recommend praise",
    "pain": "those who would not miss",
    "need": "others speak of",
}


@app.callback(invoke_without_command=True)
def profile(context: typer.Context, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show the motivation of every tier: its share and interval, quotes, the texts it leads to, and what is missing.

    Reads the exports only; asks no platform and changes nothing.
    """
    if context.invoked_subcommand:
        return
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.plan.inputs import read_motivations, reader_of

    workspace = open_workspace(project)
    with steps(quiet=as_json) as report:
        report("reading the exports", 0)
        reader = reader_of(workspace)
        found = read_motivations(workspace, reader, SystemClock().now().date())
    if as_json:
        print_json({"tiers": found, "read_by": reader.learned})
        return
    for each in found:
        _show(each)
    _show_reader(reader.languages, reader.learned)


def _show(found: "TierProfile") -> None:
    motivation = found.motivation
    said = OUTCOMES[motivation.outcome]
    named = " and ".join(motivation.motivations)
    say(f"{motivation.tier}: {said}{f': {named}' if named else ''}")
    if motivation.motivations:
        whom = f"whose {motivation.attribute} is known" if motivation.attribute else "who said why"
        say(
            f"  {motivation.share:.0%} of {motivation.answers:,} customers {whom} "
            f"(at least {motivation.share_low:.0%}, 90 % interval)"
        )
    else:
        say(f"  {motivation.answers} customers said why, of {motivation.customers} who said anything")
    for name, lift in motivation.lifts:
        say(f"  {name}: {lift:.1f} times as often as among all customers")
    for quote in motivation.quotes:
        say(f"  “{printable(quote)}”")
    for statement in motivation.statements:
        _show_statement(statement)
    if motivation.lapsed_share:
        say(f"  {motivation.lapsed_share:.0%} of its customers have stopped buying")
    if motivation.first_visits:
        counts = f"{motivation.quick_buyers:,} of {motivation.first_visits:,}"
        say(f"  {counts} whose first visit is known ordered within {QUICK_DAYS} days of it")
    for destination, names in found.texts.items():
        say(f"  texts on {destination}: {', '.join(names) or 'none'}")
    _show_missing(found)


def _show_statement(statement: "Statement") -> None:
    say(f"  {statement.kind}: {KINDS[statement.kind]} {statement.motive} ({statement.customers} customers)")
    for evidence in statement.evidence:
        say(f"    {printable(evidence.id)}: “{printable(evidence.quote)}”")


def _show_missing(found: "TierProfile") -> None:
    """What to ask for, and the copy set that would speak to it."""
    motivation = found.motivation
    sets = motivation.motivations or ("generic",)
    say(f"  copy set: {', '.join(sets)} (`activator profile copy {sets[0]}`)")
    needed = motivation.answers + motivation.answers_wanted
    if needed > found.people:
        say(
            f"  too small: {needed} customers must say why, and it has {found.people:,}; join it with another tier, or "
            "leave its texts generic"
        )
    elif motivation.answers_wanted:
        say(f"  missing: about {motivation.answers_wanted} more customers who say why; ask them in a survey")
    if not found.texts:
        say("  missing: no destination has a group for this tier")


def _show_reader(languages: tuple[str, ...], learned: "Learned | None") -> None:
    say(f"Read with the lexicons of {', '.join(languages)}.")
    if learned is None:
        say("No corrections yet: `activator profile correct FILE` teaches it your customers' words.")
        return
    before, now = learned.lexicon_right / learned.corrections, learned.right / learned.corrections
    say(
        f"{learned.corrections} corrections: the lexicon reads {before:.0%} of them right, with what was learned "
        f"{now:.0%} (cross-validated, {learned.kind})."
    )
    for trial in learned.trials:
        who = "read by the model" if trial.taken_over else "read by the lexicon"
        say(
            f"  {trial.motive}: {who}; told from the rest in {trial.lexicon_right} (lexicon) and {trial.model_right} "
            f"(model) of {learned.corrections}, p = {trial.p:.3f}"
        )
    if not learned.trials:
        from activator.motivation.learning import CORRECTIONS_MIN

        say(f"  A motive is learned from {CORRECTIONS_MIN} corrections that have it.")
