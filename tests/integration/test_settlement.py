"""Asking what became of uploads: one answer that fails holds up no other, and patience ends."""

from pathlib import Path

from activator.apply import settlement
from activator.errors import RetryableError
from activator.model.delivery import Receipt
from activator.model.ledger import BatchState
from tests.integration.test_membership_protocol import World
from tests.platform import MemoryDestination


class Silent(MemoryDestination):
    """Takes uploads to work on them later, and does not say what became of the first so many."""

    silent = 0

    def settle(self, request_id: str, sent: int) -> Receipt:
        if self.silent:
            self.silent -= 1
            raise RetryableError("no answer")
        return super().settle(request_id, sent)


def working(folder: Path, silent: int) -> tuple[World, Silent]:
    """Two uploads are being worked on."""
    platform = Silent()
    world = World(folder, platform=platform)
    world.sync({"anna"}, {"berta"})
    platform.faults += ["processing", "processing"]
    platform.silent = 1_000
    world.sync({"anna", "carl"}, {"berta", "dora"})
    platform.silent = silent
    return world, platform


def test_an_answer_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    world, platform = working(tmp_path, silent=1)
    ledger = world.ledger
    assert settlement.poll_once(ledger, {"meta": platform}, world.clock) == 1
    states = [batch.state for batch in ledger.every_batch()]
    assert sorted(states) == [BatchState.PROCESSING, *[BatchState.SETTLED] * 3]
    ledger.close()


def test_patience_is_the_destinations_and_ends(tmp_path: Path) -> None:
    world, platform = working(tmp_path, silent=1_000)
    platform.settle_wait_seconds = 30.0
    ledger, before = world.ledger, sum(world.clock.slept)
    assert settlement.wait(ledger, {"meta": platform}, world.clock) == 2
    assert 30 <= sum(world.clock.slept) - before < 45
    ledger.close()
