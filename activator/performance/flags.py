"""Attention flags: every morning, which tier x variant credibly brings less than its tier, and what that costs.

Never against the campaign average: a variant 20 % above it can be 40 % below its own tier. The algorithm in plain
words, with its measured false-alarm rates: docs/explanation/attention-flags.md.
Pure: same rows, day and episodes, same result, so a morning can be run twice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from activator.model.performance import AdDay, Attention, AttentionFlag, FlagEpisode, FlagState, WatchedCell, Yardstick
from activator.performance.cells import Account, Cell, accounts
from activator.performance.cusum import Evidence, dispersion, evidence, evidence_needed, expected_gain
from activator.performance.figures import Figures, figures_of, track_of
from activator.performance.window import WINDOWS_DAYS, Window, order_value_variation, window

EXPECTED_MIN = 8.0
RECOVERY_EXPECTED_MIN = 40.0
RECOVERY_DAYS_MIN = 14
ACTIVE_DAYS_MIN = 3
SPEND_MIN_IN_TIER_CPA = 2
LOSS_MIN_IN_DAYS_OF_SPEND = 1
SURE = 0.97
SURE_DAYS_MIN = 14
RECOVERED_BELOW = 0.5
WATCH_FROM = 0.9
WATCH_EVIDENCE = 0.6
COOL_DOWN_DAYS = 14
STOPPED_AFTER_DAYS = 3
MEMORY_DAYS = 120
# Expected conversions it takes to see a fall of 30 % and of 50 % (measured; middle of the published ranges).
NEEDED_FOR_30, NEEDED_FOR_50 = 135, 70


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell this morning: evidence, the windows, the money. shown: the window that goes into words."""

    cell: Cell
    dispersion: float
    evidence: Evidence
    needed: float
    windows: tuple[Window, ...]
    shown: Window
    figures: Figures


def attention(rows: Iterable[AdDay], today: date, episodes: Sequence[FlagEpisode] = ()) -> Attention:
    """Flags and watched cells of this morning; data through yesterday counts.

    rows: best 60 days or more, re-read each morning so that late conversions stand on the day of their click.
    episodes: what the last `Attention` said to keep, of whatever day.
    """
    flags: list[AttentionFlag] = []
    watched: list[WatchedCell] = []
    kept = [episode for episode in episodes if _worth_keeping(episode, today)]
    present: set[tuple[str, str, str | None]] = set()
    for account in accounts(rows, today - timedelta(days=1)):
        present.update(cell.key for cell in account.cells)
        _judge_account(account, today, kept, flags, watched)
    orphans = [old for old in kept if old.closed_on is None and _key(old) not in present]
    closed = [replace(old, closed_on=today) if old in orphans else old for old in kept]
    now = {(_key(flag.episode), flag.episode.opened_on): flag.episode for flag in flags}
    merged = {(_key(old), old.opened_on): old for old in closed} | now
    return Attention(
        flags=tuple(sorted(flags, key=lambda flag: (flag.currency, -flag.lost_micros, str(_key(flag.episode))))),
        watched=tuple(sorted(watched, key=lambda cell: (cell.destination, cell.tier, cell.variant or ""))),
        episodes=tuple(sorted(merged.values(), key=lambda old: (str(_key(old)), old.opened_on))),
    )


