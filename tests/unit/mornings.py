"""Briefings to render: one ordinary morning with everything on it, an empty one, and one full of hostile names."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from activator.briefing.build import build_briefing
from activator.model.briefing import Briefing, BriefingInput
from activator.model.people import Outcome, SourceCount
from activator.model.performance import AdDay, AttentionFlag, FlagDay, FlagEpisode, FlagState, WatchedCell, Yardstick
from activator.model.plan import AudienceState, GuardFinding, Movement
from activator.performance.flags import attention
from tests.unit.ad_accounts import UNIT, NoisyAccount, reported, steady

TODAY = date(2026, 11, 12)
NOW = datetime(2026, 11, 12, 6, 30, tzinfo=ZoneInfo("Europe/Berlin"))

# The wording example of the design: ROAS 3.6 against 6.0, 41 conversions of 66, EUR 2,520 spent, campaign 3.0.
FLAG = AttentionFlag(
    episode=FlagEpisode("meta", "high", "efficiency_b", date(2026, 11, 3), TODAY),
    state=FlagState.NEW,
    yardstick=Yardstick.TIER,
    window_days=14,
    spend_micros=2520 * UNIT,
    value_micros=9072 * UNIT,
    reference_value_micros=15_120 * UNIT,
    conversions_milli=41_000,
    expected_milli=66_000,
    likely_low_bp=4800,
    likely_high_bp=7500,
    campaign_spend_micros=30_000 * UNIT,
    campaign_value_micros=90_000 * UNIT,
    daily_spend_micros=180 * UNIT,
    shift_to="efficiency_a",
    shift_to_roas=Fraction(84, 10),
    currency="EUR",
    track=tuple(
        FlagDay(
            date(2026, 10, 29) + timedelta(days=day),
            conversions_milli=round(41_000 * (day + 1) / 14),
            expected_milli=round(66_000 * (day + 1) / 14),
            low_milli=round(66_000 * (day + 1) / 14 - 3800 * (day + 1) ** 0.5),
            high_milli=round(66_000 * (day + 1) / 14 + 3800 * (day + 1) ** 0.5),
        )
        for day in range(14)
    ),
)
WATCHED = WatchedCell(
    "google", "mid", "status_a", Yardstick.TIER, 14, 700 * UNIT, 980 * UNIT, 1610 * UNIT, 9_000, 14_000, 38, None, "EUR"
)
EMPTY = BriefingInput(project_name="Nordlicht", currency="EUR", generated_at=NOW, as_of=date(2026, 11, 11))
AUDIENCES = (
    AudienceState("meta", "audience/high", "high", 1204, 1231, 41, 14, 0),
    AudienceState("meta", "audience/low", "low", 3100, 3098, 2, 4, 3),
    AudienceState("google", "audience/high", "high", 1190, 1217, 40, 13, 0),
)
SOURCES = (
    SourceCount("hubspot_contacts", Outcome.MEMBER, "", 2950),
    SourceCount("hubspot_contacts", Outcome.MERGED, "", 120),
    SourceCount("hubspot_contacts", Outcome.NO_CONSENT, "", 341),
    SourceCount("shopify_orders", Outcome.MEMBER, "", 8123),
)


def two_months() -> list[AdDay]:
    """61 days of two destinations through yesterday, without noise."""
    until_flag = range(10, 72)
    meta = {
        ("high", "efficiency_a"): (180.0, 15.0, 1512.0),
        ("high", "efficiency_b"): (180.0, 7.0, 648.0),
        ("mid", "status_a"): (120.0, 5.0, 350.0),
        ("low", "generic"): (240.0, 6.0, 250.0),
    }
    google = {("high", "efficiency_a"): (90.0, 8.0, 610.0), ("mid", "status_a"): (60.0, 3.0, 140.0)}
    return steady(until_flag, meta) + steady(until_flag, google, "google")


def ordinary() -> BriefingInput:
    """Something in every section."""
    return replace(
        EMPTY,
        ad_days=two_months(),
        flags=(FLAG,),
        watched=(WATCHED,),
        audiences=AUDIENCES,
        movements=(
            Movement("meta", "high", "mid", "value fell below the cut", 14),
            Movement("meta", "", "high", "first order", 27),
            Movement("google", "low", "", "consent withdrawn", 9),
        ),
        sources=SOURCES,
        last_sync_at=datetime(2026, 11, 12, 1, 31, tzinfo=UTC),
        tier_order=("high", "mid", "low"),
    )


def lively() -> BriefingInput:
    """A noisy account in which one text has lost half of its conversions for a fortnight, judged for real."""
    drawn = NoisyAccount(7, 8, days=72, fall_of=(0, 1), fall_from=57, fall_to=0.5).draw()
    names = {"t0": "high", "t1": "mid", "t2": "low"}
    texts = {"v0": "status_a", "v1": "efficiency_b", "v2": "efficiency_a", "v3": "generic"}
    rows = [replace(row, tier=names[row.tier], variant=texts[row.variant]) for row in reported(drawn, 72)]
    told = attention(rows, TODAY)
    return replace(ordinary(), ad_days=rows, flags=told.flags, watched=told.watched)


def hostile(text: str) -> Briefing:
    """The ordinary morning with `text` wherever a name, a reason or a sentence comes from outside."""
    given = ordinary()
    at = replace(FLAG.episode, tier=text, variant=text, destination=text)
    return build_briefing(
        replace(
            given,
            project_name=text,
            ad_days=[replace(row, tier=text, variant=text, destination=text, currency=text) for row in given.ad_days],
            flags=[replace(FLAG, episode=at, shift_to=text, currency=text)],
            watched=[replace(WATCHED, destination=text, tier=text, variant=text, currency=text)],
            audiences=[replace(it, destination=text, tier=text, audience_key=text) for it in AUDIENCES],
            movements=[Movement(text, text, text, text, 3)],
            sources=[SourceCount(text, Outcome.MEMBER, text, 3)],
            guards=[GuardFinding(text, text, text, text), GuardFinding(text, text, text, text, accepted=text)],
            problems=[text],
        )
    )
