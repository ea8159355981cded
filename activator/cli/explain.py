"""`activator explain`: why a person is, or is not, in an audience."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from activator.cli.console import JsonOption, ProjectOption, print_json, printable, say, steps
from activator.errors import ConfigurationError
from activator.model.explanation import AudienceStanding, ExplainedPerson, Explanation, LinkedRow, Standing

ROWS_SHOWN = 40


def explain(
    project: ProjectOption = Path(),
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the identifier from standard input instead of asking for it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say which rows are one person, which tier and why, and what was sent where and when.

    Asks for an e-mail address, a phone or a customer id. What is typed is not shown, not kept and never an argument, so
    that it stands in no shell history. Answers are masked. Exits 0 also when nothing is known, and says what to check.
    """
    from activator.config.clock import SystemClock
    from activator.config.workspace import open_workspace
    from activator.explain import explain as explained

    workspace = open_workspace(project)
    text = _identifier(stdin=stdin)
    with steps(quiet=as_json) as report:
        report("reading exports and batches", 0)
        found = explained(workspace, SystemClock(), text)
    if as_json:
        print_json({"found": found.found, "explanation": found})
        return
    for line in _lines(found, workspace.project.currency):
        say(printable(line))


def _identifier(*, stdin: bool) -> str:
    if stdin:
        text = sys.stdin.readline()
    elif sys.stdin.isatty():
        text = typer.prompt("E-mail address, phone or customer id (not shown)", hide_input=True, err=True)
    else:
        raise ConfigurationError("there is no terminal to ask on", "Pipe the identifier in and add --stdin.")
    if not text.strip():
        raise ConfigurationError("no identifier was given", "One line: an e-mail address, a phone or a customer id.")
    return text.strip()


def _lines(found: Explanation, currency: str) -> Iterator[str]:
    if found.asked:
        yield f"{next(iter(found.asked.values()))}, read as {' or '.join(found.asked)}"
    if not found.found:
        yield from _not_found(found)
        return
    if found.hub:
        yield f"Nobody's: it is {_article(found.hub)}, on {found.hub_rows:,} rows. It joins no rows and is not sent."
        yield "See docs/explanation/consolidation.md, or ask for another identifier of the person."
    for row in found.rows_without_person:
        yield f"{row.place}: nobody's row; every identifier on it is several people's"
    for person in found.people:
        yield ""
        yield from _person(person, currency)
    if not found.people and not found.hub and found.audiences:
        yield "Not in the exports any more; it was sent before."
    yield ""
    if not found.audiences:
        yield "Nothing was ever sent for it."
    for audience in found.audiences:
        yield from _audience(audience)


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("e") else f"a {kind}"


def _not_found(found: Explanation) -> Iterator[str]:
    yield "Not found: in no row of the exports, and in nothing that was sent."
    if not found.asked:
        yield "It can be read neither as an e-mail address nor as a phone nor as a customer id."
    yield "Check: is it spelt as in the export? Is the phone written with + and country code, or is"
    yield "identity.default_country set? Were its rows set aside (`activator plan` says why rows are)? Does the"
    yield "mapping read the column (`activator mappings check EXPORT`)?"


def _person(person: ExplainedPerson, currency: str) -> Iterator[str]:
    yield f"Person {person.standing.person_key[:12]}, {person.rows_total:,} rows:"
    for row in person.rows[:ROWS_SHOWN]:
        yield f"  {row.place}{_link(row)}"
    if person.rows_total > ROWS_SHOWN:
        yield f"  and {person.rows_total - ROWS_SHOWN:,} more"
    for kind, count in person.hubs.items():
        yield f"  without {count} x {kind}: of several people, so it joins nothing and is not sent"
    for kind, count in person.contested.items():
        yield f"  without {count} x {kind}: birth dates differ, and somebody else's claim to it is stronger"
    yield from _standing(person.standing, currency)
    if person.segments_on is not None:
        stays = ", ".join(f"{name} since {since}" for name, since in person.segments.items())
        yield f"  segments, as kept on {person.segments_on}: {stays or 'none'}"


def _link(row: LinkedRow) -> str:
    return f"  by {row.by} with {row.to}" if row.by else ""


def _standing(standing: Standing, currency: str) -> Iterator[str]:
    from activator.cli.amounts import money
    from activator.cli.outcomes import OUTCOME_WORDS
    from activator.model.people import Outcome

    if standing.tier is None:
        yield "  tier: none, since there is no order"
    else:
        assert standing.value_minor is not None
        low, high = standing.tier_value_min_minor or 0, standing.tier_value_max_minor or 0
        dates = f" from {standing.first_order_on} to {standing.last_order_on}" if standing.orders else ", only returns"
        yield (
            f"  tier: {standing.tier}, with a value of {money(standing.value_minor, currency)} {currency} in "
            f"{standing.orders} orders{dates}; the tier holds {money(low, currency)} to {money(high, currency)}"
        )
        yield from _worth(standing, currency)
    yield "  consent: " + ", ".join(f"{name.replace('_', ' ')} {answer}" for name, answer in standing.consent.items())
    for platform, outcome in standing.outcome.items():
        yield f"  {platform}: {OUTCOME_WORDS.get(Outcome(outcome), outcome)}"


def _worth(standing: Standing, currency: str) -> Iterator[str]:
    """What decided the tier, and what it took."""
    from activator.cli.amounts import money
    from activator.cli.value_words import rule_words

    if standing.worth_minor is not None and standing.worth_minor != standing.value_minor:
        expected = "" if standing.predicted_minor is None else f", {money(standing.predicted_minor, currency)} expected"
        yield (
            f"  worth: {money(standing.worth_minor, currency)} {currency} by {standing.basis} value: "
            f"{money(standing.value_minor or 0, currency)} so far{expected} within {standing.horizon_days} days, "
            f"{money(standing.cost_minor, currency)} to serve"
        )
    rule = standing.tier_rule
    if rule is not None and (rule.rfm or rule.least_minor is not None):
        named = f"; the name is {standing.rfm}" if standing.rfm and rule.rfm else ""
        yield f"  to be in {rule.tier} or better: {rule_words(rule, currency)}{named}"
    if standing.stayed:
        yield "  keeps the tier the platforms were told last; a newcomer of the same worth would be in another"


def _audience(audience: AudienceStanding) -> Iterator[str]:
    believed = {"in": "believed to be in", "out": "out", "unknown": "may be in, nobody has told us"}
    yield f"{audience.destination} {audience.audience_key}: {believed[audience.believed.value]}"
    for sent in audience.sent:
        when = f"{sent.sent_at:%Y-%m-%d %H:%M} UTC" if sent.sent_at else "not sent yet"
        receipt = f", receipt {sent.receipt}" if sent.receipt else ""
        yield f"  {when}  {sent.operation:<6} {sent.state}, batch {sent.batch_id}{receipt} {sent.detail}".rstrip()
