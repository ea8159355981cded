"""Hidden subgroups: found where there are some, and not where there is only chance."""

from typing import Any

import numpy as np
import pytest

from activator.segments.splits import Sample, best_split


def sample(outcome: Any, numbers: dict[str, Any] | None = None, words: dict[str, Any] | None = None) -> Sample:
    half = np.random.default_rng(7).random(len(outcome)) < 0.5
    return Sample(half, {"value": np.asarray(outcome, dtype=float)}, numbers or {}, words or {})


def noise(count: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).lognormal(3, 1, count)


def test_a_group_worth_twice_as_much_is_found_and_named() -> None:
    age = np.tile(np.arange(20, 60), 50).astype(float)
    found = best_split(sample(noise(2_000) * np.where(age >= 44, 2, 1), {"age": age, "shoe_size": noise(2_000, 2)}))
    assert found is not None
    assert (found.field, found.outcome) == ("age", "value")
    assert found.limit == pytest.approx(44, abs=1)
    assert 1.6 < found.ratio < 2.4
    assert found.p < 0.01
    assert found.customers + found.others == 2_000


def test_a_word_divides_too_and_who_has_none_is_on_neither_side() -> None:
    plan = np.array((["pro", "free", "free", None] * 500), dtype=object)
    found = best_split(sample(noise(2_000) * np.where(plan == "pro", 3, 1), words={"plan": plan}))
    assert found is not None
    assert (found.word, found.customers, found.others) in (("pro", 500, 1_000), ("free", 1_000, 500))


def test_chance_alone_is_hardly_ever_called_a_group() -> None:
    """Sixty samples without any subgroup, twenty candidates each: one p below 0.01 in a hundred is chance."""
    called = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        candidates = {f"x{n}": chance.normal(size=600) for n in range(20)}
        called += best_split(sample(noise(600, 1_000 + seed), candidates)) is not None
    assert called <= 3


def test_a_group_of_fewer_than_a_hundred_customers_is_none() -> None:
    word = np.array(["rare"] * 99 + ["usual"] * 901, dtype=object)
    value = np.where(word == "rare", 1_000, 1) * noise(1_000)
    assert best_split(sample(value, words={"kind": np.roll(word, 3)})) is None
    few = best_split(sample(np.where(word == "rare", 1_000, 1) * noise(1_000), words={"kind": word}))
    assert few is None


def test_one_huge_order_is_no_group() -> None:
    value = noise(1_000)
    value[0] = 1e9
    age = np.arange(1_000, dtype=float) % 97
    found = best_split(sample(value, {"age": age}))
    assert found is None


def test_nobody_is_no_group() -> None:
    assert best_split(sample([], {"age": np.array([])})) is None
