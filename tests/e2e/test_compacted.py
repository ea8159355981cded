"""After a month of syncs the log has become short, forgets who left, and the next plan still finds nothing to do."""

from datetime import UTC, datetime

from activator.ledger.compaction import PLAN_ID
from activator.ledger.store import LedgerReader
from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord
from activator.sync import Runner, make_plan, sync
from tests.clocks import ManualClock
from tests.e2e.shop import Shop


def log(shop: Shop, clock: ManualClock) -> tuple[BatchRecord, ...]:
    ledger = LedgerReader(shop.folder / ".activator", clock)
    try:
        return ledger.audience_log("meta", "audience/high").batches
    finally:
        ledger.close()


def test_a_month_later_the_log_holds_who_is_in_and_nobody_who_left(shop: Shop) -> None:
    clock = ManualClock(datetime.now(UTC))
    workspace = shop.open(google=False).workspace
    runner = Runner(workspace, clock)
    assert sync(runner)[1].exit_code == 0
    shop.people[20], shop.people[1] = shop.people[1], shop.people[20]  # the best customer and the least
    shop.export()
    assert sync(runner)[1].exit_code == 0
    assert {batch.operation for batch in log(shop, clock)} == {Operation.ADD, Operation.REMOVE}

    clock.advance(days=31)
    _, result = sync(runner)
    assert result.exit_code == 0
    kept = log(shop, clock)
    assert {batch.plan_id for batch in kept} == {PLAN_ID}
    assert [(batch.operation, batch.rows) for batch in kept] == [(Operation.ADD, 4)]
    assert make_plan(runner)[0].changes == ()
    assert shop.members("meta") == {"high": 4, "mid": 6, "low": 6, "rest": 4}

    clock.advance(hours=2)
    assert sync(runner)[1].exit_code == 0
    files = {path.name for path in (shop.folder / ".activator" / "membership").rglob("*.parquet")}
    ledger = LedgerReader(shop.folder / ".activator", clock)
    needed = {batch.file.name for batch in ledger.every_batch()}
    ledger.close()
    assert files == needed, "no file stays of what was replaced"
