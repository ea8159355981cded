"""What sources have in common, in words and one table: shown with a plan, and again by status."""

from collections.abc import Iterator

from rich import box
from rich.markup import escape
from rich.table import Table

from activator.cli.console import printable
from activator.model.sharing import HubKind, Sharing

HUB_WORDS = {
    HubKind.EMAIL: "e-mail addresses of more people than one person has",
    HubKind.ROLE_EMAIL: "role addresses such as info@, of several people",
    HubKind.PHONE: "phones of more people than one person has",
    HubKind.STRANGERS_PHONE: "phones of contacts with different names and e-mail addresses",
}


def matches_table(sharing: Sharing) -> Table:
    """One line per pair of sources, both directions; a share of nobody is left empty."""
    table = Table(box=box.SIMPLE, title="Found in each other", title_justify="left")
    for column in ("people of", "found in"):
        table.add_column(column)
    for column in ("of", "found", "", "by e-mail", "by phone", "by id"):
        table.add_column(column, justify="right")
    for rate in sharing.matches:
        counts = (rate.by_email, rate.by_phone, rate.by_id)
        table.add_row(
            escape(printable(rate.source)),
            escape(printable(rate.other)),
            f"{rate.people:,}",
            f"{rate.found:,}",
            f"{rate.found / rate.people:.0%}" if rate.people else "",
            *(f"{count:,}" if count else "" for count in counts),
        )
    return table


def sharing_lines(sharing: Sharing) -> Iterator[str]:
    """Identifiers that are nobody's, and rows taken apart, one line each; nothing where there are none."""
    for hub in sharing.hubs:
        yield f"Nobody's, so not sent: {hub.identifiers:,} {HUB_WORDS[hub.kind]} ({hub.rows:,} rows)"
    conflicts = sharing.conflicts
    if conflicts.groups:
        yield (
            f"Taken apart: {conflicts.groups:,} groups of linked rows with different birth dates, into "
            f"{conflicts.people:,} people; {conflicts.identifiers:,} identifiers went to the stronger claim "
            f"({conflicts.rows:,} rows lost one)"
        )
