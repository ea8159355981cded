"""`activator segments effectiveness`: whether segmenting pays, for one month."""

from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from activator.cli.amounts import money, whole
from activator.cli.console import say, show
from activator.config.acquisition import GROUP
from activator.model.currency import minor_digits

if TYPE_CHECKING:
    from activator.reports.advertising import Advertising, Told
    from activator.reports.comparison import Comparison
    from activator.reports.effectiveness import Effectiveness
    from activator.reports.growth import Growth
    from activator.reports.month import Month

_TOLD = {"own": "its own", "everybody": "generic", "gone": "gone since"}

_ABOUT = {
    "tier": "Tiers are of that day: who rose by what they bought since makes a high tier look better than it is.",
    "segment": "Segments are of that day, before both months where memberships were kept by then.",
}


def show_effectiveness(found: "Effectiveness", month: "Month") -> None:
    """The assertion first, since everything else is worth nothing where it fails."""
    say(f"{month}, against {month.before}")
    say()
    if found.failure is not None:
        say(f"FAILS: {found.failure}.")
        say("       See by what tiers are cut, and the back-test: `activator segments --report FILE`.")
    elif found.worths:
        say(f"Holds: customers of `{found.worths[0].tier}` are worth the most over their lifetime.")
    for worth in found.worths:
        each = f"{money(worth.lifetime_minor, found.currency)} {found.currency} each"
        say(f"  {worth.tier}: {each}, {worth.customers:,} customers")
    _show_growth("tier", found.tiers, found.currency)
    _show_growth("segment", found.segments, found.currency)
    _show_advertising(found.advertising, month)
    _show_held_out(found.against_held_out)


def _show_growth(kind: str, rows: "tuple[Growth, ...]", currency: str) -> None:
    if not rows:
        return
    table = Table(box=box.SIMPLE, title=f"Revenue by {kind}, {currency}", title_justify="left", pad_edge=False)
    table.add_column(kind, overflow="fold", min_width=10)
    columns = [
        "people of",
        "people",
        "before",
        "month",
        "growth",
        "bought",
        *(["active"] if rows[0].active is not None else []),
    ]
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(row.group),
            str(row.fixed_on),
            f"{row.people:,}",
            whole(row.revenue_before_minor, currency),
            whole(row.revenue_minor, currency),
            "too few" if row.ratio is None else f"{row.ratio - 1:+.0%}",
            f"{row.buyers / row.people:.1%}",
            *([] if row.active is None else [f"{row.active / row.people:.1%}"]),
        )
    show(table)
    say(f"{_ABOUT[kind]} Growth needs 30 buyers in each month.")


def _show_advertising(found: "Advertising", month: "Month") -> None:
    if not found.rows:
        say(f"Nothing is known of advertising in {month}: `activator briefing` fetches figures, 42 days back at most.")
        return
    table = Table(box=box.SIMPLE, title="Advertising", title_justify="left", pad_edge=False)
    table.add_column("shown to", overflow="fold", min_width=12)
    table.add_column("texts", no_wrap=True)
    for column in ("spend", "clicked", "converted", "return", "before"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(*_advertised(row))
    show(table)
    say("Texts: for why the tier buys (its own), for everybody (generic), or no longer in the project (gone since).")
    say("Clicked: of times shown. Converted: per click. Return: value per unit spent, and that of the month before.")
    for name, days in found.days.items():
        if days < month.days:
            say(f"{name}: figures of {days} of {month.days} days.")
    if not found.baseline:
        say("No tiers were shown both texts for why they buy and texts for everybody, so there is no baseline.")
    for place, compared in found.baseline.items():
        say(f"{place}: conversions per click, texts for why they buy against texts for everybody: {_words(compared)}")
    if found.baseline:
        say("Nobody was drawn by lot for either: a difference may come of the tiers. `activator experiment` tells.")


def _advertised(row: "Told") -> tuple[str, ...]:
    it = row.figures
    who = "no customers yet" if it.tier == GROUP else it.tier or ""
    earlier = row.before.roas if row.before is not None else None
    return (
        escape(f"{it.destination}: {who}"),
        _TOLD[row.told],
        f"{_amount(it.spend_micros, it.currency)} {it.currency}",
        f"{it.clicks / it.impressions:.2%}" if it.impressions else "",
        f"{it.conversions_milli / 1_000 / it.clicks:.2%}" if it.clicks else "",
        "" if it.roas is None else f"{float(it.roas):.2f}",
        "" if earlier is None else f"{float(earlier):.2f}",
    )


def _show_held_out(found: "Comparison | None") -> None:
    say()
    if found is None:
        say("Nobody is held out, so what customers would have bought without advertising is not known (`holdout`).")
    else:
        say(f"Bought in the month, advertised to against held out by lot: {_words(found)}")


def _words(found: "Comparison") -> str:
    group, baseline = found.group, found.baseline
    counts = (
        f"{group.counted_milli / 1_000:,.0f} of {group.of:,} against "
        f"{baseline.counted_milli / 1_000:,.0f} of {baseline.of:,}"
    )
    if found.ratio is None:
        return f"{counts}; too few to compare, 30 of each are needed."
    told = "not told apart from no difference" if (found.low or 0) <= 1 <= (found.high or 0) else "a difference"
    return f"{found.ratio:.2f} times (90 % interval {found.low:.2f} to {found.high:.2f}): {told}; {counts}."


def _amount(micros: int, currency: str) -> str:
    return money(round(micros * 10 ** minor_digits(currency) / 1_000_000), currency)