def _judge_account(
    account: Account,
    today: date,
    episodes: Sequence[FlagEpisode],
    flags: list[AttentionFlag],
    watched: list[WatchedCell],
) -> None:
    needed = evidence_needed(sum(1 for cell in account.cells if cell.key[2] is not None))
    spread = {
        yardstick: dispersion(cell for cell in account.cells if cell.yardstick is yardstick) for yardstick in Yardstick
    }
    # Variants first: a tier is not flagged as a whole while one of its variants already explains the fall.
    for cell in sorted(account.cells, key=lambda cell: cell.yardstick is Yardstick.OWN_BASELINE):
        own = [old for old in episodes if _key(old) == cell.key]
        current = next((old for old in own if old.closed_on is None or old.closed_on == today), None)
        last_closed = max((old.closed_on for old in own if old is not current and old.closed_on), default=None)
        reading = _read(cell, spread[cell.yardstick], needed, last_closed, current)
        if reading is None:
            continue
        explained = cell.key[2] is None and any(_explains(flag, cell) for flag in flags)
        if current is not None:
            flags.append(_flag(reading, _state(reading, current, today), current, today))
        elif last_closed is not None and today < last_closed + timedelta(days=COOL_DOWN_DAYS):
            watched += _watch(reading, last_closed + timedelta(days=COOL_DOWN_DAYS))
        elif not explained and (opening := _opening(reading)) is not None:
            opened = FlagEpisode(*cell.key, started_on=_started_on(opening), opened_on=today)
            flags.append(_flag(opening, FlagState.NEW, opened, today))
        elif not explained:
            watched += _watch(reading, None)


def _read(
    cell: Cell, spread: float, needed: float, last_closed: date | None, current: FlagEpisode | None
) -> Reading | None:
    launch = next((index for index, spend in enumerate(cell.own.spend) if spend), len(cell.days))
    since = launch if last_closed is None else max(launch, (last_closed - cell.days[0]).days)
    told = evidence(cell, spread, since)
    started = told.started
    if current is not None:
        started = max(0, (current.started_on - cell.days[0]).days)
    variation = order_value_variation(cell)
    estimates = (window(cell, days, spread, variation, started) for days in WINDOWS_DAYS)
    windows = tuple(estimate for estimate in estimates if estimate is not None)
    if not windows:
        return None
    shown = _covering(windows, started, len(cell.days))
    return Reading(cell, spread, told, needed, windows, shown, figures_of(cell, shown, started))


def _covering(windows: Sequence[Window], started: int | None, days: int) -> Window:
    """The shortest window that holds the fall since it started and enough conversions to speak of; else the longest."""
    length = 0 if started is None else days - started
    fit = (estimate for estimate in windows if estimate.days >= length and estimate.expected >= EXPECTED_MIN)
    return next(fit, windows[-1])


def _opening(reading: Reading) -> Reading | None:
    """The reading to open a flag with, or None: counts open it, or the mere size of the fall in a longer window."""
    if _active_days(reading.cell) < ACTIVE_DAYS_MIN:
        return None
    if reading.evidence.total >= reading.needed and _material(reading):
        return reading
    for estimate in reading.windows:
        if estimate.days >= SURE_DAYS_MIN and estimate.probability_low >= SURE:
            figures = figures_of(reading.cell, estimate, reading.evidence.started)
            sized = replace(reading, shown=estimate, figures=figures)
            if _material(sized):
                return sized
    return None


def _material(reading: Reading) -> bool:
    """Enough conversions to judge, enough money to matter, and still low in the window that will be shown."""
    shown, figures = reading.shown, reading.figures
    return (
        shown.expected >= EXPECTED_MIN
        and figures.spend_micros >= SPEND_MIN_IN_TIER_CPA * figures.tier_cpa_micros
        and figures.lost_micros >= LOSS_MIN_IN_DAYS_OF_SPEND * figures.daily_spend_micros
        and shown.probability_low >= RECOVERED_BELOW
    )


def _state(reading: Reading, episode: FlagEpisode, today: date) -> FlagState:
    if not any(reading.cell.own.spend[-STOPPED_AFTER_DAYS:]):
        return FlagState.STOPPED
    # Good days from before the fall are no recovery: only windows that lie within it can tell.
    fall_days = (today - episode.started_on).days
    told = (it for it in reading.windows if RECOVERY_DAYS_MIN <= it.days <= fall_days)
    recent = next((it for it in told if it.expected >= RECOVERY_EXPECTED_MIN), None)
    if episode.opened_on < today and recent is not None and recent.probability_low < RECOVERED_BELOW:
        return FlagState.RECOVERED
    return FlagState.NEW if episode.opened_on == today else FlagState.ONGOING


