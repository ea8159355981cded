"""The restated rules are the product's: along whole histories both plan the same batches, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activator.people.engine import Engine, open_engine
from tests.simulation.checking import play
from tests.simulation.planning import BothPlanners, ProductPlanner, RestatedPlanner

SEEDS = range(4)


@pytest.fixture(scope="module")
def engine(scratch: Path) -> Iterator[Engine]:
    with open_engine(scratch / "engine", threads=1) as opened:
        yield opened


@pytest.mark.parametrize("seed", SEEDS)
def test_the_products_planner_and_the_restated_rules_agree(
    seed: int, scratch: Path, template: Path, engine: Engine
) -> None:
    both = BothPlanners(ProductPlanner(engine), RestatedPlanner())
    verdict = play(seed, scratch, template, both)
    assert not verdict.wrong
    assert verdict.history == play(seed, scratch, template).history
