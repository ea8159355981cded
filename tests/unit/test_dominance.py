"""The rule for a dominant motivation: worked values, boundaries, and its error rates in simulation."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activator.motivation.dominance import MINIMUM_ANSWERS, answers_wanted, dominance, sign_test, wilson
from activator.motivation.lexicon import MOTIVES


@pytest.mark.parametrize(
    ("successes", "trials", "z", "low", "high"),
    [(18, 40, 1.96, 0.3071, 0.6017), (12, 30, 1.645, 0.2671, 0.5494), (60, 150, 1.645, 0.3365, 0.4670)],
)
def test_wilson_intervals_as_worked_by_hand(successes: int, trials: int, z: float, low: float, high: float) -> None:
    assert wilson(successes, trials, z) == pytest.approx((low, high), abs=5e-5)


def test_without_trials_a_share_may_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("more", "less", "chance"), [(10, 2, 79 / 4096), (5, 5, 638 / 1024), (1, 0, 0.5), (0, 0, 1.0), (0, 3, 1.0)]
)
def test_the_sign_test_is_exact(more: int, less: int, chance: float) -> None:
    assert sign_test(more, less) == pytest.approx(chance)


def test_the_sign_test_bears_large_numbers() -> None:
    assert sign_test(50_300, 49_700) == pytest.approx(0.029, abs=0.001)


def test_below_thirty_answers_nothing_is_said() -> None:
    judged = dominance({"risk": 29})
    assert (judged.outcome, judged.motivations, judged.answers) == ("too_few", (), 29)
    assert dominance({"risk": 30}).outcome == "one"
    assert dominance({}).outcome == "too_few"


def test_one_motive_needs_its_lower_bound_at_a_quarter() -> None:
    assert dominance({"risk": 12, "price": 3, "values": 5, "status": 5, "quality": 5}).outcome == "none"
    judged = dominance({"risk": 15, "price": 3, "values": 4, "status": 4, "quality": 4})
    assert (judged.outcome, judged.motivations, judged.share, judged.share_low) == ("one", ("risk",), 0.5, 0.3562)


def test_a_runner_up_too_close_makes_two() -> None:
    judged = dominance({"risk": 40, "price": 38, "values": 10, "status": 12})
    assert (judged.outcome, judged.motivations, judged.share) == ("two", ("risk", "price"), 0.78)


def test_three_that_are_alike_are_none() -> None:
    assert dominance({"risk": 34, "price": 33, "values": 33}).outcome == "none"


@given(st.dictionaries(st.sampled_from(MOTIVES), st.integers(0, 400)), st.randoms())
def test_the_order_of_counting_never_matters(counts: dict[str, int], shuffler: random.Random) -> None:
    names = list(counts)
    shuffler.shuffle(names)
    assert dominance({name: counts[name] for name in names}) == dominance(counts)


@given(st.dictionaries(st.sampled_from(MOTIVES), st.integers(0, 400)))
def test_what_is_named_leads(counts: dict[str, int]) -> None:
    judged = dominance(counts)
    assert len(judged.motivations) == {"one": 1, "two": 2}.get(judged.outcome, 0)
    weakest_named = min((counts[motive] for motive in judged.motivations), default=0)
    others = [n for motive, n in counts.items() if motive not in judged.motivations]
    assert not judged.motivations or weakest_named > max(others, default=0)


def simulate(shares: dict[str, float], answers: int, rounds: int = 400) -> Counter[tuple[str, tuple[str, ...]]]:
    """How often each verdict is reached. 80 % of labels are right, the rest fall anywhere."""
    chance = random.Random(7)
    results: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for _ in range(rounds):
        true = chance.choices(list(shares), list(shares.values()), k=answers)
        labels = [motive if chance.random() < 0.8 else chance.choice(MOTIVES) for motive in true]
        judged = dominance(Counter(labels))
        results[judged.outcome, tuple(sorted(judged.motivations))] += 1
    return results


def rest(named: dict[str, float]) -> dict[str, float]:
    others = [motive for motive in MOTIVES if motive not in named]
    return {**named, **{motive: (1 - sum(named.values())) / len(others) for motive in others}}


def test_a_true_leader_is_found_and_hardly_ever_a_wrong_one() -> None:
    results = simulate(rest({"risk": 0.5}), 70)
    assert results["one", ("risk",)] >= 0.85 * 400
    wrong = sum(n for (outcome, named), n in results.items() if outcome == "one" and named != ("risk",))
    assert wrong <= 0.005 * 400


def test_two_equal_leaders_are_two() -> None:
    results = simulate(rest({"risk": 0.35, "status": 0.35}), 140)
    assert results["two", ("risk", "status")] >= 0.8 * 400


def test_a_flat_spread_is_none() -> None:
    assert simulate(rest({}), 140)["none", ()] == 400


class TestAnswersWanted:
    def test_none_where_a_motivation_is_named(self) -> None:
        assert answers_wanted({"price": 60, "risk": 10}) == 0

    def test_up_to_the_least_number(self) -> None:
        assert answers_wanted({"price": 20}) == MINIMUM_ANSWERS - 20
        assert answers_wanted({}) == MINIMUM_ANSWERS

    def test_as_many_as_the_same_shares_need(self) -> None:
        counts = {"price": 16, "risk": 11, "status": 9, "quality": 8}
        assert dominance(counts).outcome == "none"
        wanted = answers_wanted(counts)
        total = sum(counts.values()) + wanted
        assert wanted > 0
        assert dominance({motive: n * total // 44 for motive, n in counts.items()}).outcome == "one"

    def test_none_where_all_are_alike(self) -> None:
        assert answers_wanted(dict.fromkeys(["price", "risk", "status", "quality", "values"], 10)) == 0
