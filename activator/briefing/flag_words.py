"""An attention flag in words: what, against what, how sure, how much money, since when, and one suggestion.

Words used: so far, expected, likely. Never "significant": the reader decides about money, not about a hypothesis.
"""

from datetime import date
from fractions import Fraction

from activator.briefing.words import NONE, about, conversions, label, money, percent, ratio, short_day, tier_label
from activator.model.briefing import FlagCard
from activator.model.performance import AttentionFlag, FlagState, WatchedCell, Yardstick


def flag_card(flag: AttentionFlag, today: date) -> FlagCard:
    """The card of one flag on one morning."""
    roas, reference = _roas(flag.value_micros, flag.spend_micros), _roas(flag.reference_value_micros, flag.spend_micros)
    over = flag.state in {FlagState.RECOVERED, FlagState.STOPPED}
    return FlagCard(
        state=flag.state,
        age=_age(flag, today),
        lead=cell_name(flag.episode.destination, flag.episode.tier, flag.episode.variant),
        text=_ended(flag, today, roas, reference) if over else _text(flag, roas, reference),
        suggestion="" if over else _suggestion(flag),
        roas=ratio(roas),
        reference=ratio(reference),
        reference_label="same tier" if flag.yardstick is Yardstick.TIER else "its own earlier days",
        change=_change(roas, reference),
        track=flag.track,
    )


def cell_name(destination: str, tier: str, variant: str | None) -> str:
    """``High tier × 'Efficiency B' (Meta)``."""
    variant_part = "" if variant is None else f" × '{label(variant)}'"
    return f"{tier_label(tier)}{variant_part} ({label(destination)})"


def watched_line(cell: WatchedCell) -> str:
    """One line about a cell that is not judged yet."""
    roas, reference = _roas(cell.value_micros, cell.spend_micros), _roas(cell.reference_value_micros, cell.spend_micros)
    name = cell_name(cell.destination, cell.tier, cell.variant)
    line = f"{name}: ROAS {ratio(roas)} so far against {ratio(reference)} {_where(cell.yardstick)}"
    if cell.reopens_on is not None:
        return f"{line}; a flag closed recently, may open again from {short_day(cell.reopens_on)}"
    needs = cell.needs_conversions
    return f"{line}; needs about {needs:,} more {'conversion' if needs == 1 else 'conversions'} to tell"


def decision(flag: AttentionFlag) -> str:
    """The suggestion as a headline clause: ``pause 'Efficiency B' in High tier on Meta``."""
    at = flag.episode
    if at.variant is None or flag.shift_to is None:
        what = tier_label(at.tier) if at.variant is None else f"'{label(at.variant)}' in {tier_label(at.tier)}"
        return f"look at {what} on {label(at.destination)}"
    return f"pause '{label(at.variant)}' in {tier_label(at.tier)} on {label(at.destination)}"


def _text(flag: AttentionFlag, roas: Fraction | None, reference: Fraction | None) -> str:
    spent = money(flag.spend_micros, flag.currency)
    parts = [
        f"ROAS {ratio(roas)} against {ratio(reference)} {_where(flag.yardstick)} ({_how_far(flag, roas, reference)})",
        f"last {flag.window_days} days",
        f"{conversions(flag.conversions_milli)} conversions where {conversions(flag.expected_milli)} were expected",
        f"about {about(flag.lost_micros, flag.currency)} revenue missing ({spent} spent)",
    ]
    sentences = [", ".join(parts) + "."]
    campaign = _roas(flag.campaign_value_micros, flag.campaign_spend_micros)
    if campaign is not None and roas is not None and roas >= campaign:
        sentences.append(f"The campaign average ({ratio(campaign)}) hides it.")
    sentences.append(f"Started around {short_day(flag.episode.started_on)}.")
    return " ".join(sentences)


def _how_far(flag: AttentionFlag, roas: Fraction | None, reference: Fraction | None) -> str:
    """``-40 %, likely -25 to -52 %``; "so far" where small numbers make the plain figure worse than is likely."""
    low, high = Fraction(flag.likely_low_bp, 10_000), Fraction(flag.likely_high_bp, 10_000)
    within = roas is None or not reference or low <= roas / reference <= high
    so_far = "" if within else " so far"
    return f"{_change(roas, reference)}{so_far}, likely {percent(high - 1)} to {percent(low - 1)} %"


def _ended(flag: AttentionFlag, today: date, roas: Fraction | None, reference: Fraction | None) -> str:
    since = f"Flagged on {short_day(flag.episode.opened_on)}, closed today after {flag.day_number(today) - 1} days."
    if flag.state is FlagState.STOPPED:
        return f"no longer spends. {since}"
    return (
        f"ROAS {ratio(roas)} against {ratio(reference)} {_where(flag.yardstick)}, last {flag.window_days} days: "
        f"likely back to normal. {since}"
    )


def _suggestion(flag: AttentionFlag) -> str:
    at = flag.episode
    a_day = f"{money(flag.daily_spend_micros, flag.currency)}/day"
    if at.variant is not None and flag.shift_to is not None:
        better = f" (ROAS {ratio(flag.shift_to_roas)})" if flag.shift_to_roas is not None else ""
        return f"Suggested: pause '{label(at.variant)}', shift its {a_day} to '{label(flag.shift_to)}'{better}."
    what = "this tier's texts, bid and landing page" if at.variant is None else "this text and its landing page"
    others = "the rest of its tier holds" if flag.yardstick is Yardstick.TIER else "the account's other tiers hold"
    return f"Suggested: look at {what}; {others} up while {a_day} is spent here."


def _where(yardstick: Yardstick) -> str:
    return "in the same tier" if yardstick is Yardstick.TIER else "expected from its own earlier days"


def _age(flag: AttentionFlag, today: date) -> str:
    if flag.state is FlagState.ONGOING:
        return f"day {flag.day_number(today)}"
    return str(flag.state)


def _roas(value_micros: int, spend_micros: int) -> Fraction | None:
    return Fraction(value_micros, spend_micros) if spend_micros else None


def _change(roas: Fraction | None, reference: Fraction | None) -> str:
    return f"{percent(roas / reference - 1)} %" if roas is not None and reference else NONE
