"""Guards over money: ceilings that no plan exceeds, and growth that somebody has to have proven (pure).

Amounts are hundredths of a currency's unit, as the project file gives them, whatever the currency's own minor unit is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from activator.config.project import GuardSection, Project, minor
from activator.model.ads import CampaignSpec, GroupSpec, ObjectSpec, RemoteObject
from activator.model.bidding import AppliedTerms, TierVerdict
from activator.model.plan import GuardFinding
from activator.plan.guards.names import CEILINGS

Specs = Mapping[str, Sequence[ObjectSpec]]


@dataclass(frozen=True, slots=True)
class Currencies:
    """What destinations are billed in. home: the project's; of: by destination; rates: home units for one other."""

    home: str
    of: Mapping[str, str]
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def in_home(self, destination: str, amount_minor: int) -> Fraction | None:
        """The amount in the project's currency, exactly; None where no rate is known."""
        currency = self.of[destination]
        if currency == self.home:
            return Fraction(amount_minor)
        return Fraction(amount_minor) * Fraction(self.rates[currency]) if currency in self.rates else None


def currencies_of(project: Project) -> Currencies:
    """The currencies of a project's destinations."""
    of = {name: section.currency or project.currency for name, section in project.destinations.items()}
    return Currencies(project.currency, of, project.value.rates)


def budget_guards(specs: Specs, limits: GuardSection, currencies: Currencies) -> list[GuardFinding]:
    """daily-budget and tier-budget: over all destinations together, in the project's currency."""
    findings = []
    if limits.daily_budget_max is not None:
        budgets = [(name, spec.daily_budget_minor) for name, spec in _budgeted(specs)]
        findings += _over("daily-budget", "all destinations", budgets, limits.daily_budget_max, currencies)
    for tier, ceiling in limits.tier_daily_budgets_max.items():
        of_tier = [
            (name, spec.daily_budget_minor)
            for name, spec in _budgeted(specs)
            if tier in (_delivered(specs[name]) if isinstance(spec, CampaignSpec) else [spec.tier])
        ]
        findings += _over("tier-budget", tier, of_tier, ceiling, currencies)
    return findings


def bid_guards(specs: Specs, limits: GuardSection, currencies: Currencies) -> list[GuardFinding]:
    """bid-cap: every bid that is an amount, with its adjustment, in the project's currency."""
    if limits.bid_max is None:
        return []
    findings = []
    for name, destination in specs.items():
        for spec in destination:
            if isinstance(spec, GroupSpec) and spec.bid.amount_minor:
                highest = -(-spec.bid.amount_minor * (spec.bid.modifier_bp or 10_000) // 10_000)
                findings += _over("bid-cap", f"{name}/{spec.key}", [(name, highest)], limits.bid_max, currencies)
    return findings


def _budgeted(specs: Specs) -> list[tuple[str, GroupSpec | CampaignSpec]]:
    return [
        (name, spec)
        for name, destination in specs.items()
        for spec in destination
        if isinstance(spec, GroupSpec | CampaignSpec)
    ]


def _delivered(destination: Sequence[ObjectSpec]) -> list[str]:
    """Tiers that share the campaign's budget: any of them may come to spend all of it."""
    return [spec.tier for spec in destination if isinstance(spec, GroupSpec)]


def _over(
    guard: str,
    subject: str,
    amounts: Sequence[tuple[str, int | None]],
    ceiling: Decimal,
    currencies: Currencies,
) -> list[GuardFinding]:
    """An objection if the amounts exceed the ceiling together, or cannot be compared with it."""
    given = [(name, amount) for name, amount in amounts if amount]
    at_home = [currencies.in_home(name, amount) for name, amount in given]
    known = [amount for amount in at_home if amount is not None]
    key = CEILINGS[guard]
    if len(known) < len(given):
        unknown = sorted({currencies.of[name] for name, amount in given if currencies.in_home(name, amount) is None})
        words = f"{' and '.join(unknown)} cannot be compared with the ceiling in {currencies.home}: there is no rate"
        return [GuardFinding(guard, subject, words, f"Give its rate under value.rates, or remove {key}.")]
    if (total := sum(known, Fraction())) <= minor(ceiling):
        return []
    what = "a bid of up to" if guard == "bid-cap" else "daily budgets of"
    words = f"{what} {_shown(total, currencies.home)} exceed{'s' if guard == 'bid-cap' else ''} the ceiling of "
    fix = f"Lower {'the bid' if guard == 'bid-cap' else 'the budgets'}, or raise {key} in the project file."
    return [GuardFinding(guard, subject, words + _shown(Fraction(minor(ceiling)), currencies.home), fix)]


def _shown(amount: Fraction, currency: str) -> str:
    hundredths = -(-amount.numerator // amount.denominator)  # rounded up: what exceeds a ceiling never looks like it
    return f"{hundredths // 100:,}.{hundredths % 100:02} {currency}"


def unproven_budget_guards(
    name: str,
    specs: Sequence[ObjectSpec],
    observed: Mapping[str, RemoteObject],
    applied: Sequence[AppliedTerms],
    verdicts: Sequence[TierVerdict],
    gated: Collection[str],
) -> list[GuardFinding]:
    """unproven-budget: of the gated tiers a budget pays for, all must have a confirmed verdict before it grows.

    gated: tiers that are told something of their own, or whose budget is made from value; what everybody is told is
    what tests are held against. A budget that somebody has lowered on the platform may go back to what the last plan
    gave.
    """
    proven = {verdict.tier for verdict in verdicts if verdict.confirmed}
    delivered = [spec.tier for spec in specs if isinstance(spec, GroupSpec)]
    given = {row.tier: row.daily_budget_minor or 0 for row in applied if row.destination == name}
    findings = []
    for spec in specs:
        if not isinstance(spec, GroupSpec | CampaignSpec) or spec.key not in observed or not spec.daily_budget_minor:
            continue
        tiers = [spec.tier] if isinstance(spec, GroupSpec) else delivered
        before = max(budget_shown(observed[spec.key]), given.get(tiers[0], 0) if isinstance(spec, GroupSpec) else 0)
        unproven = [tier for tier in tiers if tier in gated and tier not in proven]
        if before and unproven and spec.daily_budget_minor > before:
            findings.append(
                GuardFinding(
                    "unproven-budget",
                    f"{name}/{spec.key}",
                    f"the budget would grow from {before / 100:,.2f} to {spec.daily_budget_minor / 100:,.2f} a day; "
                    f"no test has confirmed the copy of {', '.join(unproven)}",
                    "Test it and record the verdict (`activator experiment verdict --record TIER`), or accept it.",
                )
            )
    return findings


def budget_shown(remote: RemoteObject) -> int:
    """The daily budget an object shows, in minor units; 0 where it shows none."""
    shown = remote.fields.get("daily_budget_minor")
    return shown if isinstance(shown, int) else 0
