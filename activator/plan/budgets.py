"""Dividing a day's budget between tiers: exact to the minor unit, and never a growth nobody has proven (pure).

Rounding: every amount is rounded down to a whole step, and the steps left over go to the largest remainders, ties to
the earlier tier. So the sum is the total exactly, or what the limits leave of it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction


def divided(
    total: int, weights: Mapping[str, Fraction], limits: Mapping[str, int] | None = None, step: int = 1
) -> dict[str, int]:
    """The total by weights, in the order given. What a limit cuts off goes to the others, by their weights.

    total, limits: minor units; step: of what each amount is a whole number. What no tier may take is not spent.
    """
    capped = {tier: limit for tier, limit in (limits or {}).items() if weights.get(tier)}
    held: dict[str, int] = {}
    while True:
        free = {tier: weight for tier, weight in weights.items() if weight and tier not in held}
        shares = _whole(total - sum(held.values()), free, step)
        over = {tier: capped[tier] for tier in free if tier in capped and shares[tier] > capped[tier]}
        if not over:
            return {tier: held.get(tier, shares.get(tier, 0)) for tier in weights}
        held |= over


def _whole(total: int, weights: Mapping[str, Fraction], step: int) -> dict[str, int]:
    """Largest remainder (Hamilton's method)."""
    if not weights:
        return {}
    steps, everything = max(total, 0) // step, sum(weights.values(), Fraction())
    exact = {tier: steps * weight / everything for tier, weight in weights.items()}
    whole = {tier: int(share) for tier, share in exact.items()}
    left = steps - sum(whole.values())
    for tier in _by_remainder(exact, whole)[:left]:
        whole[tier] += 1
    return {tier: count * step for tier, count in whole.items()}


def _by_remainder(exact: Mapping[str, Fraction], whole: Mapping[str, int]) -> Sequence[str]:
    return sorted(exact, key=lambda tier: exact[tier] - whole[tier], reverse=True)  # stable: ties keep their order
