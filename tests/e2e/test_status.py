"""What `activator status` tells besides who is in which audience."""

import json
from datetime import UTC, datetime, timedelta

from activator.config.clock import SystemClock
from activator.ledger.store import LedgerReader
from activator.sync import sync
from tests.e2e.commands import activator
from tests.e2e.shop import Shop

QUOTA = "meta 0a1b2c 1234567890 ads_management"


def told_to_wait(shop: Shop, until: datetime) -> None:
    ledger = LedgerReader(shop.runner().workspace.ledger_place, SystemClock())
    ledger.allowances.wait(QUOTA, until)
    ledger.close()


def test_until_when_platforms_have_asked_to_wait(shop: Shop) -> None:
    shop.open(google=False)
    sync(shop.runner())
    assert "asked us to wait" not in activator("status", folder=shop.folder).out

    until = (datetime.now(UTC) + timedelta(minutes=40)).replace(microsecond=0)
    told_to_wait(shop, until)

    said = activator("status", folder=shop.folder).out
    assert f"meta has asked us to wait until {until:%Y-%m-%d %H:%M} UTC ({QUOTA})" in " ".join(said.split())
    (wait,) = json.loads(activator("status", "--json", folder=shop.folder).out)["waits"]
    assert (wait["quota"], datetime.fromisoformat(wait["until"])) == (QUOTA, until)
