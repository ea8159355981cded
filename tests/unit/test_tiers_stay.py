"""Tiers with a memory: what it takes to move, and how much less people move for how little."""

import uuid
from collections.abc import Iterator
from decimal import Decimal

import ibis
import numpy as np
import numpy.typing as npt
import pytest

from activator.config.presets import STANDARD
from activator.people.engine import Engine, open_engine
from activator.people.tiers import TierCut, placed

SHARES = tuple(
    TierCut(tier, Decimal(own), Decimal(enter), Decimal(stay))
    for tier, own, enter, stay in [("high", "0.20", "0.14", "0.28"), ("mid", "0.50", "0.38", "0.65")]
)
WITH_MEMORY = (*SHARES, TierCut("rest"))
WITHOUT = (*(TierCut(tier.name, tier.top_share) for tier in SHARES), TierCut("rest"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def tiers_of(
    engine: Engine, values: npt.NDArray[np.int64], cuts: tuple[TierCut, ...], before: list[str] | None
) -> list[str]:
    people = [str(uuid.UUID(int=number)) for number in range(values.size)]
    rows = ibis.memtable({"n": people, "value_minor": values, "before": before or [""] * values.size})
    table = engine.materialise("months", rows.mutate(person=rows.n.cast("uuid")))
    earlier = None if before is None else table.filter(table.before != "").select("person", tier="before")
    found = placed(engine, table.select("person", "n", "value_minor"), cuts, "value_minor", earlier).customers
    told = found.order_by("n").to_pyarrow()["tier"].to_pylist()
    for used in (found, table):
        engine.drop(used)
    return list(told)


class TestOneBoundary:
    LIMITS = (TierCut("gold", at_least_minor=100, enter_at_least_minor=110, stay_at_least_minor=90), TierCut("rest"))

    @pytest.mark.parametrize(
        ("before", "value", "tier"),
        [
            ("", 100, "gold"), ("", 99, "rest"),
            ("rest", 109, "rest"), ("rest", 110, "gold"),
            ("gold", 90, "gold"), ("gold", 89, "rest"),
            ("a tier that is no more", 100, "gold"),
        ],
    )  # fmt: skip
    def test_newcomers_risers_and_those_in(self, engine: Engine, before: str, value: int, tier: str) -> None:
        assert tiers_of(engine, np.array([value]), self.LIMITS, [before]) == [tier]


@pytest.mark.parametrize(
    ("gold", "was_open", "is_open"),
    [(10, False, True), (9, False, False), (9, True, True), (8, True, False)],
)
def test_a_tier_at_the_edge_of_its_minimum_does_not_come_and_go(
    engine: Engine, gold: int, was_open: bool, is_open: bool
) -> None:
    """At least 10 customers open it, fewer than 9 close it."""
    cuts = (TierCut("gold", at_least_minor=100, people_min=10), TierCut("rest"))
    values = np.array([100] * gold + [1] * 5)
    found = tiers_of(engine, values, cuts, ["gold" if was_open and value == 100 else "rest" for value in values])
    assert found.count("gold") == (gold if is_open else 0)


def test_who_is_kept_is_counted(engine: Engine) -> None:
    rows = ibis.memtable({"n": [str(uuid.UUID(int=n)) for n in range(3)], "value_minor": [95, 105, 120]})
    table = engine.materialise("three", rows.mutate(person=rows.n.cast("uuid")))
    earlier = table.mutate(tier=ibis.cases((table.value_minor == 95, "gold"), else_="rest")).select("person", "tier")
    found = placed(engine, table, TestOneBoundary.LIMITS, "value_minor", earlier)
    told = found.customers.order_by("value_minor").to_pyarrow()
    assert told["tier"].to_pylist() == ["gold", "rest", "gold"]
    assert told["stayed"].to_pylist() == [True, True, False]


def shop(customers: int, months: int, seed: int) -> npt.NDArray[np.float64]:
    """Spend by month and customer: rates and baskets of one's own, both drifting a little."""
    random = np.random.default_rng(seed)
    rate, basket = random.gamma(0.9, 1 / 1.2, customers), random.lognormal(4, 0.6, customers)
    spend = np.zeros((months, customers))
    for month in range(months):
        rate *= np.exp(random.normal(0, 0.05, customers))
        spend[month] = random.poisson(rate) * basket * random.lognormal(0, 0.25, customers)
    return spend


@pytest.mark.parametrize("window_months", [12, 36])
def test_over_simulated_months_four_moves_in_five_do_not_happen_and_ranking_hardly_suffers(
    engine: Engine, window_months: int
) -> None:
    """Value: the last year, or all so far; ranking: what the high tier brings against others its size."""
    spend = shop(2_000, 36, seed=11)
    moves, loss, sizes = {"with": 0, "without": 0}, [], []
    before: dict[str, list[str] | None] = {"with": None, "without": None}
    for month in range(12, 24):
        values = (spend[max(0, month - window_months) : month].sum(axis=0) * 100).astype(np.int64)
        now = {
            "with": tiers_of(engine, values, WITH_MEMORY, before["with"]),
            "without": tiers_of(engine, values, WITHOUT, None),
        }
        for name, tiers in now.items():
            earlier = before[name]
            if earlier is not None:
                moves[name] += sum(old != new for old, new in zip(earlier, tiers, strict=True))
            before[name] = tiers
        coming = spend[month : month + 12].sum(axis=0)
        high = np.array(now["with"]) == "high"
        best = np.argsort(-values, kind="stable")[: high.sum()]
        loss.append(1 - coming[high].sum() / coming[best].sum())
        sizes.append(high.mean())
    assert moves["with"] <= 0.2 * moves["without"]
    assert np.mean(loss) <= 0.02
    assert all(0.15 <= size <= 0.25 for size in sizes)


def test_the_limits_tested_here_are_those_new_projects_begin_with() -> None:
    for cut, tier in zip(SHARES, STANDARD.tiers, strict=False):
        assert tier.rule == f"top_share: {cut.top_share}, enter_share: {cut.enter_share}, stay_share: {cut.stay_share}"
