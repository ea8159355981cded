"""A few seeds of the simulated world, in this process: what is quickest to ask about a change, or about a mutant."""

from pathlib import Path

import pytest

from tests.simulation.checking import play


@pytest.mark.parametrize("seed", range(6))
def test_it_ends_as_desired(seed: int, scratch: Path, template: Path) -> None:
    verdict = play(seed, scratch, template)
    assert not verdict.wrong
    assert verdict.faults.total() > 3
