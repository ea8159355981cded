"""A day's budget divided between tiers: to the cent, and within what is proven."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from activator.plan.budgets import divided

amounts = st.integers(0, 10**9)
weights = st.dictionaries(st.sampled_from("abcdef"), st.fractions(0, 100), min_size=1)


def test_the_worked_example_to_the_cent() -> None:
    shares = {"high": Fraction("0.25") * 16024, "mid": Fraction("0.45") * 10000, "low": Fraction(0)}
    assert divided(100_000, shares) == {"high": 47_096, "mid": 52_904, "low": 0}


def test_cents_left_over_go_to_the_largest_remainders_the_earlier_tier_first() -> None:
    thirds = dict.fromkeys(("high", "mid", "low"), Fraction(1))
    assert divided(100, thirds) == {"high": 34, "mid": 33, "low": 33}
    assert divided(101, thirds) == {"high": 34, "mid": 34, "low": 33}


def test_what_a_limit_cuts_off_goes_to_the_others() -> None:
    halves = {"high": Fraction(1), "mid": Fraction(1)}
    assert divided(100, halves, {"high": 30}) == {"high": 30, "mid": 70}


def test_what_nobody_may_take_is_not_spent() -> None:
    halves = {"high": Fraction(1), "mid": Fraction(1)}
    assert divided(100, halves, {"high": 30, "mid": 40}) == {"high": 30, "mid": 40}


def test_a_currency_without_cents_gets_whole_units() -> None:
    thirds = dict.fromkeys(("high", "mid", "low"), Fraction(1))
    assert divided(100_000, thirds, step=100) == {"high": 33_400, "mid": 33_300, "low": 33_300}


@given(amounts, weights)
def test_the_sum_is_the_total_whenever_anybody_takes_part(total: int, shares: dict[str, Fraction]) -> None:
    made = divided(total, shares)
    assert sum(made.values()) == (total if any(shares.values()) else 0)
    assert all(amount >= 0 for amount in made.values())
    assert all(made[tier] == 0 for tier, weight in shares.items() if not weight)


@given(amounts, weights, st.dictionaries(st.sampled_from("abcdef"), amounts))
def test_no_limit_and_no_total_is_ever_exceeded(
    total: int, shares: dict[str, Fraction], limits: dict[str, int]
) -> None:
    made = divided(total, shares, limits)
    assert sum(made.values()) <= total
    assert all(made[tier] <= limits[tier] for tier in made if tier in limits)
