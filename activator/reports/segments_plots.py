"""The drawings of the page about segments, from its figures."""

from collections.abc import Sequence

from markupsafe import Markup

from activator.reports.drawing import Bar, columns, curve, rows, squares
from activator.segments.portrait import MovesOfDay, Portrait, RfmCell, TierPortrait
from activator.segments.summary import Summary

MARKED = (20, 50)  # best per cent of customers whose share of value is written on the curve


def value_histogram(portrait: Portrait) -> Markup:
    """Customers by what they are worth; bars a quarter of a power of ten wide."""
    bars = [
        Bar(
            "0 or less" if each.low is None else _decade(each.low),
            each.customers,
            f"{each.customers:,}",
            is_quiet=each.low is None,
        )
        for each in portrait.bins
    ]
    return columns(bars)


def _decade(low: float) -> str:
    """The label of a bar that begins at a power of ten."""
    rounded = round(low)
    is_power = abs(low - rounded) < 1e-6 * low and str(rounded).strip("0") == "1"
    return f"{rounded:,}" if is_power else ""


def value_curve(portrait: Portrait) -> Markup:
    """How much of all value the best customers hold."""
    shares = portrait.value_shares
    marks = [(percent, f"best {percent}%: {shares[percent - 1]:.0%}") for percent in MARKED] if shares else []
    return curve(shares, marks)


def tier_shares(tiers: Sequence[TierPortrait]) -> Markup:
    """Each tier's share of customers, of value so far, and of predicted value."""
    totals = [sum(max(part(tier), 0) for tier in tiers) or 1 for part in _PARTS]
    names = ("of customers", "of value so far", "of predicted value")
    return rows(
        [
            (
                tier.tier,
                [
                    Bar(name, max(part(tier), 0) / total, f"{max(part(tier), 0) / total:.0%}", is_quiet=not place)
                    for place, (name, part, total) in enumerate(zip(names, _PARTS, totals, strict=True))
                ],
            )
            for tier in tiers
        ]
    )


def _customers(tier: TierPortrait) -> float:
    return tier.customers


def _value(tier: TierPortrait) -> float:
    return tier.value_minor


def _predicted(tier: TierPortrait) -> float:
    return tier.predicted_minor


_PARTS = (_customers, _value, _predicted)


def rfm_map(cells: Sequence[RfmCell]) -> Markup:
    """Customers by recency and frequency score; a square's area is how many."""
    return squares(
        [(each.recency, each.frequency, each.customers, f"{each.customers:,}") for each in cells],
        "recency score, 5 bought last →",
        "↑ frequency score, 5 bought most often",
    )


def moves(told: Summary) -> Markup:
    """Who came into each segment and left it since the last time."""
    return rows(
        [
            (
                each.name,
                [Bar("came in", each.came, f"{each.came:,}"), Bar("left", each.left, f"{each.left:,}", is_quiet=True)],
            )
            for each in told.segments
        ]
    )


def moves_by_day(days: Sequence[MovesOfDay]) -> Markup:
    """Moves in and out of all segments, day by day."""
    by_day: dict[str, int] = {}
    for each in days:
        by_day[f"{each.on:%d %b}"] = by_day.get(f"{each.on:%d %b}", 0) + each.came + each.left
    return columns([Bar(day, moved, f"{moved:,}") for day, moved in by_day.items()], height=150)


def sizes(told: Summary) -> Markup:
    """Each segment's share of people and of value."""
    return rows(
        [
            (
                each.name,
                [
                    Bar("of people", each.people_share, f"{each.people_share:.0%}", is_quiet=True),
                    Bar("of value", max(each.value_share, 0.0), f"{each.value_share:.0%}"),
                ],
            )
            for each in told.segments
        ]
    )
