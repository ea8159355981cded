"""Project files to begin with, each for a kind of business; `activator init --preset` writes them.

What each is for and where its numbers come from: docs/how-to/choose-a-preset.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PresetTier:
    """One tier of a new project, as it is written. budget: per day on Meta, bid: on Google; '' where not delivered."""

    name: str
    rule: str = ""
    suppress: bool = False
    budget: str = ""
    bid: str = ""

    @property
    def delivered(self) -> bool:
        """Whether ads are shown to it."""
        return bool(self.budget)


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of project file. note: comment above the tiers; value: lines of the value section.

    one_motivation: each tier speaks to one motivation, said in the file; customers_min: for that; holdout_share: kept
    out to measure by; review_days: after which the split is judged, 0 for the product's own.
    """

    name: str
    note: tuple[str, ...]
    tiers: tuple[PresetTier, ...]
    value: tuple[str, ...] = ()
    one_motivation: bool = False
    customers_min: int = 0
    holdout_share: str = ""
    review_days: int = 0


CUSTOMERS_MIN = 300
_MEMORY = "Who was in a lesser tier enters within enter_share; who is in stays within stay_share: so tiers do not flap."
_HIGH = "top_share: 0.20, enter_share: 0.14, stay_share: 0.28"
_MID = "top_share: 0.50, enter_share: 0.38, stay_share: 0.65"
_LOW = "top_share: 0.80, enter_share: 0.70, stay_share: 0.90"

STANDARD = Preset(
    name="standard",
    note=(
        "Value tiers, best first. top_share is cumulative; equal values always share a tier; the last takes the rest.",
        _MEMORY,
        "A suppressed tier is kept out of every delivery group: better than bidding it down a little.",
    ),
    tiers=(
        PresetTier("high", _HIGH, budget="60.00", bid='amount: "1.20", modifier: "1.6"'),
        PresetTier("mid", _MID, budget="30.00", bid='amount: "0.80"'),
        PresetTier("low", _LOW, budget="10.00", bid='amount: "0.40"'),
        PresetTier("suppressed", suppress=True),
    ),
)
SMALL_TEAM = Preset(
    name="small-team",
    note=(
        "Two tiers and one motivation each: one more ad set per platform and two more texts than without tiers.",
        "Let it run for two to three weeks before you judge it (`activator experiment -h`).",
        _MEMORY,
    ),
    tiers=(
        PresetTier("high", _HIGH, budget="60.00", bid='amount: "1.20", modifier: "1.6"'),
        PresetTier("other", budget="40.00", bid='amount: "0.60"'),
    ),
    one_motivation=True,
    customers_min=CUSTOMERS_MIN,
)
RETAIL = Preset(
    name="retail",
    note=(
        "Tiers by what customers are expected to bring. Estimates are tried on your own past; where past spend finds",
        "as much of the coming revenue, past spend is used (`activator value` shows the trials).",
        _MEMORY,
        "people_min: a tier of fewer customers is closed, and they join the next one.",
    ),
    value=("basis: predicted                   # or past, blended: so far and expected together", "horizon_days: 365"),
    tiers=(
        PresetTier("high", f"{_HIGH}, people_min: 100", budget="60.00", bid='amount: "1.20", modifier: "1.6"'),
        PresetTier("mid", f"{_MID}, people_min: 100", budget="30.00", bid='amount: "0.80"'),
        PresetTier("low", _LOW, budget="10.00", bid='amount: "0.40"'),
        PresetTier("suppressed", suppress=True),
    ),
)
B2B = Preset(
    name="b2b",
    note=(
        "Tiers by amount, net of returns and of the cost to serve; the long tail below 1,000 is kept out.",
        "Who is in stays until 10 % below the amount.",
    ),
    value=(
        "basis: past                        # or predicted, blended; contracts are predicted by their renewals",
        "# costs:                           # what serving costs, per ticket and hour; absent: not counted",
        '#   ticket: "4.50"                 # each row of a tickets export',
        '#   support_hour: "36.00"          # `minutes` of tickets',
        '#   onboarding_hour: "60.00"       # `onboarding_minutes` of an accounts export',
        '#   management_hour: "80.00"       # `management_minutes` of an accounts export',
    ),
    tiers=(
        PresetTier(
            "key", "at_least: 50000, stay_at_least: 45000", budget="60.00", bid='amount: "3.00", modifier: "1.6"'
        ),
        PresetTier("growth", "at_least: 10000, stay_at_least: 9000", budget="30.00", bid='amount: "2.00"'),
        PresetTier("small", "at_least: 1000, stay_at_least: 900", budget="10.00", bid='amount: "1.00"'),
        PresetTier("long_tail", suppress=True),
    ),
)
ONE_SPLIT = Preset(
    name="one-split-60-days",
    note=(
        "One split, one action, 60 days: only the best fifth is addressed. One in ten of them, drawn by lot, is not,",
        "so that after 60 days the orders of both tell what it brought (`activator experiment verdict`).",
        _MEMORY,
    ),
    tiers=(
        PresetTier("high", _HIGH, budget="60.00", bid='amount: "1.20"'),
        PresetTier("other"),
    ),
    one_motivation=True,
    customers_min=CUSTOMERS_MIN,
    holdout_share="0.10",
    review_days=60,
)
PRESETS = {preset.name: preset for preset in (STANDARD, SMALL_TEAM, RETAIL, B2B, ONE_SPLIT)}