def _flag(reading: Reading, state: FlagState, episode: FlagEpisode, today: date) -> AttentionFlag:
    figures, shown = reading.figures, reading.shown
    low, high = shown.likely
    over = state in {FlagState.RECOVERED, FlagState.STOPPED}
    return AttentionFlag(
        episode=replace(episode, closed_on=today if over else None),
        state=state,
        yardstick=reading.cell.yardstick,
        window_days=shown.days,
        spend_micros=figures.spend_micros,
        value_micros=figures.value_micros,
        reference_value_micros=figures.reference_value_micros,
        conversions_milli=round(shown.conversions * 1000),
        expected_milli=round(shown.expected * 1000),
        likely_low_bp=round(low * 10_000),
        likely_high_bp=round(high * 10_000),
        campaign_spend_micros=figures.campaign_spend_micros,
        campaign_value_micros=figures.campaign_value_micros,
        daily_spend_micros=figures.daily_spend_micros,
        shift_to=figures.shift_to,
        shift_to_roas=figures.shift_to_roas,
        currency=reading.cell.currency,
        track=track_of(reading.cell, shown, reading.dispersion),
    )


def _watch(reading: Reading, reopens_on: date | None) -> list[WatchedCell]:
    shown, figures = reading.shown, reading.figures
    suspicious = reading.evidence.total >= WATCH_EVIDENCE * reading.needed or shown.probability_low >= WATCH_FROM
    if not suspicious or figures.lost_micros <= 0 or not any(reading.cell.own.spend[-STOPPED_AFTER_DAYS:]):
        return []
    destination, tier, variant = reading.cell.key
    return [
        WatchedCell(
            destination=destination,
            tier=tier,
            variant=variant,
            yardstick=reading.cell.yardstick,
            window_days=shown.days,
            spend_micros=figures.spend_micros,
            value_micros=figures.value_micros,
            reference_value_micros=figures.reference_value_micros,
            conversions_milli=round(shown.conversions * 1000),
            expected_milli=round(shown.expected * 1000),
            needs_conversions=_needed_conversions(reading),
            reopens_on=reopens_on,
            currency=reading.cell.currency,
        )
    ]


def _needed_conversions(reading: Reading) -> int:
    """About how many more expected conversions it takes to open a flag, should the cell go on as it does."""
    shown = reading.shown
    ratio = shown.conversions / shown.expected if shown.expected else 1.0
    missing = EXPECTED_MIN - shown.expected
    gain = expected_gain(shown.share, ratio, reading.dispersion)
    if gain > 0:
        missing = max(missing, (reading.needed - reading.evidence.total) / gain)
    else:
        fall = min(0.5, max(0.3, 1 - math.exp(shown.log_mean)))
        whole = NEEDED_FOR_30 + (fall - 0.3) / 0.2 * (NEEDED_FOR_50 - NEEDED_FOR_30)
        missing = max(missing, whole - shown.expected)
    return max(1, min(math.ceil(missing), NEEDED_FOR_30))


def _active_days(cell: Cell) -> int:
    return sum(1 for spend in cell.own.spend if spend)


def _started_on(reading: Reading) -> date:
    started = reading.evidence.started
    return reading.cell.days[reading.shown.first if started is None else started]


def _explains(flag: AttentionFlag, cell: Cell) -> bool:
    """Whether an open flag stands on a variant of this very tier."""
    at = flag.episode
    return (at.destination, at.tier) == cell.key[:2] and at.variant is not None and at.closed_on is None


def _key(episode: FlagEpisode) -> tuple[str, str, str | None]:
    return episode.destination, episode.tier, episode.variant


def _worth_keeping(episode: FlagEpisode, today: date) -> bool:
    return episode.closed_on is None or episode.closed_on >= today - timedelta(days=MEMORY_DAYS)
