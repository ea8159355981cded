"""Whatever a project keeps, and whatever holds people, is for its owner only, also under a careless umask."""

import os
import stat
from pathlib import Path

from tests.e2e.commands import activator
from tests.e2e.shop import Shop


def shared(path: Path) -> bool:
    """Whether anybody but the owner may do anything with it."""
    return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)


def test_a_full_run_leaves_nothing_others_can_read(shop: Shop) -> None:
    shop.open(google=False)
    (shop.folder / "erase.txt").write_text("person3@example.com\n", encoding="utf-8")
    careless = os.umask(0o000)
    try:
        for command in (
            ("plan", "--rejects", "rejects.csv"),
            ("apply",),
            ("sync",),
            ("forget", "--file", "erase.txt", "--yes"),
            ("forget", "--export", "erasures.json"),
            ("briefing", "--pull"),
            ("status", "--history"),
            ("purge",),
        ):
            answer = activator(*command, folder=shop.folder)
            assert answer.code in (0, 7), f"{command}: {answer.said}"
    finally:
        os.umask(careless)
    state = shop.folder / ".activator"
    kept = [state, *state.rglob("*")]
    assert {"ledger.sqlite", "erasure.key", "plan.json", "receipts", "membership"} <= {path.name for path in kept}
    written = [shop.folder / name for name in ("rejects.csv", "erasures.json", "briefing.html")]
    assert [str(path.relative_to(shop.folder)) for path in (*kept, *written) if shared(path)] == []
