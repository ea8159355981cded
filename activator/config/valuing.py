"""The sections of the project file that say what customers are worth, and which tier that puts them in."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from activator.config.sections import Amount, Name, Ratio, Section, Share, decimal_text
from activator.model.valuing import RFM_NAMES, Basis

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217, e.g. EUR")]
Threshold = Annotated[Decimal, BeforeValidator(decimal_text), Field(max_digits=14, decimal_places=2)]
RfmName = Literal["champions", "loyal", "regular", "new", "cant_lose", "at_risk", "dormant"]
assert RfmName.__args__ == RFM_NAMES  # type: ignore[attr-defined]  # one list of names, and a schema that shows them


class CostSection(Section):
    """What serving a customer costs, in the project's currency; subtracted from value. Absent: not counted."""

    ticket: Amount | None = Field(default=None, description="Each support ticket")
    support_hour: Amount | None = Field(default=None, description="Each hour of `minutes` of the tickets")
    onboarding_hour: Amount | None = Field(
        default=None, description="Each hour of `onboarding_minutes` of the accounts"
    )
    management_hour: Amount | None = Field(
        default=None, description="Each hour of `management_minutes` of the accounts"
    )

    @property
    def counted(self) -> bool:
        """Whether any cost is given."""
        return any(value is not None for value in self.model_dump().values())


class ValueSection(Section):
    """How lifetime value is counted."""

    as_of: date | Literal["latest_order"] = Field(
        default="latest_order",
        description="Orders up to this day count; latest_order is the newest in the exports, not after today",
    )
    rates: dict[CurrencyCode, Ratio] = Field(
        default_factory=dict, description="Units of the project currency for one unit of another, e.g. {USD: 0.92}"
    )
    basis: Basis = Field(
        default=Basis.PAST,
        description="Which value decides the tier: what came so far, what is expected in the horizon, or both added",
    )
    horizon_days: int = Field(default=365, ge=28, le=1095, description="How far ahead value and churn are predicted")
    costs: CostSection = CostSection()


class TierSection(Section):
    """One value tier. All but the last say who enters, all in the same way; the last tier takes the rest."""

    name: Name
    top_share: Share | None = Field(default=None, description="Cumulative share of customers, best first")
    enter_share: Share | None = Field(
        default=None, description="Who was in a lesser tier enters only within this smaller share"
    )
    stay_share: Share | None = Field(default=None, description="Who is in stays while within this larger share")
    at_least: Threshold | None = Field(default=None, description="Instead of a share: worth this much or more")
    enter_at_least: Threshold | None = Field(
        default=None, description="Who was in a lesser tier enters only when worth this much, which is more"
    )
    stay_at_least: Threshold | None = Field(
        default=None, description="Who is in stays while worth this much, which is less"
    )
    rfm: tuple[RfmName, ...] = Field(default=(), description="Instead of a share: customers of these RFM names")
    stay_rfm: tuple[RfmName, ...] = Field(default=(), description="Who is in stays also with these RFM names")
    people_min: int = Field(
        default=0,
        ge=0,
        description="A tier of fewer customers is closed: they join the next, or the better, tier. One that platforms "
        "were told of closes below nine tenths of it",
    )
    suppress: bool = Field(default=False, description="Excluded from every delivery group instead of bid down")
    motivation: str | None = Field(default=None, description="Set it to overrule what the verbatims say")

    @property
    def policy(self) -> str:
        """Which of POLICIES says who enters; empty where none does."""
        return next((policy for policy in POLICIES if getattr(self, policy) not in (None, ())), "")

    @property
    def remembers(self) -> bool:
        """Whether it matters which tier somebody was in before."""
        limits = any(getattr(self, key) not in (None, ()) for keys in _MEMORY.values() for key in keys)
        return limits or self.people_min > 0


POLICIES = ("top_share", "at_least", "rfm")
# Of each policy, what it takes to enter from a lesser tier, and to stay.
_MEMORY = {
    "top_share": ("enter_share", "stay_share"),
    "at_least": ("enter_at_least", "stay_at_least"),
    "rfm": ("stay_rfm",),
}


def tier_fault(tiers: Sequence[TierSection], basis: Basis) -> str | None:
    """What is wrong with the tiers together, beginning with the place; None where nothing is."""
    *leading, last = tiers
    said = [key for key in (*POLICIES, *_every_memory()) if getattr(last, key) not in (None, ())]
    said += ["people_min"] if last.people_min else []
    if said:
        return f"tiers: the last tier ({last.name}) must have no {said[0]}: it takes the rest"
    for number, tier in enumerate(leading):
        fault = _own_fault(tier)
        if fault:
            return f"tiers.{number}: {fault}"
    policies = list(dict.fromkeys(tier.policy for tier in leading))
    if len(policies) > 1:
        return f"tiers: say who enters in one way for all tiers, not by {' and '.join(policies)}"
    if policies == ["rfm"] and basis is not Basis.PAST:
        return "value.basis: names by `rfm` go by what came so far; remove `basis`, or give tiers shares or amounts"
    if tiers[0].suppress:
        return "tiers: the best tier cannot be suppressed"
    return _order_fault(leading, policies[0])


def _every_memory() -> list[str]:
    return [key for keys in _MEMORY.values() for key in keys]


def _own_fault(tier: TierSection) -> str | None:
    given = [policy for policy in POLICIES if getattr(tier, policy) not in (None, ())]
    if len(given) != 1:
        return f"{tier.name} needs exactly one of {', '.join(POLICIES[:-1])} and {POLICIES[-1]}"
    mine = _MEMORY[given[0]]
    wrong = [key for key in _every_memory() if key not in mine and getattr(tier, key) not in (None, ())]
    if wrong:
        return f"{tier.name} has {given[0]}, so {wrong[0]} does not go with it; use {' or '.join(mine)}"
    if tier.suppress and tier.people_min:
        return f"{tier.name} is suppressed, so people_min would let its people in again"
    limits = [value for value in (tier.enter_share, tier.top_share, tier.stay_share) if value is not None]
    if limits != sorted(set(limits)):
        return f"{tier.name}: enter_share must be smaller than top_share, and stay_share larger"
    limits = [value for value in (tier.enter_at_least, tier.at_least, tier.stay_at_least) if value is not None]
    if limits != sorted(set(limits), reverse=True):
        return f"{tier.name}: enter_at_least must be more than at_least, and stay_at_least less"
    return None


def _order_fault(leading: Sequence[TierSection], policy: str) -> str | None:
    if policy == "rfm":
        names = [name for tier in leading for name in tier.rfm]
        twice = sorted({name for name in names if names.count(name) > 1})
        return f"tiers: the RFM name {twice[0]} stands in two tiers" if twice else None
    falling = policy == "at_least"
    own = [getattr(tier, policy) for tier in leading]
    if own != sorted(set(own), reverse=falling):
        return f"tiers: {policy} must {'fall' if falling else 'grow'} from tier to tier: the best comes first"
    for key in _MEMORY[policy]:
        given = [getattr(tier, key) for tier in leading]
        limits = [plain if value is None else value for plain, value in zip(own, given, strict=True)]
        if limits != sorted(limits, reverse=falling):
            return f"tiers: {key} of a better tier must not reach further than that of the next"
    return None
